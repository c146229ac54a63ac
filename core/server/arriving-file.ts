import { EventEmitter } from 'node:events'
import type { FileHandle } from 'node:fs/promises'
import { writeAll } from '../files/write-all.ts'
import type { Exchange } from '../http/exchange.ts'
import { contentRange, parseRanges, resolveRange } from '../http/ranges.ts'

/** A file while it is uploaded: what it has so far can be read, and what comes is followed. */
export class ArrivingFile {
  readonly #handle: FileHandle
  readonly #changes = new EventEmitter<{ changed: [] }>()
  #bytes = 0
  #state: 'open' | 'whole' | 'broken' = 'open'
  readonly #readers = new Set<Promise<void>>()

  /** @param handle open for reading and writing; it must not be closed before `settled` has */
  constructor(handle: FileHandle) {
    this.#handle = handle
    this.#changes.setMaxListeners(0)
  }

  /** Appends bytes, which readers get at once. Rejects with the system's error. */
  async append(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#handle, bytes, this.#bytes)
    this.#bytes += bytes.byteLength
    this.#changes.emit('changed')
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Ends it: whole, or broken, which breaks what its readers get too. */
  end(state: 'whole' | 'broken'): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#changes.emit('changed')
  }

  /** Settles when nobody reads it any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#readers)
  }

  /** Answers a GET: what there is, then what comes; of a range, what there is. */
  async answer(exchange: Exchange, mediaType: string): Promise<void> {
    const reading = this.#answer(exchange, mediaType)
    this.#readers.add(reading)
    try {
      await reading
    } finally {
      this.#readers.delete(reading)
    }
  }

  async #answer(exchange: Exchange, mediaType: string): Promise<void> {
    const headers = { 'Content-Type': mediaType, 'Cache-Control': 'no-cache, no-store' }
    const range = parseRanges(exchange.request.headers.range)?.[0] ?? null
    if (exchange.isHead) {
      exchange.head(200, headers)
      return exchange.end()
    }
    if (range === null) {
      exchange.head(200, headers)
      await this.#follow(exchange)
      return
    }
    const size = this.#bytes
    const part = 'suffix' in range ? null : resolveRange(range, size)
    if (part === null)
      return exchange.refuse({
        status: 416,
        sentence: `The file has ${size} bytes so far; the range asked for lies outside.`,
        headers: { 'Content-Range': `bytes */${size}` },
      })
    exchange.head(206, { ...headers, 'Content-Length': part[1] - part[0], 'Content-Range': contentRange(part, size) })
    await this.#write(exchange, part[0], part[1])
    exchange.end()
  }

  async #follow(exchange: Exchange): Promise<void> {
    let at = 0
    while (!exchange.isOver) {
      if (at < this.#bytes) at = await this.#write(exchange, at, this.#bytes)
      else if (this.#state === 'whole') return exchange.end()
      else if (this.#state === 'broken') {
        // A body that ends without its last chunk is not taken for whole.
        exchange.response.destroy()
        return
      } else await this.#change(exchange)
    }
  }

  /** Waits for more, the end, or the client to leave. */
  #change({ response }: Exchange): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#changes.off('changed', settle)
        response.off('close', settle)
        resolve()
      }
      this.#changes.on('changed', settle)
      response.on('close', settle)
    })
  }

  /** Writes part of the file. @returns where it stopped, because the client left or it has all */
  async #write(exchange: Exchange, from: number, to: number): Promise<number> {
    let at = from
    while (at < to && !exchange.isOver) {
      const chunk = Buffer.alloc(Math.min(to - at, CHUNK_BYTES))
      const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, at)
      if (bytesRead === 0) throw new Error('An upload became shorter while it was read.')
      at += bytesRead
      if (!exchange.write(chunk.subarray(0, bytesRead))) await exchange.drained()
    }
    return at
  }
}

const CHUNK_BYTES = 256 * 1024
