import type { Lease } from '../flow/lease.ts'
import type { SpillFolder } from './spill-folder.ts'
import type { StoredBytes, StoredFile } from './stored-file.ts'

/** Content in memory or spilled; that of a lost object has no file. */
export type StoredContent = {
  readonly index: number
  readonly size: number
  readonly file: StoredFile | null
  bytes: Uint8Array | null
  /** Name below the spill folder once written. */
  spilled: string | null
  spilling: boolean
  /** Of memory that is used again once the bytes are spilled; null where a reader may have a view of them. */
  lease: Lease | null
}

/** Content of a store: so many bytes of it in memory, the oldest of the rest in files. */
export class ContentMemory {
  readonly #most: number
  readonly #disk: SpillFolder
  /** Content whose bytes are in memory, oldest first. */
  readonly #resident = new Set<StoredContent>()
  #bytes = 0

  /** @param most bytes kept in memory; more spills to files */
  constructor(most: number, disk: SpillFolder) {
    this.#most = most
    this.#disk = disk
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Settles once the disk can take more; null where it can. */
  busy(): Promise<void> | null {
    return this.#disk.busy()
  }

  /** Takes new content, and spills what is too much. */
  keep(entry: StoredContent): void {
    this.#resident.add(entry)
    this.#bytes += entry.size
    this.#spill()
  }

  /** Forgets content, in memory and on disk. */
  drop(entry: StoredContent): void {
    this.#release(entry)
    if (entry.spilled !== null || entry.spilling) this.#disk.remove(spillName(entry))
    entry.spilled = null
  }

  /** Where the bytes are; null: nowhere any more. */
  placeOf(entry: StoredContent): StoredBytes {
    if (entry.bytes !== null) {
      entry.lease = null
      return { bytes: entry.bytes }
    }
    return entry.spilled === null ? null : { path: this.#disk.pathOf(entry.spilled) }
  }

  /** Bytes `[from, to)`; null where they are nowhere any more. */
  slice(entry: StoredContent, from: number, to: number): Uint8Array | null {
    if (entry.bytes !== null) {
      entry.lease = null
      return entry.bytes.subarray(from, to)
    }
    // Where the file was removed, only the content is missing; its facts remain.
    return entry.spilled === null ? null : this.#disk.slice(entry.spilled, from, to)
  }

  /** Forgets everything and removes the spill folder. */
  async close(): Promise<void> {
    this.#resident.clear()
    this.#bytes = 0
    await this.#disk.close()
  }

  #release(entry: StoredContent): void {
    if (!this.#resident.delete(entry)) return
    this.#bytes -= entry.size
    entry.bytes = null
    entry.lease?.spent?.()
    entry.lease = null
  }

  #spill(): void {
    let excess = this.#bytes - this.#most - this.#disk.queuedBytes
    if (excess <= 0) return
    for (const entry of this.#resident) {
      if (excess <= 0) break
      if (entry.spilling || entry.bytes === null || entry.file?.kind === 'manifest' || entry.file?.kind === 'playlist')
        continue
      excess -= entry.size
      entry.spilling = true
      this.#disk.write(spillName(entry), entry.bytes, (written) => {
        entry.spilling = false
        if (!this.#resident.has(entry)) return
        if (written) entry.spilled = spillName(entry)
        this.#release(entry)
      })
    }
  }
}

/** Whether content is neither in memory nor spilled any more. */
export function isGone(entry: StoredContent): boolean {
  return entry.bytes === null && entry.spilled === null
}

function spillName(entry: StoredContent): string {
  return `${entry.index}-${entry.file?.version ?? 'lost'}`
}
