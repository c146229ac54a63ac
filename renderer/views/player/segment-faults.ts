import { type Box, boxesOf, type Track, tracksOf, viewOf } from './fragment-times.ts'

/*
 * What is wrong with bytes that a browser refuses as ISO media. It says of no segment which one it refused, and plays nothing more
 * of anything; here the box at fault is named before, and the time of the segment can be filled.
 */

/** Boxes that browsers take at the top level of a segment (MSE byte stream format for ISO BMFF). */
const TOP_LEVEL = /^(?:bloc|emsg|free|ftyp|mdat|meco|meta|mfra|moof|moov|pdin|prft|sidx|skip|ssix|styp|uuid)$/

/** Box of a sample entry without which no decoder can be set up, by kind of entry. */
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  avc1: 'avcC',
  avc3: 'avcC',
  hvc1: 'hvcC',
  hev1: 'hvcC',
  vp09: 'vpcC',
  av01: 'av1C',
  mp4a: 'esds',
}
/** Of a sample entry before its boxes, bytes (ISO/IEC 14496-12 §12). */
const VISUAL_ENTRY = 78
const AUDIO_ENTRY = 28

/** What an initialisation segment says of its segments. */
export type SegmentForm = {
  readonly tracks: readonly Track[]
  /** Bytes of the length before each NAL unit, by track; absent: its samples are no NAL units in the clear. */
  readonly lengthBytes: ReadonlyMap<number, number>
}

/** What is judged by where no initialisation segment is known. */
export const NO_FORM: SegmentForm = { tracks: [], lengthBytes: new Map() }

/** True of bytes that begin with a box of a segment. */
export function isIsoMedia(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && TOP_LEVEL.test(typeAt(viewOf(bytes), 0))
}

/** True of ISO media that cannot be decoded without an initialisation segment: fragments without their own. */
export function needsInit(bytes: Uint8Array): boolean {
  const types = boxesOf(viewOf(bytes), 0, bytes.length).map(({ type }) => type)
  return types.includes('moof') && !types.includes('moov')
}

/** Reads what media segments are judged by. */
export function segmentForm(init: Uint8Array): SegmentForm {
  const tracks = attempt(() => tracksOf(init)) ?? []
  const lengthBytes = new Map<number, number>()
  for (const [index, entry] of (attempt(() => sampleEntries(init)) ?? []).entries()) {
    const track = tracks[index]
    if (track === undefined || entry.configuration === null) continue
    const at = entry.type === 'avc1' || entry.type === 'avc3' ? 4 : 21
    if (/^(?:avc|hvc|hev)\d$/.test(entry.type) && at < entry.configuration.length)
      lengthBytes.set(track.id, ((entry.configuration[at] as number) & 3) + 1)
  }
  return { tracks, lengthBytes }
}

/** What is wrong with an initialisation segment, said after its name; null: nothing that is seen here. */
export function initFault(init: Uint8Array): string | null {
  const outer = outerFault(init)
  if (outer !== null) return outer
  const view = viewOf(init)
  const moov = boxesOf(view, 0, init.length).find(({ type }) => type === 'moov')
  if (moov === undefined) return 'it has no moov'
  const inner = boxesOf(view, moov.body, moov.end)
  for (const type of ['trak', 'mvex']) if (!inner.some((box) => box.type === type)) return `its moov has no ${type}`
  for (const { type, configuration } of attempt(() => sampleEntries(init)) ?? []) {
    const needs = CONFIGURATIONS[type]
    if (needs !== undefined && configuration === null) return `its ${type} has no ${needs}`
  }
  return null
}

/** What is wrong with a media segment, said after its name; null: nothing that is seen here. */
export function segmentFault(segment: Uint8Array, form: SegmentForm): string | null {
  const outer = outerFault(segment)
  if (outer !== null) return outer
  const view = viewOf(segment)
  const boxes = boxesOf(view, 0, segment.length)
  const moofs = boxes.filter(({ type }) => type === 'moof')
  for (const type of ['moof', 'mdat']) if (!boxes.some((box) => box.type === type)) return `it has no ${type}`
  for (const moof of moofs) {
    const trafs = boxesOf(view, moof.body, moof.end).filter(({ type }) => type === 'traf')
    if (trafs.length === 0) return `its moof at byte ${moof.start} has no traf`
    for (const traf of trafs) {
      const fault = attempt(() => trafFault(segment, moof, traf, form))
      if (fault === undefined) return `a box of its traf at byte ${traf.start} is shorter than its fields`
      if (fault !== null) return fault
    }
  }
  return null
}

/** What is wrong with the boxes that everything is in. */
function outerFault(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'it is empty'
  const view = viewOf(bytes)
  const boxes = boxesOf(view, 0, bytes.length)
  const odd = boxes.find(({ type }) => !TOP_LEVEL.test(type))
  const end = odd?.start ?? boxes.at(-1)?.end ?? 0
  if (end === bytes.length) return null
  const type = bytes.length - end < 8 ? '' : typeAt(view, end)
  if (!TOP_LEVEL.test(type)) {
    const first = [...bytes.subarray(end, end + 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    return `there is no box of a segment at byte ${end} (${/^[\x20-\x7e]{4}$/.test(type) ? `"${type}"` : first})`
  }
  const claimed = view.getUint32(end)
  return `its ${type} at byte ${end} claims ${claimed} bytes, of which ${bytes.length - end} are there`
}

const typeAt = (view: DataView, at: number): string =>
  String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)))

