import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { AppFailure } from '../failure/app-failure.ts'
import { claimFile, LOCKED_OPEN, type WriteLock } from './write-lock.ts'

const WRITE = constants.O_WRONLY | constants.O_CREAT | (constants.O_NONBLOCK ?? 0) | LOCKED_OPEN

/** A file that grows while it is written, by this writer only. */
export class OutputFile {
  readonly handle: FileHandle
  readonly #lock: WriteLock | null

  private constructor(handle: FileHandle, lock: WriteLock | null) {
    this.handle = handle
    this.#lock = lock
  }

  /**
   * Opens a file and empties it, once nobody else writes it.
   * Rejects with the system's error, or AppFailure file-in-use
   */
  static async open(path: string): Promise<OutputFile> {
    let handle: FileHandle
    try {
      handle = await open(path, WRITE, 0o666)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw LOCKED_OPEN !== 0 && code === 'EAGAIN' ? inUse(path) : error
    }
    let lock: WriteLock | null = null
    try {
      const found = await handle.stat({ bigint: true })
      if (found.isFIFO()) throw Object.assign(new Error(`ESPIPE: ${path} is a named pipe`), { code: 'ESPIPE' })
      if (found.isFile()) {
        lock = await claimFile(found)
        if (lock === null) throw inUse(path)
        await handle.truncate(0)
      }
      return new OutputFile(handle, lock)
    } catch (error) {
      await handle.close()
      lock?.release()
      throw error
    }
  }

  async close(): Promise<void> {
    try {
      await this.handle.close()
    } finally {
      this.#lock?.release()
    }
  }
}

function inUse(path: string): AppFailure {
  return new AppFailure(
    'file-in-use',
    `${path} is being written by another recording.`,
    'Name another file, or end the other recording first.',
  )
}
