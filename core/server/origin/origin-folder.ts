import { writeAll } from '../../files/write-all.ts'
import { NotWritable, type WriteDoor } from '../../files/write-door.ts'

/** Bytes that may wait to be written before the source is held up. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024

/** A folder into which files of an origin are written one after another, each under its name once it is whole. */
export class OriginFolder {
  readonly #door: WriteDoor
  readonly #failed: (path: string, error: Error) => void
  #last: Promise<void> = Promise.resolve()
  #waitingBytes = 0

  /** @param failed told of each file that could not be written or removed */
  constructor(door: WriteDoor, failed: (path: string, error: Error) => void) {
    this.#door = door
    this.#failed = failed
  }

  /** Writes a file in place of what has its path. @param written called once it has its name; never where that failed */
  write(path: string, bytes: Uint8Array, written: () => void): void {
    this.#waitingBytes += bytes.byteLength
    this.#queue(path, async () => {
      try {
        await this.#write(path.split('/'), bytes)
        written()
      } finally {
        this.#waitingBytes -= bytes.byteLength
      }
    })
  }

  remove(path: string): void {
    this.#queue(path, async () => {
      await this.#door.remove(path.split('/'))
    })
  }

  /** While too much waits. */
  busy(): Promise<void> | null {
    return this.#waitingBytes > MOST_WAITING_BYTES ? this.#last : null
  }

  /** Settles once all is written. */
  settled(): Promise<void> {
    return this.#last
  }

  #queue(path: string, what: () => Promise<void>): void {
    this.#last = this.#last.then(what).catch((error: Error) => this.#failed(path, error))
  }

  async #write(path: readonly string[], bytes: Uint8Array): Promise<void> {
    const aside = await this.#door.begin(path)
    try {
      await writeAll(aside.handle, bytes, 0)
      await aside.keep()
    } finally {
      await aside.handle.close()
      await aside.drop()
    }
  }
}

/** Why a file could not be written, as the end of a sentence. */
export function writeProblem(error: Error): string {
  if (error instanceof NotWritable) return error.message
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'found the disk full'
  return `failed: ${error.message}`
}
