import { u16At } from '../../bytes/ints.ts'
import { oldestKey } from '../../flow/bounded-map.ts'
import { foldSum, wordSum } from '../ip/checksum.ts'
import { ALP_EXTENSION, ALP_FAULT, ALP_FORM, ALP_TYPE, AlpPacket } from './alp-packet.ts'

/** Segmented packets that may be incomplete at one time. */
const MAX_OPEN = 64
/** 32 segments of 2047 bytes. */
const MAX_SEGMENTED_BYTES = 32 * 2047
const HIGHEST_SEGMENT = 31

/** Counts of ALP packets by content and fault. */
export type AlpCounters = {
  packets: number
  /** IP packets passed to the sink. */
  ip: number
  /** Packets joined from segments, among `ip`. */
  joined: number
  /** Packets from concatenations, among `ip`. */
  concatenated: number
  /** Compressed headers (type 2): counted, not decompressed. */
  rohc: number
  signalling: number
  /** ALP packets of a transport stream (type 7) and the TS packets in them; not passed on. */
  ts: number
  tsPackets: number
  extension: number
  /** Types 1, 3 and 5. */
  reserved: number
  /** Segmented packets dropped because a segment is missing or the joined bytes are no valid IP packet. */
  dropped: number
  /** Unreadable headers, and headers with the length 0. */
  malformed: number
}

/** One body of link-layer signalling; valid during the call. */
export type LinkSignalling = {
  /** `LINK_SIGNALLING`, or a type not known. */
  readonly type: number
  readonly version: number
  /** 0 binary, 1 XML, 2 JSON. */
  readonly format: number
  /** 0 none, 1 DEFLATE. */
  readonly encoding: number
  /** PLP that carried it, -1 unknown. */
  readonly plp: number
  readonly bytes: Uint8Array
}

/** Takes the contents of ALP packets. */
export interface AlpSink {
  /** An IP packet in `bytes[start, end)`, from PLP `plp` (-1 unknown); valid during the call. */
  ipPacket(bytes: Uint8Array, start: number, end: number, plp: number): void
  linkSignalling(signalling: LinkSignalling): void
}

class Joining {
  readonly bytes = new Uint8Array(MAX_SEGMENTED_BYTES)
  /** A segment is missing: the remaining segments are discarded. */
  discarding = false
  used = 0
  next = 0
  type = 0
  signallingType = 0
  signallingVersion = 0
  signallingFormat = 0
  signallingEncoding = 0
}

function noAlpCounters(): AlpCounters {
  return {
    packets: 0,
    ip: 0,
    joined: 0,
    concatenated: 0,
    rohc: 0,
    signalling: 0,
    ts: 0,
    tsPackets: 0,
    extension: 0,
    reserved: 0,
    dropped: 0,
    malformed: 0,
  }
}

/** Unpacks ALP packets of any number of PLPs into IP packets and link-layer signalling. */
export class AlpReceiver {
  readonly counters = noAlpCounters()
  /** The packet read last. */
  readonly packet = new AlpPacket()
  readonly #sink: AlpSink
  /** Incomplete segmented packets by PLP and SID, the oldest first. */
  readonly #joining = new Map<number, Joining>()
  readonly #spare: Joining[] = []

  constructor(sink: AlpSink) {
    this.#sink = sink
  }

  /**
   * Reads the ALP packet at `start`.
   * @param plp PLP of the bytes, -1 unknown; the packet's own extension takes precedence
   * @returns where the next packet starts; -1, with no effect, where this one continues beyond `end`
   */
  read(bytes: Uint8Array, start: number, end: number, plp: number): number {
    const packet = this.packet
    const fault = packet.read(bytes, start, end)
    if (fault === ALP_FAULT.short) return -1
    const counters = this.counters
    counters.packets++
    const from = packet.plp >= 0 ? packet.plp : plp
    if (fault !== ALP_FAULT.none) counters.malformed++
    else if (packet.type === ALP_TYPE.ipv4) this.#ip(bytes, from)
    else if (packet.type === ALP_TYPE.signalling) this.#signalling(bytes, from)
    else if (packet.type === ALP_TYPE.rohc) counters.rohc += packet.form === ALP_FORM.concatenation ? packet.count : 1
    else if (packet.type === ALP_TYPE.extension) counters.extension++
    else if (packet.type === ALP_TYPE.ts) {
      counters.ts++
      counters.tsPackets += packet.tsPackets
    } else counters.reserved++
    return packet.payloadEnd
  }

