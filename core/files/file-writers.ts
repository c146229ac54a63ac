import type { Lease } from '../flow/lease.ts'
import { type FileDone, FileWriter, type FileWriterOptions } from './file-writer.ts'

/**
 * Two `FileWriter`s as one, for many files at once: creating a file costs the system more than filling it, and two threads do
 * that in parallel (more gain nothing). The second starts once the first is behind. Jobs of one path are sent to one of them,
 * so that they stay in order.
 */
export class FileWriters {
  readonly #first: FileWriter
  readonly #second: FileWriter
  /** Paths that the first was writing when the second began, and which stay with it; null before. */
  #staying: ReadonlySet<string> | null = null

  constructor(options: FileWriterOptions) {
    this.#first = new FileWriter(options)
    this.#second = new FileWriter(options)
  }

  /** As `FileWriter.write`; jobs of one path stay in order. */
  write(path: string, lease: Lease, done: FileDone = null): void {
    this.#of(path).write(path, lease, done)
  }

  /** As `FileWriter.remove`. */
  remove(path: string, done: FileDone = null): void {
    this.#of(path).remove(path, done)
  }

  /** Back-pressure: settles when all have room again; null while they have. */
  busy(): Promise<void> | null {
    const first = this.#first.busy()
    const second = this.#second.busy()
    if (first === null || second === null) return first ?? second
    return Promise.all([first, second]).then(() => undefined)
  }

  /** Nothing waits, or is being written. */
  get idle(): boolean {
    return this.#first.idle && this.#second.idle
  }

  /** Settles when all jobs so far are done. */
  async drained(): Promise<void> {
    await Promise.all([this.#first.drained(), this.#second.drained()])
  }

  /** Waits for all jobs and ends the threads. */
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
