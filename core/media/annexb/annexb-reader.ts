import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink, SampleTrack } from '../../flow/samples.ts'
import { SampleMemory } from '../stream/sample-memory.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'
import { type AccessUnit, AccessUnits, type NalCodec } from './access-units.ts'
import { DisplayOrder } from './display-order.ts'
import { NalSplitter } from './nal-splitter.ts'
import { videoTrack } from './video-track.ts'

/** Frames per second as a fraction. */
export type FrameRate = { readonly num: number; readonly den: number }

/** Rate of streams that have none, as everywhere. */
const DEFAULT_RATE: FrameRate = { num: 25, den: 1 }
/** Rates outside are taken for mistakes of the stream. */
const SLOWEST = 0.1
const FASTEST = 1000

type Picture = { readonly data: Uint8Array; readonly sync: boolean; readonly track: SampleTrack | null }

/**
 * Reads an Annex B stream of one video into samples of constant duration: the rate asked for, else that of the VUI, else 25 per
 * second. Composition times follow from the order of pictures; the delay of reordering is `startTicks` of the track.
 */
export class AnnexBReader implements ByteSink {
  readonly #sink: SampleSink
  readonly #splitter: NalSplitter
  readonly #units: AccessUnits
  readonly #codec: NalCodec
  readonly #asked: FrameRate | null
  readonly #order: DisplayOrder<Picture>
  readonly #memory = new SampleMemory()
  #setsVersion = -1
  #pictures = 0
  #duration = 0
  #timescale = 0
  #delay = 0
  #ended = false

  constructor(codec: NalCodec, sink: SampleSink, faults: StreamFaults, rate: FrameRate | null = null) {
    this.#codec = codec
    this.#sink = sink
    this.#asked = rate
    this.#units = new AccessUnits(codec, (unit) => this.#unit(unit), faults)
    this.#splitter = new NalSplitter((bytes, start, end, at) => this.#units.nal(bytes, start, end, at), faults)
    this.#order = new DisplayOrder((picture, display) => this.#give(picture, display), faults)
  }

  chunk(bytes: Uint8Array, start: number, end: number): void {
    this.#splitter.push(bytes, start, end)
  }

  discontinuity(missingBytes: number | null): void {
    // A new sender begins with its parameter sets; lost bytes spoil the unit in progress.
    if (missingBytes === 0) this.#splitter.flush()
    else this.#splitter.drop()
    if (missingBytes === 0) this.#units.flush()
    else this.#units.gap(false)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#splitter.flush()
    this.#units.flush()
    this.#order.flush()
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #unit({ data, sync, order, restart, format }: AccessUnit): void {
    const { sets } = this.#units
    let track: SampleTrack | null = null
    if (sync && sets.complete && sets.version !== this.#setsVersion) {
      if (this.#timescale === 0) {
        const rate = usable(this.#asked) ?? usable(format.rate) ?? DEFAULT_RATE
        const factor = rate.num < 1000 ? 1000 : 1
        this.#timescale = rate.num * factor
        this.#duration = rate.den * factor
        this.#delay = format.reorder
      }
      this.#setsVersion = sets.version
      const startTicks = this.#delay * this.#duration
      track = videoTrack(this.#codec, sets.configuration(), format, { id: 1, timescale: this.#timescale, startTicks })
    }
    if (this.#timescale === 0) return
    this.#order.push({ data: this.#memory.copy(data), sync, track }, order, restart, format.reorder)
  }

  #give({ data, sync, track }: Picture, display: number): void {
    if (track !== null) this.#sink.track(track)
    const decodeTicks = this.#pictures++ * this.#duration
    this.#sink.sample({
      track: 1,
      data,
      decodeTicks,
      offsetTicks: (display + this.#delay) * this.#duration - decodeTicks,
      durationTicks: this.#duration,
      sync,
    })
    this.#memory.release(data)
  }
}

/** The rate in lowest terms; null where there is none that makes sense. */
function usable(rate: FrameRate | null): FrameRate | null {
  if (rate === null) return null
  const perSecond = rate.num / rate.den
  if (!(perSecond >= SLOWEST && perSecond <= FASTEST)) return null
  let [a, b] = [rate.num, rate.den]
  while (b > 0) [a, b] = [b, a % b]
  return { num: rate.num / a, den: rate.den / a }
}
