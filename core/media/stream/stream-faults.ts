/** Faults that readers of streams pass over, with their words for a person. */
export const STREAM_FAULTS = {
  resynchronised: 'bytes without sync were skipped',
  truncated: 'a unit was cut off',
  oversized: 'a unit was longer than the limit',
  malformed: 'a header was malformed',
  duplicate: 'a packet came twice',
  continuity: 'packets were missing',
  checksum: 'a table had a wrong checksum',
  undecodable: 'access units came before their parameter sets or a random access point',
  unsupported: 'a stream of an unknown type was left out',
  encrypted: 'a track was encrypted and left out',
  late: 'a picture came later than its place in the order',
  jump: 'times jumped',
} as const
/** One of STREAM_FAULTS. */
export type StreamFault = keyof typeof STREAM_FAULTS

/** Counts of faults by kind; nothing malformed ends a stream. */
export class StreamFaults {
  readonly #counts = new Map<StreamFault, number>()

  add(fault: StreamFault, count = 1): void {
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + count)
  }

  of(fault: StreamFault): number {
    return this.#counts.get(fault) ?? 0
  }

  get total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  /** Kinds with their counts, in the order in which they were first seen. */
  entries(): readonly (readonly [StreamFault, number])[] {
    return [...this.#counts]
  }
}

/** Longest NAL unit, PES packet or audio frame that is put together. */
export const MAX_UNIT_BYTES = 16 * 1024 * 1024
/** Longest `moov` box, and other boxes that are read as a whole. */
export const MAX_TABLE_BYTES = 64 * 1024 * 1024
