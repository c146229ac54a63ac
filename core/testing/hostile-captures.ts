import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import { HOSTILE_BOXES, HOSTILE_PACKAGES, type HostileFile } from './hostile-files.ts'
import {
  fdtInstance,
  ftiOfBlocks,
  ftiOfRaptorQ,
  type HostileLct,
  lctPacket,
  mmtpSignalling,
  mpuPacket,
  tol24,
  tol48,
} from './hostile-packets.ts'
import { DEMO_FOLDER, FIXTURE_START_US } from './make-fixtures.ts'
import { type MadeMpu, makeMpu } from './mmtp-files.ts'
import { seededBelow } from './seeded.ts'

/** A datagram of a hostile sender. */
export type HostileDatagram = {
  readonly source?: string
  readonly address?: string
  readonly port?: number
  readonly bytes: Uint8Array
}

/** Random whole numbers from 0 to below the argument. */
type Below = (limit: number) => number

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

const route = (parts: Parameters<typeof lctPacket>[0]): HostileDatagram => ({ bytes: lctPacket(parts) })
const group = (below: Below): string => `239.${below(200)}.${below(256)}.${1 + below(250)}`

/** Kinds of senders whose packets claim much, and carry little. */
export const HOSTILE_KINDS: readonly HostileKind[] = [
  {
    name: 'lengths of 24 bits',
    next: (number, below) => route({ tsi: 10, toi: 1 + number, extensions: tol24(below(1 << 24)), body: 1000 }),
  },
  {
    name: 'lengths of 24 bits of a named service',
    first: service,
    next: (number, below) => route({ tsi: 10, toi: 1 + number, extensions: tol24(below(1 << 24)), body: 1000 }),
  },
  {
    name: 'lengths in small packets',
    next: (number, below) => route({ tsi: 10, toi: 1 + number, extensions: tol24(below(1 << 24)), body: 20 }),
  },
  {
    name: 'lengths below a megabyte in all TSIs',
    next: (number, below) => route({ tsi: below(256), toi: 1 + number, extensions: tol24(below(1 << 20)), body: 20 }),
  },
  {
    name: 'lengths of 48 bits',
    next: (number, below) => route({ tsi: 10, toi: 1 + number, extensions: tol48(0, below(1 << 28)), body: 200 }),
  },
  {
    name: 'offsets of new objects',
    next: (number, below) => route({ tsi: 10, toi: 1 + number, place: below(1 << 28), body: 20 }),
  },
  {
    name: 'offsets of new objects in many TSIs',
    next: (number, below) => route({ tsi: below(256), toi: 1 + number, place: below(1 << 28), body: 20 }),
  },
  {
    name: 'scattered offsets of one object',
    next: (number, below) => route({ tsi: 10, toi: 1 + (number >> 14), place: below(1 << 28), body: 20 }),
  },
  {
    name: 'scattered offsets of known lengths',
    next: (_, below) =>
      route({ tsi: 10, toi: 1 + below(64), extensions: tol24(0xff_ffff), place: below(0xff_f000), body: 20 }),
  },
  {
    name: 'scattered offsets of init segments',
    next: (_, below) =>
      route({ tsi: 10, toi: 0xffff_ffff, codepoint: 5, extensions: tol24(0xff_ffff), place: below(30_000), body: 20 }),
  },
  {
    name: 'every second byte, backwards',
    next: (number) =>
      route({ tsi: 10, toi: 1 + Math.floor(number / 16_000), place: 32_000 - (number % 16_000) * 2, body: 1 }),
  },
  {
    name: 'pages, one byte each',
    next: (number) => route({ tsi: 10, toi: 1 + (number >> 9), place: (number & 511) << 18, body: 1 }),
  },
  {
    name: 'small whole objects',
    next: (number) => route({ tsi: 10, toi: 1 + number, extensions: tol24(20), body: 20 }),
  },
  {
    name: 'small whole objects of a named service',
    first: service,
    next: (number) => route({ tsi: 10, toi: 1 + number, extensions: tol24(20), body: 20 }),
  },
  {
    name: 'small whole objects in all TSIs',
    next: (number, below) => route({ tsi: below(65_536), toi: 1 + number, extensions: tol24(20), body: 20 }),
  },
  {
    name: 'two versions of one small object',
    first: service,
    next: (number) => route({ tsi: 10, toi: 1 + (number & 7), extensions: tol24(20 + (number & 1)), body: 20 }),
  },
  {
    name: 'packages that change',
    first: service,
    next: (number) => route({ tsi: 0, toi: 1 + number, codepoint: 3, extensions: tol24(60), body: 60 }),
  },
  {
    name: 'packages of many parts',
    first: service,
    next: (number) => whole({ tsi: 0, toi: 1 + number, codepoint: 3 }, hostileFiles('packages')[number & 63]),
  },
  {
    name: 'media of many boxes',
    first: service,
    next: (number) => whole({ tsi: 10, toi: 1 + number }, hostileFiles('boxes')[number & 63]),
  },
  {
    name: 'random TSIs of 32 bits',
    next: (number, below) => route({ tsi: below(2 ** 32), toi: number, extensions: tol24(50_000), body: 20 }),
  },
  {
    name: 'one ROUTE session per packet',
    next: (number, below) => ({
      ...route({ tsi: below(16), toi: number, extensions: tol24(50_000), body: 20 }),
      address: group(below),
      port: 5000 + below(1000),
    }),
  },
  {
    name: '200 ROUTE sessions',
    next: (number, below) => ({
      ...route({ tsi: below(256), toi: number, extensions: tol24(below(1 << 20)), body: 20 }),
      address: `239.7.7.${1 + below(200)}`,
    }),
  },
  {
    name: 'one source per packet',
    next: (number, below) => ({
      ...route({ tsi: 10, toi: number, extensions: tol24(50_000), body: 20 }),
      source: `10.${below(256)}.${below(256)}.${below(256)}`,
    }),
  },
  {
    name: 'one flow of noise per packet',
    next: (_, below) => ({
      bytes: Uint8Array.from({ length: 40 }, () => below(256)),
      address: group(below),
      port: 1 + below(65_535),
    }),
  },
  {
    name: 'repair symbols of any block',
    first: protectedService,
    next: (number, below) => route({ psi: 0, tsi: 15, toi: 1 + (number >> 6), place: below(2 ** 32), body: 20 }),
  },
  {
    name: 'repair symbols with any FEC OTI',
    first: protectedService,
    next: (number, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + (number >> 3),
        extensions: ftiOfRaptorQ(below(2 ** 40), 1 + below(below(2) * 60_000 + 20), below(256), 1),
        place: below(2 ** 32),
        body: 20,
      }),
  },
  {
    name: 'protected objects of a claimed length',
    first: protectedService,
    next: (number, below) =>
      (number & 1) === 0
        ? route({ tsi: 10, toi: 1 + (number >> 4), extensions: tol24(below(1 << 24)), body: 20 })
        : route({ psi: 0, tsi: 15, toi: 1 + (number >> 4), place: 60_000 + below(1 << 16), body: 20 }),
  },
  {
    name: 'FLUTE blocks of any size',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 0,
        tsi: 1,
        toi: 1 + (number >> 4),
        extensions: ftiOfBlocks(below(2) * below(65_536), below(2 ** 32), 1 + below(1400), below(2 ** 32)),
        place: below(2 ** 32),
        body: 20,
      }),
  },
  {
    name: 'FLUTE blocks of one byte',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 0,
        tsi: 1,
        toi: 1 + (number >> 12),
        extensions: ftiOfBlocks(0, 1 << 28, 1, 1),
        place: below(2 ** 32),
        body: 1,
      }),
  },
  {
    name: 'RaptorQ over FLUTE of any size',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + (number >> 5),
        extensions: ftiOfRaptorQ(below(2) === 0 ? below(1 << 24) : below(2 ** 40), 1 + below(1400), below(256), 1),
        place: below(2 ** 32),
        body: 20,
      }),
  },
  {
    name: 'RaptorQ over FLUTE of small symbols',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + (number >> 10),
        extensions: ftiOfRaptorQ(4000, 4, 1, 1),
        place: 500 + below(3000),
        body: 4,
      }),
  },
  {
    name: 'repair symbols of one byte',
    first: protectedService,
    next: (number) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + Math.floor(number / 41),
        extensions: ftiOfRaptorQ(56_403, 1, 1, 1),
        place: 56_403 + (number % 41) * 1400,
        body: 1400,
      }),
  },
  {
    name: 'repair symbols of one object in 255 blocks',
    first: protectedService,
    next: (_, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1,
        extensions: ftiOfRaptorQ(4_000_000, 4, 255, 1),
        place: below(255) * 2 ** 24 + 5000 + below(1 << 20) * 4,
        body: 16,
      }),
  },
  {
    name: 'repair symbols that arrive in an hour each',
    first: protectedService,
    stepUs: 3_600_000_000,
    next: (number, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + (number & 63),
        extensions: ftiOfRaptorQ(1_000_000, 16, 100, 1),
        place: below(100) * 2 ** 24 + 700 + below(1 << 20),
        body: 16,
      }),
  },
  {
    name: 'repair symbols slower than they expire',
    first: protectedService,
    stepUs: 60_000,
    next: (number, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + (number & 63),
        extensions: ftiOfRaptorQ(1_000_000, 16, 100, 1),
        place: below(100) * 2 ** 24 + 700 + below(1 << 20),
        body: 16,
      }),
  },
  {
    name: 'repair objects in all TSIs',
    first: protectedService,
    next: (_, below) =>
      route({
        psi: 0,
        tsi: below(256),
        toi: below(2 ** 32),
        extensions: ftiOfRaptorQ(4000, 4, 1, 1),
        place: 1000 + below(1 << 20),
        body: 20,
      }),
  },
  {
    name: 'repair objects in 200 ROUTE sessions',
    next: (_, below) => ({
      ...route({
        psi: 0,
        tsi: below(256),
        toi: below(64),
        extensions: ftiOfRaptorQ(4000, 4, 1, 1),
        place: 1000 + below(1 << 20),
        body: 20,
      }),
      address: `239.7.7.${1 + below(200)}`,
    }),
  },
  {
    name: 'super-objects of a thousand members',
    first: superObjects,
    next: (number, below) =>
      (number & 3) === 0
        ? route({ tsi: 10 + below(1000), toi: 1 + (number >> 6), extensions: tol24(20), body: 20 })
        : route({
            psi: 0,
            tsi: 9,
            toi: 1 + (number >> 6),
            extensions: ftiOfRaptorQ(40_000, 20, 1, 1),
            place: 2000 + below(1 << 20),
            body: 20,
          }),
  },
  {
    name: 'super-objects that contradict their members',
    first: protectedService,
    next: (number, below) =>
      (number & 1) === 0
        ? route({ tsi: 10, toi: 1 + (number >> 8), extensions: tol24(2000), place: below(100) * 20, body: 20 })
        : route({
            psi: 0,
            tsi: 15,
            toi: 1 + (number >> 8),
            extensions: ftiOfRaptorQ(below(2) * 2004, 4, 1 + below(2), 1),
            place: below(2) * 2 ** 24 + 501 + below(1 << 16),
            body: 400,
          }),
  },
  {
    name: 'RaptorQ over FLUTE of one byte',
    protocol: 'flute',
    first: hugeFiles,
    next: (number) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + Math.floor(number / 41),
        extensions: ftiOfRaptorQ(56_403, 1, 1, 1),
        place: 56_403 + (number % 41) * 1400,
        body: 1400,
      }),
  },
  {
    name: 'RaptorQ over FLUTE of 64 MB',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + (number >> 14),
        extensions: ftiOfRaptorQ(60_000_000, 1100, 1, 1),
        place: below(2) === 0 ? below(54_546) : 54_546 + below(1 << 20),
        body: 1100,
      }),
  },
  {
    name: 'FLUTE without tables',
    protocol: 'flute',
    first: hugeFiles,
    next: (_, below) =>
      route({ psi: 0, codepoint: 0, tsi: below(256), toi: 1 + below(2 ** 31), place: below(2 ** 32), body: 20 }),
  },
  {
    name: 'FDT instances of any number',
    protocol: 'flute',
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 0,
        tsi: 1,
        toi: 0,
        extensions: [...fdtInstance(number & 0xf_ffff), ...ftiOfBlocks(0, 1 + below(1 << 28), 1000, 65_535)],
        body: 20,
      }),
  },
  {
    name: 'FDTs of one file',
    protocol: 'flute',
    next: (number) => {
      const file = `<File TOI="${number + 1}" Content-Location="f${number}" Content-Length="20"/>`
      const fdt = Buffer.from(`<FDT-Instance Expires="4294967295">${file}</FDT-Instance>`)
      const extensions = [...fdtInstance(number & 0xf_ffff), ...ftiOfBlocks(0, fdt.length, 1400, 64)]
      const header = lctPacket({ psi: 0, codepoint: 0, tsi: 1, toi: 0, extensions, body: 0 })
      return { bytes: new Uint8Array(Buffer.concat([header, fdt])) }
    },
  },
  {
    name: 'an FDT of huge lengths',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({ psi: 0, codepoint: 0, tsi: 1, toi: 1 + (number % 1000), place: below(1 << 16), body: 20 }),
  },
  {
    name: 'MPUs of any number',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mpuPacket({ packetId: 35, sequence: number, fragmentType: 2, mpu: below(2 ** 32), body: 20 }),
    }),
  },
  {
    name: 'MPUs of any number and asset',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mpuPacket({
        packetId: below(65_536),
        sequence: number,
        fragmentType: below(3),
        indicator: below(4),
        fragmentCounter: below(256),
        mpu: below(2 ** 32),
        body: 20,
      }),
    }),
  },
  {
    name: 'MPUs that skip numbers',
    protocol: 'mmtp',
    next: (number) => ({
      bytes: mpuPacket({
        packetId: 35 + (number & 255),
        sequence: number,
        fragmentType: 2,
        mpu: number >> 2,
        body: 20,
      }),
    }),
  },
  {
    name: 'fragments of MPU metadata',
    protocol: 'mmtp',
    next: (number) => ({
      bytes: mpuPacket({
        packetId: 35,
        sequence: number,
        fragmentType: number & 1,
        indicator: 1 + (number % 3),
        fragmentCounter: 255 - (number & 255),
        mpu: 7 + (number >> 12),
        body: 20,
      }),
    }),
  },
  {
    name: 'media units of one MPU',
    protocol: 'mmtp',
    first: mpuMetadata,
    next: (number, below) => ({
      bytes: mpuPacket({
        packetId: 35,
        sequence: number + 10,
        fragmentType: 2,
        mpu: 700,
        movieFragment: 1,
        sample: below(2) === 0 ? 1 : below(2 ** 32),
        offset: below(2 ** 32),
        body: 20,
      }),
    }),
  },
  {
    name: 'movie fragments of one MPU',
    protocol: 'mmtp',
    first: mpuMetadata,
    next: (number) => ({
      bytes: mpuPacket({
        packetId: 35,
        sequence: number + 10,
        fragmentType: 1,
        mpu: 700 + (number >> 10),
        body: renumbered(demoMpu().fragment, number),
      }),
    }),
  },
  {
    name: 'metadata of one MPU after another',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mpuPacket({
        packetId: 35 + below(16),
        sequence: number,
        fragmentType: number & 1,
        mpu: number >> 1,
        body: (number & 1) === 0 ? demoMpu().metadata : demoMpu().fragment,
      }),
    }),
  },
  {
    name: 'fragments of signalling messages',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mmtpSignalling(below(4096), number, number % 3 === 0 ? 1 : 2, new Uint8Array(20)),
    }),
  },
]

