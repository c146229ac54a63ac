import { FEC_PAYLOAD_AT, type FecPacket, parseFecPacket, xorInto } from './fec-packet.ts'
import { RTP_HEADER_BYTES, RtpPacket, sequenceDistance, writeRtpHeader } from './rtp.ts'

/** Packets after which a gap counts as lost, without FEC. */
const WINDOW = 64
/** Packets kept, and the longest wait with FEC. */
const HISTORY = 1024
/** A sequence number further away than this starts a new sequence. */
const JUMP = 2048
const MAX_FEC_WAITING = 512

/** Counts of one stream's packets. */
export type OrderCounters = {
  packets: number
  /** Sequence numbers that never arrived and could not be recovered. */
  lost: number
  /** Packets rebuilt from FEC. */
  recovered: number
  duplicates: number
  /** Packets that arrived after one with a higher number. */
  outOfOrder: number
  /** Packets that arrived after they were counted as lost. */
  late: number
  fecPackets: number
  fecMalformed: number
  /** New sequences started by the sender. */
  restarts: number
}

/** Takes packets in order. */
export interface OrderSink {
  /** The next packet in order: RTP header and payload in `bytes[start, end)`. `gap`: packets before it are missing. */
  ordered(bytes: Uint8Array, start: number, end: number, gap: boolean, recovered: boolean): void
}

type Slot = { sequence: number; bytes: Uint8Array; length: number; recovered: boolean }
type Waiting = { readonly fec: FecPacket; readonly xor: Uint8Array }

/**
 * Puts the RTP packets of one stream in order of their sequence numbers: drops duplicates, waits for missing packets, and
 * recovers them by SMPTE ST 2022-1 FEC.
 */
export class RtpOrder {
  readonly counters: OrderCounters = {
    packets: 0,
    lost: 0,
    recovered: 0,
    duplicates: 0,
    outOfOrder: 0,
    late: 0,
    fecPackets: 0,
    fecMalformed: 0,
    restarts: 0,
  }
  readonly #sink: OrderSink
  readonly #packet = new RtpPacket()
  /** By sequence number modulo HISTORY. Without gaps and FEC nothing is kept. */
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(HISTORY)
  /** Numbers counted as lost, which distinguishes a late packet from a duplicate. */
  readonly #lostNumbers = new Int32Array(HISTORY).fill(-1)
  /** Next number to pass on, -1 before the first. */
  #next = -1
  /** Highest number seen. */
  #highest = -1
  #waiting = 0
  #gap = false
  #hasFec = false
  #fec: Waiting[] = []
  /** Numbers that FEC can still need, from the matrices seen. */
  #span = WINDOW
  /** A recovery is in progress: packets passed on must not start another. */
  #recovering = false

  constructor(sink: OrderSink) {
    this.#sink = sink
  }

