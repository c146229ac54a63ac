import { createHash } from 'node:crypto'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { AddressMap } from '../flow/address.ts'
import { BoundedSet } from '../flow/bounded-map.ts'
import { confinePlaylist } from '../manifest/hls/confine-playlist.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { windowPlaylist } from '../manifest/hls/window.ts'
import { confineMpd } from '../manifest/mpd/confine-mpd.ts'
import { finishedMpd } from '../manifest/mpd/finished.ts'
import { liveMpd } from '../manifest/mpd/live.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { parseXmlSource } from '../manifest/mpd/xml-source.ts'
import { resolveReference } from '../manifest/reference.ts'
import { isOf, messageOf, type SegmentRule, type ServiceManifests } from './service-manifests.ts'
import type { ServiceScopes } from './service-scopes.ts'

/** Clock that manifests are written for. Shifts in µs. */
export type ManifestClock = {
  readonly nowUs: () => number
  readonly streamShiftUs: () => number
  readonly manifestShiftUs: () => number
  /** False: manifests must not announce segments before they are whole. */
  readonly lowLatency?: boolean
}

/** `as-sent`: the bytes as stored. `not-yet`: nothing can be played yet. `refused`: why nothing of it can be played. */
export type ManifestAnswer = { readonly text: string } | { readonly refused: string } | 'as-sent' | 'not-yet'

/** Number of first segments per representation that fix the time line of a live presentation. */
const ANCHOR_SEGMENTS = 3
/** Files with a warning that are remembered. */
const MAX_WARNED = 256

type Arrival = { readonly name: string; readonly lastTimeUs: number }

/** First segments of each representation, which fix the time line of one presentation. */
type Anchors = { readonly key: string; readonly byRepresentation: Map<string, Arrival[]> }

/**
 * Rewrites manifests for players: confined to their service, moved to now while the session runs, and cut to the received
 * segments at its end.
 */
export class ManifestAnswers {
  readonly #store: ObjectStore
  readonly #manifests: ServiceManifests
  readonly #clock: ManifestClock
  readonly #scopes: ServiceScopes
  readonly #warn: (text: string) => void
  readonly #announced: (serviceId: ServiceId) => ReadonlySet<string> | null
  readonly #anchors = new Map<string, Anchors>()
  readonly #finished = new Map<string, { readonly at: string; readonly answer: ManifestAnswer }>()
  readonly #warned = new BoundedSet<string>(MAX_WARNED)

  constructor(
    store: ObjectStore,
    manifests: ServiceManifests,
    scopes: ServiceScopes,
    clock: ManifestClock,
    warn: (text: string) => void,
    announced: (serviceId: ServiceId) => ReadonlySet<string> | null,
  ) {
    this.#announced = announced
    this.#scopes = scopes
    this.#store = store
    this.#manifests = manifests
    this.#clock = clock
    this.#warn = warn
  }

