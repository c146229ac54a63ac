import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { initSegment, type SegmentFinder, segmentFinder } from '../manifest/mpd/segments.ts'
import { resolveReference } from '../manifest/reference.ts'

/** A parsed manifest; `other` for other files and unreadable ones. */
export type ServiceManifest =
  | { readonly kind: 'mpd'; readonly mpd: Mpd; readonly rules: readonly SegmentRule[] }
  | HlsMaster
  | HlsMedia
  | { readonly kind: 'other' }

/** Naming rule of one representation's segments. */
export type SegmentRule = {
  /** Representation@id. */
  readonly id: string
  readonly find: SegmentFinder
  readonly init: string | null
  /** Nominal, µs. */
  readonly durationUs: number
}

/** Expectation of a manifest for a name that has not arrived. */
export type Expectation = {
  /** Duration of one segment, a reasonable time to wait, µs. */
  readonly durationUs: number
  /** Later segments of the same representation have arrived: this one will not. */
  readonly passed: boolean
}

const UNTIMED_US = 2_000_000

/** Parses the stored manifests of all services, each once. */
export class ServiceManifests {
  readonly #store: ObjectStore
  readonly #warn: (text: string) => void
  readonly #read = new Map<string, { readonly version: number; readonly manifest: ServiceManifest }>()

  constructor(store: ObjectStore, warn: (text: string) => void) {
    this.#store = store
    this.#warn = warn
  }

  /** Parses a stored file as a manifest. An unreadable one is warned about once. */
  of(file: StoredFile): ServiceManifest {
    const key = `${file.serviceId}/${file.name}`
    const known = this.#read.get(key)
    if (known?.version === file.version) return known.manifest
    let manifest: ServiceManifest = { kind: 'other' }
    try {
      manifest = this.#parse(file)
    } catch (error) {
      this.#warn(
        `Service ${file.serviceId}: the manifest ${JSON.stringify(file.name)} cannot be read and is served as it was sent: ${messageOf(error)}`,
      )
    }
    this.#read.set(key, { version: file.version, manifest })
    return manifest
  }

  /** Finds what the stored manifests of a service expect of a name; null where none lists it. */
  expects(serviceId: ServiceId, name: string): Expectation | null {
    for (const file of this.#store.list(serviceId)) {
      if (!isManifest(file)) continue
      const manifest = this.of(file)
      const expected =
        manifest.kind === 'mpd'
          ? this.#ofMpd(serviceId, manifest.rules, name)
          : manifest.kind === 'media'
            ? this.#ofPlaylist(serviceId, file.name, manifest, name)
            : manifest.kind === 'master'
              ? ofMaster(file.name, manifest, name)
              : null
      if (expected !== null) return expected
    }
    return null
  }

  /** Representation@id of a segment by the MPDs of the service; null where none lists it. */
  representationOf(serviceId: ServiceId, name: string): string | null {
    for (const file of this.#store.list(serviceId)) {
      if (!isManifest(file)) continue
      const manifest = this.of(file)
      if (manifest.kind !== 'mpd') continue
      const rule = manifest.rules.find(({ init, find }) => name === init || find(name) !== null)
      if (rule !== undefined) return rule.id
    }
    return null
  }

  #parse(file: StoredFile): ServiceManifest {
    const bytes = isManifest(file) ? this.#store.read(file) : null
    if (bytes === null) return { kind: 'other' }
    if (isPlaylistName(file)) return parsePlaylist(bytes)
    const mpd = parseMpd(bytes, file.name)
    const rules = mpd.periods
      .flatMap((period) => period.adaptationSets.flatMap((set) => set.representations))
      .map((representation): SegmentRule => {
        const { addressing } = representation
        const timed = addressing.kind === 'template' || addressing.kind === 'list' ? addressing : null
        const ticks = timed?.duration ?? timed?.timeline?.at(-1)?.duration ?? 0
        return {
          id: representation.id,
          find: segmentFinder(representation),
          init: addressing.kind === 'single' ? representation.baseUrl : (initSegment(representation)?.name ?? null),
          durationUs: ticks === 0 ? UNTIMED_US : Math.round((ticks / (timed?.timescale ?? 1)) * 1_000_000),
        }
      })
    return { kind: 'mpd', mpd, rules }
  }

  #ofMpd(serviceId: ServiceId, rules: readonly SegmentRule[], name: string): Expectation | null {
    for (const { find, init, durationUs } of rules) {
      if (name === init) return { durationUs, passed: false }
      const asked = find(name)
      if (asked === null) continue
      const passed = this.#names(serviceId).some((other) => {
        const seen = find(other)
        if (seen === null) return false
        if (asked.number !== null && seen.number !== null) return seen.number > asked.number
        return asked.time !== null && seen.time !== null && seen.time > asked.time
      })
      return { durationUs, passed }
    }
    return null
  }

  #ofPlaylist(serviceId: ServiceId, base: string, playlist: HlsMedia, name: string): Expectation | null {
    const names = playlist.segments.map((segment) => resolveReference(base, segment.uri))
    const durationUs = Math.round(playlist.targetDurationS * 1_000_000)
    const index = names.lastIndexOf(name)
    if (index >= 0) {
      const later = new Set(names.slice(index + 1))
      return { durationUs, passed: this.#names(serviceId).some((other) => later.has(other)) }
    }
    const isMap = playlist.segments.some(
      (segment, at) =>
        segment.map !== null &&
        segment.map !== playlist.segments[at - 1]?.map &&
        resolveReference(base, segment.map.uri) === name,
    )
    return isMap ? { durationUs, passed: false } : null
  }

  /** Names of all files and arriving objects of a service. */
  #names(serviceId: ServiceId): string[] {
    return [
      ...this.#store.list(serviceId).map((file) => file.name),
      ...this.#store.live(serviceId).flatMap((object) => object.name ?? []),
      ...this.#store.lostObjects(serviceId).map((lost) => lost.name),
    ]
  }
}

function ofMaster(base: string, { variants, renditions }: HlsMaster, name: string): Expectation | null {
  const uris = [...variants.map((variant) => variant.uri), ...renditions.flatMap((rendition) => rendition.uri ?? [])]
  const named = uris.some((uri) => resolveReference(base, uri) === name)
  return named ? { durationUs: UNTIMED_US, passed: false } : null
}

/** Whether a file is an MPD or a playlist. */
export function isManifest(file: StoredFile): boolean {
  return file.kind === 'manifest' || file.kind === 'playlist' || isManifestName(file.name)
}

/** Whether a name has the extension of a manifest. */
export function isManifestName(name: string): boolean {
  return /\.(?:mpd|m3u8?)$/i.test(name)
}

function isPlaylistName({ name, contentType, kind }: StoredFile): boolean {
  if (/\.mpd$/i.test(name)) return false
  return kind === 'playlist' || /\.m3u8?$/i.test(name) || /mpegurl/i.test(contentType ?? '')
}

/** Message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
