import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink, SampleTrack } from '../../flow/samples.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'
import { AudioFrames } from './audio-frames.ts'
import type { AudioFraming, AudioHeader } from './audio-framing.ts'

/** Whether two frames are of one decoder configuration. */
export function sameAudio(a: AudioHeader, b: AudioHeader): boolean {
  return a.codec === b.codec && a.sampleRate === b.sampleRate && a.channels === b.channels && a.samples === b.samples
}

/** Describes the track of a frame. */
export function audioTrack(
  framing: AudioFraming,
  frame: AudioHeader,
  bytes: Uint8Array,
  at: number,
  id: number,
  timescale: number,
): SampleTrack {
  const { codec, sampleRate, channels } = frame
  const configuration = framing.configuration(bytes, at, frame)
  return { id, kind: 'audio', codec, timescale, configuration, language: null, sampleRate, channels }
}

/** Reads an elementary stream of audio into samples; its timescale is the first sampling frequency. */
export class AudioReader implements ByteSink {
  readonly #framing: AudioFraming
  readonly #sink: SampleSink
  readonly #frames: AudioFrames
  #known: AudioHeader | null = null
  #timescale = 0
  #ticks = 0
  #ended = false

  constructor(framing: AudioFraming, sink: SampleSink, faults: StreamFaults) {
    this.#framing = framing
    this.#sink = sink
    this.#frames = new AudioFrames(framing, (frame, bytes, start, end) => this.#frame(frame, bytes, start, end), faults)
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    this.#frames.push(bytes, start, end)
  }

  discontinuity(missingBytes: number | null): void {
    if (missingBytes === 0) this.#frames.flush()
    else this.#frames.drop()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#frames.flush()
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #frame(frame: AudioHeader, bytes: Uint8Array, start: number, end: number): void {
    if (this.#known === null || !sameAudio(this.#known, frame)) {
      if (this.#timescale === 0) this.#timescale = frame.sampleRate
      this.#known = frame
      this.#sink.track(audioTrack(this.#framing, frame, bytes, start, 1, this.#timescale))
    }
    const durationTicks = Math.round((frame.samples * this.#timescale) / frame.sampleRate)
    this.#sink.sample({
      track: 1,
      data: bytes.subarray(start + frame.headerBytes, end),
      decodeTicks: this.#ticks,
      offsetTicks: 0,
      durationTicks,
      sync: true,
    })
    this.#ticks += durationTicks
  }
}
