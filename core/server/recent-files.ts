import type { BigIntStats } from 'node:fs'
import type { OpenedFile } from '../files/door.ts'

/** Longest file that is kept, and bytes of all that are. */
const MOST_BYTES = 1024 * 1024
const KEPT_BYTES = 64 * 1024 * 1024
/** A file that has changed less than this ago may change again within the same tick of the system's clock, ms. */
const SETTLED_MS = 100

/** A file that was served, and what it was like then. */
export type RecentFile = { readonly real: string; readonly found: BigIntStats; readonly bytes: Uint8Array }

/** Finds what is at a path now, links followed; null for nothing. */
export type Look = (path: string) => Promise<BigIntStats | null>

/** The content of short files that were served last, for as long as the same unchanged file is at their path. */
export class RecentFiles {
  readonly #look: Look
  /** By path, the one served last at the end. */
  readonly #files = new Map<string, RecentFile>()
  #bytes = 0

  constructor(look: Look) {
    this.#look = look
  }

  /** @returns null where it has to be opened */
  async find(path: string): Promise<RecentFile | null> {
    const kept = this.#files.get(path)
    if (kept === undefined) return null
    const now = await this.#look(path)
    if (now !== null && isSame(now, kept.found)) return kept
    this.#forget(path)
    return null
  }

  /** Reads a short file as a whole, and keeps it. @returns null for a long one, and one that is becoming shorter */
  async read(path: string, { handle, real }: OpenedFile, found: BigIntStats): Promise<Uint8Array | null> {
    if (found.size > MOST_BYTES) return null
    const bytes = Buffer.allocUnsafeSlow(Number(found.size))
    const { bytesRead } = await handle.read(bytes, 0, bytes.byteLength, 0)
    if (bytesRead < bytes.byteLength) return null
    if (Number(found.mtimeNs / 1_000_000n) + SETTLED_MS < Date.now()) this.#keep(path, { real, found, bytes })
    return bytes
  }

  #keep(path: string, file: RecentFile): void {
    this.#forget(path)
    this.#files.set(path, file)
    this.#bytes += file.bytes.byteLength
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= KEPT_BYTES) return
      this.#forget(oldest)
    }
  }

  #forget(path: string): void {
    this.#bytes -= this.#files.get(path)?.bytes.byteLength ?? 0
    this.#files.delete(path)
  }
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return (
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  )
}
