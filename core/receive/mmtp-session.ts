import { MMTP_FAULT, MmtpPacket, mmtpFaultName } from '../protocol/mmtp/mmtp-packet.ts'
import type { MmtpFacts } from './observer.ts'

/** Real services use a few packet_ids; a forged flow may use all 65536. */
const MAX_PACKET_IDS = 1024
const TYPE_NAMES = ['mpu', 'generic', 'signaling', 'repair'] as const

class MmtpCounter implements MmtpFacts {
  readonly packetId: number
  type: MmtpFacts['type'] = 'unknown'
  packets = 0
  bytes = 0
  lost = 0
  next = -1

  constructor(packetId: number) {
    this.packetId = packetId
  }
}

/** One MMTP flow, counted by packet_id. Losses are gaps of the packet sequence number (ISO/IEC 23008-1 §9.2). */
export class MmtpSession {
  readonly #packet = new MmtpPacket()
  readonly #counters: MmtpCounter[] = []
  readonly #byId = new Map<number, MmtpCounter>()
  #last: MmtpCounter | null = null

  /** Live counters in order of first sight. */
  get facts(): readonly MmtpFacts[] {
    return this.#counters
  }

  /** @returns null, or the fault's name where the header cannot be read */
  datagram(bytes: Uint8Array, start: number, end: number): string | null {
    const packet = this.#packet
    const fault = packet.read(bytes, start, end)
    if (fault !== MMTP_FAULT.none) return mmtpFaultName(fault)
    const counter = this.#counterOf(packet.packetId)
    if (counter === null) return null
    counter.packets++
    counter.bytes += end - start
    // Signalling messages also travel on the packet_ids of assets: media decides.
    if (counter.type !== 'mpu') counter.type = TYPE_NAMES[packet.type] ?? 'unknown'
    const gap = counter.next < 0 ? 0 : (packet.sequence - counter.next) >>> 0
    if (gap < 0x8000_0000) {
      counter.lost += gap
      counter.next = (packet.sequence + 1) >>> 0
    } else if (counter.lost > 0) {
      // An older number than expected: one that had been counted as lost came late, or a duplicate.
      counter.lost--
    }
    return null
  }

  #counterOf(packetId: number): MmtpCounter | null {
    if (this.#last !== null && this.#last.packetId === packetId) return this.#last
    let counter = this.#byId.get(packetId)
    if (counter === undefined) {
      if (this.#counters.length >= MAX_PACKET_IDS) return null
      counter = new MmtpCounter(packetId)
      this.#byId.set(packetId, counter)
      this.#counters.push(counter)
    }
    this.#last = counter
    return counter
  }
}
