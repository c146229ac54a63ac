import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { asideName } from './aside.ts'
import { OutputFile } from './output-file.ts'
import { writeFailure } from './write-failure.ts'

const PIECE_BYTES = 16 * 1024
const COPY_BYTES = 1 << 20
/** Bytes that wait for the disk, from which the source waits. */
const BUSY_BYTES = 8 * 1024 * 1024

/** Ranges of a file, in the order in which they are read. */
export type MediaFilePart = { readonly start: number; readonly end: number } | Uint8Array

/** A media file that a person names, read in pieces. */
export class MediaFile {
  readonly path: string
  readonly size: number

  private constructor(path: string, size: number) {
    this.path = path
    this.size = size
  }

  /** @throws AppFailure file-not-found | file-unreadable */
  static async open(path: string): Promise<MediaFile> {
    const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT'
        ? new AppFailure('file-not-found', `There is no file ${path}.`, 'Check the name.', cause)
        : unreadable(path, cause)
    })
    if (!found.isFile()) throw new AppFailure('file-unreadable', `${path} is no regular file.`, 'Name a media file.')
    return new MediaFile(path, found.size)
  }

  /** Bytes of a range, fewer where the file ends. @throws AppFailure file-unreadable */
  async read(start: number, end: number): Promise<Uint8Array> {
    const handle = await open(this.path, 'r').catch((cause) => Promise.reject(unreadable(this.path, cause)))
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, this.size) - start))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start)
      return bytes.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  /** Gives pieces of its parts one after the other until `take` returns false. @throws AppFailure file-unreadable */
  async each(parts: readonly MediaFilePart[], take: (bytes: Uint8Array) => Promise<boolean>): Promise<void> {
    const handle = await open(this.path, 'r').catch((cause) => Promise.reject(unreadable(this.path, cause)))
    try {
      const piece = new Uint8Array(PIECE_BYTES)
      for (const part of parts) {
        if (part instanceof Uint8Array) {
          if (!(await take(part))) return
          continue
        }
        for (let at = part.start; at < part.end; ) {
          const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, part.end - at), at)
          if (bytesRead === 0) break
          at += bytesRead
          if (!(await take(piece.subarray(0, bytesRead)))) return
        }
      }
    } catch (cause) {
      throw cause instanceof AppFailure ? cause : unreadable(this.path, cause)
    } finally {
      await handle.close()
    }
  }
}

/** A media file that is written from its beginning to its end, and may then be made anew of its own parts. */
export class MediaFileWriter {
  readonly #path: string
  readonly #file: OutputFile
  #writing: Promise<void> = Promise.resolve()
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

  /** Appends bytes, which stay as they are. */
  write(bytes: Uint8Array): void {
    if (this.#failure !== null) return
    this.#bytes += bytes.length
    this.#waiting += bytes.length
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#file.empty()
        if (this.#failure === null) await this.#file.handle.appendFile(bytes)
      } catch (cause) {
        this.#failure ??= writeFailure(cause as NodeJS.ErrnoException, this.#path)
      }
      this.#waiting -= bytes.length
    })
  }

  busy(): Promise<void> | null {
    return this.#waiting > BUSY_BYTES ? this.#writing : null
  }

  /** Writes what waits and closes; a file into which nothing was written is left as it was. */
  async close(): Promise<void> {
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
            await target.appendFile(part)
            continue
          }
          for (let at = part.start; at < part.end; ) {
            const { bytesRead } = await source.read(piece, 0, Math.min(piece.length, part.end - at), at)
            if (bytesRead === 0) break
            at += bytesRead
            await target.appendFile(piece.subarray(0, bytesRead))
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

function unreadable(path: string, cause: unknown): AppFailure {
  return new AppFailure('file-unreadable', `${path} cannot be read.`, 'Check its permissions.', cause)
}
