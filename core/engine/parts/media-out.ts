import { resolve } from 'node:path'
import type { PartSpec } from '../../contract/session-spec.ts'
import { MediaFileWriter } from '../../files/media-file.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink } from '../../flow/samples.ts'
import { FragmentWriter } from '../../media/mp4/fragment-writer.ts'
import { MovieIndex } from '../../media/mp4/movie-index.ts'
import type { MediaFormat } from '../../media/stream/media-formats.ts'
import { openWriter } from '../../media/stream/open-stages.ts'
import { StreamFaults } from '../../media/stream/stream-faults.ts'
import { mediaSection } from '../media/media-section.ts'
import { SampleInput } from '../media/sample-input.ts'
import { SampleOutlet } from '../media/sample-outlet.ts'
import { outputFormat } from '../media/stream-format.ts'
import { type AnySection, NOTHING, type Part, type PartHost, type PartTraffic } from '../part.ts'
import type { MediaOutSpec } from './media-options.ts'

/** Media time for which further tracks are waited for at first. */
const FIRST_S = 3

/** Prepares a media file, which is made when its session starts. @throws AppFailure bad-spec | not-supported */
export async function openMediaOut(spec: PartSpec, host: PartHost): Promise<Part> {
  const options = spec as unknown as MediaOutSpec
  return new MediaOutPart(options, host, outputFormat(options, options.file, options.file))
}

/** Writes media to a file. MP4 grows by fragments, and becomes one movie at the end, unless it shall stay in fragments. */
class MediaOutPart implements Part {
  readonly id: string
  readonly #spec: MediaOutSpec
  readonly #host: PartHost
  readonly #format: MediaFormat
  readonly #sections: readonly AnySection[]
  readonly #index: MovieIndex | null
  #file: MediaFileWriter | null = null
  readonly #givers = new SampleInput()
  #writer: SampleOutlet | null = null
  #closing: Promise<void> | null = null
  #chunks = 0
  #reported = false

  constructor(spec: MediaOutSpec, host: PartHost, format: MediaFormat) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#format = format
    this.#index = format === 'mp4' && !/^s?frag$/.test(spec.store) ? new MovieIndex() : null
    this.#sections = mediaSection(() => ({
      part: spec.id,
      direction: 'out',
      address: spec.file,
      bytes: this.#file?.bytes ?? 0,
      packets: this.#chunks,
      clients: 0,
      dropped: 0,
    }))
  }

  get input(): SampleSink {
    if (this.#writer === null) throw new Error('the file has not been opened')
    return this.#givers.lane(this.#writer)
  }

  linked(): void {
    this.#givers.add()
  }

  /** @throws AppFailure folder-not-writable | file-in-use | disk-full */
  async start(): Promise<void> {
    const file = await MediaFileWriter.open(resolve(this.#spec.file))
    this.#file = file
    const sink: ByteSink = {
      chunk: (bytes, start, end) => {
        this.#chunks++
        file.write(bytes, start, end)
        this.#report()
      },
      end: () => undefined,
      busy: () => file.busy(),
    }
    const faults = new StreamFaults()
    const writer =
      this.#index === null
        ? openWriter(this.#format, sink, this.#spec.chunkS, faults)
        : new FragmentWriter(sink, this.#spec.chunkS, { faults, watch: this.#index })
    this.#writer = new SampleOutlet(this.#format, writer, FIRST_S, (codec) =>
      this.#host.problem(
        {
          code: 'not-supported',
          message: `${codec} of the source has no place in ${this.#spec.file} and is left out.`,
          tryThis: 'Choose another format.',
        },
        'warning',
      ),
    )
  }

  async stop(): Promise<void> {
    this.#closing ??= this.#finish()
    await this.#closing
  }

  written(): number {
    return this.#file === null || this.#file.bytes === 0 ? 0 : 1
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  traffic(): PartTraffic {
    const waiting = this.#writer?.waiting ?? NOTHING
    return { waiting: { items: waiting.items, bytes: waiting.bytes + (this.#file?.waitingBytes ?? 0) } }
  }

  async #finish(): Promise<void> {
    const file = this.#file
    if (file === null) return
    this.#writer?.end()
    const head = this.#index?.head() ?? null
    if (head !== null && this.#index !== null && file.failure === null)
      await file.closeAs([head, ...this.#index.ranges])
    else await file.close()
    this.#report()
  }

  #report(): void {
    const failure = this.#file?.failure ?? null
    if (failure === null || this.#reported) return
    this.#reported = true
    this.#host.problem(failure.error, 'error')
  }
}
