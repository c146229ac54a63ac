import type { ServiceId } from '../contract/ids.ts'
import type { Thumbnail, WallSnapshot } from '../contract/wall.ts'
import type { MediaDecoder } from '../decode/media-decoder.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import { type Finding, type FindingFacts, findingAt, placeAt } from '../flow/findings.ts'
import { CostMeter } from './look-cost.ts'
import { LookRuns } from './look-runs.ts'
import { type LookTrack, lookTracks, type RepresentationOf } from './look-tracks.ts'
import { ServiceSight } from './service-sight.ts'

const LOOK_EVERY_MS = 3000
/** Someone who asked for looks is believed to be there for so long, ms. */
const ASKED_MS = 12_000
/** After a run it rests for this share of its time, so that looks take four fifths of one core at most. */
const REST = 0.25
/** Segments of a finished capture that are looked at, one after the other. */
const MAX_WALK = 200
const MAX_SIGHTS = 256

/** What looks need of a gateway. */
export type LookSource = {
  readonly store: ObjectStore
  readonly decoder: MediaDecoder
  readonly services: () => readonly { readonly id: ServiceId; readonly name: string | null }[]
  readonly representationOf: RepresentationOf
  /** Looks at all services, whether or not someone asks. */
  readonly always: boolean
  /** A service is looked at again after this time, ms; absent: 3 s. */
  readonly everyMs?: number
  /** Takes what is seen, at each look. */
  readonly found: (finding: Finding) => void
}

/**
 * Looks at services every few seconds: a thumbnail of a key frame, how loud the sound is, and whether the picture is black or stands
 * still. All looks share one ffmpeg at a time, which has one thread and the lowest priority. Without anyone who asks it rests.
 */
export class ServiceLooks {
  readonly #source: LookSource
  readonly #stop = new AbortController()
  readonly #runs: LookRuns
  readonly #everyMs: number
  readonly #cost = new CostMeter()
  readonly #sights = new BoundedMap<ServiceId, ServiceSight>(MAX_SIGHTS)
  /** Until when each service is wanted, and where in a finished capture; ms, µs. */
  readonly #wanted = new Map<ServiceId, { readonly untilMs: number; readonly atUs: number | null }>()
  readonly #tracks = new BoundedMap<ServiceId, { readonly version: number; readonly tracks: readonly LookTrack[] }>(64)
  #loop: Promise<void> | null = null
  #wake: () => void = () => {}
  #version = 0

  constructor(source: LookSource) {
    this.#source = source
    this.#everyMs = source.everyMs ?? LOOK_EVERY_MS
    this.#runs = new LookRuns(source.decoder, this.#stop.signal)
    if (source.always) this.#start()
  }

  /** Grows when the snapshot changes. */
  get version(): number {
    return this.#version
  }

