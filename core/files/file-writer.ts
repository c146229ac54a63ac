import { copyShared } from '#platform'
import { isReadInPlace, type Lease } from '../flow/lease.ts'
import { startThread } from '../guard/guarded-threads.ts'
import { asideName } from './aside.ts'
import type { DiskJob, DiskOutcome, DiskReply, DiskSetup } from './disk-loop.ts'
import diskWorker from './disk-worker.ts?thread'

/** Settings of a writer. */
export type FileWriterOptions = {
  /** Folder, made when needed. Nothing is written outside it, even through symbolic links inside. */
  readonly root: string
  /** A file could not be written or removed; its temporary is gone. Called for each. */
  readonly onError: (error: NodeJS.ErrnoException, path: string) => void
  /** Replaces the worker thread, so that a test can let the disk fail. */
  readonly startDisk?: (setup: DiskSetup) => DiskThread
}

/** The other end of a disk loop. */
export interface DiskThread {
  on(event: 'message', listener: (reply: DiskReply) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  postMessage(jobs: readonly DiskJob[]): void
  ref(): void
  unref(): void
  terminate(): unknown
}

/** Called with whether the job succeeded. */
export type FileDone = ((done: boolean) => void) | null

type Pending = {
  readonly path: string
  readonly bytes: number
  /** End of its bytes in the ring; -1 where they are elsewhere. */
  readonly ringEnd: number
  readonly done: ((done: boolean) => void) | null
  /** Kept until they are written; null where they were copied. */
  readonly lease: Lease | null
}

/** Size of the ring that bytes for the disk thread are copied to, without an allocation for each file. */
const RING_BYTES = 16 * 1024 * 1024
/** A source waits above these, until half is written. */
const QUEUE_BYTES = 12 * 1024 * 1024
const QUEUE_FILES = 8192
const BEHIND_BYTES = 4 * 1024 * 1024
const BEHIND_FILES = 100
const REPLY_BYTES = 4 * 1024 * 1024
/** Batches sent to the thread: one is being written while the next waits. */
const BATCHES_UNDER_WAY = 2

/**
 * Writes whole files below a folder in the background, in order, each to a temporary name and then renamed, so that a name never
 * shows half a file. A thread writes: measured on two cores, that costs a third less processor time than the system's pool, and
 * a slow disk does not stop the caller.
 */
export class FileWriter {
  readonly #options: FileWriterOptions
  #thread: DiskThread | null = null
  #ring: Uint8Array | null = null
  #ringHead = 0
  #ringTail = 0
  #queuedBytes = 0
  #unsent: DiskJob[] = []
  #sending = false
  #batches = 0
  readonly #pending: Pending[] = []
  /** Answered jobs of `#pending`, so that a long queue is not shifted one by one. */
  #answered = 0
  #calm: { promise: Promise<void>; resolve: () => void } | null = null
  #idle: (() => void)[] = []

  constructor(options: FileWriterOptions) {
    this.#options = options
  }

  /** Bytes accepted and not yet in a file. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** More bytes wait than a thread writes in a few milliseconds. */
  get behind(): boolean {
    return this.#queuedBytes > BEHIND_BYTES || this.#waiting() > BEHIND_FILES
  }

  /** Nothing waits, or is being written. */
  get idle(): boolean {
    return this.#waiting() === 0
  }

  /** Paths of the files that wait, oldest first. */
  paths(): readonly string[] {
    return this.#pending.slice(this.#answered).map(({ path }) => path)
  }

  /**
   * Writes a file.
   * @param path safe path below the root
   * @param lease kept for a long file in shared memory, which is written without a copy; else bytes are copied before this returns
   * @param done called with whether the file was written
   */
  write(path: string, lease: Lease, done: FileDone = null): void {
    const { bytes } = lease
    const length = bytes.byteLength
    if (isReadInPlace(lease)) {
      lease.keep()
      this.#queuedBytes += length
      const pending = { path, bytes: length, ringEnd: -1, done, lease }
      this.#enqueue({ path, remove: false, offset: -1, length, copy: bytes }, pending)
      return
    }
    const offset = this.#reserve(length)
    if (offset >= 0 && this.#ring !== null) copyShared(this.#ring, offset, bytes)
    const copy = offset < 0 ? new Uint8Array(bytes) : null
    this.#queuedBytes += length
    this.#enqueue(
      { path, remove: false, offset, length, copy },
      { path, bytes: length, ringEnd: offset < 0 ? -1 : offset + aligned(length), done, lease: null },
    )
  }

