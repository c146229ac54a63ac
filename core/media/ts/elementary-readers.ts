import type { SampleSink, SampleTrack } from '../../flow/samples.ts'
import { type AccessUnit, AccessUnits, type NalCodec } from '../annexb/access-units.ts'
import { NalSplitter } from '../annexb/nal-splitter.ts'
import { videoTrack } from '../annexb/video-track.ts'
import { AudioFrames } from '../audio/audio-frames.ts'
import type { AudioFraming, AudioHeader } from '../audio/audio-framing.ts'
import { audioTrack, sameAudio } from '../audio/audio-reader.ts'
import { SampleMemory } from '../stream/sample-memory.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'

/** Ticks per second of the times of a PES packet (ISO/IEC 13818-1 §2.4.3.7). */
const PES_TIMESCALE = 90_000
/** Marks that wait for their unit; a PES without any unit leaves one. */
const MAX_MARKS = 64
/** Frames without any time last this long: 25 per second. */
const DEFAULT_FRAME_TICKS = 3600
/** Longest picture that is believed; beyond, times jumped. */
const MAX_FRAME_TICKS = 10 * PES_TIMESCALE
/** Audio is counted in samples as long as its times are as near as this to the count, s. */
const AUDIO_TOLERANCE_S = 0.001

/** Reads the payload of one PID's PES packets into samples of one track. */
export interface ElementaryReader {
  /** A PES packet begins: its times, unwrapped, at 90 kHz. */
  mark(pts: number, dts: number): void
  push(bytes: Uint8Array, start: number, end: number): void
  /** Packets are missing. */
  gap(): void
  flush(): void
}

/** Times of the stream offset at which a PES packet begins. */
class Marks {
  readonly #marks: { readonly offset: number; readonly pts: number; readonly dts: number }[] = []

  add(offset: number, pts: number, dts: number): void {
    if (this.#marks.length >= MAX_MARKS) this.#marks.shift()
    this.#marks.push({ offset, pts, dts })
  }

  /** The times for a unit at this offset: of the last packet begun before it; null where another unit had them. */
  take(offset: number): { readonly pts: number; readonly dts: number } | null {
    let found = null
    while (this.#marks.length > 0 && (this.#marks[0]?.offset as number) <= offset) found = this.#marks.shift() ?? null
    return found
  }
}

type Picture = { readonly data: Uint8Array; readonly sync: boolean; readonly pts: number; readonly dts: number }

/** H.264 or H.265 in PES packets. A picture is given when the next one has begun, which tells its duration. */
export class VideoElementary implements ElementaryReader {
  readonly #codec: NalCodec
  readonly #id: number
  readonly #sink: SampleSink
  readonly #splitter: NalSplitter
  readonly #units: AccessUnits
  readonly #memory = new SampleMemory()
  readonly #marks = new Marks()
  #setsVersion = -1
  #frameTicks = DEFAULT_FRAME_TICKS
  #held: Picture | null = null
  #heldTrack: SampleTrack | null = null
  #described = false

  constructor(codec: NalCodec, id: number, sink: SampleSink, faults: StreamFaults) {
    this.#codec = codec
    this.#id = id
    this.#sink = sink
    this.#units = new AccessUnits(codec, (unit) => this.#unit(unit), faults)
    this.#splitter = new NalSplitter((bytes, start, end, at) => this.#units.nal(bytes, start, end, at), faults)
  }

  mark(pts: number, dts: number): void {
    this.#marks.add(this.#splitter.offset, pts, dts)
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.#splitter.push(bytes, start, end)
  }

  gap(): void {
    this.#splitter.drop()
    this.#units.gap(false)
  }

  flush(): void {
    this.#splitter.flush()
    this.#units.flush()
    this.#give(null)
  }

  #unit({ data, sync, format, offset }: AccessUnit): void {
    const { sets } = this.#units
    const before = this.#held
    if (before === null && format.rate !== null) {
      const ticks = (PES_TIMESCALE * format.rate.den) / format.rate.num
      if (ticks >= 1 && ticks <= MAX_FRAME_TICKS) this.#frameTicks = Math.round(ticks)
    }
    const next = before === null ? 0 : before.dts + this.#frameTicks
    const { pts, dts } = this.#marks.take(offset) ?? { pts: next, dts: next }
    this.#give(dts)
    if (sync && sets.complete && sets.version !== this.#setsVersion) {
      this.#setsVersion = sets.version
      const track = { id: this.#id, timescale: PES_TIMESCALE }
      this.#heldTrack = videoTrack(this.#codec, sets.configuration(), format, track)
    }
    this.#held = { data: this.#memory.copy(data), sync, pts, dts }
  }

  /** Gives the picture held back. @param nextDts null: there is no next one */
  #give(nextDts: number | null): void {
    const picture = this.#held
    if (picture === null) return
    this.#held = null
    if (nextDts !== null && nextDts > picture.dts && nextDts - picture.dts < MAX_FRAME_TICKS)
      this.#frameTicks = nextDts - picture.dts
    if (this.#heldTrack !== null) {
      this.#sink.track(this.#heldTrack)
      this.#heldTrack = null
      this.#described = true
    }
    if (this.#described)
      this.#sink.sample({
        track: this.#id,
        data: picture.data,
        decodeTicks: picture.dts,
        offsetTicks: picture.pts - picture.dts,
        durationTicks: this.#frameTicks,
        sync: picture.sync,
      })
    this.#memory.release(picture.data)
  }
}

/** Audio in PES packets; counted in samples from a time on, and set by the times of packets where these differ. */
export class AudioElementary implements ElementaryReader {
  readonly #framing: AudioFraming
  readonly #id: number
  readonly #language: string | null
  readonly #sink: SampleSink
  readonly #frames: AudioFrames
  readonly #marks = new Marks()
  #known: AudioHeader | null = null
  #timescale = 0
  #next: number | null = null

  constructor(framing: AudioFraming, id: number, language: string | null, sink: SampleSink, faults: StreamFaults) {
    this.#framing = framing
    this.#id = id
    this.#language = language
    this.#sink = sink
    this.#frames = new AudioFrames(framing, (...frame) => this.#frame(...frame), faults)
  }

  mark(pts: number): void {
    this.#marks.add(this.#frames.offset, pts, pts)
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.#frames.push(bytes, start, end)
  }

  gap(): void {
    this.#frames.drop()
  }

  flush(): void {
    this.#frames.flush()
  }

  #frame(frame: AudioHeader, bytes: Uint8Array, start: number, end: number, offset: number): void {
    if (this.#known === null || !sameAudio(this.#known, frame)) {
      if (this.#timescale === 0) this.#timescale = frame.sampleRate
      this.#known = frame
      const track = audioTrack(this.#framing, frame, bytes, start, this.#id, this.#timescale)
      this.#sink.track({ ...track, language: this.#language })
    }
    const mark = this.#marks.take(offset)
    if (mark !== null) {
      const ticks = (mark.pts * this.#timescale) / PES_TIMESCALE
      if (this.#next === null || Math.abs(ticks - this.#next) > AUDIO_TOLERANCE_S * this.#timescale)
        this.#next = Math.round(ticks)
    }
    // Without any time yet nothing places the frame beside the picture.
    if (this.#next === null) return
    const durationTicks = Math.round((frame.samples * this.#timescale) / frame.sampleRate)
    this.#sink.sample({
      track: this.#id,
      data: bytes.subarray(start + frame.headerBytes, end),
      decodeTicks: this.#next,
      offsetTicks: 0,
      durationTicks,
      sync: true,
    })
    this.#next += durationTicks
  }
}
