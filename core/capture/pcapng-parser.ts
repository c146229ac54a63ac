import type { UserLinkType } from '../contract/session-spec.ts'
import { isLinkTypeSupported, resolveLinkType } from './link-types.ts'
import { fileU16, fileU32, fileU64 } from './order.ts'
import { isFurtherHeader, mayBeFurtherHeader, PCAP_HEADER_BYTES } from './pcap-parser.ts'
import { looksLikeNtpWords, ntpWordsToUs, PcapngTime } from './pcapng-time.ts'
import {
  type CaptureFormat,
  type CaptureParser,
  type CaptureRecord,
  MAX_PARSED_BLOCK_BYTES,
  MAX_RECORD_BYTES,
  MAX_RESYNC_BYTES,
  type ParserEvents,
  plausibleTimeUs,
  type RecordSink,
} from './record.ts'
import { isLittleEndian, SECTION_BLOCK } from './section-header.ts'

/** Block types of pcapng. That of the section header is the same in both byte orders. */
const BLOCK = {
  section: SECTION_BLOCK,
  interface: 1,
  packet: 2,
  simple: 3,
  names: 4,
  statistics: 5,
  enhanced: 6,
} as const
const MAX_BLOCK_BYTES = 16 * 1024 * 1024
const MAX_RESYNC_BLOCK = MAX_RECORD_BYTES + 4096
const MAX_INTERFACES = 4096

/** Whether a block holds a packet. */
function isPacketBlock(type: number): boolean {
  return type === BLOCK.enhanced || type === BLOCK.packet || type === BLOCK.simple
}

type Interface = { readonly linkType: number; readonly snaplen: number; readonly time: PcapngTime; drops: number }

/** Blocks of a pcapng file, from its first section header on. */
export class PcapngParser implements CaptureParser {
  epochCorrected = false
  follows: CaptureFormat | null = null
  skippedBlocks = 0
  reportedDrops = 0
  undatedDrops = 0
  readonly linkTypes: number[] = []
  readonly #record: CaptureRecord
  readonly #sink: RecordSink
  readonly #events: ParserEvents
  #little = true
  /** In a section of an unknown version: blocks are skipped until the next section. */
  #foreign = true
  #interfaces: Interface[] = []
  #firstPacket = true
  #ntpWords = false
  /** Remaining bytes of a block that is skipped. */
  #skip = 0
  #searched = -1
  #reason = ''
  #unreadable = false
  readonly #user: UserLinkType | null

  /** @param user content of frames with a user-defined link type, null where not chosen */
  constructor(record: CaptureRecord, sink: RecordSink, events: ParserEvents, user: UserLinkType | null = null) {
    this.#user = user
    this.#record = record
    this.#sink = sink
    this.#events = events
  }

