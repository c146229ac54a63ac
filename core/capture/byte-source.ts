import fs from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { fileFailure, terminalFailure } from './capture-errors.ts'
import { type GzipFault, GzipMembers } from './gzip-members.ts'
import { openInput } from './open-input.ts'
import { SNIFF_BYTES } from './sniff.ts'

/** Reads the bytes of a capture in order, from a file, a stream or a decompressor. One read at a time. */
export interface ByteSource {
  /** Returns the first bytes without consuming them: SNIFF_BYTES of a file, at least `enough` of a stream unless it ends before. */
  peek(enough: number): Promise<Uint8Array>
  /** @returns how many bytes it wrote to `into[at, at + length)`; 0 at the end only */
  read(into: Uint8Array, at: number, length: number): Promise<number>
  /** Bytes read from the file, before decompression. */
  readonly doneBytes: number
  /** Size of the file; null for a stream. */
  readonly totalBytes: number | null
  /** May be called while a read is pending, which then ends with 0 or rejects. */
  close(): Promise<void>
}

/**
 * Opens a file, a named pipe, or `-` for stdin.
 * @throws AppFailure file-not-found | file-unreadable | not-a-capture for a terminal
 */
export async function openByteSource(file: string): Promise<ByteSource> {
  if (file === '-') {
    if (process.stdin.isTTY) throw terminalFailure(file)
    return new StreamBytes(process.stdin)
  }
  const input = await openInput(file)
  return input.kind === 'file' ? new FileBytes(file, input.fd, input.size) : new StreamBytes(input.stream)
}

const readAt = promisify(fs.read)
const closeFile = promisify(fs.close)

/** A regular file, read at positions. */
class FileBytes implements ByteSource {
  readonly totalBytes: number
  doneBytes = 0
  readonly #file: string
  readonly #fd: number
  #pending: Promise<unknown> = Promise.resolve()

  constructor(file: string, fd: number, size: number) {
    this.#file = file
    this.#fd = fd
    this.totalBytes = size
  }

  async peek(): Promise<Uint8Array> {
    const bytes = new Uint8Array(SNIFF_BYTES)
    return bytes.subarray(0, await this.#readAt(bytes, 0, SNIFF_BYTES, 0))
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    const count = await this.#readAt(into, at, length, this.doneBytes)
    this.doneBytes += count
    return count
  }

  async #readAt(into: Uint8Array, at: number, length: number, position: number): Promise<number> {
    try {
      const reading = readAt(this.#fd, into, at, length, position)
      this.#pending = reading
      return (await reading).bytesRead
    } catch (cause) {
      throw fileFailure(this.#file, cause)
    }
  }

  async close(): Promise<void> {
    await this.#pending.catch(() => undefined)
    await closeFile(this.#fd)
  }
}

const EMPTY = new Uint8Array(0)

/** A stream: stdin, or a named pipe. */
class StreamBytes implements ByteSource {
  readonly totalBytes: number | null = null
  doneBytes = 0
  readonly #stream: Readable
  /** Read from the stream and not yet returned. */
  #chunk: Uint8Array = EMPTY
  #ended = false
  #error: unknown = null
  #wake: (() => void) | null = null

  constructor(stream: Readable) {
    this.#stream = stream
    const wake = () => this.#wakeUp()
    const end = () => {
      this.#ended = true
      wake()
    }
    stream.on('readable', wake)
    stream.on('end', end)
    stream.on('close', end)
    stream.on('error', (error) => {
      this.#error = error
      end()
    })
  }

  async peek(enough: number): Promise<Uint8Array> {
    let head: Uint8Array = new Uint8Array(0)
    while (head.length < enough && (await this.#next())) {
      head = Buffer.concat([head, this.#chunk])
      this.#chunk = EMPTY
    }
    this.#chunk = head
    return head.slice(0, SNIFF_BYTES)
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    if (this.#chunk.length === 0 && !(await this.#next())) {
      if (this.#error !== null) throw this.#error
      return 0
    }
    let count = 0
    do {
      const step = Math.min(this.#chunk.length, length - count)
      into.set(this.#chunk.subarray(0, step), at + count)
      this.#chunk = this.#chunk.subarray(step)
      count += step
    } while (count < length && this.#take())
    this.doneBytes += count
    return count
  }

  async close(): Promise<void> {
    this.#stream.destroy()
  }

  /** Takes available bytes without waiting; false where there are none. */
  #take(): boolean {
    const chunk = this.#ended ? null : (this.#stream.read() as Uint8Array | null)
    if (chunk !== null) this.#chunk = chunk
    return this.#chunk.length > 0
  }

  /** Waits for the next bytes; false at the end. A stream reports its end only when read. */
  async #next(): Promise<boolean> {
    while (!this.#take()) {
      if (this.#ended) return false
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return true
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}

const COMPRESSED_CHUNK = 256 * 1024
/** Faults of one file that are kept. */
const MAX_FAULTS = 16

/** Decompresses gzip while reading. It reads several members, trailing zeros, and all that is whole of a damaged file. */
export class GunzipBytes implements ByteSource {
  /** What is wrong with the compression; all inflated bytes were read. */
  readonly faults: GzipFault[] = []
  readonly #source: ByteSource
  readonly #members: GzipMembers
  /** Inflated and not yet returned. */
  #rest: Uint8Array = EMPTY

  constructor(source: ByteSource) {
    this.#source = source
    this.#members = new GzipMembers(
      () => this.#compressed(),
      (fault) => {
        if (this.faults.length < MAX_FAULTS) this.faults.push(fault)
      },
    )
  }

  get doneBytes(): number {
    return this.#source.doneBytes
  }

  get totalBytes(): number | null {
    return this.#source.totalBytes
  }

  async peek(enough: number): Promise<Uint8Array> {
    while (this.#rest.length < enough) {
      const more = await this.#members.read()
      if (more === null) break
      this.#rest = Buffer.concat([this.#rest, more])
    }
    return this.#rest.slice(0, SNIFF_BYTES)
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    let count = 0
    do {
      if (this.#rest.length === 0) this.#rest = (await this.#members.read()) ?? EMPTY
      if (this.#rest.length === 0) break
      const step = Math.min(this.#rest.length, length - count)
      into.set(this.#rest.subarray(0, step), at + count)
      this.#rest = this.#rest.subarray(step)
      count += step
      // A stream may pause here: what it has given is not held back.
    } while (count < length && (this.#rest.length > 0 || this.#source.totalBytes !== null))
    return count
  }

  async close(): Promise<void> {
    this.#members.close()
    await this.#source.close()
  }

  async #compressed(): Promise<Uint8Array> {
    const bytes = new Uint8Array(COMPRESSED_CHUNK)
    return bytes.subarray(0, await this.#source.read(bytes, 0, bytes.length))
  }
}
