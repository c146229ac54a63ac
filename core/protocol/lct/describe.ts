import { bytesToHex } from '../../bytes/hex.ts'
import { u16At, u24At, u32At, u48At } from '../../bytes/ints.ts'
import type { HeaderField } from '../../contract/object-rows.ts'
import { ntpToUnixUs, utcText } from '../ntp.ts'
import { codepointName } from '../route/codepoint.ts'
import { describeSlsToi } from '../sls/sls-toi.ts'
import { EXT_TIME_USE, LCT_FAULT, LCT_HET, lctFaultName, PSI_SOURCE } from './constants.ts'
import { LctPacket } from './lct-packet.ts'

/**
 * All fields of the ALC/LCT packet in the UDP payload `bytes[start, end)`, in wire order: word 0, CCI, TSI, TOI, each
 * extension, FEC Payload ID. Never throws: a faulty header is described up to the fault, which is the last entry.
 * @param cutBytes bytes of the datagram after `end`, where only its header is at hand
 */
export function describeLctPacket(bytes: Uint8Array, start: number, end: number, cutBytes = 0): HeaderField[] {
  const fields: HeaderField[] = []
  const packet = new LctPacket()
  const fault = packet.read(bytes, start, end)
  if (end - start >= 4) wordZero(fields, bytes, start)
  if (fault !== LCT_FAULT.none) {
    add(fields, 'fault', lctFaultName(fault), `at byte ${packet.faultOffset - start} of ${end - start}`)
    return fields
  }
  const b0 = bytes[start] as number
  const b1 = bytes[start + 1] as number
  const half = ((b1 >> 4) & 1) * 2
  let at = start + 4
  const cciBytes = 4 + ((b0 >> 2) & 3) * 4
  const cci = bytesToHex(bytes.subarray(at, at + cciBytes))
  add(fields, 'CCI', `0x${cci}`, 'congestion control; 0 in ROUTE, or the earliest presentation time (RFC 9223 §2.1)')
  at += cciBytes

  const tsiBytes = (b1 >> 7) * 4 + half
  if (tsiBytes > 0) add(fields, 'TSI', String(packet.tsi), tsiNote(packet, tsiBytes))
  at += tsiBytes
  const toiBytes = ((b1 >> 5) & 3) * 4 + half
  if (toiBytes > 0) add(fields, 'TOI', packet.wideToi ?? String(packet.toi), toiNote(packet, toiBytes))
  at += toiBytes

  const headerEnd = start + packet.headerBytes
  while (at < headerEnd) {
    const het = bytes[at] as number
    const size = het >= 128 ? 4 : (bytes[at + 1] as number) * 4
    if (size === 0 || at + size > headerEnd) {
      add(
        fields,
        'fault',
        lctFaultName(LCT_FAULT.extension),
        `HEL ${bytes[at + 1]} of HET ${het} at byte ${at - start}`,
      )
      break
    }
    extension(fields, packet, bytes, at, size)
    at += size
  }
  payload(fields, packet, bytes, headerEnd, end, end - start + cutBytes)
  return fields
}

function add(fields: HeaderField[], name: string, value: string, note: string | null = null): void {
  fields.push({ name, value, note })
}

function wordZero(fields: HeaderField[], bytes: Uint8Array, start: number): void {
  const b0 = bytes[start] as number
  const b1 = bytes[start + 1] as number
  const psi = b0 & 3
  const cci = (b0 >> 2) & 3
  add(fields, 'V', String(b0 >> 4), 'LCT version (RFC 5651 §5.1)')
  add(fields, 'C', String(cci), `CCI of ${32 * (cci + 1)} bits`)
  add(
    fields,
    'PSI',
    psi.toString(2).padStart(2, '0'),
    (psi & PSI_SOURCE) !== 0
      ? 'source packet (RFC 5775 §2.1, RFC 9223 §2.1)'
      : 'repair packet in ROUTE, not used in FLUTE (RFC 5775 §2.1)',
  )
  add(fields, 'S', String(b1 >> 7), 'TSI has a 32-bit part')
  add(fields, 'O', String((b1 >> 5) & 3), '32-bit words in the TOI')
  add(fields, 'H', String((b1 >> 4) & 1), '16 more bits in TSI and TOI')
  const reserved = (b1 >> 2) & 3
  add(fields, 'Res', String(reserved), reserved === 0 ? 'reserved' : 'reserved; T and R in RFC 3451')
  add(fields, 'A', String((b1 >> 1) & 1), (b1 & 2) === 0 ? null : 'close session')
  add(fields, 'B', String(b1 & 1), (b1 & 1) === 0 ? null : 'close object: last packet of this transmission')
  const words = bytes[start + 2] as number
  add(fields, 'HDR_LEN', String(words), `${words * 4} bytes with extensions, without the FEC Payload ID`)
  const codepoint = bytes[start + 3] as number
  const note = (psi & PSI_SOURCE) !== 0 ? `${codepointName(codepoint)} (A/331 Table A.3.6)` : fecName(codepoint)
  add(fields, 'CP', String(codepoint), note)
}