/** An object in one packet. */
function whole(parts: Omit<HostileLct, 'body'>, bytes: Uint8Array = new Uint8Array(0)): HostileDatagram {
  const header = lctPacket({ ...parts, extensions: tol24(bytes.length), body: 0 })
  return { bytes: new Uint8Array(Buffer.concat([header, bytes])) }
}

const made = new Map<string, readonly Uint8Array[]>()

/** Packages that unpack to many parts, or media that fits into a packet. */
function hostileFiles(kind: 'packages' | 'boxes'): readonly Uint8Array[] {
  let files = made.get(kind)
  if (files === undefined) {
    const [kinds, bytes] = kind === 'packages' ? [HOSTILE_PACKAGES, 40_000] : [HOSTILE_BOXES, 1200]
    files = Array.from({ length: 64 }, (_, at) => {
      const file = (kinds[at % kinds.length] as HostileFile).make(bytes + at, seededBelow(at))
      return kind === 'packages' ? new Uint8Array(gzipSync(file)) : file.slice(0, 1300)
    })
    made.set(kind, files)
  }
  return files
}

/** Step of a slow capture, µs: each packet is a tick of the receiver. */
export const SLOW_STEP_US = 100_000

/**
 * A pcap of one kind of hostile sender.
 * @param bytes size of the file, about
 * @param stepUs from one packet to the next
 */
