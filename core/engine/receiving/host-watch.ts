import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { SocketSnapshot } from '../../contract/snapshot.ts'

/** Resolution of the event loop's timing, ms; contained in the measured value. */
const RESOLUTION_MS = 10
/** Shorter lags are the timer's own. */
const LEAST_LAG_MS = 5

/** Takes what this computer did to the stream, such as `SessionColumns`. */
export interface HostListener {
  hostSockets(sockets: readonly SocketSnapshot[], timeUs: number): void
  hostLag(lagMs: number, fromUs: number, timeUs: number): void
  captureDrops(total: number, undated: number, sinceUs: number, timeUs: number): void
  /** Frames of a capture up to this time that could not be read. */
  passedOver(total: number, timeUs: number): void
  /** @param packets that loss models of the session kept back so far, by destination */
  keptBack(packets: ReadonlyMap<string, number>, timeUs: number): void
}

/**
 * Watches this computer: how long the event loop was kept from the sockets, and how many packets the system dropped; of a
 * capture, how many drops it reports.
 */
export class HostWatch {
  readonly #listener: HostListener
  #delay: IntervalHistogram | null = null
  #lookedUs = -1
  #undated = 0
  #undatedUs = 0

  constructor(listener: HostListener) {
    this.#listener = listener
  }

  /** Looks at the sockets and the event loop; ten times a second while a session listens. */
  look(sockets: readonly SocketSnapshot[], nowUs: number): void {
    this.#listener.hostSockets(sockets, nowUs)
    if (this.#delay === null) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#delay.enable()
    }
    // In nanoseconds; a histogram without a value has a maximum of 0, or one less than 0.
    const lagMs = Math.max(0, Math.round(this.#delay.max / 1e5) / 10 - RESOLUTION_MS)
    this.#delay.reset()
    this.#listener.hostLag(lagMs < LEAST_LAG_MS ? 0 : lagMs, this.#lookedUs < 0 ? nowUs : this.#lookedUs, nowUs)
    this.#lookedUs = nowUs
  }

  /** Takes the drops that a capture has reported up to this time of it. */
  capture(counters: { readonly reportedDrops: number; readonly undatedDrops: number }, timeUs: number): void {
    if (this.#undatedUs === 0) this.#undatedUs = timeUs
    const { reportedDrops } = counters
    // Undated drops are among the reported ones.
    if (reportedDrops === 0) return
    const undated = counters.undatedDrops - this.#undated
    this.#listener.captureDrops(reportedDrops, undated, this.#undatedUs, timeUs)
    if (undated === 0) return
    this.#undated = counters.undatedDrops
    this.#undatedUs = timeUs
  }

  /** Takes the frames that could not be read up to this time of a capture. */
  passed({ passedOver }: { readonly passedOver: number }, timeUs: number): void {
    this.#listener.passedOver(passedOver, timeUs)
  }

  close(): void {
    this.#delay?.disable()
    this.#delay = null
  }
}
