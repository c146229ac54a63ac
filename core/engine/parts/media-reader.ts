import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { ByteFormat, ByteSink } from '../../flow/bytes.ts'
import { StreamFaults } from '../../media/stream/stream-faults.ts'
import { SampleFan } from '../media/byte-taker.ts'
import { type FrameRateText, parseFrameRate } from '../media/frame-rate.ts'
import { ReaderLane } from '../media/reader-lane.ts'
import { SampleJoin } from '../media/sample-join.ts'
import { NOTHING, type Part, type PartHost, type PartTraffic } from '../part.ts'
import type { MediaReaderSpec } from './media-options.ts'

/** Opens a reader, which finds out the format where none is declared. @throws AppFailure bad-spec */
export async function openMediaReader(spec: PartSpec, host: PartHost): Promise<Part> {
  const options = spec as unknown as MediaReaderSpec
  return new MediaReaderPart(options, host, options.fps === undefined ? null : parseFrameRate(options.fps))
}

/** Takes byte streams apart into samples; streams beside the first have tracks of their own. */
class MediaReaderPart implements Part {
  readonly id: string
  readonly #spec: MediaReaderSpec
  readonly #host: PartHost
  readonly #rate: FrameRateText
  readonly #takers: Part[] = []
  readonly #faults = new StreamFaults()
  #join: SampleJoin | null = null
  #fan: SampleFan | null = null
  readonly #lanes: ReaderLane[] = []
  #input: ByteSink | null = null
  #format: ByteFormat | null = null

  constructor(spec: MediaReaderSpec, host: PartHost, rate: FrameRateText) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#rate = rate
  }

  get input(): ByteSink {
    this.#input ??= this.#lane()
    return this.#input
  }

  link(to: Part): void {
    this.#takers.push(to)
  }

  async stop(): Promise<void> {
    this.#input?.end(this.#host.nowUs())
    for (const [fault, count] of this.#faults.entries())
      this.#host.log('engine', 'info', `${this.id}: ${fault}, ${count} times`)
  }

  traffic(): PartTraffic {
    const bytes = this.#lanes.reduce((sum, lane) => sum + lane.waitingBytes, 0)
    return { given: this.#fan ?? NOTHING, waiting: { items: 0, bytes } }
  }

  #lane(): ByteSink {
    this.#fan ??= new SampleFan(this.#takers)
    this.#join ??= new SampleJoin(this.#fan)
    const lane = new ReaderLane(this.#join.lane(), {
      rate: this.#rate,
      spoolBytes: this.#spec.spoolBytes,
      isReal: this.#spec.realTime === 'on',
      faults: this.#faults,
      nowUs: () => this.#host.nowUs(),
      refuse: (sentence, advice) =>
        this.#host.problem(new AppFailure('input-unusable', sentence, advice).error, 'error'),
      opened: (format) => {
        this.#format ??= format
      },
      beside: () => {
        const other = this.#lane()
        if (this.#format !== null) other.format?.(this.#format)
        return other
      },
    })
    this.#lanes.push(lane)
    return lane
  }
}
