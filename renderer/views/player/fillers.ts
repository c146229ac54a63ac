import { type SegmentTimes, segmentTimes, type Track, tracksOf } from './fragment-times.ts'

/*
 * What fills the time of a lost segment, so that sound goes on without picture, and the picture without sound: a standing picture,
 * or silence. Browsers play neither where one of them is missing.
 */

/** Longest gap that is filled, seconds; a longer one is jumped. */
const MOST_FILLED_S = 120
/** Shorter gaps are played over by browsers. */
const LEAST_FILLED_S = 0.02
/** A lost segment lasts longer than manifests round. */
const LEAST_LOST_S = 0.2
/** One standing picture lasts no longer. */
const PICTURE_S = 0.5

/** Silent frames of AAC-LC by number of channels (ISO/IEC 14496-3 §4.4). */
const SILENCE: readonly (readonly number[])[] = [
  [],
  [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80],
  [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80],
]

type Stream = {
  tracks: readonly Track[]
  codecs: string
  /** Newest segment appended. */
  last: SegmentTimes | null
}

/** Fills gaps between the segments of each kind of media as they are handed to the browser. */
export class Fillers {
  readonly #streams = new Map<string, Stream>()
  /** End of what was handed over by time line, seconds; a change of representation keeps it. */
  readonly #ends = new Map<string, number>()

  /** @param representation its id @param codecs as in the manifest */
  init(representation: string, codecs: string, bytes: Uint8Array): void {
    const tracks = attempt(() => tracksOf(bytes)) ?? []
    this.#streams.set(representation, { tracks, codecs, last: null })
  }

  /**
   * A segment with what fills the gap before it, where it follows the one handed over last; what fills its own time where it has
   * no samples, as one whose description was lost.
   * @param timeline whose times are comparable: of one kind of media and one period
   * @param endS of the segment by the manifest, on the media's time line; null where unknown
   */
  media(timeline: string, representation: string, bytes: Uint8Array, endS: number | null): Uint8Array {
    const stream = this.#streams.get(representation)
    const [track] = stream?.tracks ?? []
    if (stream === undefined || track === undefined) return bytes
    const times = attempt(() => segmentTimes(bytes, stream.tracks))
    if (times === undefined) return bytes
    if (times === null) return this.instead(timeline, representation, endS) ?? bytes
    const gapS = Number(times.startTicks) / track.timescale - (this.#ends.get(timeline) ?? Number.NaN)
    this.#ends.set(timeline, Number(times.endTicks) / track.timescale)
    stream.last = times
    if (!(gapS >= LEAST_FILLED_S && gapS <= MOST_FILLED_S)) return bytes
    const filler = fillerOf(track, stream.codecs, times, times.startTicks - BigInt(Math.round(gapS * track.timescale)))
    return filler === null ? bytes : joined(filler, bytes)
  }

  /** What is handed over instead of a lost segment, up to its end; null where nothing can be. Parameters as for `media`. */
  instead(timeline: string, representation: string, endS: number | null): Uint8Array | null {
    const stream = this.#streams.get(representation)
    const [track] = stream?.tracks ?? []
    const fromS = this.#ends.get(timeline)
    if (stream?.last == null || track === undefined || fromS === undefined || endS === null) return null
    if (!(endS - fromS >= LEAST_FILLED_S && endS - fromS <= MOST_FILLED_S)) return null
    const from = BigInt(Math.round(fromS * track.timescale))
    const filler = fillerOf(
      track,
      stream.codecs,
      { ...stream.last, startTicks: BigInt(Math.round(endS * track.timescale)) },
      from,
    )
    if (filler !== null) this.#ends.set(timeline, endS)
    return filler
  }

  /** Time that a segment leaves empty before its end by the manifest, seconds; 0 where that is nothing. @param endS by the manifest */
  lackS(representation: string, bytes: Uint8Array, endS: number): number {
    const { tracks = [] } = this.#streams.get(representation) ?? {}
    const times = attempt(() => segmentTimes(bytes, tracks))
    const timescale = tracks.find(({ id }) => id === times?.track)?.timescale
    if (times == null || timescale === undefined) return 0
    const lackS = endS - Number(times.endTicks) / timescale
    return lackS >= LEAST_LOST_S ? lackS : 0
  }

  /** End of what was handed over of a time line, seconds; null before anything was. */
  endOf(timeline: string): number | null {
    return this.#ends.get(timeline) ?? null
  }

  /** Playing goes on at another place: what was handed over before is no neighbour of what comes. */
  seek(): void {
    this.#ends.clear()
  }
}

/** A fragment from `from` to the start of `near`; null where neither a picture nor silence is at hand. */
function fillerOf(track: Track, codecs: string, near: SegmentTimes, from: bigint): Uint8Array | null {
  const ticks = Number(near.startTicks - from)
  if (track.kind === 'video' && near.first !== null) {
    const count = Math.max(1, Math.ceil(ticks / track.timescale / PICTURE_S))
    return fragment(track.id, from, spread(ticks, count), near.first)
  }
  const silence = SILENCE[track.channels] ?? []
  if (track.kind !== 'audio' || silence.length === 0 || !/mp4a\.40\.2\b/.test(codecs) || near.sampleTicks === 0)
    return null
  const count = Math.max(1, Math.round(ticks / near.sampleTicks))
  return fragment(track.id, from, spread(ticks, count), Uint8Array.from(silence))
}

/** Durations of `count` samples that last `ticks` together. */
function spread(ticks: number, count: number): number[] {
  const each = Math.floor(ticks / count)
  return Array.from({ length: count }, (_, index) => (index < count - 1 ? each : ticks - each * (count - 1)))
}

/** A movie fragment whose samples all have the same content. */
function fragment(track: number, start: bigint, durations: readonly number[], content: Uint8Array): Uint8Array {
  const count = durations.length
  const moofBytes = 8 + 16 + 8 + 24 + 20 + 20 + 4 * count
  const out = new Uint8Array(moofBytes + 8 + count * content.length)
  const view = new DataView(out.buffer)
  let at = 0
  const u32 = (value: number): void => {
    view.setUint32(at, value)
    at += 4
  }
  const box = (type: string, size: number): void => {
    u32(size)
    for (const letter of type) out[at++] = letter.charCodeAt(0)
  }
  box('moof', moofBytes)
  box('mfhd', 16)
  u32(0)
  u32(0)
  box('traf', moofBytes - 24)
  box('tfhd', 24)
  u32(0x02_0030) // default-base-is-moof, default size and flags
  u32(track)
  u32(content.length)
  u32(0x0200_0000) // depends on no other
  box('tfdt', 20)
  u32(0x0100_0000)
  view.setBigUint64(at, start)
  at += 8
  box('trun', 20 + 4 * count)
  u32(0x0101) // data offset, durations
  u32(count)
  u32(moofBytes + 8)
  for (const duration of durations) u32(duration)
  box('mdat', 8 + count * content.length)
  for (let sample = 0; sample < count; sample++) out.set(content, at + sample * content.length)
  return out
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const out = new Uint8Array(before.length + after.length)
  out.set(before)
  out.set(after, before.length)
  return out
}

/** The value, or undefined where boxes are shorter than their fields. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