  /** Reports a lost packet: drops the incomplete segmented packets of this PLP. */
  lost(plp: number): void {
    for (const key of [...this.#joining.keys()]) if (key >> 9 === plp + 1) this.#drop(key)
  }

  /** Ends the input. */
  flush(): void {
    for (const key of [...this.#joining.keys()]) this.#drop(key)
  }

  #ip(bytes: Uint8Array, plp: number): void {
    const { form, payloadStart, payloadEnd } = this.packet
    if (form === ALP_FORM.segment) {
      const joined = this.#join(bytes, plp)
      if (joined === null) return
      if (isSoundIp(joined.bytes, joined.used)) {
        this.counters.joined++
        this.counters.ip++
        this.#sink.ipPacket(joined.bytes, 0, joined.used, plp)
      } else {
        this.counters.dropped++
      }
      this.#spare.push(joined)
      return
    }
    if (form !== ALP_FORM.concatenation) {
      this.counters.ip++
      this.#sink.ipPacket(bytes, payloadStart, payloadEnd, plp)
      return
    }
    const { count, lengths } = this.packet
    this.counters.ip += count
    this.counters.concatenated += count
    let at = payloadStart
    for (let index = 0; index < count; index++) {
      const stop = at + (lengths[index] as number)
      this.#sink.ipPacket(bytes, at, stop, plp)
      at = stop
    }
  }

  /** The 5 bytes of signalling information are once in each ALP packet, before the tables or their pieces. */
  #signalling(bytes: Uint8Array, plp: number): void {
    const { form, payloadStart, payloadEnd, count, lengths } = this.packet
    if (form === ALP_FORM.segment) {
      const joined = this.#join(bytes, plp)
      if (joined === null) return
      this.#table(joined, plp, joined.bytes.subarray(0, joined.used))
      this.#spare.push(joined)
      return
    }
    if (form !== ALP_FORM.concatenation) {
      this.#table(this.packet, plp, bytes.subarray(payloadStart, payloadEnd))
      return
    }
    let at = payloadStart
    for (let index = 0; index < count; index++) {
      const stop = Math.min(payloadEnd, at + (lengths[index] as number))
      this.#table(this.packet, plp, bytes.subarray(at, stop))
      at = stop
    }
  }

  #table(
    from: Pick<AlpPacket, 'signallingType' | 'signallingVersion' | 'signallingFormat' | 'signallingEncoding'>,
    plp: number,
    bytes: Uint8Array,
  ): void {
    this.counters.signalling++
    this.#sink.linkSignalling({
      type: from.signallingType,
      version: from.signallingVersion,
      format: from.signallingFormat,
      encoding: from.signallingEncoding,
      plp,
      bytes,
    })
  }

  /** @returns the packet where this was its last segment: already removed; the caller puts it back into `#spare` */
  #join(bytes: Uint8Array, plp: number): Joining | null {
    const packet = this.packet
    const key = ((plp + 1) << 9) | (packet.sid + 1)
    const { segment, last } = packet
    let joining = this.#joining.get(key)
    if (joining === undefined || segment === 0) {
      if (joining !== undefined) this.#drop(key)
      joining = this.#begin(key)
    }
    const length = packet.payloadEnd - packet.payloadStart
    const follows = joining.next === segment && joining.type === packet.type
    // A packet of one segment is not segmented, so the last segment is never the first.
    const fits =
      joining.used + length <= MAX_SEGMENTED_BYTES && (segment === 0 ? !last : segment < HIGHEST_SEGMENT || last)
    if (!joining.discarding && !(follows && fits)) {
      joining.discarding = true
      this.counters.dropped++
    }
    if (joining.discarding) {
      if (last) this.#drop(key)
      return null
    }
    joining.bytes.set(bytes.subarray(packet.payloadStart, packet.payloadEnd), joining.used)
    joining.used += length
    joining.next = segment + 1
    if (!last) return null
    this.#joining.delete(key)
    return joining
  }

  #begin(key: number): Joining {
    const oldest = this.#joining.size >= MAX_OPEN ? oldestKey(this.#joining) : undefined
    if (oldest !== undefined) this.#drop(oldest)
    const joining = this.#spare.pop() ?? new Joining()
    const { type, signallingType, signallingVersion, signallingFormat, signallingEncoding } = this.packet
    joining.used = 0
    joining.next = 0
    joining.discarding = false
    joining.type = type
    joining.signallingType = signallingType
    joining.signallingVersion = signallingVersion
    joining.signallingFormat = signallingFormat
    joining.signallingEncoding = signallingEncoding
    this.#joining.set(key, joining)
    return joining
  }

  #drop(key: number): void {
    const joining = this.#joining.get(key)
    if (joining === undefined) return
    this.#joining.delete(key)
    this.#spare.push(joining)
    if (!joining.discarding) this.counters.dropped++
  }
}

/** Time of the extension F0, `flag(2) s(32) ms(10) µs(10) ns(10)`, in µs of TAI since the UNIX epoch; -1 without. */
export function alpTimeUs(packet: AlpPacket, bytes: Uint8Array): number {
  const at = packet.extensionStart
  if (packet.extensionType !== ALP_EXTENSION.time || packet.extensionEnd - at < 8) return -1
  const high = u16At(bytes, at) * 0x10000 + u16At(bytes, at + 2)
  const low = u16At(bytes, at + 4) * 0x10000 + u16At(bytes, at + 6)
  const seconds = (high % 0x40000000) * 4 + Math.floor(low / 0x40000000)
  return seconds * 1e6 + ((low >>> 20) & 0x3ff) * 1000 + ((low >>> 10) & 0x3ff)
}

/** Segments have no packet number: only the joined packet shows whether they belong together. */
function isSoundIp(bytes: Uint8Array, length: number): boolean {
  if (length < 20) return false
  const version = (bytes[0] as number) >> 4
  if (version === 6) return length >= 40
  const header = ((bytes[0] as number) & 15) * 4
  if (version !== 4 || header < 20 || header > length) return false
  const total = u16At(bytes, 2)
  if (total !== length && total !== 0) return false
  // GPAC folds its checksum only once, so a valid GPAC packet can be off by one.
  const sum = foldSum(wordSum(bytes, 0, header))
  return sum === 0xffff || u16At(bytes, 10) === 0 || sum === 0 || sum === 1 || sum === 0xfffe
}
