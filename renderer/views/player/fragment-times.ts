/*
 * The few fields of ISO BMFF segments that the player needs: when they begin and end, and one picture of them. The engine has its
 * own reader; the page gets bytes of segments only from the player library.
 */

/** A box by its offsets; `body` is behind its header. */
export type Box = { readonly type: string; readonly start: number; readonly body: number; readonly end: number }

/** A track of an initialisation segment. */
export type Track = {
  readonly id: number
  /** Ticks per second. */
  readonly timescale: number
  readonly kind: 'video' | 'audio' | 'other'
  /** Of its first sample entry; 0 where it has none. */
  readonly channels: number
  readonly defaultDuration: number
  readonly defaultSize: number
}

/** A segment of one track. */
export type SegmentTimes = {
  readonly track: number
  /** Ticks. */
  readonly startTicks: bigint
  readonly endTicks: bigint
  /** Duration of its last sample, ticks. */
  readonly sampleTicks: number
  /** Bytes of its first sample; null where it is no sync sample, or its size is not told. */
  readonly first: Uint8Array | null
}

const MAX_BOXES = 4096

/** Boxes of `[from, to)`; stops where the bytes are not boxes. */
export function boxesOf(view: DataView, from: number, to: number): readonly Box[] {
  const boxes: Box[] = []
  for (let start = from; start + 8 <= to && boxes.length < MAX_BOXES; ) {
    const size = view.getUint32(start)
    const large = size === 1 && start + 16 <= to
    const end = large ? start + Number(view.getBigUint64(start + 8)) : size === 0 ? to : start + size
    const body = start + (large ? 16 : 8)
    if (end < body || end > to) break
    const type = String.fromCharCode(...[4, 5, 6, 7].map((at) => view.getUint8(start + at)))
    boxes.push({ type, start, body, end })
    start = end
  }
  return boxes
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function inside(view: DataView, box: Box | undefined, type: string, skip = 0): Box | undefined {
  return box === undefined ? undefined : boxesOf(view, box.body + skip, box.end).find((one) => one.type === type)
}

const HANDLERS: Readonly<Record<number, Track['kind']>> = { 1986618469: 'video', 1936684398: 'audio' }

/** The tracks of an initialisation segment. @throws RangeError where a box is shorter than its fields */
export function tracksOf(init: Uint8Array): readonly Track[] {
  const view = viewOf(init)
  const moov = boxesOf(view, 0, init.length).find((box) => box.type === 'moov')
  if (moov === undefined) return []
  const extends_ = inside(view, moov, 'mvex')
  const trexes = extends_ === undefined ? [] : boxesOf(view, extends_.body, extends_.end)
  return boxesOf(view, moov.body, moov.end).flatMap((trak) => {
    const tkhd = trak.type === 'trak' ? inside(view, trak, 'tkhd') : undefined
    const mdia = inside(view, trak, 'mdia')
    const mdhd = inside(view, mdia, 'mdhd')
    const hdlr = inside(view, mdia, 'hdlr')
    if (tkhd === undefined || mdhd === undefined || hdlr === undefined) return []
    const id = view.getUint32(tkhd.body + (view.getUint8(tkhd.body) === 1 ? 20 : 12))
    const kind = HANDLERS[view.getUint32(hdlr.body + 8)] ?? 'other'
    const stsd = inside(view, inside(view, inside(view, mdia, 'minf'), 'stbl'), 'stsd')
    const entry = stsd === undefined ? undefined : boxesOf(view, stsd.body + 8, stsd.end)[0]
    const trex = trexes.find((box) => box.type === 'trex' && view.getUint32(box.body + 4) === id)
    return [
      {
        id,
        timescale: view.getUint32(mdhd.body + (view.getUint8(mdhd.body) === 1 ? 20 : 12)),
        kind,
        channels: kind === 'audio' && entry !== undefined ? view.getUint16(entry.body + 16) : 0,
        defaultDuration: trex === undefined ? 0 : view.getUint32(trex.body + 12),
        defaultSize: trex === undefined ? 0 : view.getUint32(trex.body + 16),
      },
    ]
  })
}

/**
 * When the samples of a media segment begin and end; null where it has none, or more tracks than one.
 * @throws RangeError where a box is shorter than its fields
 */
export function segmentTimes(segment: Uint8Array, tracks: readonly Track[]): SegmentTimes | null {
  const view = viewOf(segment)
  let found: SegmentTimes | null = null
  for (const moof of boxesOf(view, 0, segment.length)) {
    if (moof.type !== 'moof') continue
    for (const traf of boxesOf(view, moof.body, moof.end)) {
      if (traf.type !== 'traf') continue
      const read = readTraf(view, moof, traf, tracks)
      if (read === null || (found !== null && found.track !== read.track)) return null
      const startTicks: bigint = found === null ? read.startTicks : found.startTicks
      found = { ...read, startTicks, first: found === null ? read.first : found.first }
    }
  }
  return found
}

const NON_SYNC = 0x1_0000

function readTraf(view: DataView, moof: Box, traf: Box, tracks: readonly Track[]): SegmentTimes | null {
  const parts = boxesOf(view, traf.body, traf.end)
  const tfhd = parts.find((box) => box.type === 'tfhd')
  const tfdt = parts.find((box) => box.type === 'tfdt')
  if (tfhd === undefined || tfdt === undefined) return null
  const track = view.getUint32(tfhd.body + 4)
  const known = tracks.find(({ id }) => id === track)
  const flags = view.getUint32(tfhd.body) & 0xffffff
  let at = tfhd.body + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
  const next = (flag: number, without: number): number => {
    if ((flags & flag) === 0) return without
    at += 4
    return view.getUint32(at - 4)
  }
  const duration = next(8, known?.defaultDuration ?? 0)
  const size = next(16, known?.defaultSize ?? 0)
  const sampleFlags = next(32, 0)
  const startTicks =
    view.getUint8(tfdt.body) === 1 ? view.getBigUint64(tfdt.body + 4) : BigInt(view.getUint32(tfdt.body + 4))
  let endTicks = startTicks
  let sampleTicks = duration
  let first: Uint8Array | null = null
  for (const trun of parts.filter((box) => box.type === 'trun')) {
    const run = readRun(view, trun, { duration, size, flags: sampleFlags })
    if (run.count === 0) continue
    if (endTicks === startTicks && run.offset !== null && (flags & 1) === 0 && run.size > 0 && run.isSync)
      first = new Uint8Array(view.buffer, view.byteOffset + moof.start + run.offset, run.size)
    endTicks += run.ticks
    sampleTicks = run.lastTicks
  }
  return endTicks > startTicks ? { track, startTicks, endTicks, sampleTicks, first } : null
}

type Defaults = { readonly duration: number; readonly size: number; readonly flags: number }

function readRun(view: DataView, trun: Box, defaults: Defaults) {
  const flags = view.getUint32(trun.body) & 0xffffff
  const count = view.getUint32(trun.body + 4)
  let at = trun.body + 8
  const take = (flag: number): number | null => {
    if ((flags & flag) === 0) return null
    at += 4
    return view.getInt32(at - 4)
  }
  const offset = take(1)
  const firstFlags = take(4)
  let ticks = 0n
  let lastTicks = 0
  let size = 0
  let isSync = false
  const step = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4
  if (at + step * count > trun.end) throw new RangeError('a run is longer than its box')
  if (step === 0 && count > 65_536) throw new RangeError('a run has too many samples')
  for (let sample = 0; sample < count; sample++) {
    lastTicks = take(0x100) ?? defaults.duration
    const bytes = take(0x200) ?? defaults.size
    const own = take(0x400)
    take(0x800)
    ticks += BigInt(lastTicks >>> 0)
    if (sample > 0) continue
    size = bytes
    isSync = ((firstFlags ?? own ?? defaults.flags) & NON_SYNC) === 0
  }
  return { count, offset, ticks, lastTicks: lastTicks >>> 0, size, isSync }
}
