import { HttpClient, type ResponseHead, type Transfer } from './http-client.ts'
import { HttpFailure } from './http-failure.ts'

/** Options of a stream. Times ms. */
export type OpenStreamOptions = {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Time until the head of the answer; default 10 s. */
  readonly answerMs?: number
  /** Longest time without a byte; null, the default: any. */
  readonly stallMs?: number | null
  /** Default 5. */
  readonly maxRedirects?: number
}

/** A response that may go on for ever. */
export interface HttpStream {
  readonly head: ResponseHead
  /**
   * The body as it arrives, to be read once; a slow reader slows the sender down.
   * @throws HttpFailure broken | stalled | aborted
   */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Closes the connection; reading ends. */
  close(): void
}

/** Bytes that wait to be read before the connection is paused. */
const QUEUE_BYTES = 1 << 20

/**
 * Opens a GET whose body is read as it arrives. `user:password@` of the URL is sent to its own origin only, and never in a message.
 * @throws HttpFailure of every kind; `status` for an answer other than 2xx
 */
export function openStream(url: string, options: OpenStreamOptions = {}): Promise<HttpStream> {
  const client = new HttpClient()
  let transfer: Transfer | null = null
  return new Promise((resolve, reject) => {
    const body = new StreamBody(() => {
      transfer?.cancel()
      void client.close()
    })
    transfer = client.get(
      url,
      {
        headers: options.headers ?? {},
        answerMs: options.answerMs ?? 10_000,
        idleMs: options.stallMs ?? null,
        maxRedirects: options.maxRedirects ?? 5,
        ...(options.signal === undefined ? undefined : { signal: options.signal }),
      },
      {
        head: (head) => {
          if (head.status >= 200 && head.status < 300) resolve({ head, chunks: body, close: () => body.close() })
          else {
            reject(new HttpFailure('status', statusReason(head.status, hasCredentials(url)), head.status))
            body.close()
          }
        },
        chunk: (bytes) => body.push(bytes),
        end: (failure) => {
          reject(failure ?? new HttpFailure('broken', 'the connection broke'))
          body.end(failure)
        },
      },
    )
    body.onRoom = () => transfer?.resume()
  })
}

function hasCredentials(url: string): boolean {
  return /^https?:\/\/[^/?#]*@/i.test(url)
}

function statusReason(status: number, credentials: boolean): string {
  if (status !== 401) return `it answered ${status}`
  return credentials
    ? 'it does not accept the user name and password (401)'
    : 'it asks for a user name and password (401)'
}

/** Chunks between the connection and their reader. */
class StreamBody implements AsyncIterable<Uint8Array> {
  onRoom: () => void = () => {}
  readonly #release: () => void
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #ended = false
  #failure: HttpFailure | null = null
  #wake: (() => void) | null = null

  constructor(release: () => void) {
    this.#release = release
  }

  push(bytes: Uint8Array): boolean {
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#wakeReader()
    return this.#queuedBytes < QUEUE_BYTES
  }

  end(failure: HttpFailure | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#wakeReader()
    this.#release()
  }

  close(): void {
    this.#queue.length = 0
    this.end(null)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const bytes = this.#queue.shift()
        if (bytes !== undefined) {
          this.#queuedBytes -= bytes.length
          if (this.#queuedBytes < QUEUE_BYTES / 2) this.onRoom()
          yield bytes
        } else if (this.#ended) {
          if (this.#failure !== null) throw this.#failure
          return
        } else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.close()
    }
  }

  #wakeReader(): void {
    this.#wake?.()
    this.#wake = null
  }
}
