import { CodecError } from '../bytes/codec-error.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { type Box, childBoxes, findBox, readBoxes } from '../media/bmff/boxes.ts'
import { TS_PACKET_BYTES, TS_SYNC } from '../media/ts/ts-packets.ts'

/** Tracks of one service that are told apart; of more, those that came last. */
const MAX_TRACKS = 32
/** So much of a name is compared. */
const MAX_LIKENESS = 100
/** A longer segment is not looked at. */
const MAX_SEGMENT_BYTES = 64 << 20

/** Media of a service that one channel or name pattern brings. */
export type LookTrack = {
  /** Whole segments, the newest last. */
  readonly segments: readonly StoredFile[]
  /** Null: its segments need none. */
  readonly init: Uint8Array | null
  readonly kind: 'video' | 'audio' | 'both'
  /** Channel that brings it, by which it is known again. */
  readonly lane: string
  /** Type of its sample entry, as `hvc1`; null where it is not told. */
  readonly codec: string | null
}

/** Name of the representation that a file is of; null where no manifest lists it. */
export type RepresentationOf = (serviceId: ServiceId, name: string) => string | null

/** The tracks of a service with pictures or sound among its stored files. Files of former transmissions are none of them. */
export function lookTracks(store: ObjectStore, serviceId: ServiceId, representationOf: RepresentationOf): LookTrack[] {
  const inits: StoredFile[] = []
  const groups = new Map<string, StoredFile[]>()
  for (const file of store.current(serviceId)) {
    if (file.kind === 'init') inits.push(file)
    if (file.kind !== 'media' || file.size > MAX_SEGMENT_BYTES || (!file.complete && file.patched === undefined))
      continue
    const key = `${file.lane} ${file.representation} ${file.name.replace(/\d+(?=(?:\.[a-z]\w*)?(?:\?.*)?$)/i, '#')}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [file])
    else group.push(file)
  }
  const lastUs = (group: readonly StoredFile[]): number => Math.max(...group.slice(-2).map((file) => file.lastTimeUs))
  const newest = [...groups.values()].sort((a, b) => lastUs(b) - lastUs(a)).slice(0, MAX_TRACKS)
  return newest.flatMap((segments) => {
    segments.sort((a, b) => a.firstTimeUs - b.firstTimeUs)
    const track = trackOf(store, segments, inits, representationOf)
    return track === null ? [] : [{ ...track, lane: segments[0]?.lane ?? '' }]
  })
}

function trackOf(
  store: ObjectStore,
  segments: readonly StoredFile[],
  inits: readonly StoredFile[],
  representationOf: RepresentationOf,
): Omit<LookTrack, 'lane'> | null {
  const last = segments.at(-1)
  if (last === undefined) return null
  const init = initOf(last, inits, representationOf)
  const initBytes = init === null ? null : store.read(init)
  const described = initBytes === null ? null : describedBy(initBytes)
  if (initBytes !== null && described !== null) return { segments, init: initBytes, ...described }
  const bytes = store.read(last)
  if (bytes === null) return null
  if (bytes[0] === TS_SYNC && (bytes.length < 2 * TS_PACKET_BYTES || bytes[TS_PACKET_BYTES] === TS_SYNC))
    return { segments, init: null, kind: 'both', codec: null }
  // A file that describes itself, as an MPU does.
  const own = describedBy(bytes)
  return own === null ? null : { segments, init: null, ...own }
}

/** The initialisation segment of a media segment: by the manifests, else of its channel, and by the likeness of their names. */
export function initOf(
  file: StoredFile,
  inits: readonly StoredFile[],
  representationOf: RepresentationOf,
): StoredFile | null {
  const representation = representationOf(file.serviceId, file.name) ?? file.representation
  const weight = (init: StoredFile): number => {
    const own = representationOf(init.serviceId, init.name) ?? init.representation
    const isOf = representation !== null && own === representation
    const isBeside = folderOf(init.name) === folderOf(file.name)
    return (
      (isOf ? 1e9 : 0) + (init.lane === file.lane ? 1e6 : 0) + (isBeside ? 1e4 : 0) + likeness(init.name, file.name)
    )
  }
  let best: { readonly init: StoredFile; readonly weight: number } | null = null
  for (const init of inits) {
    const its = weight(init)
    if (best === null || its >= best.weight) best = { init, weight: its }
  }
  return best?.init ?? null
}

const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1)

/** Longest text that the ends of two names have in common: `-stream0` of `chunk-stream0-00001.m4s` and `init-stream0.m4s`. */
function likeness(one: string, other: string): number {
  const [a, b] = [one, other].map((name) => name.slice(folderOf(name).length).slice(-MAX_LIKENESS)) as [string, string]
  let longest = 0
  for (let from = 0; from + longest < a.length; from++)
    while (from + longest < a.length && b.includes(a.slice(from, from + longest + 1))) longest++
  return longest
}

/** What the `moov` of a file describes; null where it has none, or neither pictures nor sound. */
function describedBy(
  bytes: Uint8Array,
): { readonly kind: 'video' | 'audio' | 'both'; readonly codec: string | null } | null {
  try {
    const moov = readBoxes(bytes).find(({ type }) => type === 'moov')
    if (moov === undefined) return null
    const tracks = childBoxes(bytes, moov)
      .filter(({ type }) => type === 'trak')
      .flatMap((trak) => trackIn(bytes, trak) ?? [])
    const [first] = tracks
    if (first === undefined) return null
    const kinds = new Set(tracks.map(({ kind }) => kind))
    return kinds.size > 1 ? { kind: 'both', codec: null } : first
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}

function trackIn(
  bytes: Uint8Array,
  trak: Box,
): { readonly kind: 'video' | 'audio'; readonly codec: string | null } | null {
  const hdlr = findBox(bytes, trak, 'mdia', 'hdlr')
  const stsd = findBox(bytes, trak, 'mdia', 'minf', 'stbl', 'stsd')
  if (hdlr === undefined) return null
  // Version, flags and pre_defined stand before the handler type (ISO/IEC 14496-12 §8.4.3).
  const at = hdlr.offset + hdlr.headerBytes + 8
  const handler = String.fromCharCode(...bytes.subarray(at, at + 4))
  const kind = handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : null
  if (kind === null) return null
  return { kind, codec: stsd === undefined ? null : (childBoxes(bytes, stsd, 8)[0]?.type ?? null) }
}
