import { gzipSync } from 'node:zlib'
import { lctPacket, tol24 } from './hostile-packets.ts'

/** A datagram of a hostile sender. */
export type HostileDatagram = {
  readonly source?: string
  readonly address?: string
  readonly port?: number
  readonly bytes: Uint8Array
}

/** Random whole numbers from 0 to below the argument. */
export type Below = (limit: number) => number

/** One kind of hostile sender: its first datagrams, and one more for each further number. */
export type HostileKind = {
  readonly name: string
  /** Absent: ROUTE. */
  readonly protocol?: 'flute' | 'mmtp'
  readonly first?: () => readonly HostileDatagram[]
  /** Time in a capture from one packet to the next, where the kind is about time. */
  readonly stepUs?: number
  readonly next: (number: number, below: Below) => HostileDatagram
}

/** Group of the hostile senders that use only one. */
export const HOSTILE_ADDRESS = '239.77.1.1'
export const HOSTILE_PORT = 6177

/** An LCT packet to that group. */
export const route = (parts: Parameters<typeof lctPacket>[0]): HostileDatagram => ({ bytes: lctPacket(parts) })
/** Any other multicast group. */
export const group = (below: Below): string => `239.${below(200)}.${below(256)}.${1 + below(250)}`

/** S-TSID of channel 10, whose files are named by their TOI. */
export const FILES =
  '<LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="$TOI$.m4s"/></EFDT></SrcFlow></LS>'

/** SLT and S-TSID of a service with these channels. */
export function signalled(channels: string): HostileDatagram[] {
  const slt = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1"><Service serviceId="1" sltSvcSeqNum="0" serviceCategory="1" shortServiceName="S" globalServiceID="tag:x/1" majorChannelNo="1" minorChannelNo="1"><BroadcastSvcSignaling slsProtocol="1" slsMajorProtocolVersion="1" slsMinorProtocolVersion="0" slsDestinationIpAddress="${HOSTILE_ADDRESS}" slsDestinationUdpPort="${HOSTILE_PORT}" slsSourceIpAddress="192.0.2.1"/></Service></SLT>`
  const stsid = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS>${channels}</RS></S-TSID>`
  const sls = `Content-Type: multipart/related; type="application/route-s-tsid+xml"; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${stsid}\r\n--b--\n`
  const table = Buffer.concat([Uint8Array.from([1, 1, 0, 1]), gzipSync(slt)])
  const packed = gzipSync(sls)
  const header = lctPacket({ tsi: 0, toi: 0x8002_0001, codepoint: 3, extensions: tol24(packed.length), body: 0 })
  return [
    { address: '224.0.23.60', port: 4937, bytes: new Uint8Array(table) },
    { bytes: new Uint8Array(Buffer.concat([header, packed])) },
  ]
}

/** SLT and S-TSID of a service with one channel of files. */
export function service(): HostileDatagram[] {
  return signalled(FILES)
}
