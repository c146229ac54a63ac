import { ByteReader } from '../../bytes/byte-reader.ts'
import { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex } from '../../bytes/hex.ts'
import type { JsonObject } from '../../contract/report.ts'
import { formatIpv4, parseIpv4 } from '../ip/address.ts'

/** signaling_type of link-layer signalling, A/330 §5.2.1. */
export const LINK_SIGNALLING = { lmt: 1, rdt: 2 } as const

/** One multicast of a link mapping table. */
export type LmtMulticast = {
  readonly sourceAddress: string
  readonly destinationAddress: string
  readonly sourcePort: number
  readonly destinationPort: number
  /** Substream that carries it; null where none is named. */
  readonly sid: number | null
  /** ROHC context of its packets; null where headers are not compressed. */
  readonly contextId: number | null
}

/** Link mapping table, A/330 §5.2.2: the multicasts of each PLP. */
export type Lmt = { readonly plps: readonly { readonly plpId: number; readonly multicasts: readonly LmtMulticast[] }[] }

/** ROHC-U description table, A/330 §5.2.3; its contexts are kept as bytes. */
export type Rdt = {
  readonly plpId: number
  readonly maxCid: number
  readonly adaptationMode: number
  readonly contextConfig: number
  readonly contextCount: number
  readonly contexts: Uint8Array
}

const MULTICAST_BYTES = 13

/** Name of a link-layer table, as `linkTableValues` takes it. */
export function linkTableName(type: number): string {
  if (type === LINK_SIGNALLING.lmt) return 'LMT'
  return type === LINK_SIGNALLING.rdt ? 'RDT' : `Link signalling ${type}`
}

/** The LMT or RDT decoded; null for other tables and unreadable bytes. */
export function linkTableValues(name: string, body: Uint8Array): JsonObject | null {
  try {
    if (name === 'LMT') return parseLmt(body) as unknown as JsonObject
    if (name !== 'RDT') return null
    const { contexts, ...rest } = parseRdt(body)
    return { ...rest, contexts: bytesToHex(contexts) }
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}

/** Size of the LMT that starts at `start`, -1 where it does not end within `end`. Never throws. */
export function lmtBytes(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1
  let plps = ((bytes[start] as number) >> 2) + 1
  let at = start + 1
  for (; plps > 0; plps--) {
    if (at + 2 > end) return -1
    let multicasts = bytes[at + 1] as number
    at += 2
    for (; multicasts > 0; multicasts--) {
      if (at + MULTICAST_BYTES > end) return -1
      const flags = bytes[at + MULTICAST_BYTES - 1] as number
      at += MULTICAST_BYTES + (flags >> 7) + ((flags >> 6) & 1)
    }
  }
  return at > end ? -1 : at - start
}

/** @throws CodecError lmt-truncated */
export function parseLmt(bytes: Uint8Array, start = 0, end = bytes.length): Lmt {
  const reader = new ByteReader(bytes, start, end, 'lmt-truncated')
  const plps: { plpId: number; multicasts: LmtMulticast[] }[] = []
  for (let left = (reader.u8('num_PLPs_minus1') >> 2) + 1; left > 0; left--) {
    const plpId = reader.u8('PLP_ID') >> 2
    const multicasts: LmtMulticast[] = []
    for (let each = reader.u8('num_multicasts'); each > 0; each--) {
      const sourceAddress = formatIpv4(reader.u32('src_IP_add'))
      const destinationAddress = formatIpv4(reader.u32('dst_IP_add'))
      const sourcePort = reader.u16('src_UDP_port')
      const destinationPort = reader.u16('dst_UDP_port')
      const flags = reader.u8('flags')
      const sid = (flags & 0x80) === 0 ? null : reader.u8('SID')
      const contextId = (flags & 0x40) === 0 ? null : reader.u8('context_id')
      multicasts.push({ sourceAddress, destinationAddress, sourcePort, destinationPort, sid, contextId })
    }
    plps.push({ plpId, multicasts })
  }
  return { plps }
}

/** @throws CodecError out-of-range | lmt-address */
export function serialiseLmt(lmt: Lmt): Uint8Array {
  const out = new ByteWriter()
  out.u8(((lmt.plps.length - 1) << 2) | 3)
  for (const { plpId, multicasts } of lmt.plps) {
    out.u8((plpId << 2) | 3).u8(multicasts.length)
    for (const each of multicasts) {
      out.u32(addressOf(each.sourceAddress)).u32(addressOf(each.destinationAddress))
      out.u16(each.sourcePort).u16(each.destinationPort)
      out.u8((each.sid === null ? 0 : 0x80) | (each.contextId === null ? 0 : 0x40) | 0x3f)
      if (each.sid !== null) out.u8(each.sid)
      if (each.contextId !== null) out.u8(each.contextId)
    }
  }
  return out.take()
}

function addressOf(text: string): number {
  const address = parseIpv4(text)
  if (address === null) throw new CodecError('lmt-address', 0, `${text} is not an IPv4 address`)
  return address
}

/** PLP_ID 6, max_CID 8, adaptation_mode 2, context_config 2, 111111, num_context 8. @throws CodecError rdt-truncated */
export function parseRdt(bytes: Uint8Array, start = 0, end = bytes.length): Rdt {
  const reader = new ByteReader(bytes, start, end, 'rdt-truncated')
  const word = reader.u32('PLP_ID to num_context')
  return {
    plpId: word >>> 26,
    maxCid: (word >>> 18) & 0xff,
    adaptationMode: (word >>> 16) & 3,
    contextConfig: (word >>> 14) & 3,
    contextCount: word & 0xff,
    contexts: reader.borrow(reader.remaining, 'contexts'),
  }
}

/** @throws CodecError out-of-range */
export function serialiseRdt(rdt: Rdt): Uint8Array {
  const out = new ByteWriter()
  out.u8(((rdt.plpId << 2) | (rdt.maxCid >> 6)) & 0xff)
  out.u8(((rdt.maxCid << 2) | rdt.adaptationMode) & 0xff)
  out.u8((rdt.contextConfig << 6) | 0x3f).u8(rdt.contextCount)
  return out.bytes(rdt.contexts).take()
}
