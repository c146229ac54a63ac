import { gzipSync } from 'node:zlib'
import { HOSTILE_BOXES, HOSTILE_PACKAGES, type HostileFile } from './hostile-files.ts'
import { group, type HostileDatagram, type HostileKind, route, service } from './hostile-kind.ts'
import { type HostileLct, lctPacket, tol24, tol48 } from './hostile-packets.ts'
import { seededBelow } from './seeded.ts'

/** ROUTE senders: lengths, offsets, numbers, packages and addresses. */
export const HOSTILE_ROUTE: readonly HostileKind[] = [
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
