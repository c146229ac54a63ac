import { closeSync, openSync, readSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AppError } from '../contract/app-error.ts'
import { ownBytes } from '../flow/lease.ts'
import { type FileDone, FileWriter } from './file-writer.ts'
import { writeFailure } from './write-failure.ts'

/** Folder for content that exceeds memory: made when the first file is written, removed by `close`. */
export class SpillFolder {
  readonly #dir: string
  readonly #onProblem: ((error: AppError) => void) | undefined
  #writer: FileWriter | null = null
  #reported = false

  /** @param onProblem called once, when content cannot be written and is dropped */
  constructor(dir: string, onProblem: ((error: AppError) => void) | undefined) {
    this.#dir = resolve(dir)
    this.#onProblem = onProblem
  }

  /** Bytes that wait for the disk. */
  get queuedBytes(): number {
    return this.#writer?.queuedBytes ?? 0
  }

  /** As `FileWriter.busy`. */
  busy(): Promise<void> | null {
    return this.#writer?.busy() ?? null
  }

  /** As `FileWriter.write`. */
  write(name: string, bytes: Uint8Array, done: FileDone): void {
    this.#writer ??= new FileWriter({
      root: this.#dir,
      onError: (error, path) => {
        if (this.#reported) return
        this.#reported = true
        this.#onProblem?.(writeFailure(error, join(this.#dir, path)).error)
      },
    })
    this.#writer.write(name, ownBytes(bytes), done)
  }

  /** Removes a file, also one that is still to be written. */
  remove(name: string): void {
    this.#writer?.remove(name)
  }

  /** Path of a file. */
  pathOf(name: string): string {
    return join(this.#dir, name)
  }

  /** Reads bytes `[from, to)` of a file synchronously; null where the file was removed. */
  slice(name: string, from: number, to: number): Uint8Array | null {
    try {
      const handle = openSync(this.pathOf(name), 'r')
      try {
        const bytes = new Uint8Array(Math.max(0, to - from))
        return bytes.subarray(0, readSync(handle, bytes, 0, bytes.byteLength, from))
      } finally {
        closeSync(handle)
      }
    } catch {
      return null
    }
  }

  /** Ends all writes and removes the folder. */
  async close(): Promise<void> {
    if (this.#writer === null) return
    await this.#writer.close()
    await rm(this.#dir, { recursive: true, force: true })
    this.#writer = null
  }
}

/** Reads a whole file; null where it was removed. */
export async function readSpilled(path: string): Promise<Uint8Array | null> {
  try {
    const handle = await open(path, 'r')
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch {
    return null
  }
}
