import { createHash } from 'node:crypto'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { windowPlaylist } from '../manifest/hls/window.ts'
import { finishedMpd } from '../manifest/mpd/finished.ts'
import { liveMpd } from '../manifest/mpd/live.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { resolveReference } from '../manifest/reference.ts'
import { localReferences } from './local-references.ts'
import { messageOf, type SegmentRule, type ServiceManifests } from './service-manifests.ts'

/** Clock that manifests are written for. Shifts in µs. */
export type ManifestClock = {
  readonly nowUs: () => number
  readonly streamShiftUs: () => number
  readonly manifestShiftUs: () => number
  /** False: manifests must not announce segments before they are whole. */
  readonly lowLatency?: boolean
}

/** `as-sent`: the bytes as stored. `not-yet`: nothing can be played yet. */
export type ManifestAnswer = { readonly text: string } | 'as-sent' | 'not-yet'

/** Number of first segments per representation that fix the time line of a live presentation. */
const ANCHOR_SEGMENTS = 3

type Arrival = { readonly name: string; readonly lastTimeUs: number }

/** First segments of each representation, which fix the time line of one presentation. */
type Anchors = { readonly key: string; readonly byRepresentation: Map<string, Arrival[]> }

/** Rewrites manifests for players: moved to now while the session runs, and cut to the received segments at its end. */
export class ManifestAnswers {
  readonly #store: ObjectStore
  readonly #manifests: ServiceManifests
  readonly #clock: ManifestClock
  readonly #prefix: string
  readonly #warn: (text: string) => void
  readonly #anchors = new Map<string, Anchors>()
  readonly #finished = new Map<string, { readonly at: string; readonly answer: ManifestAnswer }>()
  readonly #warned = new Set<string>()

  /** @param prefix path before those of this gateway */
  constructor(
    store: ObjectStore,
    manifests: ServiceManifests,
    clock: ManifestClock,
    prefix: string,
    warn: (text: string) => void,
  ) {
    this.#prefix = prefix
    this.#store = store
    this.#manifests = manifests
    this.#clock = clock
    this.#warn = warn
  }

  /** Answers with a manifest. @param clockUrl clock for players. Never throws: an unreadable manifest is served as sent. */
  answer(file: StoredFile, clockUrl: string): ManifestAnswer {
    const key = `${file.serviceId}/${file.name}`
    const at = `${file.version} ${this.#store.version}`
    const before = this.#finished.get(key)
    if (this.#store.finished && before?.at === at) return before.answer
    try {
      const answer = this.#local(file, this.#rewrite(file, clockUrl))
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
    const files = this.#store.available(file.serviceId)
    const stored = [...this.#readyNames(files)]
    if (this.#store.finished) return { text: finishedMpd(mpd, stored) }
    const text = liveMpd(mpd, {
      shiftUs: this.#clock.manifestShiftUs(),
      clockUrl,
      complete: this.#complete(file, mpd, rules, files),
      carried: this.#carried(file.serviceId, rules, stored),
      wholeOnly: this.#clock.lowLatency === false,
    })
    return text === null ? 'not-yet' : { text }
  }

  /** Rewrites absolute URLs of received files to this gateway. */
  #local(file: StoredFile, answer: ManifestAnswer): ManifestAnswer {
    const names = this.#store.available(file.serviceId).map(({ name }) => name)
    if (answer === 'not-yet' || !names.some((name) => name.startsWith('http'))) return answer
    const sent = answer === 'as-sent' ? this.#store.read(file) : null
    const text = answer === 'as-sent' ? new TextDecoder().decode(sent ?? new Uint8Array(0)) : answer.text
    const local = localReferences(text, file.serviceId, names, this.#prefix)
    return local === text ? answer : { text: local }
  }

  /** First whole segments of each representation: found once and kept, so that the players' clock does not move. */
  #complete(
    file: StoredFile,
    mpd: Mpd,
    rules: readonly SegmentRule[],
    files: readonly StoredFile[],
  ): { name: string; completeUs: number }[] {
    const place = `${file.serviceId}/${file.name}`
    // A dynamic MPD is identified by its start, which does not change; a static one by its content.
    const generation = mpd.type === 'dynamic' ? String(mpd.availabilityStartTimeUs) : contentTag(mpd.document.text)
    const key = `${mpd.type} ${generation}`
    let anchors = this.#anchors.get(place)
    if (anchors?.key !== key) {
      anchors = { key, byRepresentation: new Map() }
      this.#anchors.set(place, anchors)
    }
    const complete: { name: string; completeUs: number }[] = []
    for (const { id, find } of rules) {
      // Segments of a past period no longer count.
      const arrivals = (anchors.byRepresentation.get(id) ?? []).filter((one) => find(one.name) !== null)
      for (const { name, lastTimeUs } of files) {
        if (arrivals.length >= ANCHOR_SEGMENTS) break
        if (find(name) !== null && !arrivals.some((one) => one.name === name)) arrivals.push({ name, lastTimeUs })
      }
      if (arrivals.length > 0) anchors.byRepresentation.set(id, arrivals)
      for (const { name, lastTimeUs } of arrivals)
        complete.push({ name, completeUs: lastTimeUs + this.#clock.streamShiftUs() })
    }
    return complete
  }

  /** Representations with received segments: a sender need not carry all that its MPD lists. */
  #carried(serviceId: ServiceId, rules: readonly SegmentRule[], stored: readonly string[]): Set<string> {
    const seen = [
      ...stored,
      ...this.#store.live(serviceId).flatMap((object) => object.name ?? []),
      ...this.#store.lostObjects(serviceId).map((lost) => lost.name),
    ]
    const carried = rules.filter(({ init, find }) => seen.some((name) => name === init || find(name) !== null))
    return new Set(carried.map(({ id }) => id))
  }

  #playlist(file: StoredFile, playlist: HlsMedia): ManifestAnswer {
    const { finished } = this.#store
    const ready = this.#readyNames(this.#store.available(file.serviceId))
    const has = (segment: { readonly uri: string }): boolean => ready.has(resolveReference(file.name, segment.uri))
    const last = playlist.segments.at(-1)
    if (!playlist.segments.some(has)) return finished || last === undefined ? 'as-sent' : 'not-yet'
    const ended = finished || (playlist.endList && last !== undefined && has(last))
    return { text: windowPlaylist(playlist, { has, ended, newest: null }) }
  }

  /** Names as received, and in the escaped form of manifests. */
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
