import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../ip/address.ts'

/**
 * MMT_general_location_info (ISO/IEC 23008-1 §10.6.1): the location of an asset, a message or a table. Types: 0 the same flow;
 * 1, 2 another IPv4 or IPv6 flow; 3 MPEG-2 TS of a broadcast network; 4 MPEG-2 TS over IPv6; 5 a URL.
 */
export type MmtLocation =
  | { readonly type: 0; readonly packetId: number }
  | {
      readonly type: 1 | 2
      readonly source: string
      readonly destination: string
      readonly port: number
      readonly packetId: number
    }
  | { readonly type: 3; readonly networkId: number; readonly transportStreamId: number; readonly pid: number }
  | {
      readonly type: 4
      readonly source: string
      readonly destination: string
      readonly port: number
      readonly pid: number
    }
  | { readonly type: 5; readonly url: string }

/** @throws CodecError mmt-location for an unknown type, whose length is unknown too; or the reader's code */
export function readMmtLocation(reader: ByteReader): MmtLocation {
  const at = reader.offset
  const type = reader.u8('location_type')
  switch (type) {
    case 0:
      return { type, packetId: reader.u16('packet_id') }
    case 1:
      return {
        type,
        source: formatIpv4(reader.u32('ipv4_src_addr')),
        destination: formatIpv4(reader.u32('ipv4_dst_addr')),
        port: reader.u16('dst_port'),
        packetId: reader.u16('packet_id'),
      }
    case 2:
      return {
        type,
        source: formatIpv6(reader.borrow(16, 'ipv6_src_addr'), 0),
        destination: formatIpv6(reader.borrow(16, 'ipv6_dst_addr'), 0),
        port: reader.u16('dst_port'),
        packetId: reader.u16('packet_id'),
      }
    case 3:
      return {
        type,
        networkId: reader.u16('network_id'),
        transportStreamId: reader.u16('MPEG_2_transport_stream_id'),
        pid: reader.u16('MPEG_2_PID') & 0x1fff,
      }
    case 4:
      return {
        type,
        source: formatIpv6(reader.borrow(16, 'ipv6_src_addr'), 0),
        destination: formatIpv6(reader.borrow(16, 'ipv6_dst_addr'), 0),
        port: reader.u16('dst_port'),
        pid: reader.u16('MPEG_2_PID') & 0x1fff,
      }
    case 5:
      return { type, url: new TextDecoder().decode(reader.borrow(reader.u8('URL_length'), 'URL')) }
    default:
      throw new CodecError('mmt-location', at, `location_type ${type} at byte ${at} is not known`)
  }
}

/** @throws CodecError mmt-location for an invalid address */
export function writeMmtLocation(writer: ByteWriter, location: MmtLocation): void {
  writer.u8(location.type)
  switch (location.type) {
    case 0:
      writer.u16(location.packetId)
      break
    case 1:
      writer.u32(ipv4(location.source)).u32(ipv4(location.destination)).u16(location.port).u16(location.packetId)
      break
    case 2:
      writer.bytes(ipv6(location.source)).bytes(ipv6(location.destination)).u16(location.port).u16(location.packetId)
      break
    case 3:
      writer
        .u16(location.networkId)
        .u16(location.transportStreamId)
        .u16(location.pid | 0xe000)
      break
    case 4:
      writer.bytes(ipv6(location.source)).bytes(ipv6(location.destination))
      writer.u16(location.port).u16(location.pid | 0xe000)
      break
    case 5: {
      const url = new TextEncoder().encode(location.url)
      writer.u8(url.length).bytes(url)
      break
    }
  }
}

function ipv4(text: string): number {
  const address = parseIpv4(text)
  if (address === null) throw new CodecError('mmt-location', 0, `${text} is not an IPv4 address`)
  return address
}

function ipv6(text: string): Uint8Array {
  const address = parseIpv6(text)
  if (address === null) throw new CodecError('mmt-location', 0, `${text} is not an IPv6 address`)
  return address
}
