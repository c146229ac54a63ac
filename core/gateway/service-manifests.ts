import { EntryFaults } from '../bytes/entry-faults.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { AddressMap, addressesOf, leadsTo } from '../flow/address.ts'
import { BoundedMap, BoundedSet } from '../flow/bounded-map.ts'
import type { ConfinedManifest } from '../manifest/confined-manifest.ts'
import { confinePlaylist } from '../manifest/hls/confine-playlist.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMaster, HlsMedia } from '../manifest/hls/playlist.ts'
import type { HlsVariables } from '../manifest/hls/variables.ts'
import { confineMpd } from '../manifest/mpd/confine-mpd.ts'
import type { Mpd } from '../manifest/mpd/mpd.ts'
import { MAX_MPD_BYTES, mpdOf } from '../manifest/mpd/parse.ts'
import { initSegment, type SegmentFinder, segmentFinder } from '../manifest/mpd/segments.ts'
import { parseXmlSource } from '../manifest/mpd/xml-source.ts'
import { resolveReference } from '../manifest/reference.ts'
import { holdsAddress } from '../manifest/reference-scope.ts'
import { isManifest, type ServiceScopes } from './service-scopes.ts'

/** A parsed manifest; `other` for other files and unreadable ones. */
export type ServiceManifest =
  | { readonly kind: 'mpd'; readonly mpd: Mpd; readonly rules: readonly SegmentRule[] }
  | HlsMaster
  | HlsMedia
  | { readonly kind: 'other' }

/** A stored manifest without what leads out of the broadcast. */
export type ReadManifest = {
  /** Parsed from the confined text. */
  readonly manifest: ServiceManifest
  /** Null: it cannot be read, and its bytes may be served as they were sent. */
  readonly confined: ConfinedManifest | null
  /** Why it must not be served: it cannot be read, and what a player would make of it is unknown. */
  readonly refused: string | null
}

type ReadEntry = ReadManifest & {
  readonly version: string
  readonly file: StoredFile
  /** Its addresses of other hosts, with the paths of their files here. */
  readonly asked: ReadonlyMap<string, string | null>
}

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
/** A multivariant playlist is among the first files of its service. */
const MAX_FIRST = 64
/** Manifests kept parsed. */
const MAX_READ = 1024
/** Different warnings that are remembered, so that none is repeated. */
const MAX_TOLD = 256

/** Last place of each name in a playlist that has been asked for. */
const PLACES = new WeakMap<HlsMedia, AddressMap<number>>()