/** Counted by the length field of UDP, too (RFC 768). */
const UDP_HEADER_BYTES = 8

/** Names of FEC Encoding IDs, which are the codepoint in FLUTE. */
function fecName(id: number): string {
  const names: Readonly<Record<number, string>> = {
    0: 'Compact No-Code',
    1: 'Raptor',
    2: 'Reed-Solomon GF(2^m)',
    5: 'Reed-Solomon GF(2^8)',
    6: 'RaptorQ',
    129: 'Small Block Systematic',
  }
  const name = names[id]
  return name === undefined ? 'codepoint' : `FEC Encoding ID ${id}, ${name} (RFC 6726 §5)`
}

function tsiNote(packet: LctPacket, size: number): string {
  const signalling = packet.tsi === 0 && (packet.psi & PSI_SOURCE) !== 0
  return signalling ? `${size * 8} bits; service layer signalling (A/331 §7.1)` : `${size * 8} bits`
}

function toiNote(packet: LctPacket, size: number): string {
  const bits = `${size * 8} bits, 0x${BigInt(packet.wideToi ?? packet.toi).toString(16)}`
  if ((packet.psi & PSI_SOURCE) === 0) return packet.toi === 0 ? `${bits}; FDT (RFC 6726 §3.3)` : bits
  if (packet.tsi === 0 && packet.toi !== 0) return `${bits}; ${describeSlsToi(packet.toi)} (A/331 Annex C)`
  return bits
}

function extension(fields: HeaderField[], packet: LctPacket, bytes: Uint8Array, at: number, size: number): void {
  const het = bytes[at] as number
  const raw = bytesToHex(bytes.subarray(at, at + size), ' ')
  if (het === LCT_HET.tol24) {
    add(
      fields,
      'EXT_TOL',
      String(u24At(bytes, at + 1)),
      'HET 194: bytes of the object as transported, 24 bits (RFC 9223 §2.1)',
    )
  } else if (het === LCT_HET.tol48 && size >= 8) {
    add(
      fields,
      'EXT_TOL',
      String(u48At(bytes, at + 2)),
      'HET 67: bytes of the object as transported, 48 bits (RFC 9223 §2.1)',
    )
  } else if (het === LCT_HET.fdt) {
    const word = u24At(bytes, at + 1)
    add(fields, 'EXT_FDT', `instance ${word & 0xf_ffff}`, `HET 192: FLUTE version ${word >> 20} (RFC 6726 §3.4.1)`)
  } else if (het === LCT_HET.cenc) {
    const encoding = bytes[at + 1] as number
    const name = ['none', 'zlib', 'deflate', 'gzip'][encoding] ?? `encoding ${encoding}`
    add(fields, 'EXT_CENC', name, 'HET 193: content encoding of the FDT (RFC 6726 §3.4.3)')
  } else if (het === LCT_HET.time) {
    time(fields, bytes, at, size)
  } else if (het === LCT_HET.presentationTime && size >= 12) {
    const us = ntpToUnixUs(u32At(bytes, at + 4), u32At(bytes, at + 8))
    add(fields, 'EXT_ROUTE_PRESENTATION_TIME', utcText(us), 'HET 66 (RFC 9223 §2.1)')
  } else if (het === LCT_HET.fti && size >= 12) {
    fti(fields, packet, bytes, at, size)
  } else {
    add(fields, EXTENSION_NAMES[het] ?? `extension ${het}`, raw, `HET ${het}, ${size} bytes`)
  }
}

const EXTENSION_NAMES: Readonly<Record<number, string>> = {
  [LCT_HET.nop]: 'EXT_NOP',
  [LCT_HET.auth]: 'EXT_AUTH',
  [LCT_HET.fti]: 'EXT_FTI',
  [LCT_HET.presentationTime]: 'EXT_ROUTE_PRESENTATION_TIME',
  [LCT_HET.tol48]: 'EXT_TOL',
  128: 'EXT_RATE',
}

