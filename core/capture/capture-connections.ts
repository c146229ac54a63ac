import { AppFailure } from '../failure/app-failure.ts'
import type { CaptureConnection } from './capture-connection.ts'
import type { LiveCapture } from './live-capture.ts'

/** Settings of connections. */
export type CaptureConnectionsOptions = {
  readonly capture: LiveCapture
  /** Opens a connection. @throws AppFailure where it fails; the message has no user name or password in it */
  readonly connect: (signal: AbortSignal) => Promise<CaptureConnection>
  readonly nowUs: () => number
  /** Waits; ends early when the signal fires. For tests. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Events of connections. Times are wall µs. */
export interface CaptureConnectionEvents {
  /** Nothing arrived for this time, s; called once for each silence. */
  stalled(seconds: number): void
  /** Bytes arrive again after a silence. */
  flowing(silentUs: number): void
  /** The connection broke, and another is tried. `reason` completes a sentence. */
  broke(sinceUs: number, reason: string): void
  /** Another attempt failed. */
  failed(reason: string): void
  /** Records arrive again. */
  back(sinceUs: number, nowUs: number): void
}

/** Silence that is reported. */
const STALL_US = 5_000_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000

/**
 * Reads a capture for ever: where its connection breaks, another is made after a wait that doubles while nothing arrives. The
 * first connection must bring a capture.
 */
export class CaptureConnections {
  readonly #options: CaptureConnectionsOptions
  readonly #events: CaptureConnectionEvents
  readonly #abort = new AbortController()
  #connection: CaptureConnection | null = null
  #connectedUs = 0
  #stalled = false
  #brokeUs = -1
  /** First capture time of a connection that ended after a whole record: a server that begins there again serves a file. */
  #wholeFromUs = -1

  constructor(options: CaptureConnectionsOptions, events: CaptureConnectionEvents) {
    this.#options = options
    this.#events = events
  }

  /**
   * Reads until the end of the capture, or until stopped.
   * @throws AppFailure where the first connection brings no capture, and errors of a connection that ends
   */
  async run(): Promise<void> {
    const { capture } = this.#options
    let waitMs = FIRST_WAIT_MS
    for (let first = true; !this.#abort.signal.aborted; first = false) {
      const framesBefore = capture.frames
      const ended = await this.#once(first && capture.frames === 0)
      if (this.#abort.signal.aborted || ended === null) return
      if (capture.frames > framesBefore) {
        this.#returned()
        waitMs = FIRST_WAIT_MS
      }
      if (this.#brokeUs < 0) {
        this.#brokeUs = Math.max(0, capture.lastBytesUs, this.#connectedUs)
        this.#events.broke(this.#brokeUs, ended)
      } else this.#events.failed(ended)
      await (this.#options.wait ?? waitFor)(waitMs, this.#abort.signal)
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)
    }
  }

  /** Checks for silence; called several times a second. */
  look(): void {
    const { capture, nowUs } = this.#options
    if (this.#connection === null) return
    if (capture.records > 0) this.#returned()
    const lastUs = Math.max(capture.lastBytesUs, this.#connectedUs)
    const silentUs = nowUs() - lastUs
    if (silentUs >= STALL_US && !this.#stalled) {
      this.#stalled = true
      this.#events.stalled(Math.floor(silentUs / 1e6))
    } else if (silentUs < STALL_US && this.#stalled) {
      this.#stalled = false
      this.#events.flowing(silentUs)
    }
  }

  /** Ends `run` soon. */
  stop(): void {
    this.#abort.abort()
    this.#options.capture.stopWaiting()
    this.#connection?.close()
  }

  #returned(): void {
    if (this.#brokeUs < 0) return
    const sinceUs = this.#brokeUs
    this.#brokeUs = -1
    this.#events.back(sinceUs, this.#options.nowUs())
  }

  /** Reads one connection to its end. @returns why it broke; null where the capture has ended */
  async #once(must: boolean): Promise<string | null> {
    const { capture, connect, nowUs } = this.#options
    let ends = false
    try {
      const connection = await connect(this.#abort.signal)
      this.#connection = connection
      this.#connectedUs = nowUs()
      ends = connection.ends
      if (this.#abort.signal.aborted) return null
      const isNew = await capture.read(connection, this.#wholeFromUs)
      if (!isNew) return null
      // A file ends with a record; what ends within one broke off.
      this.#wholeFromUs = capture.endedInRecord ? -1 : capture.firstRecordUs
      return ends ? null : 'it ended'
    } catch (thrown) {
      if (this.#abort.signal.aborted) return null
      if (must && capture.frames === 0) throw thrown
      if (ends) throw thrown
      return thrown instanceof AppFailure ? thrown.message : thrown instanceof Error ? thrown.message : String(thrown)
    } finally {
      this.#connection?.close()
      this.#connection = null
      this.#stalled = false
    }
  }
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
