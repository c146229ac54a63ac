import { readFile } from 'node:fs/promises'
import { AppFailure } from '../failure/app-failure.ts'
import type { FileBytes, PresentationFile } from './presentation.ts'

/** Sent files are kept up to this size, so that a small presentation in a loop is read once. */
const KEEP_BYTES = 64 * 1024 * 1024

/** Bytes of a presentation's files on disk, loaded on demand and dropped when there are too many. */
export class PresentationBytes implements FileBytes {
  readonly #paths = new Map<PresentationFile, string>()
  readonly #stored = new Map<PresentationFile, Uint8Array>()
  #storedBytes = 0

  /** Sets the path of a file. */
  add(file: PresentationFile, path: string): void {
    this.#paths.set(file, path)
  }

  get(file: PresentationFile): Uint8Array | null {
    return this.#stored.get(file) ?? null
  }

  async load(file: PresentationFile): Promise<void> {
    if (this.#stored.has(file)) return
    const path = this.#paths.get(file)
    if (path === undefined) throw new RangeError(`${file.name} does not belong to this presentation`)
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new AppFailure(
        'input-unusable',
        `"${path}" cannot be read any more.`,
        'Keep the files where they are while they are sent.',
        cause,
      )
    })
    if (bytes.length !== file.sizeBytes) {
      throw new AppFailure(
        'input-unusable',
        `"${path}" has changed from ${file.sizeBytes} to ${bytes.length} bytes while it is being sent.`,
        'Send it again when nothing writes to it any more.',
      )
    }
    this.#stored.set(file, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
    this.#storedBytes += bytes.length
  }

  release(file: PresentationFile): void {
    const bytes = this.#stored.get(file)
    if (bytes === undefined || this.#storedBytes <= KEEP_BYTES) return
    this.#stored.delete(file)
    this.#storedBytes -= bytes.length
  }
}