export function hostileCapture(kind: HostileKind, seed: number, bytes: number, stepUs = kind.stepUs ?? 50): Uint8Array {
  const below = seededBelow(seed)
  const flows = new FlowTable()
  const file = new Uint8Array(bytes + 70_000)
  const view = new DataView(file.buffer)
  for (const [at, value] of [0xa1b2c3d4, 0x0004_0002, 0, 0, 65_535, 101].entries()) view.setUint32(at * 4, value, true)
  let at = 24
  const first = kind.first?.() ?? []
  for (let number = -first.length; at < bytes; number++) {
    const datagram = first[number + first.length] ?? kind.next(number, below)
    const { source = '192.0.2.1', address = HOSTILE_ADDRESS, port = HOSTILE_PORT } = datagram
    const header = udpHeader(flows.byText(source, address, 5000, port))
    const length = writeUdpPacket(header, datagram.bytes, 0, datagram.bytes.length, file, at + 16)
    const timeUs = FIXTURE_START_US + (number + first.length) * stepUs
    view.setUint32(at, Math.floor(timeUs / 1e6), true)
    view.setUint32(at + 4, timeUs % 1e6, true)
    view.setUint32(at + 8, length, true)
    view.setUint32(at + 12, length, true)
    at += 16 + length
  }
  return file.subarray(0, at)
}

