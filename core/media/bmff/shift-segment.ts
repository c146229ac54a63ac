import { CodecError } from '../../bytes/codec-error.ts'
import { type Box, childBoxes, findBox, fullBox, readBoxes } from './boxes.ts'

/** A span of media time. */
export type MediaTime = { readonly ticks: number; readonly timescale: number }

/** A segment moved in time; `fragments` counts its `moof` boxes, for numbering the next segment. */
export type ShiftedSegment = { readonly bytes: Uint8Array; readonly fragments: number }

/**
 * A copy of a media segment that plays later by `shift`: raises `tfdt`, earliest_presentation_time of `sidx` and
 * presentation_time of `emsg` version 1 in place, and numbers the `moof` boxes consecutively (ISO/IEC 14496-12 §8.8.5, §8.8.12,
 * §8.16.3; ISO/IEC 23009-1 §5.10.3.3). No box changes its size.
 * @param timescales of the tracks, from the initialisation segment; `sidx` and `emsg` have their own
 * @param sequenceNumber of the first `moof`
 * @throws CodecError bmff-… as readBoxes; bmff-no-timescale (a track missing in the initialisation segment), bmff-range (the
 * result exceeds a 32-bit time)
 */
export function shiftSegment(
  bytes: Uint8Array,
  shift: MediaTime,
  timescales: ReadonlyMap<number, number>,
  sequenceNumber: number,
): ShiftedSegment {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  let fragments = 0
  for (const box of readBoxes(copy)) {
    if (box.type === 'moof') {
      shiftFragment(copy, view, box, shift, timescales, (sequenceNumber + fragments) >>> 0)
      fragments++
    } else if (box.type === 'sidx') {
      const { version, fields } = fullBox(copy, box, 16)
      raise(view, box, fields + 8, version === 0 ? 4 : 8, inTicks(shift, view.getUint32(fields + 4)))
    } else if (box.type === 'emsg') {
      // Version 0 counts from the start of the segment.
      const { version, fields } = fullBox(copy, box, 12)
      if (version === 1) raise(view, box, fields + 4, 8, inTicks(shift, view.getUint32(fields)))
    }
  }
  return { bytes: copy, fragments }
}

function shiftFragment(
  bytes: Uint8Array,
  view: DataView,
  moof: Box,
  shift: MediaTime,
  timescales: ReadonlyMap<number, number>,
  sequenceNumber: number,
): void {
  for (const box of childBoxes(bytes, moof)) {
    if (box.type === 'mfhd') view.setUint32(fullBox(bytes, box, 4).fields, sequenceNumber)
    if (box.type !== 'traf') continue
    const tfhd = findBox(bytes, box, 'tfhd')
    const tfdt = findBox(bytes, box, 'tfdt')
    if (tfhd === undefined || tfdt === undefined)
      throw new CodecError('bmff-no-time', box.offset, `traf at byte ${box.offset} has no decode time (tfdt)`)
    const track = view.getUint32(fullBox(bytes, tfhd, 4).fields)
    const timescale = timescales.get(track)
    if (timescale === undefined)
      throw new CodecError('bmff-no-timescale', tfhd.offset, `track ${track} is not in the initialisation segment`)
    const { version, fields } = fullBox(bytes, tfdt, 4)
    raise(view, tfdt, fields, version === 0 ? 4 : 8, inTicks(shift, timescale))
  }
}

// In bigint: µs times a timescale of 10 MHz exceeds 2^53 within fifteen minutes.
function inTicks(shift: MediaTime, timescale: number): bigint {
  const from = BigInt(shift.timescale)
  return (2n * BigInt(shift.ticks) * BigInt(timescale) + from) / (2n * from)
}

function raise(view: DataView, box: Box, at: number, width: 4 | 8, by: bigint): void {
  if (at + width > box.offset + box.size)
    throw new CodecError('bmff-truncated', at, `${box.type} at byte ${box.offset} is too short: ${box.size} bytes`)
  const raised = (width === 4 ? BigInt(view.getUint32(at)) : view.getBigUint64(at)) + by
  if (raised < 0n || raised >= 1n << BigInt(width * 8))
    throw new CodecError('bmff-range', at, `time ${raised} does not fit the ${width * 8} bits of ${box.type}`)
  if (width === 4) view.setUint32(at, Number(raised))
  else view.setBigUint64(at, raised)
}