function time(fields: HeaderField[], bytes: Uint8Array, at: number, size: number): void {
  const use = u16At(bytes, at + 2)
  add(fields, 'EXT_TIME', `use 0x${use.toString(16).padStart(4, '0')}`, `HET 2, ${size} bytes (RFC 5651 §5.2.2)`)
  let word = at + 4
  const next = (bit: number): number | null => {
    if ((use & bit) === 0 || word + 4 > at + size) return null
    word += 4
    return u32At(bytes, word - 4)
  }
  const high = next(EXT_TIME_USE.sctHigh)
  const low = next(EXT_TIME_USE.sctLow)
  if (high !== null) add(fields, 'SCT', utcText(ntpToUnixUs(high, low ?? 0)), 'sender current time')
  const residual = next(EXT_TIME_USE.ert)
  if (residual !== null) add(fields, 'ERT', `${residual} ms`, 'expected residual time')
  const changed = next(EXT_TIME_USE.slc)
  if (changed !== null) add(fields, 'SLC', utcText(ntpToUnixUs(changed, 0)), 'session last changed')
}

/** EXT_FTI by the FEC Encoding ID, RFC 5775 §2.4 and the documents of each FEC scheme. */
function fti(fields: HeaderField[], packet: LctPacket, bytes: Uint8Array, at: number, size: number): void {
  const source = (packet.psi & PSI_SOURCE) !== 0
  const fec = source ? 0 : packet.codepoint
  const wide = size >= 16
  const raptor = wide && (fec === 1 || fec === 6)
  const length = raptor ? (bytes[at + 2] as number) * 0x1_0000_0000 + u32At(bytes, at + 3) : u48At(bytes, at + 2)
  add(fields, 'EXT_FTI', `transfer length ${length}`, `HET 64, as for ${source ? 'FEC Encoding ID 0' : fecName(fec)}`)
  if (fec === 5) {
    add(fields, 'E', String(u16At(bytes, at + 8)), 'encoding symbol length')
    add(fields, 'B', String(bytes[at + 10]), 'maximum source block length')
    add(fields, 'max_n', String(bytes[at + 11]), 'maximum number of encoding symbols')
  } else if (!wide) {
    return
  } else if (raptor) {
    add(fields, 'T', String(u16At(bytes, at + 8)), 'symbol size')
    add(fields, 'Z', String(fec === 1 ? u16At(bytes, at + 10) : bytes[at + 10]), 'source blocks')
    add(fields, 'N', String(fec === 1 ? bytes[at + 12] : u16At(bytes, at + 11)), 'sub-blocks')
    add(fields, 'Al', String(bytes[at + 13]), 'symbol alignment')
  } else {
    const symbol = source ? "in ROUTE as found on air: bytes of this packet's payload" : 'encoding symbol length'
    add(fields, 'E', String(u16At(bytes, at + 10)), symbol)
    const block = fec === 0 ? u32At(bytes, at + 12) : u16At(bytes, at + 12)
    add(fields, 'B', String(block), 'maximum source block length, symbols')
    if (fec === 2 || fec === 129)
      add(fields, 'max_n', String(u16At(bytes, at + 14)), 'maximum number of encoding symbols')
  }
}

/** @param datagramBytes length of the whole UDP payload */
function payload(
  fields: HeaderField[],
  packet: LctPacket,
  bytes: Uint8Array,
  at: number,
  end: number,
  datagramBytes: number,
): void {
  const start = at - packet.headerBytes
  if (at === end) {
    add(fields, 'payload', 'none', 'the packet is its header')
    return
  }
  if (end - at < 4) {
    add(fields, 'fault', 'lct-truncated', `${end - at} bytes are no FEC Payload ID`)
    return
  }
  let bodyAt = at + 4
  if ((packet.psi & PSI_SOURCE) !== 0) {
    const offset = u32At(bytes, at)
    add(fields, 'start_offset', String(offset), 'byte of the object that the payload starts at (RFC 9223 §2.2)')
  } else if (packet.codepoint === 129 && end - at >= 8) {
    add(fields, 'SBN', String(u32At(bytes, at)), 'source block number')
    add(fields, 'block length', String(u16At(bytes, at + 4)), 'source block length, symbols')
    add(fields, 'ESI', String(u16At(bytes, at + 6)), 'encoding symbol ID')
    bodyAt = at + 8
  } else {
    const [sbnBits, sbn, esi] = payloadId(packet.codepoint, u32At(bytes, at))
    add(fields, 'SBN', String(sbn), `source block number, ${sbnBits} bits as for ${fecName(packet.codepoint)}`)
    add(fields, 'ESI', String(esi), `encoding symbol ID, ${32 - sbnBits} bits`)
  }
  const note = `of ${datagramBytes} bytes in the datagram (UDP length ${datagramBytes + UDP_HEADER_BYTES})`
  add(fields, 'payload', `${datagramBytes - (bodyAt - start)} bytes`, note)
}

/** Bits of the SBN, SBN and ESI, by FEC Encoding ID. */
function payloadId(fec: number, word: number): [number, number, number] {
  if (fec === 6) return [8, word >>> 24, word & 0xff_ffff]
  if (fec === 5 || fec === 2) return [24, word >>> 8, word & 0xff]
  return [16, word >>> 16, word & 0xffff]
}