/** Datagrams of one kind of hostile sender, in order. */
export function hostileDatagrams(kind: HostileKind, seed: number, count: number): HostileDatagram[] {
  const below = seededBelow(seed)
  const first = kind.first?.() ?? []
  return [...first, ...Array.from({ length: count }, (_, number) => kind.next(number, below))]
}

const FILES =
  '<LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="$TOI$.m4s"/></EFDT></SrcFlow></LS>'
const REPAIR =
  '<LS tsi="15"><RepairFlow><FECParameters fecOTI="000000000000040001000104" maximumDelay="1000" overhead="25"><ProtectedObject tsi="10"/></FECParameters></RepairFlow></LS>'

function service(): HostileDatagram[] {
  return signalled(FILES)
}

function protectedService(): HostileDatagram[] {
  return signalled(FILES + REPAIR)
}

/** One repair flow over a thousand channels. */
function superObjects(): HostileDatagram[] {
  const tsis = Array.from({ length: 1000 }, (_, at) => 10 + at)
  const flow = `<LS tsi="9"><RepairFlow><FECParameters fecOTI="000000000000040001000104" maximumDelay="1000" overhead="25">${tsis.map((tsi) => `<ProtectedObject tsi="${tsi}"/>`).join('')}</FECParameters></RepairFlow></LS>`
  return signalled(FILES + flow)
}

