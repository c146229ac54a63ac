import type { MmtpFacts } from '../../flow/facts.ts'
import { type MmtpPacket, mmtpTypeName } from '../../protocol/mmtp/mmtp-packet.ts'

/** Sequence numbers behind the newest that are remembered, to distinguish late packets from duplicates. */
const WINDOW = 1024
/** Numbers this close to the newest may still arrive late. */
const YOUNG = 256
/** A longer jump is another count, not a loss: accepted when the next packet continues it (RFC 3550 A.1). */
const MAX_LOSS = 1 << 20

/** Kind of a packet by its number. */
export const ARRIVAL = { inOrder: 0, duplicate: 1, late: 2 } as const

/** Counts lost, late and duplicate numbers of a sequence that increments and wraps at 2^32. */
export class SequenceCounter {
  /** Numbers missing so far. */
  lost = 0
  duplicates = 0
  outOfOrder = 0
  /** Restarts of the sender's count. */
  restarts = 0
  /** Gaps opened; late packets may have filled some. */
  gaps = 0
  #next = -1
  /** Numbers from the first to the newest, within the window. */
  #span = 0
  #jumpedTo = -1
  readonly #seen = new Uint32Array(WINDOW / 32)

  /** @returns an `ARRIVAL` */
  take(sequence: number): number {
    if (this.#next < 0) {
      this.#start(sequence)
      return ARRIVAL.inOrder
    }
    const ahead = (sequence - this.#next) >>> 0
    if (ahead < MAX_LOSS) {
      if (ahead > 0) {
        this.lost += ahead
        this.gaps++
      }
      this.#forward(ahead)
      this.#jumpedTo = -1
      return ARRIVAL.inOrder
    }
    const behind = (this.#next - 1 - sequence) >>> 0
    if (behind < WINDOW) {
      const bit = 1 << (sequence & 31)
      const word = (sequence >>> 5) % this.#seen.length
      if (((this.#seen[word] as number) & bit) !== 0) {
        this.duplicates++
        return ARRIVAL.duplicate
      }
      this.#seen[word] = (this.#seen[word] as number) | bit
      this.outOfOrder++
      // A number before the first one was never missing.
      if (behind < this.#span && this.lost > 0) this.lost--
      return ARRIVAL.late
    }
    if (this.#jumpedTo >= 0 && ((sequence - this.#jumpedTo) >>> 0) - 1 < MAX_JUMP_GAP) {
      this.restarts++
      this.#start(sequence)
      return ARRIVAL.inOrder
    }
    this.#jumpedTo = sequence
    this.outOfOrder++
    return ARRIVAL.late
  }

  /** Missing numbers too old to be late: `lost` without the newest. */
  get lostForSure(): number {
    let young = 0
    for (let step = 1; step <= Math.min(YOUNG, this.#span) && young < this.lost; step++) {
      const sequence = (this.#next - step) >>> 0
      const word = this.#seen[(sequence >>> 5) % this.#seen.length] as number
      if ((word & (1 << (sequence & 31))) === 0) young++
    }
    return this.lost - young
  }

  /** The sender began its count again with this number, which was first taken for another `ARRIVAL`. */
  beginAt(sequence: number, arrival: number): void {
    if (arrival === ARRIVAL.duplicate) this.duplicates--
    else if (arrival === ARRIVAL.late) this.outOfOrder--
    this.#start(sequence)
  }

  /** The source starts again: the next number is not compared with former ones. */
  restart(): void {
    this.#next = -1
    this.#jumpedTo = -1
  }

  #start(sequence: number): void {
    this.#seen.fill(0)
    this.#seen[(sequence >>> 5) % this.#seen.length] = 1 << (sequence & 31)
    this.#next = (sequence + 1) >>> 0
    this.#span = 1
    this.#jumpedTo = -1
  }

  #forward(skipped: number): void {
    const seen = this.#seen
    if (skipped >= WINDOW) seen.fill(0)
    else {
      for (let step = 0; step < skipped; step++) {
        const missing = (this.#next + step) >>> 0
        const word = (missing >>> 5) % seen.length
        seen[word] = (seen[word] as number) & ~(1 << (missing & 31))
      }
    }
    const sequence = (this.#next + skipped) >>> 0
    this.#span = Math.min(WINDOW, this.#span + skipped + 1)
    const word = (sequence >>> 5) % seen.length
    seen[word] = (seen[word] as number) | (1 << (sequence & 31))
    this.#next = (sequence + 1) >>> 0
  }
}

/** Largest distance of the second packet after a jump for the jump to be accepted. */
const MAX_JUMP_GAP = 64

/** One packet_id of an MMTP flow. */
export class MmtpCounter implements MmtpFacts {
  readonly packetId: number
  type: MmtpFacts['type'] = 'unknown'
  packets = 0
  /** Packets when its losses were last looked at. */
  lookedAt = 0
  bytes = 0
  /** Packets with a signalling payload. */
  signalling = 0
  lastTimeUs = 0
  readonly sequence = new SequenceCounter()

  constructor(packetId: number) {
    this.packetId = packetId
  }

  get lost(): number {
    return this.sequence.lost
  }
  get duplicates(): number {
    return this.sequence.duplicates
  }
  get outOfOrder(): number {
    return this.sequence.outOfOrder
  }

  /** @returns an `ARRIVAL` */
  count(packet: MmtpPacket, bytes: number, timeUs: number): number {
    this.packets++
    this.bytes += bytes
    this.lastTimeUs = timeUs
    // Signalling messages also travel on the packet_ids of assets; media decides the type.
    if (this.type !== 'mpu') this.type = mmtpTypeName(packet.type)
    return this.sequence.take(packet.sequence)
  }
}
