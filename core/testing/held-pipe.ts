import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

const CHUNK = 1024

/** A named pipe with a reader that takes nothing until it is asked to, so that what is written to it waits. */
export class HeldPipe {
  readonly #fd: number
  readonly #bytes: Buffer[] = []

  constructor(path: string) {
    execFileSync('mkfifo', [path])
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    // JSON may begin with spaces.
    while (!isBusy(() => writeSync(this.#fd, Buffer.alloc(CHUNK, ' '))));
  }

  /** Takes what is there now. @returns the JSON that arrived so far, null while it is not whole */
  json(): unknown {
    const chunk = Buffer.alloc(64 * CHUNK)
    while (!isBusy(() => this.#bytes.push(Buffer.from(chunk.subarray(0, readSync(this.#fd, chunk))))));
    try {
      return JSON.parse(Buffer.concat(this.#bytes).toString())
    } catch {
      return null
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Whether a call would have to wait. */
function isBusy(call: () => unknown): boolean {
  try {
    call()
    return false
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return true
    throw error
  }
}