function signalled(channels: string): HostileDatagram[] {
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

/** An FDT whose files have absurd lengths and layouts. */
function hugeFiles(): HostileDatagram[] {
  const files = Array.from(
    { length: 1000 },
    (_, at) => `<File TOI="${at + 1}" Content-Location="f${at}" Content-Length="${2 ** (20 + (at % 33))}"/>`,
  ).join('')
  const fdt = Buffer.from(
    `<FDT-Instance xmlns="urn:IETF:metadata:2005:FLUTE:FDT" Expires="4294967295" FEC-OTI-FEC-Encoding-ID="0" FEC-OTI-Maximum-Source-Block-Length="65535" FEC-OTI-Encoding-Symbol-Length="1000">${files}</FDT-Instance>`,
  )
  const datagrams: HostileDatagram[] = []
  for (let at = 0; at < fdt.length; at += 1000) {
    const extensions = [...fdtInstance(1), ...ftiOfBlocks(0, fdt.length, 1000, 65_535)]
    const header = lctPacket({ psi: 0, codepoint: 0, tsi: 1, toi: 0, extensions, place: at / 1000, body: 0 })
    datagrams.push({ bytes: new Uint8Array(Buffer.concat([header, fdt.subarray(at, at + 1000)])) })
  }
  return datagrams
}

let demo: MadeMpu | null = null

function demoMpu(): MadeMpu {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))
  demo ??= makeMpu(read('audio-init.mp4'), read('audio-1.m4s'), 700, 'asset', false)
  return demo
}

function mpuMetadata(): HostileDatagram[] {
  const { metadata, fragment } = demoMpu()
  return [metadata, fragment].map((body, sequence) => ({
    bytes: mpuPacket({ packetId: 35, sequence, fragmentType: sequence, mpu: 700, body }),
  }))
}

/** A movie fragment with another number. */
function renumbered(fragment: Uint8Array, number: number): Uint8Array {
  const copy = fragment.slice()
  new DataView(copy.buffer).setUint32(20, number)
  return copy
}
