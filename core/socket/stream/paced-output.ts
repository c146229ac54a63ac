import type { ByteSink } from '../../flow/bytes.ts'

/** A chunk that waits for its time. */
type Waiting = { readonly bytes: Uint8Array; readonly timeUs: number; readonly join: Uint8Array | null | undefined }

/** Bytes from which the source waits, and most that are kept. */
const BUSY_BYTES = 4 * 1024 * 1024
const MAX_BYTES = 64 * 1024 * 1024
/** Media time from which the source waits, µs. */
const BUSY_US = 2_000_000
/** A chunk that is late by more moves the schedule. */
const LATE_US = 100_000
/** Media times further from the last than this begin another schedule. */
const JUMP_US = 10_000_000

/** When chunks are sent. */
export type OutputPace = {
  /** At their media times; false: at once. */
  readonly isReal: boolean
  /** Time between the first chunk and its sending, by which later ones may be late. */
  readonly startDelayUs: number
  /** Media time that passes in one of wall time. */
  readonly speed: number
  readonly nowUs: () => number
}

/** Takes chunks that are due. */
export interface DueOutput {
  /** @param join of a chunk at which a receiver can begin: what it needs before; undefined for others */
  send(bytes: Uint8Array, join: Uint8Array | null | undefined): void
  busy(): Promise<void> | null
  /** Nothing follows; settles when all is sent. */
  end(): Promise<void>
}

/**
 * Gives chunks to an output: at their media times by an absolute schedule, from the first on, or at once. What is late moves the
 * schedule; what comes much too early makes the source wait.
 */
export class PacedOutput implements ByteSink {
  readonly ended: Promise<void>
  readonly #output: DueOutput
  readonly #pace: OutputPace
  readonly #queue: Waiting[] = []
  #bytes = 0
  #dropped = 0
  #anchor: { readonly wallUs: number; readonly mediaUs: number } | null = null
  #join: Uint8Array | null | undefined
  #timer: ReturnType<typeof setTimeout> | null = null
  #waiters: (() => void)[] = []
  #isOver = false
  #settle: () => void = () => undefined

  constructor(output: DueOutput, pace: OutputPace) {
    this.#output = output
    this.#pace = pace
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** Chunks left out, since the source did not wait. */
  get dropped(): number {
    return this.#dropped
  }

  /** Chunks that wait for their time. */
  get waiting(): { readonly items: number; readonly bytes: number } {
    return { items: this.#queue.length, bytes: this.#bytes }
  }

  joinable(preamble: Uint8Array | null): void {
    this.#join = preamble
  }

  chunk(bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    const join = this.#join
    this.#join = undefined
    const own = bytes.slice(start, end)
    if (!this.#pace.isReal) {
      this.#output.send(own, join)
      return
    }
    while (this.#bytes + own.length > MAX_BYTES && this.#queue.length > 0) {
      this.#bytes -= (this.#queue.shift() as Waiting).bytes.length
      this.#dropped++
    }
    this.#queue.push({ bytes: own, timeUs, join })
    this.#bytes += own.length
    if (this.#timer === null) this.#work()
  }

  end(): void {
    this.#isOver = true
    if (this.#queue.length === 0) this.#finish()
  }

  /** Sends what waits at once. */
  flush(): void {
    this.#stopTimer()
    for (const { bytes, join } of this.#queue.splice(0)) this.#output.send(bytes, join)
    this.#bytes = 0
    this.#wake()
    if (this.#isOver) this.#finish()
  }

  busy(): Promise<void> | null {
    if (!this.#pace.isReal) return this.#output.busy()
    return this.#isFull ? new Promise((resolve) => this.#waiters.push(resolve)) : null
  }

  get #isFull(): boolean {
    const [first] = this.#queue
    const last = this.#queue.at(-1)
    if (first === undefined || last === undefined) return false
    return this.#bytes > BUSY_BYTES || last.timeUs - first.timeUs > BUSY_US
  }

  #work(): void {
    for (;;) {
      const [next] = this.#queue
      if (next === undefined) break
      const leftUs = this.#dueUs(next) - this.#pace.nowUs()
      if (leftUs > 500) {
        this.#timer = setTimeout(() => {
          this.#timer = null
          this.#work()
        }, leftUs / 1000)
        this.#wake()
        return
      }
      const busy = this.#output.busy()
      if (busy !== null) {
        // Marks that the way is taken; it goes on when the output is ready.
        this.#timer = setTimeout(() => undefined, 0)
        void busy.then(() => {
          this.#stopTimer()
          this.#work()
        })
        return
      }
      this.#queue.shift()
      this.#bytes -= next.bytes.length
      this.#output.send(next.bytes, next.join)
    }
    this.#wake()
    if (this.#isOver) this.#finish()
  }

  #dueUs({ timeUs }: Waiting): number {
    const nowUs = this.#pace.nowUs()
    const anchor = this.#anchor
    if (anchor === null) {
      this.#anchor = { wallUs: nowUs + this.#pace.startDelayUs, mediaUs: timeUs }
      return this.#anchor.wallUs
    }
    const dueUs = anchor.wallUs + (timeUs - anchor.mediaUs) / this.#pace.speed
    if (nowUs - dueUs <= LATE_US && dueUs - nowUs <= JUMP_US) return dueUs
    this.#anchor = { wallUs: nowUs, mediaUs: timeUs }
    return nowUs
  }

  #wake(): void {
    if (this.#isFull) return
    for (const wake of this.#waiters.splice(0)) wake()
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #finish(): void {
    void this.#output.end().then(() => this.#settle())
  }
}
