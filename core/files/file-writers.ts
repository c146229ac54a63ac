import type { Lease } from '../flow/lease.ts'
import { type FileDone, FileWriter, type FileWriterOptions } from './file-writer.ts'

/**
 * Two `FileWriter`s as one, for many files at once: making a file costs the system more than filling it, and two threads do
 * that side by side (more gain nothing). The second starts once the first is behind. What is asked about one path goes to one
 * of them, so that it stays in order.
 */
export class FileWriters {
  readonly #first: FileWriter
  readonly #second: FileWriter
  /** Paths that were under way when the second began; null before. They stay with the first. */
  #staying: ReadonlySet<string> | null = null

  constructor(options: FileWriterOptions) {
    this.#first = new FileWriter(options)
    this.#second = new FileWriter(options)
  }

  /** As `FileWriter.write`; order holds among the jobs of one path. */
  write(path: string, lease: Lease, done: FileDone = null): void {
    this.#of(path).write(path, lease, done)
  }

  /** As `FileWriter.remove`. */
  remove(path: string, done: FileDone = null): void {
    this.#of(path).remove(path, done)
  }

  /** Settles when all have room again; null while they have. */
  busy(): Promise<void> | null {
    const first = this.#first.busy()
    const second = this.#second.busy()
    if (first === null || second === null) return first ?? second
    return Promise.all([first, second]).then(() => undefined)
  }

  /** Waits for what is under way and ends the threads. */
  async close(): Promise<void> {
    await Promise.all([this.#first.close(), this.#second.close()])
  }

  #of(path: string): FileWriter {
    if (this.#staying === null) {
      if (!this.#first.behind) return this.#first
      this.#staying = new Set(this.#first.paths())
    }
    let hash = 0
    for (let at = 0; at < path.length; at++) hash = (Math.imul(hash, 31) + path.charCodeAt(at)) | 0
    return (hash & 1) === 0 || this.#staying.has(path) ? this.#first : this.#second
  }
}
