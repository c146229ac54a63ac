import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { eachNal, nalCodecOf, nalLengthBytes } from '../annexb/video-track.ts'
import { Mp4Reader } from '../mp4/mp4-reader.ts'
import { StreamFaults } from '../stream/stream-faults.ts'
import { TsDemuxer } from '../ts/ts-demuxer.ts'
import { TS_PACKET_BYTES, TS_SYNC } from '../ts/ts-packets.ts'
import type { CaptionPicture } from './caption-decoder.ts'
import { eachTriplet } from './cc-data.ts'

/** Captions of a segment, by the pictures that have them. Times are of its media, seconds. */
export type CaptionedSegment = {
  /** When its first picture is presented, and its last one ends. */
  readonly startS: number
  readonly endS: number
  /** In order of presentation; pictures without captions are left out. */
  readonly pictures: readonly CaptionPicture[]
}

/** Most pictures of one segment: a minute of 120 per second. */
const MAX_PICTURES = 7200
/** Most bytes of triplets of one picture: that of 24 pictures per second has 25 triplets (CTA-708-E §4.4). */
const MAX_TRIPLET_BYTES = 3 * 128

/**
 * Reads the captions within the pictures of a segment of MP4 or MPEG-2 TS, H.264 or H.265.
 * @param init its initialisation segment; null: it needs none
 * @returns null where it has no pictures that can be read
 */
export function readCaptionPictures(init: Uint8Array | null, media: Uint8Array): CaptionedSegment | null {
  const sink = new CaptionSink()
  const faults = new StreamFaults()
  const isTs = media[0] === TS_SYNC && (media.length < 2 * TS_PACKET_BYTES || media[TS_PACKET_BYTES] === TS_SYNC)
  const reader: ByteSink = isTs ? new TsDemuxer(sink, faults) : new Mp4Reader(sink, faults, () => {})
  if (!isTs && init !== null) {
    reader.chunk(init, 0, init.length, 0)
    reader.discontinuity?.(null, 0)
  }
  reader.chunk(media, 0, media.length, 0)
  reader.end(0)
  return sink.segment()
}

type VideoTrack = { readonly codec: 'avc' | 'hevc'; readonly lengthBytes: number; readonly track: SampleTrack }

/** Takes the captions of the first track of pictures. */
class CaptionSink implements SampleSink {
  #video: VideoTrack | null = null
  #startS = Number.POSITIVE_INFINITY
  #endS = Number.NEGATIVE_INFINITY
  #pictures: CaptionPicture[] = []

  track(track: SampleTrack): void {
    const codec = nalCodecOf(track.codec)
    if (codec === null || (this.#video !== null && this.#video.track.id !== track.id)) return
    const { configuration } = track
    this.#video = { codec, track, lengthBytes: configuration === null ? 4 : nalLengthBytes(codec, configuration) }
  }

  sample({ track, data, decodeTicks, offsetTicks, durationTicks }: Sample): void {
    const video = this.#video
    if (video === null || video.track.id !== track || this.#pictures.length >= MAX_PICTURES) return
    const { timescale } = video.track
    const timeS = (decodeTicks + offsetTicks) / timescale
    this.#startS = Math.min(this.#startS, timeS)
    this.#endS = Math.max(this.#endS, timeS + durationTicks / timescale)
    const triplets: number[] = []
    eachNal(data, video.lengthBytes, (start, end) => {
      eachTriplet(data, start, end, video.codec, (...triplet) => {
        if (triplets.length < MAX_TRIPLET_BYTES) triplets.push(...triplet)
      })
    })
    if (triplets.length > 0) this.#pictures.push({ timeS, triplets: Uint8Array.from(triplets) })
  }

  end(): void {}

  segment(): CaptionedSegment | null {
    if (this.#startS > this.#endS) return null
    const pictures = this.#pictures.sort((a, b) => a.timeS - b.timeS)
    return { startS: this.#startS, endS: this.#endS, pictures }
  }
}
