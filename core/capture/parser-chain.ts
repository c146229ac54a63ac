import type { UserLinkType } from '../contract/session-spec.ts'
import { resolveLinkType } from './link-types.ts'
import { PCAP_HEADER_BYTES, type PcapHeader, PcapParser, parsePcapHeader } from './pcap-parser.ts'
import { PcapngParser } from './pcapng-parser.ts'
import type { CaptureParser, CaptureRecord, ParserEvents, RecordSink } from './record.ts'

/** Reads captures that stand one behind the other in one file, also where one is pcap and the next pcapng. */
export class ParserChain implements CaptureParser {
  readonly follows = null
  readonly #record: CaptureRecord
  readonly #sink: RecordSink
  readonly #events: ParserEvents
  readonly #user: UserLinkType | null
  #parser: CaptureParser
  /** Of the parsers before the current one. */
  readonly #before = { skippedBlocks: 0, reportedDrops: 0, undatedDrops: 0, epochCorrected: false }
  #linkTypesBefore: readonly number[] = []

  /**
   * @param pcap header of the first capture, which is not parsed again; null where it is pcapng
   * @param user content of frames with a user-defined link type, null where not chosen
   */
  constructor(
    pcap: PcapHeader | null,
    record: CaptureRecord,
    sink: RecordSink,
    events: ParserEvents,
    user: UserLinkType | null,
  ) {
    this.#record = record
    this.#sink = sink
    this.#events = events
    this.#user = user
    this.#parser = this.#parserOf(pcap)
  }

  get epochCorrected(): boolean {
    return this.#before.epochCorrected || this.#parser.epochCorrected
  }

  get linkTypes(): readonly number[] {
    if (this.#linkTypesBefore.length === 0) return this.#parser.linkTypes
    return [...new Set([...this.#linkTypesBefore, ...this.#parser.linkTypes])]
  }

  get skippedBlocks(): number {
    return this.#before.skippedBlocks + this.#parser.skippedBlocks
  }

  get reportedDrops(): number {
    return this.#before.reportedDrops + this.#parser.reportedDrops
  }

  get undatedDrops(): number {
    return this.#before.undatedDrops + this.#parser.undatedDrops
  }

  parse(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    for (let at = from; ; ) {
      at = this.#parser.parse(bytes, at, to, atEnd)
      if (this.#parser.follows === null) return at
      at = this.#next(bytes, at)
    }
  }

  /** Goes on with the parser of the capture that begins here. @returns where its first record or block does */
  #next(bytes: Uint8Array, at: number): number {
    const { follows } = this.#parser
    this.#linkTypesBefore = [...this.linkTypes]
    const { skippedBlocks, reportedDrops, undatedDrops, epochCorrected } = this
    Object.assign(this.#before, { skippedBlocks, reportedDrops, undatedDrops, epochCorrected })
    const header = follows === 'pcap' ? parsePcapHeader(bytes.subarray(at, at + PCAP_HEADER_BYTES)) : null
    this.#parser = this.#parserOf(header === null ? null : { ...header, linkType: this.#linkTypeOf(header.linkType) })
    this.#events.joined?.(at)
    return header === null ? at : at + PCAP_HEADER_BYTES
  }

  #parserOf(pcap: PcapHeader | null): CaptureParser {
    return pcap === null
      ? new PcapngParser(this.#record, this.#sink, this.#events, this.#user)
      : new PcapParser(pcap, this.#record, this.#sink, this.#events, (linkType) => this.#linkTypeOf(linkType))
  }

  #linkTypeOf(linkType: number): number {
    return resolveLinkType(linkType, this.#user)
  }
}
