import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { AppFailure } from '../failure/app-failure.ts'
import { asideName } from './aside.ts'
import { NotReadable, openRegular } from './door.ts'
import { OutputFile } from './output-file.ts'
import { writeFailure } from './write-failure.ts'

/** Bytes given at a time, so that a source in real time gives little at once. */
const PIECE_BYTES = 16 * 1024
/** Bytes read at a time: a call costs as much as copying some hundred kilobytes. */
const BLOCK_BYTES = 512 * 1024
/** Bytes of a block that is written or copied at once. */
const COPY_BYTES = 1 << 20
/** Bytes that wait for the disk, from which the source waits. */
const BUSY_BYTES = 8 * 1024 * 1024
/** A block that does not get full is written after as much time: each write costs as much as copying some hundred kilobytes. */
const WRITE_DELAY_MS = 20
/** Blocks that are kept for what is written next. */
const MAX_SPARE_BLOCKS = 8

/** Ranges of a file, in the order in which they are read. */
export type MediaFilePart = { readonly start: number; readonly end: number } | Uint8Array

/** A media file that a person names, read in pieces. It is opened once, so that nothing can take its place. */
export class MediaFile {
  readonly path: string
  readonly size: number
  readonly #handle: FileHandle
  /** What was read last beyond what was asked for, since boxes are looked at one after another. */
  #ahead: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) }

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path
    this.size = size
    this.#handle = handle
  }

  /** @throws AppFailure file-not-found | file-unreadable */
  static async open(path: string): Promise<MediaFile> {
    const handle = await openRegular(path).catch((cause: Error) => {
      const why = cause instanceof NotReadable ? cause.why : 'system'
      if (why === 'missing')
        throw new AppFailure('file-not-found', `There is no file ${path}.`, 'Check the name.', cause)
      if (why !== 'system')
        throw new AppFailure('file-unreadable', `${path} is no regular file.`, 'Name a media file.', cause)
      throw unreadable(path, cause)
    })
    try {
      return new MediaFile(path, (await handle.stat()).size, handle)
    } catch (cause) {
      await handle.close()
      throw unreadable(path, cause)
    }
  }

  /** Bytes of a range, fewer where the file ends. @throws AppFailure file-unreadable */
  async read(start: number, end: number): Promise<Uint8Array> {
    const to = Math.min(end, this.size)
    const { start: from, bytes } = this.#ahead
    if (start < from || to > from + bytes.length) {
      const wanted = new Uint8Array(Math.max(0, Math.min(Math.max(to, start + PIECE_BYTES), this.size) - start))
      const { bytesRead } = await this.#handle
        .read(wanted, 0, wanted.length, start)
        .catch((cause) => Promise.reject(unreadable(this.path, cause)))
      this.#ahead = { start, bytes: wanted.subarray(0, bytesRead) }
    }
    const ahead = this.#ahead
    return ahead.bytes.slice(start - ahead.start, Math.max(start, to) - ahead.start)
  }

  /** Gives pieces of its parts one after the other until `take` returns false. @throws AppFailure file-unreadable */
  async each(parts: readonly MediaFilePart[], take: (bytes: Uint8Array) => boolean | Promise<boolean>): Promise<void> {
    this.#ahead = { start: 0, bytes: new Uint8Array(0) }
    const block = new Uint8Array(BLOCK_BYTES)
    try {
      for (const part of parts) {
        if (part instanceof Uint8Array) {
          if (!(await take(part))) return
          continue
        }
        for (let at = part.start; at < part.end; ) {
          const { bytesRead } = await this.#handle.read(block, 0, Math.min(block.length, part.end - at), at)
          if (bytesRead === 0) break
          at += bytesRead
          for (let from = 0; from < bytesRead; from += PIECE_BYTES) {
            const taken = take(block.subarray(from, Math.min(bytesRead, from + PIECE_BYTES)))
            if (!(typeof taken === 'boolean' ? taken : await taken)) return
            // Sockets have a turn, as they had when each piece was read by itself.
            await setImmediate()
          }
        }
      }
    } catch (cause) {
      throw cause instanceof AppFailure ? cause : unreadable(this.path, cause)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** A media file that is written from its beginning to its end, and may then be made anew of its own parts. */
export class MediaFileWriter {
  readonly #path: string
  readonly #file: OutputFile
  /** Settles once the blocks that were full have been written. */
  #writing: Promise<void> | null = null
  /** Blocks to be written, in order. */
  readonly #full: Uint8Array[] = []
  /** The block that is being filled. */
  #block: Uint8Array | null = null
  #filled = 0
  /** Blocks that were written. */
  readonly #spare: ArrayBufferLike[] = []
  /** Writes a block that does not get full. */
  #timer: NodeJS.Timeout | null = null
  #waiting = 0
  #bytes = 0
  #failure: AppFailure | null = null

  private constructor(path: string, file: OutputFile) {
    this.#path = path
    this.#file = file
  }

  /** @throws AppFailure folder-not-writable | file-in-use | disk-full */
  static async open(path: string): Promise<MediaFileWriter> {
    try {
      return new MediaFileWriter(path, await OutputFile.open(path))
    } catch (cause) {
      throw cause instanceof AppFailure ? cause : writeFailure(cause as NodeJS.ErrnoException, path)
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that wait for the disk. */
  get waitingBytes(): number {
    return this.#waiting
  }

  /** Why nothing more is written; null while it is. */
  get failure(): AppFailure | null {
    return this.#failure
  }

  /** Appends a copy of `bytes[start, end)`. It is on its way to the disk within 20 ms. */
  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.#failure !== null) return
    this.#bytes += end - start
    this.#waiting += end - start
    for (let at = start; at < end; ) {
      const block = this.#block ?? this.#begin()
      const count = Math.min(end - at, block.length - this.#filled)
      block.set(bytes.subarray(at, at + count), this.#filled)
      this.#filled += count
      at += count
      if (this.#filled === block.length) this.#pass()
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#pass()
    }, WRITE_DELAY_MS)
  }

  #begin(): Uint8Array {
    const block = new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(COPY_BYTES))
    this.#block = block
    this.#filled = 0
    return block
  }

  /** Has what is in the block written. */
  #pass(): void {
    if (this.#block === null) return
    this.#full.push(this.#block.subarray(0, this.#filled))
    this.#block = null
    this.#writing ??= this.#writeBlocks()
  }

  async #writeBlocks(): Promise<void> {
    for (let block = this.#full.shift(); block !== undefined; block = this.#full.shift()) {
      try {
        await this.#file.empty()
        if (this.#failure === null) await appendAll(this.#file.handle, block)
      } catch (cause) {
        this.#failure ??= writeFailure(cause as NodeJS.ErrnoException, this.#path)
      }
      this.#waiting -= block.length
      if (this.#spare.length < MAX_SPARE_BLOCKS) this.#spare.push(block.buffer)
    }
    this.#writing = null
  }

  busy(): Promise<void> | null {
    return this.#waiting > BUSY_BYTES ? this.#writing : null
  }

  /** Writes what waits and closes; a file into which nothing was written is left as it was. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#pass()
    await this.#writing
    if (this.#bytes === 0) await this.#file.abandon()
    else await this.#file.close()
  }

  /**
   * Closes, and replaces the file by one with these parts, written beside it first.
   * @throws AppFailure disk-full | folder-not-writable; the file is then as it was
   */
  async closeAs(parts: readonly MediaFilePart[]): Promise<void> {
    await this.close()
    const aside = join(dirname(this.#path), asideName())
    try {
      const source = await open(this.#path, 'r')
      const target = await open(aside, 'wx', 0o666)
      try {
        const piece = new Uint8Array(COPY_BYTES)
        for (const part of parts) {
          if (part instanceof Uint8Array) {
            await appendAll(target, part)
            continue
          }
          for (let at = part.start; at < part.end; ) {
            const { bytesRead } = await source.read(piece, 0, Math.min(piece.length, part.end - at), at)
            if (bytesRead === 0) break
            at += bytesRead
            await appendAll(target, piece.subarray(0, bytesRead))
          }
        }
      } finally {
        await source.close()
        await target.close()
      }
      await rename(aside, this.#path)
    } catch (cause) {
      await rm(aside, { force: true })
      throw writeFailure(cause as NodeJS.ErrnoException, this.#path)
    }
  }
}

/** Writes all bytes behind those written before. */
async function appendAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
}

function unreadable(path: string, cause: unknown): AppFailure {
  return new AppFailure('file-unreadable', `${path} cannot be read.`, 'Check its permissions.', cause)
}
