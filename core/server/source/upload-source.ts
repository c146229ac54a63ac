import type { Exchange } from '../../http/exchange.ts'
import type { TransferTable } from '../../http/transfer-table.ts'
import { beginUpload, Refused, refusalOf, uploadFailure } from '../uploads.ts'

/** An upload as its taker sees it. */
export type TakenUpload = {
  readonly append: (bytes: Uint8Array) => void
  readonly end: (isWhole: boolean) => void
}

/** What becomes of uploads. */
export interface UploadTaker {
  /** It keeps the bytes of an upload until that has ended. */
  readonly keeps: boolean
  /** @param size null: in chunks. @returns why it is not taken, as a sentence */
  begin(path: string, contentType: string | null, size: number | null): TakenUpload | string
  /** Back-pressure: null while it keeps up. */
  busy(): Promise<void> | null
}

/** Bytes of uploads that go on and are kept. */
const MOST_KEPT_BYTES = 512 * 1024 * 1024

/** What uploads have done. */
export type UploadCounts = {
  readonly open: number
  readonly files: number
  readonly bytes: number
  readonly brokenOff: number
}

/** Takes PUT and POST as a source of a session: nothing is stored. One upload to a path is taken at a time. */
export class UploadSource {
  readonly #taker: UploadTaker
  readonly #maxBytes: number
  readonly #transfers: TransferTable | null
  readonly #open = new Set<string>()
  #files = 0
  #bytes = 0
  #brokenOff = 0
  #keptBytes = 0

  /**
   * @param maxBytes of one upload; 0: any number
   * @param transfers shows each upload on its way; null: nobody looks
   */
  constructor(taker: UploadTaker, maxBytes: number, transfers: TransferTable | null = null) {
    this.#transfers = transfers
    this.#taker = taker
    this.#maxBytes = maxBytes
  }

  get counts(): UploadCounts {
    return { open: this.#open.size, files: this.#files, bytes: this.#bytes, brokenOff: this.#brokenOff }
  }

  /** Answers PUT and POST. */
  async answer(exchange: Exchange): Promise<void> {
    try {
      await this.#take(exchange)
    } catch (error) {
      if (!exchange.request.complete) exchange.response.shouldKeepAlive = false
      exchange.refuse(refusalOf(error))
    }
  }

  async #take(exchange: Exchange): Promise<void> {
    const { request, target } = exchange
    const { headers } = request
    const size = headers['content-length'] === undefined ? null : Number(headers['content-length'])
    if (size === null && headers['transfer-encoding'] === undefined)
      throw new Refused(411, 'The length of the body is missing, and it is not sent in chunks.')
    if (headers.range !== undefined || headers['content-range'] !== undefined)
      throw new Refused(416, 'Only whole files are taken here.')
    if (this.#maxBytes > 0 && (size ?? 0) > this.#maxBytes) throw this.#tooLarge()
    const path = target.components.join('/')
    if (this.#open.has(path)) throw new Refused(409, 'The file is being uploaded by somebody else.')
    const upload = this.#taker.begin(path, headers['content-type'] ?? null, size)
    if (typeof upload === 'string') throw new Refused(409, upload)
    this.#open.add(path)
    let isWhole = false
    let keptBytes = 0
    const transfer = beginUpload(this.#transfers, exchange, size)
    try {
      exchange.continue()
      await this.#receive(exchange, upload, (bytes) => {
        keptBytes += bytes
        transfer?.moved(bytes)
        this.#keep(bytes)
      })
      isWhole = true
      transfer?.end(null)
    } catch (error) {
      transfer?.end(uploadFailure(error))
      throw error
    } finally {
      this.#keep(-keptBytes)
      this.#open.delete(path)
      if (isWhole) this.#files++
      else this.#brokenOff++
      upload.end(isWhole)
    }
    exchange.head(201, { 'Content-Location': `${exchange.prefix}/${target.written.join('/')}`, 'Content-Length': 0 })
    exchange.end()
  }

  async #receive(exchange: Exchange, upload: TakenUpload, kept: (bytes: number) => void): Promise<void> {
    const { request } = exchange
    let bytes = 0
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength
      if (this.#maxBytes > 0 && bytes > this.#maxBytes) throw this.#tooLarge()
      this.#bytes += chunk.byteLength
      exchange.countReceived(chunk.byteLength)
      kept(chunk.byteLength)
      upload.append(chunk)
      for (let busy = this.#taker.busy(); busy !== null && !request.destroyed; busy = this.#taker.busy()) await busy
    }
    if (!request.complete) throw new Refused(400, 'The body ended too early.')
  }

  /** Counts bytes that are kept. @throws Refused where they are too many */
  #keep(bytes: number): void {
    if (!this.#taker.keeps) return
    this.#keptBytes += bytes
    if (bytes > 0 && this.#keptBytes > MOST_KEPT_BYTES)
      throw new Refused(503, 'Too much is being uploaded at the same time.', { 'Retry-After': '1' })
  }

  #tooLarge(): Refused {
    return new Refused(413, `A file may have ${this.#maxBytes} bytes here.`)
  }
}
