import { gzipSync } from 'node:zlib'
import { internetChecksum, wordSum } from '../protocol/ip/checksum.ts'
import { HOSTILE_KINDS, hostileCapture } from './hostile-captures.ts'
import { FIXTURE_START_US } from './make-fixtures.ts'
import { seededBelow } from './seeded.ts'

/** A capture whose container, not its datagrams, is hostile: many small parts, each of which costs its reader something. */
export type HostileContainer = {
  readonly name: string
  /** @param bytes size of the file, about */
  readonly make: (bytes: number, seed: number) => Uint8Array
}

const SECTION = block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(1), ...u16(0), ...u32(0xffff_ffff), ...u32(0xffff_ffff)])
/** Link type 101: IP packets. */
const INTERFACE = block(1, [...u16(101), ...u16(0), ...u32(65_535)])
const PCAP_HEADER = Uint8Array.from([
  ...u32(0xa1b2c3d4),
  ...u16(2),
  ...u16(4),
  ...u32(0),
  ...u32(0),
  ...u32(65_535),
  ...u32(101),
])

/** All of them. */
export const HOSTILE_CONTAINERS: readonly HostileContainer[] = [
  pcapng('interfaces', () => INTERFACE),
  pcapng('interfaces with options', (number) =>
    block(1, [...u16(101), ...u16(0), ...u32(65_535), ...options(2 + (number % 50), 9, [6])]),
  ),
  pcapng('sections', (number) => ((number & 1) === 0 ? SECTION : INTERFACE)),
  pcapng('packets with many options', (number) => enhancedPacket(number, options(2000, 1, []))),
  pcapng('drop counts', (number) => enhancedPacket(number, options(500, 4, [1, 0, 0, 0, 0, 0, 0, 0]))),
  pcapng('statistics', (number) =>
    block(5, [...u32(0), ...u32(0), ...u32(number), ...options(2, 5, new Array(8).fill(1))]),
  ),
  pcapng('name resolution', (number) =>
    block(4, [...repeated(100, [...u16(1), ...u16(6), 10, 0, number & 255, 1, 0x61, 0, 0, 0]), ...u32(0)]),
  ),
  pcapng('decryption secrets', (number) => block(10, [...u32(0x544c534b), ...u32(8), ...u32(number), ...u32(0)])),
  pcapng('unknown blocks', (number) => block(0x8000_0000 + (number & 0xffff), [])),
  pcapng('packets of any interface', (number) =>
    block(6, [...u32(number), ...u32(0), ...u32(0), ...u32(0), ...u32(0)]),
  ),
  { name: 'gzip of empty members', make: (bytes) => filled(bytes, new Uint8Array(0), () => EMPTY_MEMBER) },
  {
    name: 'gzip of a packet in each member',
    make: (bytes, seed) => {
      const capture = hostileCapture(kindOf('small whole objects'), seed, Math.floor(bytes / 4))
      let at = 0
      return filled(bytes, new Uint8Array(0), () => {
        const from = at
        at += 80
        return gzipSync(capture.subarray(from, at), { level: 1 })
      })
    },
  },
  fragments('of a datagram each', (number, below) => ({ id: below(65_536), offset: 8 * (number & 7), more: true })),
  fragments('of 64 KiB datagrams, 8 bytes each', (number) => ({
    id: number >> 13,
    offset: 8 * (number & 8191),
    more: true,
  })),
  fragments('of 64 KiB datagrams, backwards', (number) => ({
    id: number >> 13,
    offset: 8 * (8190 - (number & 8191)),
    more: true,
  })),
  fragments('that overlap', (number, below) => ({ id: number >> 12, offset: 8 * below(8190), more: below(2) === 0 })),
]

const EMPTY_MEMBER = new Uint8Array(gzipSync(new Uint8Array(0)))

function pcapng(name: string, next: (number: number) => Uint8Array): HostileContainer {
  const head = Uint8Array.from([...SECTION, ...INTERFACE])
  return { name: `pcapng of ${name}`, make: (bytes) => filled(bytes, head, next) }
}

type Fragment = { readonly id: number; readonly offset: number; readonly more: boolean }

function fragments(
  name: string,
  next: (number: number, below: (limit: number) => number) => Fragment,
): HostileContainer {
  return {
    name: `IP fragments ${name}`,
    make: (bytes, seed) => {
      const below = seededBelow(seed)
      return filled(bytes, PCAP_HEADER, (number) => fragmentRecord(number, next(number, below)))
    },
  }
}

/** A pcap record of an IPv4 fragment of eight bytes. */
function fragmentRecord(number: number, { id, offset, more }: Fragment): Uint8Array {
  const record = new Uint8Array(16 + 28)
  const view = new DataView(record.buffer)
  const timeUs = FIXTURE_START_US + number * 50
  view.setUint32(0, Math.floor(timeUs / 1e6), true)
  view.setUint32(4, timeUs % 1e6, true)
  view.setUint32(8, 28, true)
  view.setUint32(12, 28, true)
  record.set([0x45, 0, 0, 28, (id >> 8) & 255, id & 255], 16)
  view.setUint16(22, (more ? 0x2000 : 0) | (offset >> 3))
  record.set([16, 17, 0, 0, 192, 0, 2, 1, 239, 77, 1, 1], 24)
  view.setUint16(26, internetChecksum(wordSum(record, 16, 36)))
  return record
}

/** `head`, and then parts up to a size. */
function filled(bytes: number, head: Uint8Array, next: (number: number) => Uint8Array): Uint8Array {
  const file = new Uint8Array(bytes + 70_000)
  file.set(head)
  let at = head.length
  for (let number = 0; at < bytes; number++) {
    const part = next(number)
    file.set(part, at)
    at += part.length
  }
  return file.subarray(0, at)
}

function block(type: number, body: readonly number[]): Uint8Array {
  const total = 12 + body.length
  return Uint8Array.from([...u32(type), ...u32(total), ...body, ...u32(total)])
}

function enhancedPacket(number: number, extra: readonly number[]): Uint8Array {
  const time = BigInt(FIXTURE_START_US + number * 50)
  const [high, low] = [Number(time >> 32n), Number(time & 0xffff_ffffn)]
  return block(6, [...u32(0), ...u32(high), ...u32(low), ...u32(4), ...u32(4), 0x45, 0, 0, 0, ...extra])
}

function options(count: number, code: number, value: readonly number[]): number[] {
  const padding = new Array((4 - (value.length & 3)) & 3).fill(0)
  return repeated(count, [...u16(code), ...u16(value.length), ...value, ...padding])
}

function repeated(count: number, part: readonly number[]): number[] {
  return Array.from({ length: count }, () => part).flat()
}

function u16(value: number): number[] {
  return [value & 255, (value >> 8) & 255]
}

function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]
}

function kindOf(name: string): (typeof HOSTILE_KINDS)[number] {
  const kind = HOSTILE_KINDS.find((each) => each.name === name)
  if (kind === undefined) throw new RangeError(name)
  return kind
}
