import type { ByteFormat, ByteSink } from '../../flow/bytes.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { LATE_MOVIE } from '../../media/mp4/mp4-reader.ts'
import { movieFirst } from '../../media/mp4/relocate-movie.ts'
import { ByteQueue } from '../../media/stream/byte-queue.ts'
import { ContinuousTimes } from '../../media/stream/continuous-times.ts'
import { formatOfExtension, formatOfMime, type MediaFormat } from '../../media/stream/media-formats.ts'
import { openReader } from '../../media/stream/open-stages.ts'
import { probeFormat } from '../../media/stream/probe-format.ts'
import type { StreamFaults } from '../../media/stream/stream-faults.ts'
import type { FrameRateText } from './frame-rate.ts'

/** Services of the part for the reader of one stream. */
export type LaneOptions = {
  readonly rate: FrameRateText
  readonly spoolBytes: number
  readonly isReal: boolean
  readonly faults: StreamFaults
  readonly nowUs: () => number
  readonly refuse: (sentence: string, advice: string) => void
  readonly opened: (format: ByteFormat) => void
  readonly beside: () => ByteSink
}

/** Reads one byte stream, whose format is declared or found out. */
export class ReaderLane implements ByteSink {
  readonly #options: LaneOptions
  readonly #times: ContinuousTimes
  readonly #clock: SampleClock
  readonly #waiting = new ByteQueue()
  #reader: ByteSink | null = null
  #declared: MediaFormat | null = null
  #refused = false
  #ended = false
  /** A plain MP4 that is kept until its movie header has come. */
  #spool: ByteQueue | null = null

  constructor(sink: SampleSink, options: LaneOptions) {
    this.#options = options
    this.#clock = new SampleClock(sink, options.isReal, options.nowUs)
    this.#times = new ContinuousTimes(this.#clock, options.faults)
  }

  /** Bytes kept until the format is known, or the movie header has come. */
  get waitingBytes(): number {
    return this.#waiting.length + (this.#spool?.length ?? 0)
  }

  /** What comes was refused; the next sender may do better. */
  get isOver(): boolean {
    return this.#refused
  }

  format({ extension, contentType }: ByteFormat): void {
    this.#declared = (extension === null ? null : formatOfExtension(extension)) ?? formatOfMime(contentType)
  }

  beside(): ByteSink {
    return this.#options.beside()
  }

  chunk(bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    if (this.#refused || this.#ended) return
    if (this.#reader === null) {
      this.#waiting.append(bytes, start, end)
      this.#find()
      return
    }
    if (this.#spool !== null) this.#keep(this.#spool, bytes, start, end)
    this.#reader.chunk(bytes, start, end, timeUs)
  }

  discontinuity(missingBytes: number | null, timeUs: number): void {
    if (missingBytes === 0 && this.#refused) this.#begin()
    this.#reader?.discontinuity?.(missingBytes, timeUs)
    if (missingBytes === 0) this.#times.restart()
  }

  end(timeUs: number): void {
    if (this.#ended) return
    if (this.#reader === null && !this.#refused && this.#waiting.length > 0) this.#unknown()
    this.#ended = true
    if (this.#spool !== null && !this.#refused) this.#readSpool(this.#spool)
    if (this.#reader === null) this.#times.end()
    else this.#reader.end(timeUs)
  }

  busy(): Promise<void> | null {
    return this.#clock.busy()
  }

  #find(): void {
    const { bytes, start, end } = this.#waiting
    const format = this.#declared ?? probeFormat(bytes, start, end)
    if (format === undefined) return
    if (format === null) {
      this.#unknown()
      return
    }
    this.#options.opened({ contentType: '', extension: format })
    const { rate, faults } = this.#options
    this.#reader = openReader(format, this.#times, faults, { rate, refuse: (sentence) => this.#refuse(sentence) })
    if (format === 'mp4' && this.#options.spoolBytes > 0) this.#spool = new ByteQueue()
    const held = bytes.slice(start, end)
    this.#waiting.clear()
    this.chunk(held, 0, held.length, 0)
  }

  /** Another sender begins after one that was refused. */
  #begin(): void {
    this.#refused = false
    this.#reader = null
    this.#spool = null
    this.#waiting.clear()
  }

  #unknown(): void {
    this.#refuse('The format of the source is not recognised.')
  }

  #refuse(sentence: string): void {
    if (sentence === LATE_MOVIE && this.#spool !== null) return
    this.#refused = true
    const advice =
      sentence === LATE_MOVIE
        ? 'Send fragmented MP4 or MPEG-2 TS, or let it be spooled with spoolBytes.'
        : /encrypted/.test(sentence)
          ? 'Name a source in the clear.'
          : 'Name the format with ext, such as ext=ts.'
    this.#options.refuse(sentence, advice)
  }

  #keep(spool: ByteQueue, bytes: Uint8Array, start: number, end: number): void {
    if (spool.length + end - start <= this.#options.spoolBytes) {
      spool.append(bytes, start, end)
      return
    }
    this.#spool = null
    this.#refuse(LATE_MOVIE)
  }

  /** Reads a plain MP4 again with its movie header first, where it came last. */
  #readSpool({ bytes, start, end }: ByteQueue): void {
    const moved = movieFirst(bytes.slice(start, end))
    if (moved === null) return
    const { rate, faults, refuse } = this.#options
    const reader = openReader('mp4', this.#times, faults, {
      rate,
      refuse: (sentence) => refuse(sentence, 'See its sender.'),
    })
    for (const piece of moved) reader.chunk(piece, 0, piece.length, 0)
  }
}

/** Passes samples on; in real time it makes the source wait for their times. */
class SampleClock implements SampleSink {
  readonly #sink: SampleSink
  readonly #isReal: boolean
  readonly #nowUs: () => number
  readonly #scales = new Map<number, number>()
  #anchorUs: number | null = null
  #mediaUs = 0

  constructor(sink: SampleSink, isReal: boolean, nowUs: () => number) {
    this.#sink = sink
    this.#isReal = isReal
    this.#nowUs = nowUs
  }

  track(track: SampleTrack): void {
    this.#scales.set(track.id, track.timescale)
    this.#sink.track(track)
  }

  sample(sample: Sample): void {
    const timeUs = (sample.decodeTicks / (this.#scales.get(sample.track) ?? 1)) * 1e6
    this.#anchorUs ??= this.#nowUs() - timeUs
    this.#mediaUs = Math.max(this.#mediaUs, timeUs)
    this.#sink.sample(sample)
  }

  gap(track: number, ticks: number | null): void {
    this.#sink.gap?.(track, ticks)
  }

  end(): void {
    this.#sink.end()
  }

  busy(): Promise<void> | null {
    const waits = this.#sink.busy?.() ?? null
    const aheadUs = this.#isReal && this.#anchorUs !== null ? this.#mediaUs + this.#anchorUs - this.#nowUs() : 0
    if (aheadUs < 1000) return waits
    return new Promise((resolve) => setTimeout(resolve, aheadUs / 1000)).then(() => waits ?? undefined)
  }
}
