import { constants } from 'node:fs'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { AppFailure } from '../failure/app-failure.ts'
import { claimFile, LOCKED_OPEN, type WriteLock } from './write-lock.ts'

const WRITE = constants.O_WRONLY | (constants.O_NONBLOCK ?? 0) | LOCKED_OPEN
const CREATE = WRITE | constants.O_CREAT | constants.O_EXCL

/** A file that grows while it is written, by this writer only. What it had before is there until the first write. */
export class OutputFile {
  readonly handle: FileHandle
  readonly #path: string
  readonly #lock: WriteLock | null
  /** It was made by `open`. */
  readonly #isNew: boolean
  #isEmpty = false

  private constructor(path: string, handle: FileHandle, lock: WriteLock | null, isNew: boolean) {
    this.#path = path
    this.handle = handle
    this.#lock = lock
    this.#isNew = isNew
  }

  /**
   * Opens a file, or makes it, once nobody else writes it.
   * Rejects with the system's error, or AppFailure file-in-use
   */
  static async open(path: string): Promise<OutputFile> {
    const { handle, isNew } = await openOrCreate(path)
    let lock: WriteLock | null = null
    try {
      const found = await handle.stat({ bigint: true })
      if (found.isFIFO()) throw Object.assign(new Error(`ESPIPE: ${path} is a named pipe`), { code: 'ESPIPE' })
      if (found.isFile()) {
        lock = await claimFile(found)
        if (lock === null) throw inUse(path)
      }
      return new OutputFile(path, handle, lock, isNew)
    } catch (error) {
      await handle.close()
      lock?.release()
      throw error
    }
  }

  /** Drops what the file had before. Call it before the first write. */
  async empty(): Promise<void> {
    if (this.#isEmpty) return
    this.#isEmpty = true
    // Only regular files have a claim, and can be cut.
    if (this.#lock !== null) await this.handle.truncate(0)
  }

  async close(): Promise<void> {
    try {
      await this.handle.close()
    } finally {
      this.#lock?.release()
    }
  }

  /** Closes a file into which nothing was written, and leaves everything as it was. */
  async abandon(): Promise<void> {
    if (this.#isNew && !this.#isEmpty) await rm(this.#path, { force: true })
    await this.close()
  }
}

async function openOrCreate(path: string): Promise<{ handle: FileHandle; isNew: boolean }> {
  try {
    return { handle: await open(path, CREATE, 0o666), isNew: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  try {
    // O_CREAT again: the path may be a link to nothing.
    return { handle: await open(path, WRITE | constants.O_CREAT, 0o666), isNew: false }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw LOCKED_OPEN !== 0 && code === 'EAGAIN' ? inUse(path) : error
  }
}

/** Refuses to replace a file that is being recorded. @throws AppFailure file-in-use */
export async function refuseInUse(path: string): Promise<void> {
  const found = await stat(path, { bigint: true }).catch(() => null)
  if (found === null || !found.isFile()) return
  const claim = await claimFile(found)
  if (claim === null) throw inUse(path)
  claim.release()
}

function inUse(path: string): AppFailure {
  return new AppFailure(
    'file-in-use',
    `${path} is being written by another recording.`,
    'Name another file, or end the other recording first.',
  )
}
