/*
 * Movie fragments without a tfdt box. In GPAC's low-latency chunks only the first fragment of a segment has a decode time.
 * ISO/IEC 14496-12 allows that; the MSE byte stream format for ISO BMFF does not, and browsers stop at the first such
 * fragment. The time follows from the durations, so the box is added before the bytes reach the browser.
 */

import { type Box, boxesOf, viewOf } from './fragment-times.ts'

const TFDT_BYTES = 20
const TFHD = { baseDataOffset: 0x1, sampleDescription: 0x2, defaultDuration: 0x8 } as const
const TRUN = {
  dataOffset: 0x1,
  firstFlags: 0x4,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  compositionOffset: 0x800,
} as const

/** Default sample durations by track, from the initialisation segment's `trex` boxes. */
export type TrackDurations = ReadonlyMap<number, number>

/** Reads the default sample durations for `addDecodeTimes` from an initialisation segment. */
export function trackDurations(init: Uint8Array): TrackDurations {
  const view = viewOf(init)
  const durations = new Map<number, number>()
  for (const moov of boxesOf(view, 0, init.length).filter((box) => box.type === 'moov')) {
    for (const mvex of boxesOf(view, moov.body, moov.end).filter((box) => box.type === 'mvex')) {
      for (const trex of boxesOf(view, mvex.body, mvex.end)) {
        if (trex.type === 'trex' && trex.end - trex.body >= 24) {
          durations.set(view.getUint32(trex.body + 4), view.getUint32(trex.body + 12))
        }
      }
    }
  }
  return durations
}

type Insertion = { readonly moof: Box; readonly traf: Box; readonly at: number; readonly time: bigint }

/**
 * The segment with a `tfdt` in every track fragment; the same bytes if none is missing or durations are unknown.
 * @param durations of the initialisation segment that belongs to it
 */
export function addDecodeTimes(segment: Uint8Array, durations: TrackDurations): Uint8Array {
  const view = viewOf(segment)
  const moofs = boxesOf(view, 0, segment.length).filter((box) => box.type === 'moof')
  const next = new Map<number, bigint>()
  const insertions: Insertion[] = []
  for (const moof of moofs) {
    for (const traf of boxesOf(view, moof.body, moof.end).filter((box) => box.type === 'traf')) {
      const parts = boxesOf(view, traf.body, traf.end)
      const tfhd = parts.find((box) => box.type === 'tfhd')
      if (tfhd === undefined || tfhd.end - tfhd.body < 8) return segment
      const flags = view.getUint32(tfhd.body) & 0xffffff
      const track = view.getUint32(tfhd.body + 4)
      const tfdt = parts.find((box) => box.type === 'tfdt')
      const time = tfdt === undefined ? next.get(track) : decodeTime(view, tfdt)
      // Absolute offsets would have to change too; no known sender writes them.
      if (time === undefined || (flags & TFHD.baseDataOffset) !== 0) return segment
      if (tfdt === undefined) insertions.push({ moof, traf, at: tfhd.end, time })
      const each = defaultDuration(view, tfhd, flags) ?? durations.get(track)
      let length = 0n
      for (const trun of parts.filter((box) => box.type === 'trun')) {
        const runLength = runDuration(view, trun, each)
        if (runLength === undefined) return segment
        length += runLength
      }
      next.set(track, time + length)
    }
  }
  return insertions.length === 0 ? segment : insert(segment, insertions)
}

function decodeTime(view: DataView, tfdt: Box): bigint {
  return view.getUint8(tfdt.body) === 1 ? view.getBigUint64(tfdt.body + 4) : BigInt(view.getUint32(tfdt.body + 4))
}

function defaultDuration(view: DataView, tfhd: Box, flags: number): number | undefined {
  if ((flags & TFHD.defaultDuration) === 0) return undefined
  return view.getUint32(tfhd.body + 8 + ((flags & TFHD.sampleDescription) === 0 ? 0 : 4))
}

/** Sum of a run's sample durations; undefined if they are unknown. */
function runDuration(view: DataView, trun: Box, each: number | undefined): bigint | undefined {
  const flags = view.getUint32(trun.body) & 0xffffff
  const samples = view.getUint32(trun.body + 4)
  if ((flags & TRUN.duration) === 0) return each === undefined ? undefined : BigInt(each) * BigInt(samples)
  const has = (flag: number): number => ((flags & flag) === 0 ? 0 : 4)
  const step = 4 + has(TRUN.size) + has(TRUN.flags) + has(TRUN.compositionOffset)
  const first = trun.body + 8 + has(TRUN.dataOffset) + has(TRUN.firstFlags)
  if (first + samples * step > trun.end) return undefined
  let sum = 0n
  for (let sample = 0; sample < samples; sample++) sum += BigInt(view.getUint32(first + sample * step))
  return sum
}

function insert(segment: Uint8Array, insertions: readonly Insertion[]): Uint8Array {
  const out = new Uint8Array(segment.length + insertions.length * TFDT_BYTES)
  const view = viewOf(out)
  let from = 0
  let to = 0
  for (const { at, time } of insertions) {
    out.set(segment.subarray(from, at), to)
    to += at - from
    from = at
    view.setUint32(to, TFDT_BYTES)
    view.setUint32(to + 4, 0x74666474) // 'tfdt'
    view.setUint32(to + 8, 0x01000000) // version 1, no flags
    view.setBigUint64(to + 12, time)
    to += TFDT_BYTES
  }
  out.set(segment.subarray(from), to)

  // Adjusts box sizes, and data offsets of samples, which are relative to their moof.
  const grown = (offset: number): number => insertions.filter((one) => one.at <= offset).length * TFDT_BYTES
  const old = viewOf(segment)
  const enlarge = (box: Box, by: number): void => view.setUint32(box.start + grown(box.start), box.end - box.start + by)
  for (const moof of new Set(insertions.map((one) => one.moof))) {
    const inside = insertions.filter((one) => one.moof === moof)
    enlarge(moof, inside.length * TFDT_BYTES)
    for (const { traf } of inside) enlarge(traf, TFDT_BYTES)
    for (const traf of boxesOf(old, moof.body, moof.end).filter((box) => box.type === 'traf')) {
      for (const trun of boxesOf(old, traf.body, traf.end).filter((box) => box.type === 'trun')) {
        if ((old.getUint32(trun.body) & TRUN.dataOffset) === 0) continue
        const place = trun.body + 8
        view.setInt32(place + grown(place), old.getInt32(place) + inside.length * TFDT_BYTES)
      }
    }
  }
  return out
}
