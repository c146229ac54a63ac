import type { ByteSink } from '../../flow/bytes.ts'
import { mediaTypeOf } from '../../http/mime.ts'
import type { TakenUpload, UploadTaker } from './upload-source.ts'

/** Makes one stream of uploads, one behind the other. One that breaks off leaves a gap. */
export class UploadedBytes implements UploadTaker {
  readonly keeps = false
  readonly #sink: ByteSink
  readonly #nowUs: () => number
  #isOpen = false

  constructor(sink: ByteSink, nowUs: () => number) {
    this.#sink = sink
    this.#nowUs = nowUs
  }

  begin(path: string, contentType: string | null): TakenUpload | string {
    if (this.#isOpen) return 'The stream is being sent by somebody else.'
    this.#isOpen = true
    const named = mediaTypeOf(path, contentType)
    if (named !== 'application/octet-stream') this.#sink.format?.({ contentType: named, extension: null })
    return {
      append: (bytes) => this.#sink.chunk(bytes, 0, bytes.byteLength, this.#nowUs()),
      end: (isWhole) => {
        this.#isOpen = false
        if (!isWhole) this.#sink.discontinuity?.(null, this.#nowUs())
      },
    }
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }
}
