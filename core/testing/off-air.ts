import { asServiceId, asToi, asTsi } from '../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS } from '../protocol/flute/fdt.ts'
import { serialiseFdt } from '../protocol/flute/fdt-writer.ts'
import { PSI_SOURCE } from '../protocol/lct/constants.ts'
import { serialiseLctHeader } from '../protocol/lct/header.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { serialiseMultipart } from '../protocol/mime/multipart.ts'
import { serialiseStsid } from '../protocol/sls/s-tsid.ts'
import { serialiseUsbd } from '../protocol/sls/usbd.ts'
import { serialiseLls } from '../send/service-list.ts'
import type { Datagram } from './datagrams.ts'
import { FIXTURE_START_US } from './make-fixtures.ts'

/** A named file of a non-real-time service. */
export type NrtFile = { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }

export const ESG_SERVICE = 5009
const ESG_ADDRESS = '239.255.20.9'
const ESG_PORT = 52_009

/**
 * A file service as broadcasters send it, which differs from GPAC's: codepoint 0 declared by a Payload; EXT_FTI, with the
 * packet's own size as symbol length, instead of EXT_TOL; an EFDT as TOI 0 of the channel instead of in the S-TSID; SLS
 * uncompressed under TOI 0x00030000; B on every turn of the carousel.
 */
export function nrtService(files: readonly NrtFile[], turns = 2): Datagram[] {
  const datagrams: Datagram[] = []
  let timeUs = FIXTURE_START_US
  const push = (address: string, port: number, bytes: Uint8Array): void => {
    datagrams.push({ address, port, bytes, timeUs })
    timeUs += 1000
  }
  const service = {
    serviceId: asServiceId(ESG_SERVICE),
    serviceName: 'ESG',
    address: ESG_ADDRESS,
    port: ESG_PORT,
    sourceAddress: '172.16.200.1',
  }
  const table = serialiseFdt({
    ...FDT_DEFAULTS,
    version: 1,
    instanceExpiresNtp: 4_294_967_295,
    files: files.map((file, index) => ({
      ...FDT_FILE_DEFAULTS,
      toi: asToi(index + 1),
      contentLocation: file.name,
      contentLength: file.bytes.length,
      transferLength: file.bytes.length,
      contentType: file.contentType,
    })),
  })
  for (let turn = 0; turn < turns; turn++) {
    for (const lls of serialiseLls([{ ...service, place: 0 }], 50, 1)) push(LLS_ADDRESS, LLS_PORT, lls)
    for (const packet of ftiPackets(0, 0x0003_0000, signalling())) push(ESG_ADDRESS, ESG_PORT, packet)
    for (const packet of ftiPackets(1, 0, table)) push(ESG_ADDRESS, ESG_PORT, packet)
    files.forEach((file, index) => {
      for (const packet of ftiPackets(1, index + 1, file.bytes)) push(ESG_ADDRESS, ESG_PORT, packet)
    })
  }
  return datagrams
}

function signalling(): Uint8Array {
  const stsid = serialiseStsid(
    {
      sessions: [
        {
          sourceAddress: '172.16.200.1',
          destinationAddress: ESG_ADDRESS,
          destinationPort: ESG_PORT,
          otherAttributes: [],
          channels: [
            {
              tsi: asTsi(1),
              bandwidthKbps: null,
              startTime: null,
              endTime: null,
              repair: null,
              otherAttributes: [],
              source: {
                realTime: false,
                minBufferKb: null,
                efdt: null,
                media: [],
                aeaIds: [],
                payloads: [
                  {
                    codepoint: 0,
                    formatId: 1,
                    fragmentation: 0,
                    inOrder: true,
                    sourceFecPayloadId: 0,
                    fecParams: null,
                    otherAttributes: [],
                  },
                ],
                otherAttributes: [],
              },
            },
          ],
        },
      ],
      otherAttributes: [],
    },
    'us',
  )
  const usbd = serialiseUsbd({
    serviceId: asServiceId(ESG_SERVICE),
    serviceStatus: true,
    names: [],
    languages: [],
    basePatterns: [],
    unicastPatterns: [],
    otherAttributes: [],
  })
  const parts = [
    { contentType: 'application/route-usd+xml', contentLocation: 'usbd.xml', body: usbd },
    { contentType: 'application/route-s-tsid+xml', contentLocation: 'stsid.xml', body: stsid },
  ]
  return serialiseMultipart(parts, { boundary: 'boundary-content', type: 'application/route-usd+xml' })
}

function ftiPackets(tsi: number, toi: number, bytes: Uint8Array): Uint8Array[] {
  const payload = 1428
  const packets: Uint8Array[] = []
  for (let start = 0; start === 0 || start < bytes.length; start += payload) {
    const data = bytes.subarray(start, start + payload)
    const packet = new Uint8Array(64 + data.length)
    const length = serialiseLctHeader(
      {
        psi: PSI_SOURCE,
        reserved: 0,
        closeSession: false,
        closeObject: start + data.length === bytes.length,
        codepoint: 0,
        cciBytes: 4,
        cci: 0n,
        tsiBytes: 4,
        tsi: asTsi(tsi),
        toiBytes: 4,
        toi: asToi(toi),
        extensions: [
          { kind: 'fti', transferLength: bytes.length, reserved: 0, symbolLength: data.length, maxSourceBlock: 64 },
        ],
      },
      packet,
    )
    new DataView(packet.buffer).setUint32(length, start)
    packet.set(data, length + 4)
    packets.push(packet.subarray(0, length + 4 + data.length))
  }
  return packets
}

/**
 * A flow that is recognised as MMTP (ISO/IEC 23008-1): version 1 packets of two assets, with sequence numbers and counter, and
 * MFU fragments of noise. For recognising flows and counting loss, not for decoding.
 */
export function mmtpFlow(packets: number, address = '239.255.10.1', port = 51_001): Datagram[] {
  return Array.from({ length: packets }, (_, index) => {
    const isVideo = index % 4 !== 3
    const data = isVideo ? 1432 : 511
    const bytes = new Uint8Array(18 + 8 + 14 + data)
    const view = new DataView(bytes.buffer)
    bytes.set([0x62, 0x00, 0x00, isVideo ? 0x23 : 0x24])
    view.setUint32(4, 0xb047_0000 + index)
    view.setUint32(8, 1000 + (isVideo ? index - Math.floor(index / 4) : Math.floor(index / 4)))
    view.setUint32(12, 5000 + index)
    view.setUint16(16, 0xa400)
    view.setUint16(18, 6 + 14 + data)
    bytes.set([0x28, 0x00], 20) // MFU, timed, complete
    view.setUint32(22, 5981)
    view.setUint32(26, 1)
    view.setUint32(30, index + 1)
    return { address, port, bytes, timeUs: FIXTURE_START_US + index * 1000 }
  })
}