  parse(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    this.#record.bytes = bytes
    let at = from
    for (;;) {
      if (this.#unreadable) return to
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, to - at)
        at += step
        this.#skip -= step
        if (this.#skip > 0) break
      }
      if (this.#searched >= 0) {
        const found = this.#resync(bytes, at, to, atEnd)
        if (this.#searched >= 0) return found
        at = found
      }
      if (to - at < 12) break
      if (fileU32(bytes, at, true) === BLOCK.section && !this.#order(bytes, at)) {
        this.#lose('a section header has no byte-order mark')
        continue
      }
      if (mayBeFurtherHeader(bytes, at)) {
        if (to - at < PCAP_HEADER_BYTES && !atEnd) break
        if (isFurtherHeader(bytes, at, to)) {
          this.follows = 'pcap'
          return at
        }
      }
      const type = fileU32(bytes, at, this.#little)
      const total = fileU32(bytes, at + 4, this.#little)
      if (total < 12 || total % 4 !== 0 || total > MAX_BLOCK_BYTES) {
        this.#lose('a block has an impossible length')
        continue
      }
      if (total > MAX_PARSED_BLOCK_BYTES) {
        // It has no usable packet.
        this.skippedBlocks++
        if (isPacketBlock(type)) this.#events.passedOver?.('block', 0, 0, 0)
        this.#skip = total
        continue
      }
      if (at + total > to) break
      if (fileU32(bytes, at + total - 4, this.#little) !== total) {
        // Trust the first length where a block follows it, else search for one.
        const follows = this.#saneBlock(bytes, at + total, to, atEnd, false)
        if (follows === NEED_MORE) return at
        if (follows === NOT_SANE) {
          this.#lose('the two lengths of a block differ')
          continue
        }
        this.#events.damaged(at, 0, 'the two lengths of a block differ')
      }
      if (!this.#block(type, bytes, at, total)) return at
      at += total
    }
    if (!atEnd) return at
    if (at < to || this.#skip > 0) this.#events.truncated(at)
    return to
  }

  /** Reads the byte-order mark of the section header at `at`. */
  #order(bytes: Uint8Array, at: number): boolean {
    const little = isLittleEndian(bytes, at)
    if (little === null) return false
    this.#little = little
    return true
  }

  #lose(reason: string): void {
    this.#searched = 0
    this.#reason = reason
  }

  /** @returns false where the record was refused for now */
  #block(type: number, bytes: Uint8Array, at: number, total: number): boolean {
    if (type === BLOCK.section) {
      this.#section(bytes, at, total)
      return true
    }
    if (this.#foreign) {
      this.skippedBlocks++
      this.#events.passedOver?.('version', 0, 0, 0)
      return true
    }
    switch (type) {
      case BLOCK.enhanced:
        return this.#packet(bytes, at, total, fileU32(bytes, at + 8, this.#little))
      case BLOCK.packet:
        return this.#packet(bytes, at, total, fileU16(bytes, at + 8, this.#little))
      case BLOCK.simple:
        return this.#simple(bytes, at, total)
      case BLOCK.interface:
        this.#interface(bytes, at, total)
        return true
      case BLOCK.statistics:
        this.#statistics(bytes, at, total)
        return true
      case BLOCK.names:
        return true
      default:
        this.skippedBlocks++
        return true
    }
  }

  #section(bytes: Uint8Array, at: number, total: number): void {
    this.#foreign = total < 28 || fileU16(bytes, at + 12, this.#little) !== 1
    this.#interfaces = []
  }

  #interface(bytes: Uint8Array, at: number, total: number): void {
    if (total < 20 || this.#interfaces.length >= MAX_INTERFACES) {
      this.skippedBlocks++
      return
    }
    const linkType = resolveLinkType(fileU16(bytes, at + 8, this.#little), this.#user)
    let resolution = 6
    let offset = 0
    this.#options(bytes, at + 16, at + total - 4, (code, valueAt, length) => {
      if (code === 9 && length >= 1) resolution = bytes[valueAt] as number
      if (code === 14 && length >= 8) {
        const high = fileU32(bytes, valueAt + (this.#little ? 4 : 0), this.#little) | 0
        offset = high * 0x100000000 + fileU32(bytes, valueAt + (this.#little ? 0 : 4), this.#little)
      }
    })
    const known = resolution < 0x80 ? resolution <= 19 : (resolution & 0x7f) <= 63
    this.#interfaces.push({
      linkType,
      snaplen: fileU32(bytes, at + 12, this.#little),
      time: new PcapngTime(known ? resolution : 6, offset),
      drops: 0,
    })
    if (!this.linkTypes.includes(linkType)) this.linkTypes.push(linkType)
  }

  #packet(bytes: Uint8Array, at: number, total: number, interfaceId: number): boolean {
    const from = this.#interfaces[interfaceId]
    const captured = total < 32 ? 0 : fileU32(bytes, at + 20, this.#little)
    if (from === undefined || total < 32 || captured > total - 32 || captured > MAX_RECORD_BYTES) {
      this.skippedBlocks++
      const described = from !== undefined
      this.#events.passedOver?.(described ? 'block' : 'interface', described ? 0 : interfaceId, captured, captured)
      return true
    }
    const record = this.#record
    const high = fileU32(bytes, at + 12, this.#little)
    const low = fileU32(bytes, at + 16, this.#little)
    if (this.#firstPacket) {
      this.#firstPacket = false
      this.#ntpWords = from.time.isMicroseconds && looksLikeNtpWords(high, low)
      this.epochCorrected = this.#ntpWords
    }
    record.start = at + 28
    record.end = record.start + captured
    record.originalLength = Math.max(captured, fileU32(bytes, at + 24, this.#little))
    record.linkType = from.linkType
    const ntp = this.#ntpWords && from.time.isMicroseconds
    record.timeUs = plausibleTimeUs(ntp ? ntpWordsToUs(high, low) : from.time.toUs(high, low))
    if (captured > 0 && isLinkTypeSupported(from.linkType)) {
      if (!this.#sink.record()) return false
    } else {
      this.skippedBlocks++
      this.#unread(from.linkType, captured, record.originalLength)
    }
    const optionsAt = record.start + captured + ((4 - (captured & 3)) & 3)
    if (optionsAt + 8 <= at + total - 4) this.#packetOptions(bytes, optionsAt, at + total - 4, from)
    return true
  }

  /** epb_dropcount; written out, because it runs for every packet. */
  #packetOptions(bytes: Uint8Array, from: number, to: number, source: Interface): void {
    let at = from
    while (at + 4 <= to) {
      const code = fileU16(bytes, at, this.#little)
      const length = fileU16(bytes, at + 2, this.#little)
      if (code === 0 || at + 4 + length > to) return
      if (code === 4 && length === 8) {
        const drops = fileU64(bytes, at + 4, this.#little)
        source.drops += drops
        this.reportedDrops += drops
      }
      at += 4 + ((length + 3) & ~3)
    }
  }

  #simple(bytes: Uint8Array, at: number, total: number): boolean {
    const from = this.#interfaces[0]
    if (from === undefined || total < 16 || !isLinkTypeSupported(from.linkType)) {
      this.skippedBlocks++
      if (from === undefined) this.#events.passedOver?.('interface', 0, 0, 0)
      else if (total < 16) this.#events.passedOver?.('block', 0, 0, 0)
      else this.#unread(from.linkType, 1, 1)
      return true
    }
    const original = fileU32(bytes, at + 8, this.#little)
    const captured = Math.min(original, from.snaplen === 0 ? original : from.snaplen, total - 16, MAX_RECORD_BYTES)
    const record = this.#record
    record.start = at + 12
    record.end = record.start + captured
    record.originalLength = original
    record.linkType = from.linkType
    record.timeUs = -1
    if (captured > 0) return this.#sink.record()
    this.#unread(from.linkType, 0, original)
    return true
  }

  /** A frame without captured bytes, or of a link type that is not read. */
  #unread(linkType: number, captured: number, original: number): void {
    if (!isLinkTypeSupported(linkType)) this.#events.passedOver?.('link-type', linkType, captured, original)
    else if (original > 0) this.#events.passedOver?.('cut', 0, captured, original)
  }

  /** Drops of the interface (5) and of the system (7) count all since the start, so they replace the packets' own. */
  #statistics(bytes: Uint8Array, at: number, total: number): void {
    const from = total < 24 ? undefined : this.#interfaces[fileU32(bytes, at + 8, this.#little)]
    if (from === undefined) {
      this.skippedBlocks++
      return
    }
    let drops = 0
    this.#options(bytes, at + 20, at + total - 4, (code, valueAt, length) => {
      if ((code === 5 || code === 7) && length >= 8) drops += fileU64(bytes, valueAt, this.#little)
    })
    if (drops <= from.drops) return
    this.reportedDrops += drops - from.drops
    this.undatedDrops += drops - from.drops
    from.drops = drops
  }

  #options(
    bytes: Uint8Array,
    from: number,
    to: number,
    option: (code: number, valueAt: number, length: number) => void,
  ): void {
    let at = from
    while (at + 4 <= to) {
      const code = fileU16(bytes, at, this.#little)
      const length = fileU16(bytes, at + 2, this.#little)
      if (code === 0 || at + 4 + length > to) return
      option(code, at + 4, length)
      at += 4 + ((length + 3) & ~3)
    }
  }

  /** Searches bytewise for two blocks in a row. Leaves `#searched` at -1 where found; @returns the position. */
  #resync(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    let at = this.#searched === 0 ? from + 1 : from
    let searched = Math.max(this.#searched, 1)
    while (at + 12 <= to && searched <= MAX_RESYNC_BYTES) {
      const sane = this.#saneBlock(bytes, at, to, atEnd, true)
      if (sane === NEED_MORE) {
        this.#searched = searched
        return at
      }
      if (sane === SANE) {
        this.#searched = -1
        this.#events.damaged(at, searched, this.#reason)
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
    this.#events.unreadable(at, searched + (atEnd ? to - at : 0), this.#reason)
    return to
  }

  /** Whether a block of a known type and matching lengths starts here and, where `andNext`, another follows. */
  #saneBlock(bytes: Uint8Array, at: number, to: number, atEnd: boolean, andNext: boolean): number {
    if (at === to && atEnd) return SANE
    if (to - at < 12) return atEnd ? NOT_SANE : NEED_MORE
    let little = this.#little
    const type = fileU32(bytes, at, little)
    if (isFurtherHeader(bytes, at, to)) return SANE
    if (type === BLOCK.section) {
      const marked = isLittleEndian(bytes, at)
      if (marked === null) return NOT_SANE
      little = marked
    } else if (type === 0 || type > 10) {
      return NOT_SANE
    }
    const total = fileU32(bytes, at + 4, little)
    if (total < 12 || total % 4 !== 0 || total > MAX_RESYNC_BLOCK) return NOT_SANE
    if (at + total > to) return atEnd ? NOT_SANE : NEED_MORE
    if (fileU32(bytes, at + total - 4, little) !== total) return NOT_SANE
    if (!andNext || type === BLOCK.section) return SANE
    return this.#saneBlock(bytes, at + total, to, atEnd, false)
  }
}

const NOT_SANE = 0
const SANE = 1
const NEED_MORE = 2
