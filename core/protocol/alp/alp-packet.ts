import { u16At } from '../../bytes/ints.ts'
import { LINK_SIGNALLING, lmtBytes } from './link-table.ts'

/** Packet types of ALP, A/330 table 5.1; 1, 3 and 5 are reserved. */
export const ALP_TYPE = { ipv4: 0, rohc: 2, signalling: 4, extension: 6, ts: 7 } as const

/** Forms of the header: payload below 2048, longer, one segment of a packet, several packets. */
export const ALP_FORM = { single: 0, long: 1, segment: 2, concatenation: 3 } as const

/** Faults of a packet. `short`: the packet continues beyond the bytes available, so a stream waits for more. */
export const ALP_FAULT = { none: 0, short: 1, empty: 2, lengths: 3 } as const

/** Private header extensions seen in captures: PLP id in the upper 6 bits; time as TAI. */
export const ALP_EXTENSION = { time: 0xf0, plp: 0xf1 } as const

/** Packets that one concatenation can hold. */
export const MAX_CONCATENATED = 9
const SIGNALLING_BYTES = 5
const TS_PACKET = 188

/**
 * One ALP packet read in place; one instance is reused and nothing is allocated.
 *
 * ```
 * |type 3|PC|HM or SC|length 3|length 8|   PC 0, HM 0: that is all
 * |length_MSB 5|1|SIF|HEF|                 PC 0, HM 1
 * |seg_SN 5|LSI|SIF|HEF|                   PC 1, SC 0
 * |length_MSB 4|count 3|SIF| lengths 12 …  PC 1, SC 1: count + 1 lengths, the last packet takes the rest
 * then SID 8 if SIF, extension type 8, length - 1 8, bytes if HEF; signalling 5 bytes (type 4), type 2 bytes (type 6)
 * ```
 * A/330 §5.1. Type 7 (transport stream) has a header of its own, §5.3.
 */
export class AlpPacket {
  type = 0
  /** `ALP_FORM`; single for type 7. */
  form = 0
  /** Substream of the packet, or -1. */
  sid = -1
  /** PLP named by the extension F1, or -1. */
  plp = -1
  /** Type of the header extension, or -1. */
  extensionType = -1
  extensionStart = 0
  extensionEnd = 0
  /** Number of this segment from 0; `lastSegment` marks the end. */
  segment = 0
  last = false
  /** Packets inside, 1 unless concatenated; their lengths are `lengths[0, count)`. */
  count = 1
  readonly lengths = new Int32Array(MAX_CONCATENATED)
  /** Payload range in `bytes`; `payloadEnd` is also the end of the ALP packet. */
  payloadStart = 0
  payloadEnd = 0
  /** Link-layer signalling (type 4). */
  signallingType = 0
  signallingExtension = 0
  signallingVersion = 0
  /** 0 binary, 1 XML, 2 JSON. */
  signallingFormat = 0
  /** 0 none, 1 DEFLATE. */
  signallingEncoding = 0
  /** extended_type of type 6. */
  extendedType = 0
  /** Type 7: transport stream packets, omitted null packets, and whether headers are compressed. */
  tsPackets = 0
  tsNulls = 0
  tsHeaderDeletion = false
  /**
   * Whether `length` counts the 5 bytes of signalling information, which the standard leaves open. False, as other programs
   * write it, until the first LMT that fits only one way decides.
   */
  lengthCountsSignalling = false

