import { gzipSync } from 'node:zlib'
import type { Datagram } from './datagrams.ts'
import { FIXTURE_START_US } from './make-fixtures.ts'
import { testPacket } from './test-session.ts'

/** Escape sequences, line breaks, controls of direction and marks in every name that a sender chooses. */
const ODD = '&#x9b;31m&#10;FORGED LINE&#x85;&#x202e;&#x2028;'
const RAW = '\x1b]0;title\x07\x1b[2J'

/** A service whose names, which a sender chooses, would forge a terminal or a window. */
export function outsideNames(): Datagram[] {
  let packets = 0
  const at = (address: string, port: number, bytes: Uint8Array): Datagram => ({
    address,
    port,
    bytes,
    timeUs: FIXTURE_START_US + 1000 * ++packets,
  })
  const service = (id: number, name: string): string =>
    `<Service serviceId="${id}" shortServiceName="${name}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.1.1" slsDestinationUdpPort="${4999 + id}"/></Service>`
  const slt = (name: string): Datagram =>
    at(
      '224.0.23.60',
      4937,
      Uint8Array.from([
        ...[1, 0, 0, 1],
        ...gzipSync(`<SLT bsid="1">${service(1, name)}${service(2, `e${'\u0301'.repeat(20_000)}`)}</SLT>`),
      ]),
    )
  const stsid = `<S-TSID><RS><LS tsi="5"><SrcFlow><EFDT><FDT-Instance Expires="4294967295"><File TOI="2" Content-Location="n${ODD}x" Content-Length="300"/></FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>`
  const sls = Buffer.from(
    `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: st${RAW}.xml\r\n\r\n${stsid}\r\n--b\r\nContent-Type: application/x${RAW}y\r\nContent-Location: q${RAW}\r\n\r\n<q/>\r\n--b--\r\n`,
    'latin1',
  )
  const route = (packet: Parameters<typeof testPacket>[0]): Datagram => at('239.255.1.1', 5000, testPacket(packet))
  return [
    slt(`A${ODD}B`),
    slt(`C${RAW}D`),
    slt(`A${ODD}B`),
    route({ tsi: 0, toi: 1, codepoint: 3, length: sls.length, payload: sls }),
    route({ tsi: 5, toi: 2, length: 300, payload: new Uint8Array(100) }),
  ]
}
