import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'

/**
 * Standard input as a named pipe: the engine is a process of its own, and has none. The pipe is removed with the last byte, or
 * when the process ends.
 */
export class StdinPipe {
  readonly path: string
  readonly #dir: string

  /** @returns null where the system has no named pipes */
  static create(): StdinPipe | null {
    const dir = mkdtempSync(join(tmpdir(), 'routescope-stdin-'))
    const path = join(dir, 'stdin')
    if (process.platform !== 'win32' && spawnSync('mkfifo', ['-m', '600', path]).status === 0)
      return new StdinPipe(dir, path)
    rmSync(dir, { recursive: true, force: true })
    return null
  }

  private constructor(dir: string, path: string) {
    this.#dir = dir
    this.path = path
    process.once('exit', () => this.#remove())
  }

  /** Copies `input` until it ends or the reader closes the pipe; waits for the reader first. Never rejects. */
  async relay(input: Readable): Promise<void> {
    const output = createWriteStream(this.path)
    try {
      await pipeline(input, output)
    } catch {
      await finished(output).catch(() => undefined)
    } finally {
      this.#remove()
    }
  }

  #remove(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
