import type { Lease } from '../flow/lease.ts'
import { type FileDone, FileWriter, type FileWriterOptions } from './file-writer.ts'

/** More gain nothing: two cores are busy with two, and the rest is the file system's own. */
const THREADS = 2

/**
 * Several `FileWriter`s as one, for many files at once: making a file costs the system more than filling it, and two threads
 * do that side by side. What is asked about one path goes to one of them, so that it stays in order.
 */
export class FileWriters {
  readonly #writers: readonly FileWriter[]

  constructor(options: FileWriterOptions) {
    this.#writers = Array.from({ length: THREADS }, () => new FileWriter(options))
  }

  /** As `FileWriter.write`; order holds among the jobs of one path. */
  write(path: string, lease: Lease, done: FileDone = null): void {
    this.#of(path)?.write(path, lease, done)
  }

  /** As `FileWriter.remove`. */
  remove(path: string, done: FileDone = null): void {
    this.#of(path)?.remove(path, done)
  }

  /** Settles when all have room again; null while they have. */
  busy(): Promise<void> | null {
    let waits: Promise<void>[] | null = null
    for (const writer of this.#writers) {
      const wait = writer.busy()
      if (wait === null) continue
      waits ??= []
      waits.push(wait)
    }
    return waits === null ? null : Promise.all(waits).then(() => undefined)
  }

  /** Waits for what is under way and ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.close()))
  }

  #of(path: string): FileWriter | undefined {
    let hash = 0
    for (let at = 0; at < path.length; at++) hash = (Math.imul(hash, 31) + path.charCodeAt(at)) | 0
    return this.#writers[(hash >>> 0) % THREADS]
  }
}
