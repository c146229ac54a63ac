import { NTP_TO_UNIX_S } from '../protocol/ntp.ts'
import { fileU16, fileU32 } from './order.ts'
import {
  type CaptureFormat,
  type CaptureParser,
  type CaptureRecord,
  MAX_RECORD_BYTES,
  MAX_RESYNC_BYTES,
  NTP_2000_S,
  type ParserEvents,
  plausibleTimeUs,
  type RecordSink,
} from './record.ts'
import { isSectionHeader } from './section-header.ts'

/** The file header, before the first record. */
export const PCAP_HEADER_BYTES = 24
const RESYNC_HEADERS = 3
const RESYNC_SECONDS = 86400
/** Fraction from which µs are ns: one that is a little too large is carried. */
const CERTAINLY_NS = 2_000_000

/** Header of a pcap file. */
export type PcapHeader = {
  readonly littleEndian: boolean
  readonly nanoseconds: boolean
  /** The old Linux format with 24-byte record headers. */
  readonly modified: boolean
  readonly major: number
  readonly minor: number
  readonly linkType: number
}

/**
 * Reads the header of a pcap file. @returns null where the first bytes are none
 *
 * Magic numbers in file order: a1b2c3d4 is big-endian with µs, a1b23c4d with ns, a1b2cd34 with 24-byte record headers.
 */
export function parsePcapHeader(bytes: Uint8Array): PcapHeader | null {
  if (bytes.length < PCAP_HEADER_BYTES) return null
  const magic = fileU32(bytes, 0, false)
  const littleEndian = bytes[0] !== 0xa1
  const value = littleEndian ? fileU32(bytes, 0, true) : magic
  if (value !== 0xa1b2c3d4 && value !== 0xa1b23c4d && value !== 0xa1b2cd34) return null
  return {
    littleEndian,
    nanoseconds: value === 0xa1b23c4d,
    modified: value === 0xa1b2cd34,
    major: fileU16(bytes, 4, littleEndian),
    minor: fileU16(bytes, 6, littleEndian),
    // The upper half of the word has FCS flags.
    linkType: fileU32(bytes, 20, littleEndian) & 0xffff,
  }
}

/** Records of a pcap file after its 24-byte header. */
export class PcapParser implements CaptureParser {
  readonly linkTypes: number[]
  readonly skippedBlocks = 0
  readonly reportedDrops = 0
  readonly undatedDrops = 0
  epochCorrected = false
  follows: CaptureFormat | null = null
  #header: PcapHeader
  #headerBytes: 16 | 24
  #nanoseconds: boolean
  readonly #linkTypeOf: (linkType: number) => number
  readonly #record: CaptureRecord
  readonly #sink: RecordSink
  readonly #events: ParserEvents
  #epochS = 0
  #first = true
  /** Seconds of the last good record, as in the file; -1 before the first. */
  #lastS = -1
  /** Bytes searched since the records were lost, -1 while in step. */
  #searched = -1
  #unreadable = false

  /** @param linkTypeOf what is used for a link type of a further header */
  constructor(
    header: PcapHeader,
    record: CaptureRecord,
    sink: RecordSink,
    events: ParserEvents,
    linkTypeOf: (linkType: number) => number = (linkType) => linkType,
  ) {
    this.#linkTypeOf = linkTypeOf
    this.#header = header
    this.#headerBytes = header.modified ? 24 : 16
    this.#nanoseconds = header.nanoseconds
    this.#record = record
    this.#sink = sink
    this.#events = events
    this.linkTypes = [header.linkType]
    record.linkType = header.linkType
  }

