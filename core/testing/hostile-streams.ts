import { demoFile } from './fuzz/samples.ts'
import { HOSTILE_BOXES, type HostileFile } from './hostile-files.ts'

/** A stream or file of media whose maker wants its reader to work, and the suffix it has. */
export type HostileStream = HostileFile & { readonly extension: string }

type Below = Parameters<HostileFile['make']>[1]

const TS_PACKET = 188
const MAX_PID = 8190
const START_CODE = [0, 0, 1] as const
/** AAC-LC, 48 kHz, stereo. */
const ADTS_HEADER = [0xff, 0xf1, 0x4c, 0x80] as const
const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255]
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)]

/** A packet of a transport stream, its payload filled up. */
function packet(pid: number, start: boolean, counter: number, payload: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(TS_PACKET).fill(0xff)
  bytes.set([0x47, (start ? 0x40 : 0) | (pid >> 8), pid & 255, 0x10 | (counter & 15), ...payload.slice(0, 184)])
  return bytes
}

/** A section behind its pointer, with its sum. */
function section(table: number, extension: number, version: number, body: readonly number[]): number[] {
  const bytes = [table, 0xb0, body.length + 9, ...u16(extension), 0xc1 | ((version & 31) << 1), 0, 0, ...body]
  let sum = 0xffff_ffff
  for (const byte of bytes) {
    sum ^= byte << 24
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c1_1db7 : sum << 1
  }
  return [0, ...bytes, ...u32(sum >>> 0)]
}

const programs = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => [...u16(1 + first + at), ...u16(0xe000 | (0x20 + first + at))]).flat()
const PAT = section(0, 1, 0, [...u16(1), ...u16(0xe000 | 0x1000)])
const pmt = (version: number, streams: readonly number[]): number[] =>
  section(2, 1, version, [
    ...u16(0xe100),
    ...u16(0xf000),
    ...streams.flatMap((pid) => [0x1b, ...u16(0xe000 | pid), 0xf0, 0]),
  ])
/** Head of a PES of video without a length, with a time. */
const pes = (ticks: number): number[] => [
  ...[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5],
  ...[
    0x21 | ((ticks >> 29) & 14),
    (ticks >> 22) & 255,
    ((ticks >> 14) & 254) | 1,
    (ticks >> 7) & 255,
    ((ticks << 1) & 254) | 1,
  ],
]

function filled(bytes: number, head: readonly Uint8Array[], next: (number: number) => Uint8Array): Uint8Array {
  const parts = [...head]
  let length = parts.reduce((sum, part) => sum + part.length, 0)
  for (let number = 0; length < bytes; number++) {
    const part = next(number)
    parts.push(part)
    length += part.length
  }
  return new Uint8Array(Buffer.concat(parts))
}

const ts = (
  name: string,
  streams: readonly number[],
  next: (number: number, below: Below) => Uint8Array,
): HostileStream => ({
  name,
  extension: 'ts',
  make: (bytes, below) =>
    filled(bytes, [packet(0, true, 0, PAT), packet(0x1000, true, 0, pmt(0, streams))], (number) => next(number, below)),
})

/** NAL units behind their start codes, after the parameter sets of a real stream. */
const annexB = (name: string, next: (number: number, below: Below) => readonly number[]): HostileStream => ({
  name,
  extension: 'avc',
  make: (bytes, below) =>
    filled(bytes, [setsOf(demoFile('video-init.mp4'))], (number) => Uint8Array.from(next(number, below))),
})

/** The parameter sets in the avcC of an initialisation segment. */
function setsOf(init: Uint8Array): Uint8Array {
  let at = Buffer.from(init).indexOf('avcC', 0, 'latin1') + 4 + 5
  const parts: number[] = []
  for (let kind = 0; kind < 2; kind++) {
    let left = (init[at++] ?? 0) & 31
    for (; left > 0; left--) {
      const length = ((init[at] ?? 0) << 8) | (init[at + 1] ?? 0)
      parts.push(0, ...START_CODE, ...init.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
  }
  return Uint8Array.from(parts)
}

/** Hostile streams of each format, and hostile boxes as files. */
export const HOSTILE_STREAMS: readonly HostileStream[] = [
  ts('a picture begins in each packet', [0x101], (number) =>
    packet(0x101, true, number, [...pes(number * 3600), 0, 0, 1, 0x65, 0x88]),
  ),
  ts('pictures in any PID', [0x101], (number, below) => packet(below(MAX_PID), true, number, pes(below(2 ** 30)))),
  ts(
    '64 streams, each with a picture in each packet',
    Array.from({ length: 30 }, (_, at) => 0x101 + at),
    (number) =>
      packet(0x101 + (number % 30), true, Math.floor(number / 30), [...pes(number * 100), 0, 0, 1, 0x65, 0x88]),
  ),
  ts('a PES that never ends', [0x101], (number) => packet(0x101, number === 0, number, number === 0 ? pes(0) : [1])),
  ts('tables that change in each packet', [0x101], (number) =>
    (number & 1) === 0
      ? packet(0, true, number >> 1, section(0, 1, number >> 1, programs(number % 99, 40)))
      : packet(
          0x1000,
          true,
          number >> 1,
          pmt(
            number >> 1,
            Array.from({ length: 30 }, (_, at) => 0x101 + ((number + at) % 7000)),
          ),
        ),
  ),
  ts('times that jump', [0x101], (number, below) =>
    packet(0x101, true, number, [...pes(below(2 ** 30)), 0, 0, 1, 0x65, 0x88]),
  ),
  annexB('empty NAL units', () => START_CODE),
  annexB('an endless NAL unit', () => [0x65, 0x88, 0x84, 1]),
  annexB('emulation prevention', (number) => (number === 0 ? [0, ...START_CODE, 0x65, 0x88] : [0, 0, 3])),
  annexB('pictures of a byte', (number) => [0, ...START_CODE, 0x65, 0x88, number & 255, 1]),
  annexB('parameter sets', (number) => [
    0,
    ...START_CODE,
    0x67,
    0x42,
    number & 255,
    30,
    0xda,
    2,
    (number >> 8) & 255,
    0xf4,
  ]),
  annexB('delimiters', () => [0, ...START_CODE, 9, 0xf0]),
  {
    name: 'empty frames',
    extension: 'aac',
    make: (bytes) => filled(bytes, [], () => Uint8Array.from([...ADTS_HEADER, 0, 0xff, 0xfc])),
  },
  { name: 'sync words', extension: 'aac', make: (bytes) => new Uint8Array(bytes).fill(0xff) },
  {
    name: 'sync words',
    extension: 'mp3',
    make: (bytes) => filled(bytes, [], () => Uint8Array.of(0xff, 0xfb, 0x10, 0)),
  },
  { name: 'sync words', extension: 'ac3', make: (bytes) => filled(bytes, [], () => Uint8Array.of(0x0b, 0x77)) },
  ...HOSTILE_BOXES.map((file) => ({ ...file, extension: 'mp4' })),
]