  /**
   * Answers with a manifest. Never throws: one that cannot be rewritten is served as it was sent, but confined.
   * @param prefix path before `/serviceN` in its address @param clockUrl clock for players
   */
  answer(file: StoredFile, prefix: string, clockUrl: string): ManifestAnswer {
    const key = `${prefix} ${file.serviceId}/${file.name}`
    const at = `${file.version} ${this.#store.version} ${[...(this.#announced(file.serviceId) ?? [])].join(' ')}`
    const before = this.#finished.get(key)
    if (this.#store.finished && before?.at === at) return before.answer
    const answer = this.#confined(file, prefix, clockUrl)
    if (this.#store.finished) this.#finished.set(key, { at, answer })
    return answer
  }

  #confined(file: StoredFile, prefix: string, clockUrl: string): ManifestAnswer {
    const { confined, refused } = this.#manifests.read(file)
    if (refused !== null) return { refused: `The manifest cannot be read: ${refused}.` }
    if (confined === null) return 'as-sent'
    if (confined.isEmpty) {
      const [first] = confined.cuts.first
      const where =
        first === undefined ? '' : `: ${first.place} in line ${first.line} is ${JSON.stringify(first.reference)}`
      return { refused: `Nothing of it is in the broadcast; its references lead elsewhere${where}.` }
    }
    let text = confined.text
    try {
      const rewritten = this.#rewrite(file, clockUrl)
      if (rewritten === 'not-yet') return rewritten
      text = rewritten ?? text
    } catch (error) {
      const known = `${file.serviceId}/${file.name} ${file.version}`
      if (!this.#warned.has(known))
        this.#warn(
          `Service ${file.serviceId}: ${JSON.stringify(file.name)} is served with the times it was sent with: ${messageOf(error)}`,
        )
      this.#warned.add(known)
    }
    const local = confined.isRooted ? this.#toPaths(file, text, prefix, clockUrl) : text
    return local === confined.original ? 'as-sent' : { text: local }
  }

  /** @returns null where the manifest stays as it is */
  #rewrite(file: StoredFile, clockUrl: string): string | 'not-yet' | null {
    const manifest = this.#manifests.of(file)
    if (manifest.kind === 'media') return this.#playlist(file, manifest)
    if (manifest.kind !== 'mpd') return null
    const { mpd, rules } = manifest
    const files = this.#store.current(file.serviceId)
    const stored = files.map(({ name }) => name)
    const carried = this.#carried(file.serviceId, rules, stored)
    if (this.#store.finished) return finishedMpd(mpd, stored, carried)
    const text = liveMpd(mpd, {
      shiftUs: this.#clock.manifestShiftUs(),
      clockUrl,
      complete: this.#complete(file, mpd, rules, files),
      carried,
      wholeOnly: this.#clock.lowLatency === false,
    })
    return text ?? 'not-yet'
  }

  /** Writes absolute URLs of received files, and references from the root, as paths of this gateway. */
  #toPaths(file: StoredFile, text: string, prefix: string, clockUrl: string): string {
    const scope = this.#scopes.of(file, `${prefix}/service${file.serviceId}`)
    if (/^\ufeff?#EXTM3U/.test(text)) return confinePlaylist(text, scope).text
    return confineMpd(parseXmlSource(new TextEncoder().encode(text)), scope, clockUrl).text
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
    // A sender that began again has another time line, though it may send the same MPD.
    const key = `${mpd.type} ${generation} ${this.#store.restartsOf(file.serviceId)}`
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

  /** Representations of an MPD that are not on air, and not served; of other manifests none. */
  offAir(file: StoredFile): readonly string[] {
    const manifest = this.#manifests.of(file)
    if (manifest.kind !== 'mpd') return []
    const stored = this.#store.current(file.serviceId).map(({ name }) => name)
    const carried = this.#carried(file.serviceId, manifest.rules, stored)
    if (!manifest.rules.some(({ id }) => carried.has(id))) return []
    return [...new Set(manifest.rules.map(({ id }) => id))].filter((id) => !carried.has(id))
  }

  /**
   * Representations on air: a sender need not carry all that its MPD lists. What the S-TSID announces decides; else what came,
   * of which names may fit several representations.
   */
  #carried(serviceId: ServiceId, rules: readonly SegmentRule[], stored: readonly string[]): Set<string> {
    const announced = this.#announced(serviceId)
    const known = announced === null ? [] : rules.filter(({ id }) => announced.has(id))
    if (known.length > 0) return new Set(known.map(({ id }) => id))
    const seen = [
      ...stored,
      ...this.#store.live(serviceId).flatMap((object) => object.name ?? []),
      ...this.#store.lostObjects(serviceId).map((lost) => lost.name),
    ]
    const carried = rules.filter((rule) => seen.some((name) => isOf(rule, name)))
    return new Set(carried.map(({ id }) => id))
  }

  #playlist(file: StoredFile, playlist: HlsMedia): string | 'not-yet' | null {
    const { finished } = this.#store
    const ready = new AddressMap(this.#store.current(file.serviceId).map(({ name }) => [name, true]))
    const has = (segment: { readonly uri: string }): boolean => ready.has(resolveReference(file.name, segment.uri))
    const last = playlist.segments.at(-1)
    if (!playlist.segments.some(has)) return finished || last === undefined ? null : 'not-yet'
    const ended = finished || (playlist.endList && last !== undefined && has(last))
    return windowPlaylist(playlist, { has, ended, newest: null })
  }
}

/** Strong tag of content. */
export function contentTag(bytes: Uint8Array | string | null): string {
  return createHash('sha1')
    .update(bytes ?? '')
    .digest('base64url')
}