  remove(path: string, done: FileDone = null): void {
    this.#enqueue(
      { path, remove: true, offset: -1, length: 0, copy: null },
      { path, bytes: 0, ringEnd: -1, done, lease: null },
    )
  }

  /** Back-pressure: settles when there is room again; null while there is. */
  busy(): Promise<void> | null {
    if (!this.#holdsMore(1)) return null
    if (this.#calm === null) {
      let resolve = (): void => {}
      const promise = new Promise<void>((settle) => {
        resolve = settle
      })
      this.#calm = { promise, resolve }
    }
    return this.#calm.promise
  }

  /** Settles when all jobs so far are done. */
  drained(): Promise<void> {
    if (this.#waiting() === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Waits for all jobs and ends the thread. */
  async close(): Promise<void> {
    await this.drained()
    await this.#thread?.terminate()
    this.#thread = null
  }

  /** More waits than this share of what may. */
  #holdsMore(share: number): boolean {
    return this.#queuedBytes > QUEUE_BYTES * share || this.#waiting() > QUEUE_FILES * share
  }

  #waiting(): number {
    return this.#pending.length - this.#answered
  }

  #enqueue(job: DiskJob, pending: Pending): void {
    if (this.#waiting() === 0) this.#disk().ref()
    this.#unsent.push(job)
    this.#pending.push(pending)
    if (this.#sending) return
    this.#sending = true
    // Waking the thread costs more than a short file: files that end in one block of a capture are sent together.
    queueMicrotask(() => {
      this.#sending = false
      this.#send()
    })
  }

  #send(): void {
    if (this.#unsent.length === 0 || this.#batches >= BATCHES_UNDER_WAY) return
    const jobs = this.#unsent
    this.#unsent = []
    this.#batches++
    this.#disk().postMessage(jobs)
  }

  #answer(reply: DiskReply): void {
    if (reply.last) this.#batches--
    this.#send()
    for (const outcome of reply.outcomes) this.#finish(outcome)
  }

  #finish(outcome: DiskOutcome): void {
    const pending = this.#pending[this.#answered]
    if (pending === undefined) return
    this.#answered++
    if (this.#answered > 1024 || this.#waiting() === 0) {
      this.#pending.splice(0, this.#answered)
      this.#answered = 0
    }
    this.#queuedBytes -= pending.bytes
    if (pending.ringEnd >= 0) this.#ringTail = pending.ringEnd
    if (outcome !== null) {
      const [code, message] = outcome
      this.#options.onError(Object.assign(new Error(message), { code }), pending.path)
    }
    pending.lease?.release()
    pending.done?.(outcome === null)
    if (this.#calm !== null && !this.#holdsMore(1 / 2)) {
      this.#calm.resolve()
      this.#calm = null
    }
    if (this.#waiting() > 0) return
    this.#ringHead = 0
    this.#ringTail = 0
    this.#thread?.unref()
    for (const idle of this.#idle.splice(0)) idle()
  }

  #disk(): DiskThread {
    if (this.#thread !== null) return this.#thread
    const ring = new SharedArrayBuffer(RING_BYTES)
    this.#ring = new Uint8Array(ring)
    const setup = {
      root: this.#options.root,
      ring,
      asideName: asideName(),
      replyBytes: REPLY_BYTES,
    }
    const thread = (this.#options.startDisk ?? startWorker)(setup)
    thread.on('message', (reply) => this.#answer(reply))
    thread.on('error', (error) => {
      // The thread ended with all its jobs; a new one starts with the next file.
      this.#thread = null
      this.#batches = 0
      this.#unsent = []
      while (this.#waiting() > 0) this.#finish(['EIO', error.message])
    })
    this.#thread = thread
    return thread
  }

  /** Reserves bytes of the ring in one piece. @returns position, -1 where there is no room */
  #reserve(bytes: number): number {
    this.#disk()
    const length = aligned(bytes)
    const head = this.#ringHead
    const tail = this.#ringTail
    let offset = -1
    if (head >= tail) {
      if (RING_BYTES - head >= length) offset = head
      // Not up to the tail: equal head and tail mean empty.
      else if (length < tail) offset = 0
    } else if (length < tail - head) offset = head
    if (offset >= 0) this.#ringHead = offset + length
    return offset
  }
}

/** Rounds up to the alignment at which filling shared memory is four times as fast. */
function aligned(bytes: number): number {
  return (bytes + 7) & ~7
}

function startWorker(setup: DiskSetup): DiskThread {
  return startThread(diskWorker, setup, () => undefined)
}
