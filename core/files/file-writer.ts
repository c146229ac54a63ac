import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { ASIDE_PREFIX } from './safe-name.ts'

/** The calls a writer makes, so that a test can let one of them fail. */
export type FileCalls = Pick<typeof fs, 'open' | 'write' | 'close' | 'rename' | 'unlink' | 'mkdir' | 'lstat'>

export type FileWriterOptions = {
  /** Nothing is written outside it, also not through symbolic links found inside. */
  readonly root: string
  /** A file could not be written or removed; its temporary is gone. Called for each. */
  readonly onError: (error: NodeJS.ErrnoException, path: string) => void
  /** Makes the root before the first write; by default it is there. */
  readonly prepare?: () => Promise<unknown>
  readonly calls?: FileCalls
}

type Job = {
  readonly path: string
  /** Null removes the file. */
  readonly bytes: Uint8Array | null
  readonly buffer: Uint8Array | null
  readonly done: ((written: boolean) => void) | null
}

/**
 * Writes at once: measured on two cores, four are as fast as a worker thread and leave the caller's thread free; more wait
 * for the folder's lock.
 */
const CONCURRENCY = 4
/** Above this a source is asked to wait, and let go on below half of it. */
const QUEUE_BYTES = 64 * 1024 * 1024
const SMALLEST_BUFFER = 4096

/**
 * Writes whole files below a folder in the background, each aside and then renamed, so that a name never shows half a file.
 * Writes to one path happen in the order they were asked for; one that has not begun is replaced by a later one.
 */
export class FileWriter {
  readonly #options: FileWriterOptions
  readonly #calls: FileCalls
  readonly #waiting = new Map<string, Job>()
  readonly #active = new Set<string>()
  readonly #folders = new Map<string, Promise<void>>()
  readonly #free = new Map<number, Uint8Array[]>()
  #queuedBytes = 0
  #serial = 0
  #calm: { promise: Promise<void>; resolve: () => void } | null = null
  #idle: (() => void)[] = []

  constructor(options: FileWriterOptions) {
    this.#options = options
    this.#calls = options.calls ?? fs
  }

  /** Bytes accepted and not yet in a file. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** @param bytes copied before this returns @param path below the root, safe already */
  write(path: string, bytes: Uint8Array, done: ((written: boolean) => void) | null = null): void {
    const buffer = this.#take(bytes.byteLength)
    buffer.set(bytes)
    this.#enqueue({ path, bytes: buffer.subarray(0, bytes.byteLength), buffer, done })
  }

  /** As `write`, but `bytes` are the writer's from now on and not copied. */
  writeOwned(path: string, bytes: Uint8Array, done: ((written: boolean) => void) | null = null): void {
    this.#enqueue({ path, bytes, buffer: null, done })
  }

  remove(path: string, done: ((removed: boolean) => void) | null = null): void {
    this.#enqueue({ path, bytes: null, buffer: null, done })
  }

