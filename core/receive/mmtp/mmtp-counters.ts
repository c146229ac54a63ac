import type { CarrierPlace } from '../../flow/carriers.ts'
import type { FindingFacts } from '../../flow/findings.ts'
import type { MmtpPacket } from '../../protocol/mmtp/mmtp-packet.ts'
import { MmtpCounter, SequenceCounter } from './mmtp-counter.ts'

/** Bound on packet_ids: real services use a few, a forged flow may use all 65536. */
const MAX_PACKET_IDS = 1024

/** Counters of one flow by packet_id, and what their gaps show to be lost. */
export class MmtpCounters {
  /** In order of first sight. */
  readonly list: MmtpCounter[] = []
  readonly #found: (facts: FindingFacts, carrier: CarrierPlace, timeUs: number, frame: number) => void
  readonly #byId = new Map<number, MmtpCounter>()
  #last: MmtpCounter | null = null
  /** By packet_counter, where the sender counts: packets of all packet_ids, lost ones included. */
  readonly #all = new SequenceCounter()
  #counted = false
  /** The first packet_id too many: it stands for all. */
  #refused: CarrierPlace | null = null
  /** Those with packets since their losses were last looked at. */
  readonly #counting: MmtpCounter[] = []
  /** Reported losses by packet_id. */
  readonly #reportedLoss = new Map<MmtpCounter, number>()

  constructor(found: (facts: FindingFacts, carrier: CarrierPlace, timeUs: number, frame: number) => void) {
    this.#found = found
  }

  /** Lost packets of all packet_ids by packet_counter; null where the sender does not count. */
  get lostInAll(): number | null {
    return this.#counted ? this.#all.lost : null
  }

  /** The counter that counts a packet; null where there are too many packet_ids. */
  counterOf({ packetId, counter: number }: MmtpPacket, timeUs: number, frame: number): MmtpCounter | null {
    if (number >= 0) {
      this.#counted = true
      this.#all.take(number)
    }
    const counter = this.#last?.packetId === packetId ? this.#last : this.#find(packetId, timeUs, frame)
    if (counter !== null && counter.packets === counter.lookedAt) this.#counting.push(counter)
    return counter
  }

  #find(packetId: number, timeUs: number, frame: number): MmtpCounter | null {
    let counter = this.#byId.get(packetId)
    if (counter === undefined) {
      if (this.list.length >= MAX_PACKET_IDS) {
        this.#refused ??= { kind: 'mmtp', packetId }
        const hit = { limit: 'packet-ids', most: MAX_PACKET_IDS } as const
        this.#found({ kind: 'limit', hit }, this.#refused, timeUs, frame)
        return null
      }
      counter = new MmtpCounter(packetId)
      this.#byId.set(packetId, counter)
      this.list.push(counter)
    }
    this.#last = counter
    return counter
  }

  /** Reports new losses of those that had packets since the last call. */
  tick(timeUs: number): void {
    for (const counter of this.#counting) {
      counter.lookedAt = counter.packets
      const reported = this.#reportedLoss.get(counter) ?? 0
      if (counter.lost <= reported) continue
      const { lostForSure } = counter.sequence
      if (lostForSure > reported) this.#packetsMissing(counter, lostForSure, false, timeUs)
    }
    this.#counting.length = 0
  }

  /** The sender begins its counts again, but for those of some packet_ids. */
  restart(goesOn?: (packetId: number) => boolean): void {
    for (const counter of this.list) if (goesOn?.(counter.packetId) !== true) counter.sequence.restart()
    this.#all.restart()
  }

  /** Reports all losses: no more packets. */
  close(timeUs: number): void {
    for (const counter of this.list) if (counter.lost > 0) this.#packetsMissing(counter, counter.lost, true, timeUs)
  }

  #packetsMissing(counter: MmtpCounter, lost: number, last: boolean, timeUs: number): void {
    this.#reportedLoss.set(counter, lost)
    const { packetId, packets, sequence } = counter
    const facts = { kind: 'packetsMissing', lost, packets, gaps: sequence.gaps, last } as const
    this.#found(facts, { kind: 'mmtp', packetId }, timeUs, 0)
  }
}