/** Parses the stored manifests of all services, each once. */
export class ServiceManifests {
  readonly #store: ObjectStore
  readonly #warn: (text: string) => void
  readonly #scopes: ServiceScopes
  readonly #read = new BoundedMap<string, ReadEntry>(MAX_READ)
  readonly #told = new BoundedSet<string>(MAX_TOLD)
  /** Manifests among the files of a service, as of a version of the store. */
  readonly #files = new BoundedMap<ServiceId, { readonly version: number; readonly files: readonly StoredFile[] }>(
    MAX_READ,
  )

  constructor(store: ObjectStore, scopes: ServiceScopes, warn: (text: string) => void) {
    this.#store = store
    this.#scopes = scopes
    this.#warn = warn
  }

  /** Parses a stored file as a manifest. An unreadable one is warned about once. */
  of(file: StoredFile): ServiceManifest {
    return this.read(file).manifest
  }

  /** Parses a stored file as a manifest whose references are confined to its service. */
  read(file: StoredFile): ReadManifest {
    const key = `${file.serviceId}/${file.name}`
    // What may be referred to by an absolute URL changes as files arrive, as does the playlist that lists another.
    const masters = file.kind === 'playlist' ? this.#store.count(file.serviceId, MAX_FIRST) : 0
    const version = `${file.version} ${masters} ${[...this.#scopes.folders(file.serviceId)].join(' ')}`
    const known = this.#read.get(key)
    if (known?.version === version && this.#leadsAsBefore(file.serviceId, known.asked)) return known
    const asked = new Map<string, string | null>()
    const read = { ...this.#parse(file, asked), version, file, asked }
    this.#read.set(key, read)
    return read
  }

  #leadsAsBefore(serviceId: ServiceId, asked: ReadonlyMap<string, string | null>): boolean {
    for (const [url, path] of asked) if (this.#scopes.localOf(serviceId, url) !== path) return false
    return true
  }

  /** Manifests of a service that have been read. */
  readOf(serviceId: ServiceId): ReadonlyMap<string, ConfinedManifest> {
    const found = new Map<string, ConfinedManifest>()
    for (const { file, confined } of this.#read.values())
      if (file.serviceId === serviceId && confined !== null) found.set(file.name, confined)
    return found
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
    for (const file of this.#manifestFiles(serviceId)) {
      const manifest = this.of(file)
      if (manifest.kind !== 'mpd') continue
      const rule = manifest.rules.find((one) => isOf(one, name))
      if (rule !== undefined) return rule.id
    }
    return null
  }

  /** Manifests of a service that are there. */
  #manifestFiles(serviceId: ServiceId): readonly StoredFile[] {
    const { version } = this.#store
    const known = this.#files.get(serviceId)
    if (known?.version === version) return known.files
    const files = this.#store.available(serviceId).filter(isManifest)
    this.#files.set(serviceId, { version, files })
    return files
  }

  #parse(file: StoredFile, asked: Map<string, string | null>): ReadManifest {
    const bytes = isManifest(file) ? this.#store.read(file) : null
    if (bytes === null) return { manifest: { kind: 'other' }, confined: null, refused: null }
    let confined: ConfinedManifest | null = null
    try {
      confined = this.#confine(file, bytes, asked)
      this.#tellCuts(file, confined)
      const faults = new EntryFaults()
      const manifest = isPlaylist(file, bytes)
        ? parsePlaylist(new TextEncoder().encode(confined.text), faults)
        : readMpd(confined.text, file.name, faults)
      this.#tellEntries(file, faults)
      return { manifest, confined, refused: null }
    } catch (error) {
      const refused = confined === null && mayLead(bytes) ? messageOf(error) : null
      const end =
        refused === null ? 'is served as it was sent' : 'is not served, since it may lead out of the broadcast'
      this.#tell(
        `Service ${file.serviceId}: the manifest ${JSON.stringify(file.name)} cannot be read and ${end}: ${messageOf(error)}`,
      )
      return { manifest: { kind: 'other' }, confined, refused }
    }
  }

  #confine(file: StoredFile, bytes: Uint8Array, asked: Map<string, string | null>): ConfinedManifest {
    const scope = this.#scopes.of(file, null, asked)
    if (isPlaylist(file, bytes)) {
      const text = new TextDecoder().decode(bytes)
      const variables = text.includes('IMPORT=') ? this.#importedBy(file) : null
      return confinePlaylist(text, variables === null ? scope : { ...scope, variables })
    }
    if (bytes.byteLength > MAX_MPD_BYTES) throw new Error(`it has more than ${MAX_MPD_BYTES} bytes`)
    const document = parseXmlSource(bytes)
    const confined = confineMpd(document, scope, null)
    return document.mended ? { ...confined, original: '' } : confined
  }

  /** Variables of the multivariant playlist that lists a playlist; null where none has arrived. */
  #importedBy({ serviceId, name }: StoredFile): HlsVariables | null {
    for (const other of this.#store.available(serviceId)) {
      const bytes = other.name !== name && isManifest(other) ? this.#store.read(other) : null
      if (bytes === null || !isPlaylist(other, bytes)) continue
      try {
        const master = parsePlaylist(bytes)
        if (master.kind === 'master' && ofMaster(other.name, master, name) !== null) return master.defined
      } catch {
        // It is reported where it is read itself.
      }
    }
    return null
  }

  #tellCuts(file: StoredFile, { cuts }: ConfinedManifest): void {
    const [first] = cuts.first
    if (first === undefined) return
    const more = cuts.count > 1 ? `, and ${cuts.count - 1} more` : ''
    this.#tell(
      `Service ${file.serviceId}: ${JSON.stringify(file.name)} leads out of the broadcast; cut ${first.place} in line ${first.line}, ${JSON.stringify(first.reference)}${more}`,
    )
  }

  #tellEntries(file: StoredFile, { count, listed }: EntryFaults): void {
    const [first] = listed
    if (first === undefined) return
    const more = count > 1 ? `, and ${count - 1} more` : ''
    this.#tell(
      `Service ${file.serviceId}: ${JSON.stringify(file.name)}: ${first.path} is left out, ${first.reason}${more}`,
    )
  }

  #tell(text: string): void {
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#warn(text)
  }

  #ofMpd(serviceId: ServiceId, rules: readonly SegmentRule[], name: string): Expectation | null {
    for (const { find, init, durationUs } of rules) {
      if (init !== null && leadsTo(init, name)) return { durationUs, passed: false }
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
    let places = PLACES.get(playlist)
    if (places === undefined) {
      places = new AddressMap()
      for (const [index, { uri }] of playlist.segments.entries())
        for (const address of addressesOf(resolveReference(base, uri))) places.set(address, index)
      PLACES.set(playlist, places)
    }
    const listed = places
    const durationUs = Math.round(playlist.targetDurationS * 1_000_000)
    const index = listed.get(name)
    if (index !== undefined) {
      const passed = this.#names(serviceId).some((other) => (listed.get(other) ?? -1) > index)
      return { durationUs, passed }
    }
    const isMap = playlist.segments.some(
      (segment, at) =>
        segment.map !== null &&
        segment.map !== playlist.segments[at - 1]?.map &&
        leadsTo(resolveReference(base, segment.map.uri), name),
    )
    return isMap ? { durationUs, passed: false } : null
  }

  /** Names of all files of its newest transmission and arriving objects of a service. */
  #names(serviceId: ServiceId): string[] {
    return [
      ...this.#store.current(serviceId).map((file) => file.name),
      ...this.#store.live(serviceId).flatMap((object) => object.name ?? []),
      ...this.#store.lostObjects(serviceId).map((lost) => lost.name),
    ]
  }
}

