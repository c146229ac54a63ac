import type { FileReader, StoredFiles } from './origin.ts'
import type { PresentationFile } from './presentation.ts'

/**
 * Sent files are kept up to this size, so that a small presentation in a loop is read once. What is larger is read again all the
 * same, in the memory of what was sent.
 */
const KEEP_BYTES = 64 * 1024 * 1024
/** How long a file that is kept is taken to be still where it was, ms. */
const TRUSTED_MS = 1000

/** Bytes of a presentation's files, loaded on demand and dropped when there are too many. */
export class PresentationBytes implements StoredFiles {
  readonly #reader: FileReader
  readonly #paths = new Map<PresentationFile, string>()
  readonly #stored = new Map<PresentationFile, Uint8Array>()
  readonly #unreadable = new Set<PresentationFile>()
  /** When those that are kept were last seen where they are, ms. */
  readonly #seenMs = new Map<PresentationFile, number>()
  #storedBytes = 0
  /** All files. */
  #totalBytes = 0

  constructor(reader: FileReader) {
    this.#reader = reader
  }

  add(file: PresentationFile, path: string): void {
    if (!this.#paths.has(file)) this.#totalBytes += file.sizeBytes
    this.#paths.set(file, path)
  }

  paths(): readonly string[] {
    return this.#reader.paths()
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
      const bytes = await this.#reader.read(path, file.sizeBytes)
      this.#unreadable.delete(file)
      this.#stored.set(file, bytes)
      this.#seenMs.set(file, Date.now())
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
    const reader = this.#reader
    const keepBytes = reader.reuse === undefined || this.#totalBytes <= KEEP_BYTES ? KEEP_BYTES : 0
    if (bytes === undefined) return
    if (this.#storedBytes <= keepBytes) {
      this.#look(file)
      return
    }
    this.#drop(file, bytes)
    reader.reuse?.(bytes)
  }

  /** Looks whether a file that is kept is still there: one that is not is read again, which tells what became of it. */
  #look(file: PresentationFile): void {
    const path = this.#paths.get(file)
    const nowMs = Date.now()
    if (path === undefined || nowMs - (this.#seenMs.get(file) ?? 0) < TRUSTED_MS) return
    this.#seenMs.set(file, nowMs)
    void this.#reader.isThere?.(path, file.sizeBytes).then((isThere) => {
      const bytes = this.#stored.get(file)
      if (!isThere && bytes !== undefined) this.#drop(file, bytes)
    })
  }

  #drop(file: PresentationFile, bytes: Uint8Array): void {
    this.#stored.delete(file)
    this.#storedBytes -= bytes.length
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }
}
