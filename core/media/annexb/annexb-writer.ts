import type { ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { eachNal, nalCodecOf, nalLengthBytes, parameterSetsOf } from './video-track.ts'

/** What a NAL unit begins with (ISO/IEC 14496-10 Annex B). */
export const START_CODE = [0, 0, 0, 1] as const

/**
 * Writes samples of one video track as an Annex B stream: parameter sets before each sync sample that has none of its own, one
 * chunk for each access unit, at its decode time. Other tracks are left out.
 */
export class AnnexBWriter implements SampleSink {
  readonly #codec: 'avc' | 'hevc'
  readonly #sink: ByteSink
  #timescale = 1
  #timeUs = 0
  #track: number | null = null
  #sets: readonly Uint8Array[] = []
  #lengthBytes = 4
  #out = new Uint8Array(64 * 1024)
  #length = 0

  constructor(codec: 'avc' | 'hevc', sink: ByteSink) {
    this.#codec = codec
    this.#sink = sink
  }

  track({ id, codec, configuration, timescale }: SampleTrack): void {
    if (nalCodecOf(codec) !== this.#codec || (this.#track !== null && this.#track !== id)) return
    this.#track = id
    this.#timescale = timescale
    this.#sets = configuration === null ? [] : parameterSetsOf(this.#codec, configuration)
    this.#lengthBytes = configuration === null ? 4 : nalLengthBytes(this.#codec, configuration)
  }

  sample({ track, data, sync, decodeTicks }: Sample): void {
    if (track !== this.#track) return
    this.#timeUs = Math.round((decodeTicks / this.#timescale) * 1e6)
    this.#length = 0
    if (sync && !this.#hasSets(data)) for (const set of this.#sets) this.#nal(set, 0, set.length)
    eachNal(data, this.#lengthBytes, (start, end) => this.#nal(data, start, end))
    if (sync) this.#sink.joinable?.(null)
    this.#sink.chunk(this.#out, 0, this.#length, this.#timeUs)
  }

  end(): void {
    this.#sink.end(this.#timeUs)
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #hasSets(data: Uint8Array): boolean {
    const first = data[this.#lengthBytes] as number
    return this.#codec === 'avc' ? (first & 31) === 7 : [32, 33].includes((first >> 1) & 63)
  }

  #nal(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#length + 4 + end - start
    if (needed > this.#out.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#out.length))
      grown.set(this.#out.subarray(0, this.#length))
      this.#out = grown
    }
    this.#out.set(START_CODE, this.#length)
    this.#out.set(bytes.subarray(start, end), this.#length + 4)
    this.#length = needed
  }
}