  /** Adds an RTP packet. @returns false where it is none */
  packet(bytes: Uint8Array, start: number, end: number): boolean {
    const packet = this.#packet
    if (!packet.read(bytes, start, end)) return false
    this.counters.packets++
    this.#arrived(packet.sequence, bytes, start, end, false)
    if (this.#waiting > 0 && this.#fec.length > 0) this.#recover()
    return true
  }

  /** Adds an FEC packet of this stream, from the port of the columns or of the rows. */
  fec(bytes: Uint8Array, start: number, end: number): void {
    this.counters.fecPackets++
    const packet = this.#packet
    if (!packet.read(bytes, start, end)) {
      this.counters.fecMalformed++
      return
    }
    let fec: FecPacket
    try {
      fec = parseFecPacket(bytes, start, end)
    } catch {
      this.counters.fecMalformed++
      return
    }
    this.#hasFec = true
    this.#span = Math.max(this.#span, Math.min(HISTORY - 1, fec.step * fec.count * 2 + WINDOW))
    if (this.#next < 0 || this.#missing(fec) === 0) return
    if (this.#fec.length >= MAX_FEC_WAITING) this.#fec.shift()
    this.#fec.push({ fec, xor: bytes.slice(start + FEC_PAYLOAD_AT, end) })
    this.#recover()
  }

  /** Ends the input: passes on the packets after gaps. */
  flush(): void {
    while (this.#waiting > 0) this.#skip()
    this.#fec = []
  }

  /** Packets passed on are kept for FEC; at the start always, because there may be FEC. */
  get #keeps(): boolean {
    return this.#hasFec || this.counters.packets < 2 * HISTORY
  }

  #arrived(sequence: number, bytes: Uint8Array, start: number, end: number, recovered: boolean): void {
    const counters = this.counters
    if (this.#next < 0) this.#begin(sequence)
    let ahead = sequenceDistance(sequence, this.#next)
    if (Math.abs(ahead) > JUMP) {
      counters.restarts++
      this.flush()
      this.#begin(sequence)
      this.#gap = true
      ahead = 0
    }
    if (ahead < 0) {
      // A known packet, or too late for its place.
      if (this.#lostNumbers[sequence % HISTORY] === sequence) counters.late++
      else counters.duplicates++
      return
    }
    if (!recovered) {
      if (sequenceDistance(sequence, this.#highest) < 0) counters.outOfOrder++
      else this.#highest = sequence
    }
    if (ahead === 0) {
      if (this.#keeps) this.#keep(sequence, bytes, start, end, recovered)
      this.#handOn(bytes, start, end, recovered)
      this.#drain()
      return
    }
    if (this.#slots[sequence % HISTORY]?.sequence === sequence) {
      counters.duplicates++
      return
    }
    if (ahead >= HISTORY) {
      while (this.#waiting > 0) this.#skip()
      while (this.#next !== sequence) this.#skipNext()
      if (this.#keeps) this.#keep(sequence, bytes, start, end, recovered)
      this.#handOn(bytes, start, end, recovered)
      return
    }
    this.#keep(sequence, bytes, start, end, recovered)
    this.#waiting++
    const waitPackets = this.#hasFec ? this.#span : WINDOW
    while (this.#waiting > 0 && sequenceDistance(this.#highest, this.#next) >= waitPackets) this.#skip()
  }

  #begin(sequence: number): void {
    this.#next = sequence
    this.#highest = sequence
    this.#waiting = 0
    this.#fec = []
    for (const slot of this.#slots) if (slot !== undefined) slot.sequence = -1
  }

  #keep(sequence: number, bytes: Uint8Array, start: number, end: number, recovered: boolean): void {
    const length = end - start
    let slot = this.#slots[sequence % HISTORY]
    if (slot === undefined) {
      slot = { sequence: -1, bytes: new Uint8Array(Math.max(1500, length)), length: 0, recovered: false }
      this.#slots[sequence % HISTORY] = slot
    } else if (slot.bytes.length < length) {
      slot.bytes = new Uint8Array(length)
    }
    slot.sequence = sequence
    slot.length = length
    slot.recovered = recovered
    slot.bytes.set(bytes.subarray(start, end))
  }

  #handOn(bytes: Uint8Array, start: number, end: number, recovered: boolean): void {
    const gap = this.#gap
    this.#gap = false
    this.#next = (this.#next + 1) & 0xffff
    this.#sink.ordered(bytes, start, end, gap, recovered)
  }

  #drain(): void {
    while (this.#waiting > 0) {
      const slot = this.#slots[this.#next % HISTORY]
      if (slot === undefined || slot.sequence !== this.#next) return
      this.#waiting--
      this.#handOn(slot.bytes, 0, slot.length, slot.recovered)
      if (!this.#keeps) slot.sequence = -1
    }
  }

  /** Counts the missing packets before the next kept one as lost. */
  #skip(): void {
    while (this.#waiting > 0 && this.#slots[this.#next % HISTORY]?.sequence !== this.#next) {
      this.#skipNext()
    }
    this.#drain()
  }

  #skipNext(): void {
    this.counters.lost++
    this.#gap = true
    this.#lostNumbers[this.#next % HISTORY] = this.#next
    this.#next = (this.#next + 1) & 0xffff
  }

  /** Number of protected packets neither passed on nor kept. */
  #missing(fec: FecPacket): number {
    let missing = 0
    for (let index = 0; index < fec.count; index++) {
      const sequence = (fec.base + index * fec.step) & 0xffff
      if (this.#slots[sequence % HISTORY]?.sequence !== sequence) missing++
    }
    return missing
  }

  #recover(): void {
    if (this.#recovering) return
    this.#recovering = true
    for (let found = true; found; ) {
      found = false
      const waiting = this.#fec
      this.#fec = []
      for (const each of waiting) {
        const last = (each.fec.base + (each.fec.count - 1) * each.fec.step) & 0xffff
        const missing = this.#missing(each.fec)
        // No longer useful: all its packets are kept, or counted as lost.
        if (missing === 0 || sequenceDistance(last, this.#next) < 0) continue
        if (missing === 1 && this.#rebuild(each)) found = true
        else this.#fec.push(each)
      }
    }
    this.#recovering = false
  }

  #rebuild({ fec, xor }: Waiting): boolean {
    let lost = -1
    let length = fec.length
    let payloadType = fec.payloadType
    let timestamp = fec.timestamp
    const rebuilt = new Uint8Array(RTP_HEADER_BYTES + xor.length)
    rebuilt.set(xor, RTP_HEADER_BYTES)
    for (let index = 0; index < fec.count; index++) {
      const sequence = (fec.base + index * fec.step) & 0xffff
      const slot = this.#slots[sequence % HISTORY]
      if (slot?.sequence !== sequence) {
        lost = sequence
        continue
      }
      length ^= slot.length - RTP_HEADER_BYTES
      payloadType ^= (slot.bytes[1] as number) & 0x7f
      timestamp ^= this.#timestampOf(slot)
      xorInto(rebuilt, RTP_HEADER_BYTES, slot.bytes, RTP_HEADER_BYTES, slot.length)
    }
    if (lost < 0 || length > xor.length || sequenceDistance(lost, this.#next) < 0) return false
    // The last header word is not protected, so its offset of packets that begin here is lost with M.
    writeRtpHeader({ marker: false, payloadType, sequence: lost, timestamp: timestamp >>> 0, word: 0 }, rebuilt)
    this.counters.recovered++
    this.#arrived(lost, rebuilt, 0, RTP_HEADER_BYTES + length, true)
    return true
  }

  #timestampOf(slot: Slot): number {
    const at = slot.bytes
    return ((at[4] as number) << 24) | ((at[5] as number) << 16) | ((at[6] as number) << 8) | (at[7] as number)
  }
}
