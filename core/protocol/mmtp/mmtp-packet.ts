import { u16At, u32At } from '../../bytes/ints.ts'

/** MMTP payload types, ISO/IEC 23008-1 §9.2.2. */
export const MMTP_TYPE = { mpu: 0, generic: 1, signalling: 2, repair: 3 } as const

/** Faults of a header. */
export const MMTP_FAULT = { none: 0, truncated: 1, version: 2, extension: 3 } as const

/** Names of payload types in the report; others are `unknown`. */
const TYPE_NAMES = ['mpu', 'generic', 'signaling', 'repair'] as const

/** Name of a payload type. */
export function mmtpTypeName(type: number): 'mpu' | 'generic' | 'signaling' | 'repair' | 'unknown' {
  return TYPE_NAMES[type] ?? 'unknown'
}

const FAULT_NAMES = ['none', 'mmtp-truncated', 'mmtp-version', 'mmtp-extension'] as const

/** Stable name of a `MMTP_FAULT` code, as counted in the report. */
export function mmtpFaultName(code: number): string {
  return FAULT_NAMES[code] ?? `mmtp-fault-${code}`
}

/** FEC field of a source packet in an FEC-protected flow, which ends with a source_FEC_payload_ID. */
const FEC_SOURCE = 1

/**
 * An MMTP packet header read in place; one instance is reused for every datagram and nothing is allocated.
 *
 * ```
 * v0  |V=00|C|FEC 2|r|X|R|    |RES 2| type 6     |
 * v1  |V=01|C|FEC 2|X|R|Q|    |F|E|B|I| type 4   |
 * | packet_id 16 | timestamp 32 | packet_sequence_number 32 | packet_counter 32 if C | v1: r TB DS TP flow_label 16 | X: extension |
 * ```
 * ISO/IEC 23008-1 §9.2; A/331 requires v1. Off air the 16-bit word of v1 is present even with Q = 0.
 */
export class MmtpPacket {
  version = 0
  /** `MMTP_TYPE`. */
  type = 0
  packetId = 0
  /** Sending time in NTP short format: low 16 bits of the seconds, 16 bits of fraction. */
  timestamp = 0
  /** Per packet_id, modulo 2^32. */
  sequence = 0
  /** packet_counter over all packet_ids; -1 where the sender omits it. */
  counter = -1
  /** 0 none, 1 source, 2 repair. */
  fec = 0
  /** Flow label word of version 1: r, TB (2), DS (3), TP (3), flow_label (7); -1 in version 0. */
  flowWord = -1
  /** Header extension: type, or -1; its bytes are `[extensionStart, extensionEnd)`. */
  extensionType = -1
  extensionStart = 0
  extensionEnd = 0
  /** source_FEC_payload_ID at the end of a source packet in an FEC-protected flow; otherwise -1. */
  fecPayloadId = -1
  /** R flag; off air it is set on every packet. */
  randomAccess = false
  /** Payload range in `bytes`. */
  payloadStart = 0
  payloadEnd = 0
  /** Offset in `bytes` of the faulty field, or -1. */
  faultOffset = -1

  /**
   * Reads the header of the UDP payload `bytes[start, end)`. Never throws, never reads outside the range.
   * @returns 0, or the `MMTP_FAULT` that makes the packet unusable
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.faultOffset = -1
    if (end - start < 12) return this.#fault(MMTP_FAULT.truncated, end)
    const b0 = bytes[start] as number
    const b1 = bytes[start + 1] as number
    const version = b0 >> 6
    if (version > 1) return this.#fault(MMTP_FAULT.version, start)
    this.version = version
    this.fec = (b0 >> 3) & 3
    this.type = version === 0 ? b1 & 0x3f : b1 & 0x0f
    this.randomAccess = (version === 0 ? b0 & 1 : b0 & 2) !== 0
    this.packetId = u16At(bytes, start + 2)
    this.timestamp = u32At(bytes, start + 4)
    this.sequence = u32At(bytes, start + 8)

    let at = start + 12
    this.counter = -1
    if ((b0 & 0x20) !== 0) {
      if (end - at < 4) return this.#fault(MMTP_FAULT.truncated, end)
      this.counter = u32At(bytes, at)
      at += 4
    }
    if (version === 1) {
      if (end - at < 2) return this.#fault(MMTP_FAULT.truncated, end)
      this.flowWord = u16At(bytes, at)
      at += 2
    } else this.flowWord = -1
    this.extensionType = -1
    this.fecPayloadId = -1
    if ((version === 0 ? b0 & 2 : b0 & 4) !== 0) {
      if (end - at < 4) return this.#fault(MMTP_FAULT.truncated, end)
      const length = u16At(bytes, at + 2)
      if (length > end - at - 4) return this.#fault(MMTP_FAULT.extension, at + 2)
      this.extensionType = u16At(bytes, at)
      this.extensionStart = at + 4
      at += 4 + length
      this.extensionEnd = at
    }
    this.payloadStart = at
    this.payloadEnd = end
    if (this.fec === FEC_SOURCE) {
      if (end - at < 4) return this.#fault(MMTP_FAULT.truncated, end)
      this.payloadEnd = end - 4
      this.fecPayloadId = u32At(bytes, end - 4)
    }
    return MMTP_FAULT.none
  }

  #fault(code: number, offset: number): number {
    this.faultOffset = offset
    return code
  }
}

const probe = new MmtpPacket()

/**
 * True where a datagram is almost certainly MMTP: a readable header, a known type, and for MPUs a length field that matches the
 * payload. For flows without signalling.
 */
export function looksLikeMmtp(bytes: Uint8Array, start: number, end: number): boolean {
  if (probe.read(bytes, start, end) !== MMTP_FAULT.none) return false
  const room = probe.payloadEnd - probe.payloadStart
  if (probe.type === MMTP_TYPE.mpu) {
    return (
      room >= 8 && u16At(bytes, probe.payloadStart) === room - 2 && (bytes[probe.payloadStart + 2] as number) >> 4 <= 2
    )
  }
  if (probe.type === MMTP_TYPE.signalling) {
    // The four reserved bits are all alike: 1 off air, 0 from other senders.
    const reserved = room >= 7 ? ((bytes[probe.payloadStart] as number) >> 2) & 0xf : -1
    return (probe.version === 1 || probe.counter >= 0) && (reserved === 0 || reserved === 0xf)
  }
  return probe.type === MMTP_TYPE.repair && probe.fec === 2
}