  /** Settles when there is room again; null while there is. */
  busy(): Promise<void> | null {
    if (this.#queuedBytes <= QUEUE_BYTES) return null
    if (this.#calm === null) {
      let resolve = (): void => {}
      const promise = new Promise<void>((settle) => {
        resolve = settle
      })
      this.#calm = { promise, resolve }
    }
    return this.#calm.promise
  }

  /** Settles when everything asked for so far is done. */
  drained(): Promise<void> {
    if (this.#active.size === 0 && this.#waiting.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #enqueue(job: Job): void {
    const replaced = this.#waiting.get(job.path)
    if (replaced !== undefined) this.#finish(replaced, false)
    this.#queuedBytes += job.bytes?.byteLength ?? 0
    this.#waiting.delete(job.path)
    this.#waiting.set(job.path, job)
    this.#start()
  }

  #start(): void {
    if (this.#active.size >= CONCURRENCY) return
    for (const job of this.#waiting.values()) {
      if (this.#active.has(job.path)) continue
      this.#waiting.delete(job.path)
      this.#active.add(job.path)
      this.#run(job, (error) => {
        this.#active.delete(job.path)
        if (error !== null) this.#options.onError(error, job.path)
        this.#finish(job, error === null)
        this.#start()
        if (this.#active.size === 0 && this.#waiting.size === 0) for (const idle of this.#idle.splice(0)) idle()
      })
      if (this.#active.size >= CONCURRENCY) return
    }
  }

  #finish(job: Job, written: boolean): void {
    this.#queuedBytes -= job.bytes?.byteLength ?? 0
    if (job.buffer !== null) this.#giveBack(job.buffer)
    if (this.#calm !== null && this.#queuedBytes <= QUEUE_BYTES / 2) {
      this.#calm.resolve()
      this.#calm = null
    }
    job.done?.(written)
  }

  #run(job: Job, done: (error: NodeJS.ErrnoException | null) => void): void {
    const calls = this.#calls
    const path = join(this.#options.root, job.path)
    if (job.bytes === null) {
      calls.unlink(path, (error) => done(error?.code === 'ENOENT' ? null : error))
      return
    }
    const { bytes } = job
    this.#folder(dirname(job.path)).then(
      () => {
        this.#serial++
        const aside = join(dirname(path), `${ASIDE_PREFIX}${process.pid}-${this.#serial}`)
        const fail = (error: NodeJS.ErrnoException): void => calls.unlink(aside, () => done(error))
        // Exclusive: a link that somebody left under this name is not followed.
        calls.open(aside, 'wx', 0o666, (openError, handle) => {
          if (openError !== null) return done(openError)
          this.#writeAll(handle, bytes, 0, (writeError) => {
            calls.close(handle, (closeError) => {
              const error = writeError ?? closeError ?? null
              if (error !== null) return fail(error)
              calls.rename(aside, path, (renameError) => (renameError === null ? done(null) : fail(renameError)))
            })
          })
        })
      },
      (error: NodeJS.ErrnoException) => done(error),
    )
  }

  #writeAll(handle: number, bytes: Uint8Array, at: number, done: (error: NodeJS.ErrnoException | null) => void): void {
    if (at >= bytes.byteLength) {
      done(null)
      return
    }
    this.#calls.write(handle, bytes, at, bytes.byteLength - at, at, (error, written) => {
      if (error !== null) done(error)
      else this.#writeAll(handle, bytes, at + written, done)
    })
  }

  /** Makes a folder, component by component from the root, and refuses a component that leads elsewhere. */
  #folder(folder: string): Promise<void> {
    const known = this.#folders.get(folder)
    if (known !== undefined) return known
    const made = this.#make(folder)
    this.#folders.set(folder, made)
    // A folder that failed is tried again with the next file.
    made.catch(() => this.#folders.delete(folder))
    return made
  }

  async #make(folder: string): Promise<void> {
    if (folder === '.' || folder === '') {
      await this.#options.prepare?.()
      return
    }
    await this.#folder(dirname(folder))
    const path = join(this.#options.root, folder)
    await new Promise<void>((resolve, reject) => {
      this.#calls.mkdir(path, (error) => {
        if (error === null) return resolve()
        if (error.code !== 'EEXIST') return reject(error)
        this.#calls.lstat(path, (statError, found) => {
          if (statError !== null) reject(statError)
          else if (found.isDirectory()) resolve()
          else reject(notAFolder(path))
        })
      })
    })
  }

  #take(bytes: number): Uint8Array {
    const size = bufferSize(bytes)
    const free = this.#free.get(size)?.pop()
    return free ?? new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
  }

  #giveBack(buffer: Uint8Array): void {
    const list = this.#free.get(buffer.byteLength)
    // As many buffers as writes go on at a time are enough to keep going without new memory.
    if (list === undefined) this.#free.set(buffer.byteLength, [buffer])
    else if (list.length < 2 * CONCURRENCY && buffer.byteLength <= QUEUE_BYTES / 16) list.push(buffer)
  }
}

/** The next power of two or one and a half times it: little waste, few sizes. */
function bufferSize(bytes: number): number {
  let size = SMALLEST_BUFFER
  while (size < bytes) size = size + size / 2 >= bytes ? size + size / 2 : size * 2
  return size
}

function notAFolder(path: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`ENOTDIR: ${path} is a link or a file, not a folder`)
  error.code = 'ENOTDIR'
  return error
}