  snapshot(): WallSnapshot {
    return {
      decoder: this.#source.decoder.state,
      problem: this.#runs.problem,
      share: this.#cost.share(performance.now()),
      services: [...this.#sights.values()].map((sight) => sight.look()),
    }
  }

  thumbnail(serviceId: ServiceId): Thumbnail | null {
    return this.#sights.get(serviceId)?.thumbnail ?? null
  }

  /**
   * Someone wants to see these services, for the next seconds.
   * @param atUs stream time to look at, where the session has ended; null: the newest
   */
  ask(services: readonly ServiceId[], atUs: number | null): void {
    const untilMs = performance.now() + ASKED_MS
    for (const id of services.slice(0, MAX_SIGHTS)) this.#wanted.set(id, { untilMs, atUs })
    this.#start()
    this.#wake()
  }

  /** Ends all looks; settles once no process is left. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
  }

  #start(): void {
    if (this.#loop !== null || this.#stop.signal.aborted) return
    this.#loop = this.#run().finally(() => {
      this.#loop = null
    })
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const ffmpeg = await this.#source.decoder.ready()
    this.#version++
    if (ffmpeg === null) return
    while (!signal.aborted) {
      const nowMs = performance.now()
      const due = this.#due(nowMs)
      if (due === 'nobody') return
      if (typeof due === 'number') {
        await this.#rest(due, true)
        continue
      }
      const spentMs = await this.#look(due)
      if (spentMs > 0) await this.#rest(spentMs * REST, false)
    }
  }

  /** The service to look at next; else how long to wait for one, ms; `nobody` where nobody asks. */
  #due(nowMs: number): ServiceSight | number | 'nobody' {
    for (const [id, { untilMs }] of this.#wanted) if (untilMs < nowMs) this.#wanted.delete(id)
    const known = this.#source.services()
    const wanted = this.#source.always ? known : known.filter(({ id }) => this.#wanted.has(id))
    if (wanted.length === 0) return this.#source.always || this.#wanted.size > 0 ? this.#everyMs : 'nobody'
    let next: ServiceSight | null = null
    for (const { id, name } of wanted) {
      const sight = this.#sights.get(id) ?? new ServiceSight(id)
      if (!this.#sights.has(id)) this.#sights.set(id, sight)
      sight.name = name
      if (next === null || sight.lookedMs < next.lookedMs) next = sight
    }
    if (next === null) return this.#everyMs
    const waitMs = next.lookedMs + this.#everyMs - nowMs
    return waitMs > 0 ? waitMs : next
  }

  /** @param idle nothing is due: who asks ends it */
  #rest(ms: number, idle: boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        if (!idle && !this.#stop.signal.aborted) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Looks at a service. @returns how long its runs took, ms; 0: there was nothing new to look at */
  async #look(sight: ServiceSight): Promise<number> {
    const startedMs = performance.now()
    sight.lookedMs = startedMs
    const tracks = this.#tracksOf(sight.id)
    const video = sight.video(tracks)
    const audio = sight.audio(tracks, (codec) => this.#runs.decodes(codec))
    if (video === null && audio !== null) sight.withoutPicture()
    let spent = 0
    if (video !== null) spent += await this.#lookAt(sight, video, 'picture')
    if (audio !== null && !this.#stop.signal.aborted) spent += await this.#lookAt(sight, audio, 'sound')
    return spent
  }

  async #lookAt(sight: ServiceSight, track: LookTrack, what: 'picture' | 'sound'): Promise<number> {
    const segment = this.#segmentOf(sight, track, what)
    if (segment === null) return 0
    const bytes = this.#source.store.read(segment)
    if (bytes === null) return 0
    const input = track.init === null ? [bytes] : [track.init, bytes]
    const startedMs = performance.now()
    const result = what === 'picture' ? await this.#runs.picture(track, input) : await this.#runs.sound(track, input)
    const nowMs = performance.now()
    if (result.kind === 'cancelled') return 0
    this.#cost.ran(nowMs, nowMs - startedMs)
    const found = (facts: FindingFacts): void => this.#source.found(findingAt(facts, placeOf(segment)))
    if (result.kind === 'picture') sight.saw(segment, result.pictures, found)
    else if (result.kind === 'sound') sight.heard(segment, result.facts, found)
    else sight.failed(what, segment, result.reason)
    this.#version++
    return nowMs - startedMs
  }

  /** The segment of a track to look at now; null where nothing has come since. */
  #segmentOf(sight: ServiceSight, { segments }: LookTrack, what: 'picture' | 'sound'): StoredFile | null {
    const before = sight.lookedAt(what)
    const newest = segments.at(-1) ?? null
    if (newest === null) return null
    if (!this.#source.store.finished || before === null) return newest.version === before?.version ? null : newest
    const atUs = this.#wanted.get(sight.id)?.atUs ?? null
    if (atUs !== null) {
      const there = segments.filter(({ firstTimeUs }) => firstTimeUs <= atUs).at(-1) ?? segments[0] ?? null
      return there?.version === before.version ? null : there
    }
    return sight.walk(what, segments, MAX_WALK)
  }

  #tracksOf(serviceId: ServiceId): readonly LookTrack[] {
    const { store, representationOf } = this.#source
    const known = this.#tracks.get(serviceId)
    if (known?.version === store.version) return known.tracks
    const tracks = lookTracks(store, serviceId, representationOf)
    this.#tracks.set(serviceId, { version: store.version, tracks })
    return tracks
  }
}

function placeOf({ firstTimeUs, serviceId, carrier, objectIndex }: StoredFile) {
  return placeAt(firstTimeUs, 0, { service: serviceId, carrier, object: objectIndex < 0 ? null : objectIndex })
}