  parse(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    let little = this.#header.littleEndian
    let headerBytes = this.#headerBytes
    const record = this.#record
    record.bytes = bytes
    record.linkType = this.#header.linkType
    let at = from
    for (;;) {
      if (this.#unreadable) return to
      if (this.#searched >= 0) {
        const found = this.#resync(bytes, at, to, atEnd)
        if (this.#searched >= 0) return found
        at = found
      }
      // A further header is longer than that of a record.
      if (to - at < (atEnd ? headerBytes : PCAP_HEADER_BYTES)) break
      if (isFurtherHeader(bytes, at, to)) {
        this.#join(bytes, at)
        little = this.#header.littleEndian
        headerBytes = this.#headerBytes
        at += PCAP_HEADER_BYTES
        continue
      }
      if (isSectionHeader(bytes, at, to)) {
        this.follows = 'pcapng'
        return at
      }
      const seconds = fileU32(bytes, at, little)
      const fraction = fileU32(bytes, at + 4, little)
      let captured = fileU32(bytes, at + 8, little)
      let original = fileU32(bytes, at + 12, little)
      if (this.#lengthsSwapped(captured, original)) {
        const other = captured
        captured = original
        original = other
      }
      if (captured > MAX_RECORD_BYTES || (captured === 0 && original === 0 && seconds === 0)) {
        this.#searched = 0
        continue
      }
      const start = at + headerBytes
      if (start + captured > to) break
      if (this.#first) this.#decideEpoch(seconds)
      record.start = start
      record.end = start + captured
      record.originalLength = Math.max(original, captured)
      // A fraction of a second or more is carried into the seconds.
      if (fraction >= CERTAINLY_NS && !this.#nanoseconds) this.#takeForNanoseconds(fraction)
      const microseconds = this.#nanoseconds ? Math.floor(fraction / 1000) : fraction
      record.timeUs = plausibleTimeUs((seconds - this.#epochS) * 1e6 + microseconds)
      if (captured > 0) {
        if (!this.#sink.record()) return at
      } else if (original > 0) this.#events.passedOver?.('cut', 0, 0, original)
      this.#lastS = seconds
      at = start + captured
    }
    if (!atEnd) return at
    if (at < to) this.#events.truncated(at)
    return to
  }

  /** Versions before 2.3 wrote the two lengths the other way round, 2.3 sometimes. */
  #lengthsSwapped(captured: number, original: number): boolean {
    const { major, minor } = this.#header
    return major === 2 && (minor < 3 || (minor === 3 && captured > original))
  }

  /** Goes on with the file that begins here. */
  #join(bytes: Uint8Array, at: number): void {
    const header = parsePcapHeader(bytes.subarray(at, at + PCAP_HEADER_BYTES))
    if (header === null) return
    const linkType = this.#linkTypeOf(header.linkType)
    this.#header = { ...header, linkType }
    this.#headerBytes = header.modified ? 24 : 16
    this.#nanoseconds = header.nanoseconds
    this.#record.linkType = linkType
    if (!this.linkTypes.includes(linkType)) this.linkTypes.push(linkType)
    this.#first = true
    this.#epochS = 0
    this.#lastS = -1
    this.#events.joined?.(at)
  }

  #takeForNanoseconds(fraction: number): void {
    if (fraction < CERTAINLY_NS || fraction >= 1_000_000_000) return
    this.#nanoseconds = true
    this.#events.nanoseconds?.()
  }

  #decideEpoch(seconds: number): void {
    this.#first = false
    if (seconds < NTP_2000_S) return
    this.#epochS = NTP_TO_UNIX_S
    this.epochCorrected = true
  }

  /** Searches bytewise for several sane headers in a row. Leaves `#searched` at -1 where found; @returns the position. */
  #resync(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    let at = this.#searched === 0 ? from + 1 : from
    let searched = Math.max(this.#searched, 1)
    const last = to - (atEnd ? this.#headerBytes : PCAP_HEADER_BYTES)
    while (at <= last && searched <= MAX_RESYNC_BYTES) {
      const further = isFurtherHeader(bytes, at, to) || isSectionHeader(bytes, at, to)
      const row = further ? SANE : this.#saneRow(bytes, at, to, atEnd)
      if (row === NEED_MORE) {
        this.#searched = searched
        return at
      }
      if (row === SANE) {
        this.#searched = -1
        this.#events.damaged(at, searched, 'a record has an impossible length')
        return at
      }
      at++
      searched++
    }
    if (!atEnd && searched <= MAX_RESYNC_BYTES) {
      this.#searched = searched
      return at
    }
    this.#unreadable = true
    this.#events.unreadable(at, searched + (atEnd ? to - at : 0), 'a record has an impossible length')
    return to
  }

  #saneRow(bytes: Uint8Array, start: number, to: number, atEnd: boolean): number {
    const little = this.#header.littleEndian
    let at = start
    let previousS = this.#lastS
    for (let count = 0; count < RESYNC_HEADERS; count++) {
      if (to - at < this.#headerBytes) {
        if (!atEnd) return NEED_MORE
        return count > 0 && at === to ? SANE : count > 1 ? SANE : NOT_SANE
      }
      let captured = fileU32(bytes, at + 8, little)
      let original = fileU32(bytes, at + 12, little)
      if (this.#lengthsSwapped(captured, original)) [captured, original] = [original, captured]
      if (captured === 0 || captured > original || original > MAX_RECORD_BYTES) return NOT_SANE
      if (fileU32(bytes, at + 4, little) >= (this.#nanoseconds ? 1_000_000_000 : 1_000_000)) return NOT_SANE
      const seconds = fileU32(bytes, at, little)
      if (previousS >= 0 && Math.abs(seconds - previousS) > RESYNC_SECONDS) return NOT_SANE
      previousS = seconds
      at += this.#headerBytes + captured
      if (at > to) {
        if (!atEnd) return NEED_MORE
        return count > 0 ? SANE : NOT_SANE
      }
    }
    return SANE
  }
}

/** Whether the first byte is that of a pcap file. */
export function mayBeFurtherHeader(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]
  return first === 0xd4 || first === 0xa1 || first === 0x4d || first === 0x34
}

/** Whether another pcap file begins here, in any byte order: its time zone and accuracy are zero. */
export function isFurtherHeader(bytes: Uint8Array, at: number, to: number): boolean {
  if (!mayBeFurtherHeader(bytes, at)) return false
  if (to - at < PCAP_HEADER_BYTES || fileU32(bytes, at + 8, false) !== 0 || fileU32(bytes, at + 12, false) !== 0)
    return false
  const header = parsePcapHeader(bytes.subarray(at, at + PCAP_HEADER_BYTES))
  return header !== null && header.major === 2 && header.minor <= 4
}

const NOT_SANE = 0
const SANE = 1
const NEED_MORE = 2
