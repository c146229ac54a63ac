import { join } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { type FolderDoor, NotReadable } from '../files/door.ts'
import type { FileBytes, PresentationFile } from './presentation.ts'

/** Sent files are kept up to this size, so that a small presentation in a loop is read once. */
const KEEP_BYTES = 64 * 1024 * 1024

/** Bytes of a presentation's files on disk, loaded on demand and dropped when there are too many. */
export class PresentationBytes implements FileBytes {
  readonly #door: FolderDoor
  readonly #paths = new Map<PresentationFile, string>()
  readonly #stored = new Map<PresentationFile, Uint8Array>()
  readonly #unreadable = new Set<PresentationFile>()
  #storedBytes = 0

  /** @param door of the folder of all files */
  constructor(door: FolderDoor) {
    this.#door = door
  }

  /** Sets the path of a file below the folder. */
  add(file: PresentationFile, path: string): void {
    this.#paths.set(file, path)
  }

  paths(): readonly string[] {
    return this.#door.used()
  }

  get(file: PresentationFile): Uint8Array | null {
    return this.#stored.get(file) ?? null
  }

  isUnreadable(file: PresentationFile): boolean {
    return this.#unreadable.has(file)
  }

  async load(file: PresentationFile): Promise<void> {
    if (this.#stored.has(file)) return
    const path = this.#paths.get(file)
    if (path === undefined) throw new RangeError(`${file.name} does not belong to this presentation`)
    try {
      const bytes = await this.#read(path, file.sizeBytes)
      this.#unreadable.delete(file)
      this.#stored.set(file, bytes)
      this.#storedBytes += bytes.length
    } catch (error) {
      this.#unreadable.add(file)
      throw error
    }
  }

  release(file: PresentationFile): void {
    // It may be readable again in the next turn.
    this.#unreadable.delete(file)
    const bytes = this.#stored.get(file)
    if (bytes === undefined || this.#storedBytes <= KEEP_BYTES) return
    this.#stored.delete(file)
    this.#storedBytes -= bytes.length
  }

  /** The file is opened again each time, and may have become anything meanwhile. */
  async #read(path: string, sizeBytes: number): Promise<Uint8Array> {
    const shown = shownText(join(this.#door.root, path), 1000)
    let found = sizeBytes
    try {
      const handle = await this.#door.openFile(path)
      try {
        found = (await handle.stat()).size
        if (found === sizeBytes) {
          const bytes = new Uint8Array(sizeBytes)
          let at = 0
          for (let read = -1; read !== 0 && at < sizeBytes; at += read) {
            read = (await handle.read(bytes, at, sizeBytes - at, at)).bytesRead
          }
          if (at === sizeBytes) return bytes
          found = at
        }
      } finally {
        await handle.close()
      }
    } catch (error) {
      const reason = error instanceof NotReadable ? error.message : `cannot be read (${(error as Error).message})`
      throw new AppFailure(
        'input-unusable',
        `"${shown}" cannot be read any more: it ${reason}.`,
        'Keep the files where they are while they are sent.',
        error,
      )
    }
    throw new AppFailure(
      'input-unusable',
      `"${shown}" has changed from ${sizeBytes} to ${found} bytes while it is being sent.`,
      'Send it again when nothing writes to it any more.',
    )
  }
}
