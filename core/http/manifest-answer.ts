import { createHash } from 'node:crypto'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { windowPlaylist } from '../manifest/hls/window.ts'
import { liveMpd, type SegmentArrival, startFromArrivals } from '../manifest/mpd/live.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { staticWindow } from '../manifest/mpd/static-window.ts'
import type { StoredNames } from '../manifest/mpd/stored-segments.ts'
import { resolveReference } from '../manifest/reference.ts'
import { messageOf, type SegmentRule, type ServiceManifests } from './service-manifests.ts'

export type ManifestClock = {
  readonly nowUs: () => number
  readonly streamShiftUs: () => number
  readonly manifestShiftUs: () => number
}

/** `as-sent`: the bytes as stored. `not-yet`: nothing can be played so far. */
export type ManifestAnswer = { readonly text: string } | 'as-sent' | 'not-yet'

/** Segments per representation from which the time line of a live presentation is told; the same ones ever after. */
const TOLD_BY_SEGMENTS = 3

/** The time line that was given out for one presentation. */
type GivenTimes = {
  readonly key: string
  readonly arrivals: SegmentArrival[][]
  startUs: number | null
  settled: boolean
}

/** Manifests as players are given them: moved to now while they arrive, and cut to what was received when it is over. */
export class ManifestAnswers {
  readonly #store: ObjectStore
  readonly #manifests: ServiceManifests
  readonly #clock: ManifestClock
  readonly #warn: (text: string) => void
  readonly #given = new Map<string, GivenTimes>()
  readonly #finished = new Map<string, { readonly at: string; readonly answer: ManifestAnswer }>()
  readonly #warned = new Set<string>()

  constructor(store: ObjectStore, manifests: ServiceManifests, clock: ManifestClock, warn: (text: string) => void) {
    this.#store = store
    this.#manifests = manifests
    this.#clock = clock
    this.#warn = warn
  }

  /** @param clockUrl where players are told to read the time. Never throws: what cannot be rewritten goes as sent. */
  answer(file: StoredFile, clockUrl: string): ManifestAnswer {
    const key = `${file.serviceId}/${file.name}`
    const at = `${file.version} ${this.#store.version}`
    const before = this.#finished.get(key)
    if (this.#store.finished && before?.at === at) return before.answer
    try {
      const answer = this.#rewrite(file, clockUrl)
      if (this.#store.finished) this.#finished.set(key, { at, answer })
      return answer
    } catch (error) {
      if (!this.#warned.has(`${key} ${file.version}`))
        this.#warn(
          `Service ${file.serviceId}: ${JSON.stringify(file.name)} is served as it was sent: ${messageOf(error)}`,
        )
      this.#warned.add(`${key} ${file.version}`)
      return 'as-sent'
    }
  }

  #rewrite(file: StoredFile, clockUrl: string): ManifestAnswer {
    const manifest = this.#manifests.of(file)
    if (manifest.kind === 'media') return this.#playlist(file, manifest)
    if (manifest.kind !== 'mpd') return 'as-sent'
    const { mpd, rules } = manifest
    const files = this.#store.list(file.serviceId)
    const names = this.#names(file.serviceId, files)
    // One that is all there needs no live edge, also while the session goes on.
    if (this.#store.finished || mpd.type === 'static') {
      const window = staticWindow(mpd, names)
      if (window.kind === 'as-sent') return 'as-sent'
      if (this.#store.finished) return window.kind === 'empty' ? 'as-sent' : { text: window.text }
    }
    const startUs = this.#startUs(file, mpd, rules, files)
    if (startUs === null && mpd.type === 'static') return 'not-yet'
    const nowUs = this.#clock.nowUs()
    const firsts = files.filter((one) => one.kind === 'media').map((one) => one.firstTimeUs)
    const depthUs =
      firsts.length === 0 ? null : nowUs - this.#clock.streamShiftUs() - firsts.reduce((a, b) => Math.min(a, b))
    return { text: liveMpd(mpd, names, { startUs, clockUrl, nowUs, depthUs }) }
  }

  /** availabilityStartTime as it is given out: told by the first segments, and kept, since players do not like it to move. */
  #startUs(file: StoredFile, mpd: Mpd, rules: readonly SegmentRule[], files: readonly StoredFile[]): number | null {
    const sentUs = mpd.availabilityStartTimeUs
    const place = `${file.serviceId}/${file.name}`
    // A dynamic MPD changes all the time and its start does not; a static one has none.
    const key = mpd.type === 'dynamic' ? `dynamic ${sentUs}` : `static ${contentTag(this.#store.read(file))}`
    let given = this.#given.get(place)
    if (given?.key !== key) {
      given = { key, arrivals: [], startUs: null, settled: false }
      this.#given.set(place, given)
    }
    if (!given.settled) {
      const { arrivals } = given
      rules.forEach(({ find }, index) => {
        arrivals[index] ??= []
        const told = arrivals[index]
        for (const one of files) {
          if (told.length >= TOLD_BY_SEGMENTS) break
          if (find(one.name) === null || told.some((other) => other.name === one.name)) continue
          told.push({ name: one.name, firstTimeUs: one.firstTimeUs, lastTimeUs: one.lastTimeUs })
        }
      })
      given.startUs = startFromArrivals(mpd, arrivals.flat()) ?? given.startUs
      const begun = arrivals.filter((told) => told.length > 0)
      given.settled = begun.length > 0 && begun.every((told) => told.length >= TOLD_BY_SEGMENTS)
    }
    if (given.startUs !== null) return given.startUs + this.#clock.streamShiftUs()
    return sentUs === null ? null : sentUs + this.#clock.manifestShiftUs()
  }

  #playlist(file: StoredFile, playlist: HlsMedia): ManifestAnswer {
    const { finished } = this.#store
    const ready = this.#readyNames(this.#store.list(file.serviceId))
    const has = (segment: { readonly uri: string }): boolean => ready.has(resolveReference(file.name, segment.uri))
    const last = playlist.segments.at(-1)
    if (!playlist.segments.some(has)) return finished || last === undefined ? 'as-sent' : 'not-yet'
    const ended = finished || (playlist.endList && last !== undefined && has(last))
    return { text: windowPlaylist(playlist, { has, ended, newest: null }) }
  }

  #names(serviceId: number, files: readonly StoredFile[]): StoredNames {
    const ready = this.#readyNames(files)
    const whole = [...this.#readyNames(files.filter((one) => one.kind === 'media' || one.kind === 'file'))]
    const others = [
      ...this.#store.live(serviceId).flatMap((object) => object.name ?? []),
      ...this.#store.lost(serviceId).map((lost) => lost.name),
    ]
    return { has: (name) => ready.has(name), whole: () => whole, seen: () => [...whole, ...others] }
  }

  /** Names as they came, and as a manifest would write those that need escaping. */
  #readyNames(files: readonly StoredFile[]): Set<string> {
    const names = new Set<string>()
    for (const { name } of files) {
      names.add(name)
      if (/[^\w./-]/.test(name)) names.add(escaped(name))
    }
    return names
  }
}

/** Strong tag of content. */
export function contentTag(bytes: Uint8Array | string | null): string {
  return createHash('sha1')
    .update(bytes ?? '')
    .digest('base64url')
}

function escaped(name: string): string {
  try {
    return encodeURI(name)
  } catch {
    return name
  }
}