  /**
   * Reads the packet at `start`. Never throws, never reads beyond `end`.
   * @returns 0 with `payloadEnd` at its end, or an `ALP_FAULT`; after `empty` and `lengths` the packet ends at `payloadEnd`
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.sid = -1
    this.plp = -1
    this.extensionType = -1
    this.segment = 0
    this.last = false
    this.count = 1
    this.payloadEnd = end
    if (start >= end) return ALP_FAULT.short
    const first = bytes[start] as number
    this.type = first >> 5
    if (this.type === ALP_TYPE.ts) return this.#transportStream(bytes, start, end)
    if (end - start < 2) return ALP_FAULT.short
    const low = u16At(bytes, start) & 0x7ff
    this.form = (first >> 3) & 3
    if (this.form === ALP_FORM.single) {
      this.lengths[0] = low
      return this.#payload(bytes, start + 2, end, low)
    }
    if (end - start < 3) return ALP_FAULT.short
    const third = bytes[start + 2] as number
    if (this.form === ALP_FORM.concatenation) {
      const length = ((third >> 4) << 11) | low
      const listed = ((third >> 1) & 7) + 1
      const at = start + 3 + ((listed * 3 + 1) >> 1)
      if (at > end) return ALP_FAULT.short
      const fits = this.#splitLengths(bytes, start + 3, listed, length)
      const fault = this.#optional(bytes, at, end, length, (third & 1) !== 0, false)
      return fault === ALP_FAULT.none && !fits ? ALP_FAULT.lengths : fault
    }
    const long = this.form === ALP_FORM.long
    const length = long ? ((third >> 3) << 11) | low : low
    if (!long) {
      this.segment = third >> 3
      this.last = (third & 4) !== 0
    }
    this.lengths[0] = length
    return this.#optional(bytes, start + 3, end, length, (third & 2) !== 0, (third & 1) !== 0)
  }

  /** @returns whether the listed lengths leave bytes for the last packet */
  #splitLengths(bytes: Uint8Array, at: number, listed: number, total: number): boolean {
    this.count = listed + 1
    let sum = 0
    let sane = true
    for (let index = 0; index < listed; index++) {
      const byte = at + ((index * 3) >> 1)
      const pair = u16At(bytes, byte)
      const length = (index & 1) === 0 ? pair >> 4 : pair & 0xfff
      this.lengths[index] = length
      sum += length
      if (length === 0) sane = false
    }
    this.lengths[listed] = total - sum
    return sane && sum < total
  }

  #optional(bytes: Uint8Array, from: number, end: number, length: number, hasSid: boolean, extended: boolean): number {
    let at = from
    if (hasSid) {
      if (at >= end) return ALP_FAULT.short
      this.sid = bytes[at++] as number
    }
    if (extended) {
      if (at + 2 > end) return ALP_FAULT.short
      this.extensionType = bytes[at] as number
      this.extensionStart = at + 2
      this.extensionEnd = at + 3 + (bytes[at + 1] as number)
      at = this.extensionEnd
      if (at > end) return ALP_FAULT.short
      if (this.extensionType === ALP_EXTENSION.plp) this.plp = (bytes[this.extensionStart] as number) >> 2
    }
    return this.#payload(bytes, at, end, length)
  }

  #payload(bytes: Uint8Array, from: number, end: number, length: number): number {
    this.payloadStart = from
    if (length === 0) {
      this.payloadEnd = from
      return ALP_FAULT.empty
    }
    if (this.type === ALP_TYPE.signalling) return this.#signalling(bytes, from, end, length)
    if (this.type === ALP_TYPE.extension) {
      if (from + 2 > end) return ALP_FAULT.short
      this.extendedType = u16At(bytes, from)
      this.payloadStart = from + 2
    }
    this.payloadEnd = this.payloadStart + length
    return this.payloadEnd > end ? ALP_FAULT.short : ALP_FAULT.none
  }

  /** signaling_type 8, extension 16, version 8, format 2, encoding 2, 1111 (§5.2.1). */
  #signalling(bytes: Uint8Array, from: number, end: number, length: number): number {
    if (from + SIGNALLING_BYTES > end) return ALP_FAULT.short
    this.signallingType = bytes[from] as number
    this.signallingExtension = u16At(bytes, from + 1)
    this.signallingVersion = bytes[from + 3] as number
    this.signallingFormat = (bytes[from + 4] as number) >> 6
    this.signallingEncoding = ((bytes[from + 4] as number) >> 4) & 3
    const start = from + SIGNALLING_BYTES
    this.payloadStart = start
    const plain = this.form === ALP_FORM.single || this.form === ALP_FORM.long
    if (
      plain &&
      this.signallingType === LINK_SIGNALLING.lmt &&
      this.signallingFormat === 0 &&
      this.signallingEncoding === 0
    ) {
      const size = lmtBytes(bytes, start, Math.min(end, start + length))
      if (size === length) this.lengthCountsSignalling = false
      else if (size === length - SIGNALLING_BYTES) this.lengthCountsSignalling = true
    }
    if (this.lengthCountsSignalling && length <= SIGNALLING_BYTES) {
      this.payloadEnd = Math.min(end, from + length)
      return ALP_FAULT.empty
    }
    this.payloadEnd = start + length - (this.lengthCountsSignalling ? SIGNALLING_BYTES : 0)
    return this.payloadEnd > end ? ALP_FAULT.short : ALP_FAULT.none
  }

  /** 111 NUMTS 4 AHF 1, then HDM 1 DNP 7 where AHF is set (§5.3). The length follows from the numbers. */
  #transportStream(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] as number
    const additional = (first & 1) !== 0
    if (additional && end - start < 2) return ALP_FAULT.short
    const second = additional ? (bytes[start + 1] as number) : 0
    this.form = ALP_FORM.single
    this.tsPackets = (first >> 1) & 15 || 16
    this.tsHeaderDeletion = (second & 0x80) !== 0
    this.tsNulls = second & 0x7f
    if (this.tsNulls === 0 && additional && !this.tsHeaderDeletion) this.tsNulls = 128
    const sync = TS_PACKET - 1
    const rest = this.tsHeaderDeletion ? sync - 3 : sync
    this.lengths[0] = sync + rest * (this.tsPackets - 1)
    this.payloadStart = start + (additional ? 2 : 1)
    this.payloadEnd = this.payloadStart + (this.lengths[0] as number)
    return this.payloadEnd > end ? ALP_FAULT.short : ALP_FAULT.none
  }
}
