import type { SectionName } from '../contract/snapshot.ts'

/** Counters alone make a section another one at most this often, µs of stream time. */
const COUNTED_US = 1_000_000
/** A service is silent some seconds after its last packet: sections with counters are looked at again until then. */
const SETTLING_US = 8_000_000

/** Sections in which packets, bytes or repetitions are counted. */
const COUNTED: ReadonlySet<SectionName> = new Set([
  'services',
  'flows',
  'links',
  'channels',
  'signalling',
  'systemTime',
])

/** Which sections of a session have changed: at once with what is in them, and once a second with what is only counted. */
export class SectionVersions {
  readonly #changes = new Map<SectionName, number>()
  #counted = 0
  #countedUs = Number.NEGATIVE_INFINITY
  #packets = 0
  #movedUs = Number.NEGATIVE_INFINITY

  /** What is in these sections has changed. */
  bump(...sections: readonly SectionName[]): void {
    for (const section of sections) this.#changes.set(section, (this.#changes.get(section) ?? 0) + 1)
  }

  /** Takes the time, and the packets counted until then. */
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

  /** All sections have changed. */
  settle(): void {
    this.#counted++
  }

  of(section: SectionName): number {
    return (this.#changes.get(section) ?? 0) + (COUNTED.has(section) ? this.#counted : 0)
  }
}
