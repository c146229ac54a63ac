import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import type { HttpClient, ResponseHead, ResponseReceiver, Transfer } from '../http/client/http-client.ts'
import type { HttpFailure } from '../http/client/http-failure.ts'
import { GrowingBody } from './growing-body.ts'
import type { GrowingFile } from './growing-origin.ts'

/** Time until the head of an answer, and without a further byte: the next piece may take as long as a segment, ms. */
const ANSWER_MS = 10_000
const IDLE_MS = 10_000
const REDIRECTS = 5
/** How often a body that broke is asked for its rest. */
const MOST_RESUMED = 3

/** Asks for a file whose server gives it while it is made. @param over ends it */
export function askGrowing(client: HttpClient, url: string, over: AbortSignal): Promise<GrowingFile> {
  return new Promise((resolve) => new GrowingAnswer(client, url, over, resolve).ask())
}

/** One file and the answers that bring it: where a connection breaks, the rest is asked for. */
class GrowingAnswer implements ResponseReceiver {
  readonly #client: HttpClient
  readonly #url: string
  readonly #over: AbortSignal
  readonly #resolve: (file: GrowingFile) => void
  #transfer: Transfer | null = null
  #body: GrowingBody | null = null
  #isGiven = false
  #resumed = 0
  /** Bytes of this answer that are known already. */
  #skip = 0

  constructor(client: HttpClient, url: string, over: AbortSignal, resolve: (file: GrowingFile) => void) {
    this.#client = client
    this.#url = url
    this.#over = over
    this.#resolve = resolve
  }

  ask(): void {
    const known = this.#body?.length ?? 0
    const headers = { 'Accept-Encoding': 'identity', ...(known > 0 ? { Range: `bytes=${known}-` } : undefined) }
    const limits = { answerMs: ANSWER_MS, idleMs: IDLE_MS, maxRedirects: REDIRECTS, signal: this.#over }
    this.#transfer = this.#client.get(this.#url, { ...limits, headers }, this)
  }

  head({ status, headers }: ResponseHead): void {
    const { 'content-length': stated, 'content-encoding': encoding } = headers
    if (this.#body !== null) {
      const from = Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? -1)
      this.#skip = status === 200 ? this.#body.length : 0
      if (status !== 200 && !(status === 206 && from === this.#body.length)) this.#end(`it answered ${status}`)
      return
    }
    const length = stated === undefined ? null : Number(stated)
    if (status === 404) this.#refuse({ kind: 'absent', reason: 'it answered 404' })
    else if (status === 410) this.#refuse({ kind: 'gone', reason: 'it answered 410' })
    else if (status !== 200) this.#refuse({ kind: 'failed', reason: `it answered ${status}` })
    else if (encoding !== undefined && encoding !== 'identity')
      this.#refuse({ kind: 'failed', reason: 'it sent another encoding than was asked for' })
    else if (length !== null && !(length <= MAX_OBJECT_BYTES))
      this.#refuse({ kind: 'gone', reason: `${length} bytes are too many` })
    else this.#body = new GrowingBody(length)
  }

  chunk(bytes: Uint8Array): boolean {
    const body = this.#body
    if (body === null) return false
    const known = Math.min(this.#skip, bytes.length)
    this.#skip -= known
    const most = body.totalBytes ?? MAX_OBJECT_BYTES
    if (body.length + bytes.length - known > most) {
      this.#end(`it sent more than ${most} bytes`)
      return false
    }
    if (bytes.length > known) body.append(known === 0 ? bytes : bytes.subarray(known))
    if (!this.#isGiven && body.length > 0) {
      this.#isGiven = true
      this.#resolve({ kind: 'growing', body })
    }
    return true
  }

  end(failure: HttpFailure | null): void {
    const body = this.#body
    if (body === null) this.#resolve({ kind: 'failed', reason: failure?.message ?? 'an empty answer' })
    else if (failure === null && body.length === 0) this.#resolve({ kind: 'absent', reason: 'it is empty' })
    else if (failure === null && (body.totalBytes ?? body.length) === body.length) body.end(true)
    else if (this.#over.aborted || body.length === 0 || ++this.#resumed > MOST_RESUMED)
      this.#end(failure?.message ?? 'its answer is not whole')
    else this.ask()
  }

  #refuse(file: GrowingFile): void {
    this.#transfer?.cancel()
    this.#resolve(file)
  }

  #end(reason: string): void {
    this.#transfer?.cancel()
    this.#body?.end(false)
    // It counts where nothing has come yet.
    this.#resolve({ kind: 'failed', reason })
  }
}
