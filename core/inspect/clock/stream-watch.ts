import type { ServiceId } from '../../contract/ids.ts'
import type { FlowFacts, ServiceFacts } from '../../flow/facts.ts'
import type { Finding } from '../../flow/findings.ts'
import type { ClockLimits } from './clock-limits.ts'
import { type FoundByClock, SilenceWatch } from './silence.ts'
import { SkippedTime } from './skipped-time.ts'

/** A clock that is looked at ten times a second and jumps by more stood still meanwhile, µs. */
const STALL_US = 1_500_000

/** What the watch looks at. */
export type WatchedStream = {
  readonly flows: readonly FlowFacts[]
  readonly services: readonly ServiceFacts[]
}

/**
 * Watches what a stream should bring by now. Its clock is the stream's: wall time of live sources, packet times of a capture,
 * where the same capture gives the same findings however fast it is played.
 */
export class StreamWatch {
  readonly silence: SilenceWatch
  readonly #stream: WatchedStream
  readonly #time = new SkippedTime()
  /** The clock goes on without packets, ten times a second. */
  readonly #live: boolean
  #lookedUs = -1
  /** A source broke off: nothing is known of the signal until it is back. */
  #brokeUs: number | null = null

  constructor(stream: WatchedStream, limits: ClockLimits, found: (finding: Finding) => void, live: boolean) {
    const tell: FoundByClock = (facts, place) => found({ ...facts, ...place })
    this.#stream = stream
    this.#live = live
    this.silence = new SilenceWatch(tell, limits, this.#time, () => null)
  }

  /** As `DatagramSourceEvents.skipped`. */
  skipped(fromUs: number, byUs: number): void {
    this.#time.skip(fromUs, byUs)
  }

  /** Takes what a source says of itself. */
  source(finding: Finding): void {
    if (finding.kind === 'sourceBroke') this.#brokeUs ??= finding.timeUs
    if (finding.kind !== 'sourceBack' || this.#brokeUs === null) return
    this.#time.skip(this.#brokeUs + 1, Math.min(0, this.#brokeUs - finding.timeUs))
    this.#brokeUs = null
  }

  serviceGone(service: ServiceId): void {
    this.silence.serviceGone(service)
  }

  /** Call it a few times a second of stream time. */
  look(nowUs: number): void {
    const elapsedUs = this.#lookedUs < 0 ? 0 : nowUs - this.#lookedUs
    // This computer slept or was busy: what it did not see, nobody can blame on the signal.
    if (this.#live && elapsedUs > STALL_US) this.#time.skip(this.#lookedUs + 1, -elapsedUs)
    this.#lookedUs = nowUs
    if (this.#brokeUs !== null) return
    this.silence.look(this.#stream.flows, this.#stream.services, nowUs, true)
  }
}
