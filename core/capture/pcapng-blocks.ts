import { LINK_TYPE } from './link-types.ts'

const TWO_32 = 0x100000000
/** Limit of a text in the head of a file, UTF-8 bytes. */
const MAX_TEXT = 4096

/** Description of a pcapng. */
export type CaptureDescription = {
  /** Interface that the packets arrived on. */
  readonly interfaceName?: string
  /** What was recorded there, such as a URL. */
  readonly interfaceDescription?: string
  /** The user's comment. */
  readonly comment?: string
  /** Bytes kept of each packet, IP header included; absent or 0: all. */
  readonly snapBytes?: number
}

type Option = readonly [code: number, value: Uint8Array]

function text(code: number, value: string | undefined): Option[] {
  if (value === undefined || value === '') return []
  return [[code, new TextEncoder().encode(value).subarray(0, MAX_TEXT)]]
}

/** Writes section header and interface description at the beginning of `into`. @returns bytes written */
export function writeHead(into: Uint8Array, description: CaptureDescription): number {
  let at = writeBlock(
    into,
    0,
    0x0a0d0d0a,
    [0x1a2b3c4d, 1, 0xffffffff, 0xffffffff],
    [...text(1, description.comment), ...text(4, 'Routescope')],
  )
  at = writeBlock(
    into,
    at,
    1,
    [LINK_TYPE.raw, description.snapBytes ?? 0],
    [
      ...text(2, description.interfaceName ?? 'routescope'),
      ...text(3, description.interfaceDescription),
      [9, Uint8Array.of(9)],
    ],
  )
  return at
}

function writeBlock(
  into: Uint8Array,
  start: number,
  type: number,
  words: readonly number[],
  options: readonly Option[],
): number {
  const total = 12 + words.length * 4 + options.reduce((sum, [, value]) => sum + optionBytes(value.length), 4)
  put32(into, start, type)
  put32(into, start + 4, total)
  let at = start + 8
  for (const word of words) {
    put32(into, at, word)
    at += 4
  }
  for (const [code, value] of options) {
    putOption(into, at, code, value)
    at += optionBytes(value.length)
  }
  put32(into, at, 0)
  put32(into, at + 4, total)
  return start + total
}

type Statistics = {
  readonly firstUs: number
  readonly lastUs: number
  readonly received: number
  readonly dropped: number
}

/** Bytes that `writeStatistics` writes. */
export const STATISTICS_BYTES = 20 + 4 * 12 + 4 + 4

/** Writes interface statistics: first and last time, packets received by the interface, packets dropped by the system. */
export function writeStatistics(into: Uint8Array, at: number, statistics: Statistics): number {
  const total = STATISTICS_BYTES
  const words = new DataView(into.buffer, into.byteOffset)
  into.fill(0, at, at + total)
  put32(into, at, 5)
  put32(into, at + 4, total)
  putTimeNs(words, at + 12, statistics.lastUs)
  put32(into, at + 20, 0x00080002)
  putTimeNs(words, at + 24, statistics.firstUs)
  put32(into, at + 32, 0x00080003)
  putTimeNs(words, at + 36, statistics.lastUs)
  putU64Option(into, at + 44, 4, statistics.received)
  putU64Option(into, at + 56, 7, statistics.dropped)
  put32(into, at + total - 4, total)
  return at + total
}

/** An option's size with its code, length and padding. */
export function optionBytes(length: number): number {
  return 4 + ((length + 3) & ~3)
}

/** Writes code, length, value and padding: `optionBytes(value.length)` bytes. */
export function putOption(into: Uint8Array, at: number, code: number, value: Uint8Array): void {
  put32(into, at, ((value.length << 16) | code) >>> 0)
  into.fill(0, at + 4, at + optionBytes(value.length))
  into.set(value, at + 4)
}

/** Writes an option with a 64-bit number, low word first. */
export function putU64Option(into: Uint8Array, at: number, code: number, value: number): void {
  put32(into, at, 0x00080000 | code)
  put32(into, at + 4, value % TWO_32)
  put32(into, at + 8, Math.floor(value / TWO_32))
}

/** Writes 32 bits, little-endian as everything here. */
function put32(into: Uint8Array, at: number, value: number): void {
  into[at] = value
  into[at + 1] = value >>> 8
  into[at + 2] = value >>> 16
  into[at + 3] = value >>> 24
}

/** Writes ns since the epoch, high word first also in a little-endian file; split, since ns do not fit a double. */
export function putTimeNs(into: DataView, at: number, timeUs: number): void {
  const low = (timeUs % TWO_32) * 1000
  into.setUint32(at, Math.floor(timeUs / TWO_32) * 1000 + Math.floor(low / TWO_32), true)
  into.setUint32(at + 4, low % TWO_32, true)
}
