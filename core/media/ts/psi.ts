import { u16At } from '../../bytes/ints.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'

/** Longest section of PAT and PMT. */
const MAX_SECTION_BYTES = 1024
/** More than one packet's payload, so that an append is never cut. */
const TAIL = 188
const MAX_STREAMS = 64
const MAX_PROGRAMS = 256

const CRC_TABLE = new Uint32Array(256).map((_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit++) value = (value & 0x8000_0000) !== 0 ? (value << 1) ^ 0x04c1_1db7 : value << 1
  return value >>> 0
})

/** CRC-32 of ISO/IEC 13818-1 Annex A; 0 over a section with its own. */
export function mpegCrc(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffff_ffff
  for (let at = start; at < end; at++)
    crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ (bytes[at] as number)] as number)) >>> 0
  return crc
}

/** Puts sections of one PID together (§2.4.4). */
export class Sections {
  readonly #take: (section: Uint8Array) => void
  readonly #faults: StreamFaults
  readonly #bytes = new Uint8Array(MAX_SECTION_BYTES + TAIL)
  #length = 0
  #begun = false

  constructor(take: (section: Uint8Array) => void, faults: StreamFaults) {
    this.#take = take
    this.#faults = faults
  }

  /** Takes the payload of a packet. @param starts payload_unit_start_indicator */
  payload(bytes: Uint8Array, start: number, end: number, starts: boolean): void {
    let at = start
    if (starts) {
      const pointer = bytes[at] ?? 0
      at++
      if (at + pointer > end) {
        this.drop()
        return
      }
      if (this.#begun) this.#append(bytes, at, at + pointer)
      at += pointer
      this.#length = 0
      this.#begun = true
    }
    if (this.#begun) this.#append(bytes, at, end)
  }

  drop(): void {
    this.#length = 0
    this.#begun = false
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const room = Math.min(end - start, this.#bytes.length - this.#length)
    this.#bytes.set(bytes.subarray(start, start + room), this.#length)
    this.#length += room
    while (this.#length >= 3) {
      if (this.#bytes[0] === 0xff) {
        this.drop()
        return
      }
      const size = 3 + (u16At(this.#bytes, 1) & 0xfff)
      if (size > MAX_SECTION_BYTES) {
        this.#faults.add('oversized')
        this.drop()
        return
      }
      if (this.#length < size) return
      const section = this.#bytes.subarray(0, size)
      if (size < 12 || mpegCrc(section, 0, size) !== 0) this.#faults.add('checksum')
      else this.#take(section)
      this.#bytes.copyWithin(0, size, this.#length)
      this.#length -= size
    }
  }
}

/** A program of the PAT. */
export type TsProgram = { readonly number: number; readonly pmtPid: number }

/** Programs of a PAT section (§2.4.4.3), without the network PID. Null for another table, or one that is not current. */
export function openPat(section: Uint8Array): readonly TsProgram[] | null {
  if (section[0] !== 0 || ((section[5] as number) & 1) === 0) return null
  const programs: TsProgram[] = []
  for (let at = 8; at + 4 <= section.length - 4 && programs.length < MAX_PROGRAMS; at += 4) {
    const number = u16At(section, at)
    if (number !== 0) programs.push({ number, pmtPid: u16At(section, at + 2) & 0x1fff })
  }
  return programs
}

/** A stream of the PMT. */
export type TsStream = { readonly pid: number; readonly codec: TsCodec; readonly language: string | null }
/** Codecs that are understood in a transport stream; null: any other. */
export type TsCodec = 'avc' | 'hevc' | 'adts' | 'mpeg-audio' | 'ac3' | null

/** Streams of a PMT section (§2.4.4.8). Null for another table, program, or one that is not current. */
export function openPmt(section: Uint8Array, program: number): readonly TsStream[] | null {
  if (section[0] !== 2 || ((section[5] as number) & 1) === 0 || u16At(section, 3) !== program) return null
  const streams: TsStream[] = []
  const end = section.length - 4
  let at = 12 + (u16At(section, 10) & 0xfff)
  while (at + 5 <= end && streams.length < MAX_STREAMS) {
    const type = section[at] as number
    const descriptors = Math.min(end, at + 5 + (u16At(section, at + 3) & 0xfff))
    const { tags, registration, language } = openDescriptors(section, at + 5, descriptors)
    streams.push({ pid: u16At(section, at + 1) & 0x1fff, codec: codecOf(type, tags, registration), language })
    at = at + 5 + (u16At(section, at + 3) & 0xfff)
  }
  return streams
}

function codecOf(type: number, tags: ReadonlySet<number>, registration: string): TsCodec {
  if (type === 0x1b) return 'avc'
  if (type === 0x24) return 'hevc'
  if (type === 0x0f) return 'adts'
  if (type === 0x03 || type === 0x04) return 'mpeg-audio'
  if (type === 0x81 || type === 0x87) return 'ac3'
  if (type !== 0x06) return null
  if (tags.has(0x6a) || tags.has(0x7a) || registration === 'AC-3' || registration === 'EAC3') return 'ac3'
  return registration === 'HEVC' ? 'hevc' : null
}

function openDescriptors(
  section: Uint8Array,
  start: number,
  end: number,
): { tags: ReadonlySet<number>; registration: string; language: string | null } {
  const tags = new Set<number>()
  let registration = ''
  let language: string | null = null
  for (let at = start; at + 2 <= end; at += 2 + (section[at + 1] as number)) {
    const tag = section[at] as number
    tags.add(tag)
    const text = String.fromCharCode(...section.subarray(at + 2, Math.min(end, at + 6)))
    if (tag === 5) registration = text
    if (tag === 10 && /^[a-z]{3}/i.test(text)) language = text.slice(0, 3)
  }
  return { tags, registration, language }
}
