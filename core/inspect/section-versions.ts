import type { SectionName } from '../contract/snapshot.ts'

/** Counters alone change a section at most this often, µs of stream time. */
const COUNTED_US = 1_000_000
/** A service is silent some seconds after its last packet: sections with counters stay live until then. */
const SETTLING_US = 8_000_000

/** Sections with counts of packets, bytes or repetitions. */
const COUNTED: ReadonlySet<SectionName> = new Set([
  'services',
  'flows',
  'links',
  'channels',
  'signalling',
  'systemTime',
])

/** Versions of a session's sections: they grow at once with content, and once a second with counters. */
export class SectionVersions {
  readonly #changes = new Map<SectionName, number>()
  #counted = 0
  #countedUs = Number.NEGATIVE_INFINITY
  #packets = 0
  #movedUs = Number.NEGATIVE_INFINITY

  /** The content of these sections changed. */
  bump(...sections: readonly SectionName[]): void {
    for (const section of sections) this.#changes.set(section, (this.#changes.get(section) ?? 0) + 1)
  }

  /** Takes the stream's time, and the packet count. */
  count(timeUs: number, packets: number): void {
    if (packets !== this.#packets) {
      this.#packets = packets
      this.#movedUs = timeUs
    }
    const elapsedUs = timeUs - this.#countedUs
    if ((elapsedUs >= 0 && elapsedUs < COUNTED_US) || timeUs - this.#movedUs > SETTLING_US) return
    this.#countedUs = timeUs
    this.#counted++
  }

  /** All sections changed. */
  settle(): void {
    this.#counted++
  }

  of(section: SectionName): number {
    return (this.#changes.get(section) ?? 0) + (COUNTED.has(section) ? this.#counted : 0)
  }
}
