import { answerContent } from '../../http/content-answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import { HeldRequests } from '../../http/held-requests.ts'
import { answerGrowing, answerGrowingPart, growingRange } from '../../http/live-answer.ts'
import { parseRange } from '../../http/ranges.ts'
import type { FileServer } from '../file-server.ts'
import type { OriginEntry, OriginFile, OriginFiles } from './origin-files.ts'

/** Requests that wait for what comes next. */
const MAX_HELD = 1024

/** Answers requests for the files of an origin. */
export class OriginMount {
  readonly #files: OriginFiles
  /** What has been written; null: everything is in memory. */
  readonly #written: FileServer | null
  readonly #holdMs: number
  readonly #held = new HeldRequests(MAX_HELD)

  /** @param holdMs longest wait for a file that is expected */
  constructor(files: OriginFiles, written: FileServer | null, holdMs: number) {
    this.#files = files
    this.#written = written
    this.#holdMs = holdMs
  }

  get held(): number {
    return this.#held.count
  }

  /** Its files are in a folder, whose names it need not know. */
  get isOnDisk(): boolean {
    return this.#written !== null
  }

  /** Whether it has a file of this path, or one will come next. */
  knows(path: string): boolean {
    return this.#files.find(path) !== null || this.#files.expects(path)
  }

  /** Answers GET and HEAD. */
  async answer(exchange: Exchange): Promise<void> {
    const path = exchange.target.components.join('/')
    const found = this.#files.find(path)
    if (found !== null) return this.#serve(exchange, path, found)
    if (!this.#files.expects(path)) return this.#other(exchange)
    const find = (): OriginEntry | null => this.#files.find(path)
    const isThere = (): boolean => find() !== null || !this.#files.expects(path)
    const why = path === this.#files.manifest ? 'manifest' : 'next-segment'
    await this.#held.hold(exchange, this.#holdMs, why, (changed) => this.#files.watch(changed), isThere)
    const come = find()
    if (come !== null) return this.#serve(exchange, path, come)
    return this.#other(exchange)
  }

  /** Ends all requests that wait. */
  close(): void {
    this.#held.releaseAll()
  }

  async #serve(exchange: Exchange, path: string, entry: OriginEntry): Promise<void> {
    if (entry.state === 'whole') return answerWhole(exchange, entry)
    const { object } = entry
    const range = exchange.isHead ? null : parseRange(exchange.request.headers.range)
    if (range === null) return answerGrowing(exchange, object)
    const decided = (): boolean => growingRange(range, object, false) !== 'undecided' || object.state !== 'receiving'
    await this.#held.hold(exchange, this.#holdMs, 'bytes', (changed) => object.watch(changed), decided)
    if (object.state !== 'receiving') {
      const now = this.#files.find(path)
      return now?.state === 'whole' ? answerWhole(exchange, now) : this.#other(exchange)
    }
    const part = growingRange(range, object, true)
    if (part !== null && part !== 'undecided') return answerGrowingPart(exchange, object, part)
    exchange.refuse({
      status: 416,
      sentence: `The file has ${object.prefixBytes()} bytes so far; the range asked for lies outside.`,
      headers: { 'Content-Range': `bytes */${object.size ?? object.prefixBytes()}` },
    })
  }

  async #other(exchange: Exchange): Promise<void> {
    if (this.#written !== null) return this.#written.answer(exchange, null)
    exchange.refuse({ status: 404, sentence: 'There is nothing here.' })
  }
}

async function answerWhole(exchange: Exchange, file: OriginFile): Promise<void> {
  const { bytes, mediaType, contentEncoding, etag, modifiedMs, isManifest } = file
  await answerContent(exchange, {
    source: { bytes },
    size: bytes.byteLength,
    mediaType,
    validators: { etag, modifiedMs },
    headers: {
      ...(isManifest ? { 'Cache-Control': 'no-cache' } : undefined),
      ...(contentEncoding === null ? undefined : { 'Content-Encoding': contentEncoding }),
    },
  })
}