type SampleEntry = { readonly type: string; readonly configuration: Uint8Array | null }

/** The first sample entry of each track. @throws RangeError where a box is shorter than its fields */
function sampleEntries(init: Uint8Array): readonly SampleEntry[] {
  const view = viewOf(init)
  const inside = (box: Box | undefined, type: string): Box | undefined =>
    box === undefined ? undefined : boxesOf(view, box.body, box.end).find((one) => one.type === type)
  const moov = boxesOf(view, 0, init.length).find(({ type }) => type === 'moov')
  if (moov === undefined) return []
  return boxesOf(view, moov.body, moov.end).flatMap((trak) => {
    const stbl = trak.type === 'trak' ? inside(inside(inside(trak, 'mdia'), 'minf'), 'stbl') : undefined
    const stsd = inside(stbl, 'stsd')
    const [entry] = stsd === undefined ? [] : boxesOf(view, stsd.body + 8, stsd.end)
    if (entry === undefined) return []
    const needs = CONFIGURATIONS[entry.type]
    const head = entry.type === 'mp4a' ? AUDIO_ENTRY : VISUAL_ENTRY
    const box = boxesOf(view, entry.body + head, entry.end).find(({ type }) => type === needs)
    return [{ type: entry.type, configuration: box === undefined ? null : init.subarray(box.body, box.end) }]
  })
}

const TRAF_PARTS = [
  ['tfhd', 'tfhd'],
  ['tfdt', 'decode time (tfdt)'],
  ['trun', 'trun'],
] as const
const TFHD = { baseDataOffset: 0x1, sampleDescription: 0x2, duration: 0x8, size: 0x10 } as const
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  composition: 0x800,
} as const

/** @throws RangeError where a box is shorter than its fields */
function trafFault(segment: Uint8Array, moof: Box, traf: Box, { tracks, lengthBytes }: SegmentForm): string | null {
  const view = viewOf(segment)
  const parts = boxesOf(view, traf.body, traf.end)
  const tfhd = parts.find(({ type }) => type === 'tfhd')
  for (const [type, what] of TRAF_PARTS)
    if (!parts.some((box) => box.type === type)) return `its traf at byte ${traf.start} has no ${what}`
  if (tfhd === undefined) return null
  const id = view.getUint32(tfhd.body + 4)
  const track = tracks.find((one) => one.id === id)
  if (track === undefined && tracks.length > 0)
    return `it is of track ${id}, and its initialisation segment has track ${tracks.map((one) => one.id).join(', ')}`
  const flags = view.getUint32(tfhd.body) & 0xffffff
  // Offsets of the file that it was cut from.
  if ((flags & TFHD.baseDataOffset) !== 0) return null
  const field = tfhd.body + 8 + (flags & TFHD.sampleDescription ? 4 : 0) + (flags & TFHD.duration ? 4 : 0)
  const each = flags & TFHD.size ? view.getUint32(field) : (track?.defaultSize ?? 0)
  let at = moof.start
  for (const run of parts.filter(({ type }) => type === 'trun')) {
    for (const sample of samplesOf(view, run, moof.start, at, each)) {
      at = sample.end
      if (sample.end > segment.length)
        return `sample ${sample.number} of its trun at byte ${run.start} ends at byte ${sample.end}, behind its ${segment.length}`
      const length = lengthBytes.get(id)
      const bad = length === undefined ? null : badUnit(view, sample.start, sample.end, length)
      if (bad !== null) return `the NAL unit at byte ${bad} is longer than its sample`
    }
  }
  return null
}

type Sample = { readonly number: number; readonly start: number; readonly end: number }

/** @param from where the run before ended @param each size of samples without one of their own */
function* samplesOf(view: DataView, run: Box, moofStart: number, from: number, each: number): Generator<Sample> {
  const flags = view.getUint32(run.body) & 0xffffff
  const count = view.getUint32(run.body + 4)
  const width = (flag: number): number => ((flags & flag) === 0 ? 0 : 4)
  const step = width(TRUN.duration) + width(TRUN.size) + width(TRUN.flags) + width(TRUN.composition)
  const first = run.body + 8 + width(TRUN.dataOffset) + width(TRUN.firstFlags)
  if (first + step * count > run.end) throw new RangeError('a run is longer than its box')
  let start = (flags & TRUN.dataOffset) === 0 ? from : moofStart + view.getInt32(run.body + 8)
  for (let number = 1; number <= count; number++) {
    const field = first + step * (number - 1) + width(TRUN.duration)
    const end = start + ((flags & TRUN.size) === 0 ? each : view.getUint32(field))
    yield { number, start, end }
    // All of its samples are empty.
    if (step === 0 && each === 0) return
    start = end
  }
}

/** Place of the first NAL unit of a sample that goes beyond its end; null: none does. */
function badUnit(view: DataView, start: number, end: number, lengthBytes: number): number | null {
  for (let at = start; at < end; ) {
    if (at + lengthBytes > end) return at
    let length = 0
    for (let byte = 0; byte < lengthBytes; byte++) length = length * 256 + view.getUint8(at + byte)
    if (at + lengthBytes + length > end) return at
    at += lengthBytes + length
  }
  return null
}

/** The value, or undefined where boxes are shorter than their fields. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