/** Whether a name is of a representation's files. */
export function isOf({ init, find }: SegmentRule, name: string): boolean {
  return (init !== null && leadsTo(init, name)) || find(name) !== null
}

function ofMaster(base: string, { variants, renditions }: HlsMaster, name: string): Expectation | null {
  const uris = [...variants.map((variant) => variant.uri), ...renditions.flatMap((rendition) => rendition.uri ?? [])]
  const named = uris.some((uri) => leadsTo(resolveReference(base, uri), name))
  return named ? { durationUs: UNTIMED_US, passed: false } : null
}

/** Whether a player could find an address in a manifest that is not well-formed. */
function mayLead(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes)
  return holdsAddress(text) || /\.\.|%2e|<!|<\?(?!xml)|&|\\|["'>]\s*\/|[a-z]\0/i.test(text)
}

function readMpd(text: string, name: string, faults: EntryFaults): ServiceManifest {
  const mpd = mpdOf(parseXmlSource(new TextEncoder().encode(text)), name, faults)
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

/** Whether a manifest is a playlist: by how it begins, as players know it, else by its name. */
function isPlaylist({ name, contentType, kind }: StoredFile, bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 1024)).trimStart()
  if (start.startsWith('#EXTM3U')) return true
  if (start.startsWith('<') || /\.mpd$/i.test(name)) return false
  return kind === 'playlist' || /\.m3u8?$/i.test(name) || /mpegurl/i.test(contentType ?? '')
}

/** Message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
