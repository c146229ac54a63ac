import type { AppError } from '../contract/app-error.ts'
import type { UserLinkType } from '../contract/session-spec.ts'
import type { DatagramSink } from '../flow/datagrams.ts'
import type { AlpCounters, LinkSignalling } from '../protocol/alp/alp-receiver.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import type { CaptureConnection } from './capture-connection.ts'
import { compressedFailure, notACapture, unknownLinkType } from './capture-errors.ts'
import { CaptureWarnings } from './capture-warnings.ts'
import { FrameReader } from './frame-reader.ts'
import { type GzipFault, GzipMembers } from './gzip-members.ts'
import { isLinkTypeSupported, resolveLinkType } from './link-types.ts'
import { LiveCaptureClock } from './live-capture-clock.ts'
import { ParserChain } from './parser-chain.ts'
import { PCAP_HEADER_BYTES, parsePcapHeader } from './pcap-parser.ts'
import { type CaptureParser, CaptureRecord, MAX_TAIL_BYTES, type ParserEvents } from './record.ts'
import { SNIFF_BYTES, sniffCapture } from './sniff.ts'

const FIRST_BUFFER_BYTES = 256 * 1024
/** A record that is further ahead follows a gap and is read at once. */
const MAX_WAIT_US = 5_000_000
/** Resolution of timers. */
const MIN_WAIT_MS = 2
/** First bytes shown in the message about other data. */
const SHOWN_BYTES = 40

/** Options of a live capture. */
export type LiveCaptureOptions = {
  /** Its address for messages, without user name and password. */
  readonly label: string
  /** Content of frames with a user-defined or experimental link type. */
  readonly linkType?: UserLinkType
  /** Wall clock, µs since the UNIX epoch. */
  readonly nowUs: () => number
  readonly flows: FlowTable
}

/** Events of a live capture besides datagrams. */
export interface LiveCaptureEvents {
  /** Reading waits between chunks until this is null or its promise settles. */
  busy?(): Promise<void> | null
  /** Part of the capture could not be read. */
  warning?(error: AppError): void
  /** A line for the log. */
  notice?(text: string): void
  /** Link-layer signalling of an ALP capture; its bytes are valid during the call. */
  linkSignalling?(signalling: LinkSignalling, timeUs: number, frame: number): void
}

/**
 * Reads a capture while it is made. Bytes arrive in pieces, over any number of connections in turn, each of which begins with
 * its own header. Flows and counters continue from one connection to the next. Memory is bounded: one record and one piece.
 */
export class LiveCapture {
  readonly clock: LiveCaptureClock
  /** Bytes received, before decompression. */
  bytes = 0
  /** Wall time of the last piece, µs; -1 before the first. */
  lastBytesUs = -1
  /** Records of this connection. */
  records = 0
  /** Capture time of the connection's first record that has one, µs; -1 before it. */
  firstRecordUs = -1
  /** The last connection ended within a record. */
  endedInRecord = false
  readonly #options: LiveCaptureOptions
  readonly #events: LiveCaptureEvents
  readonly #frames: FrameReader
  readonly #record = new CaptureRecord()
  readonly #warnings: CaptureWarnings
  #parser: CaptureParser | null = null
  #before = { skippedBlocks: 0, reportedDrops: 0, undatedDrops: 0 }
  #nowUs = 0
  /** `buffer[from, to)` is to be parsed. */
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES)
  #from = 0
  #to = 0
  /** Position of `buffer[0]` in the connection's bytes. */
  #base = 0
  /** Set where the parser found no record in a long stretch: the rest of this connection is not read. */
  #lost: string | null = null
  #knownUs = -1
  #paced = false
  /** Wall time of the record that the parser stopped at, -1 where it read all. */
  #dueUs = -1
  #stopped = false
  #wake: () => void = () => undefined
  #isKnown = false

  constructor(options: LiveCaptureOptions, sink: DatagramSink, events: LiveCaptureEvents) {
    this.#options = options
    this.#events = events
    this.#frames = new FrameReader(options.flows, sink, (signalling, timeUs, frame) =>
      events.linkSignalling?.(signalling, timeUs, frame),
    )
    this.#warnings = new CaptureWarnings((error) => events.warning?.(error))
    this.clock = new LiveCaptureClock({
      stepped: (byUs) =>
        events.notice?.(`The clock of ${options.label} and this one moved apart by ${(byUs / 1e6).toFixed(1)} s.`),
    })
  }

  get frames(): number {
    return this.#frames.frames
  }

  /** Frames that could not be read. */
  get passedOver(): number {
    return this.#frames.passed.count
  }

  get malformed(): number {
    return this.#frames.ip.counters.malformed
  }

  get fragmentsDropped(): number {
    return this.#frames.ip.fragmentsDropped
  }

  /** Lost packets that the capturing system reports. */
  get reportedDrops(): number {
    return this.#before.reportedDrops + (this.#parser?.reportedDrops ?? 0)
  }

  /** Part of these without a time. */
  get undatedDrops(): number {
    return this.#before.undatedDrops + (this.#parser?.undatedDrops ?? 0)
  }

  /** Counters of ALP packets; null for captures without ALP. */
  get alp(): Readonly<AlpCounters> | null {
    return this.#frames.alp
  }

  /** Packets by what they were wrapped in, in the order of WRAPPINGS. */
  get wrapped(): ArrayLike<number> {
    return this.#frames.wrappings.counts
  }

  /** Stream time that has passed now. */
  passed(): number {
    return this.clock.passed(this.#options.nowUs())
  }

  /**
   * Reads one connection to its end.
   * @param knownUs capture time of a first record that was read before, -1 for none
   * @returns false where the capture begins with that record, and was not read again
   * @throws AppFailure not-a-capture | unknown-link-type, and errors of its chunks, after earlier chunks were read
   */
  async read(
    { chunks, about, paced }: Pick<CaptureConnection, 'chunks' | 'about' | 'paced'>,
    knownUs = -1,
  ): Promise<boolean> {
    this.#begin()
    this.#knownUs = knownUs
    this.#paced = paced
    try {
      for await (const chunk of inflated(
        chunks,
        (size) => this.#came(size),
        (fault) => this.#gzipFault(fault),
      )) {
        this.#nowUs = this.#options.nowUs()
        this.#take(chunk)
        if (this.#parser === null && !this.#readHead(about, false)) continue
        await this.#parseDue()
        if (this.#isKnown) return false
        if (this.#lost !== null) throw notACapture(this.#options.label, this.#lost)
        const busy = this.#events.busy?.() ?? null
        if (busy !== null) await busy
      }
      this.#nowUs = this.#options.nowUs()
      if (this.#parser === null) this.#readHead(about, true)
      this.endedInRecord ||= this.#to > this.#from
      return true
    } finally {
      if (!this.#isKnown && !(this.#paced && this.#stopped)) this.#parse(true)
      this.#end()
    }
  }

  /** Damage ends a connection: the next one is whole from its beginning, and this one perhaps never again. */
  #gzipFault(fault: GzipFault): void {
    if (fault.kind === 'damaged') throw new Error(fault.reason)
    if (fault.kind === 'cut') this.endedInRecord = true
    else this.#warnings.gzip(this.#options.label, fault)
  }

  /** Takes one record from the parser. */
  record(): boolean {
    const { timeUs } = this.#record
    if (this.firstRecordUs < 0) {
      this.firstRecordUs = timeUs
      this.#isKnown = timeUs >= 0 && timeUs === this.#knownUs
    }
    if (this.#isKnown) return false
    if (this.#paced) {
      const aheadUs = this.clock.ahead(timeUs, this.#nowUs)
      if (aheadUs > 0 && aheadUs <= MAX_WAIT_US) {
        this.#dueUs = this.#nowUs + aheadUs
        return false
      }
    }
    this.records++
    this.#frames.read(this.#record, this.clock.stamp(timeUs, this.#nowUs))
    return true
  }

  /** Reads a paced connection on without waiting for the times of its records; those that follow are not read. */
  stopWaiting(): void {
    this.#stopped = true
    this.#wake()
  }

  /** Parses received bytes; waits for the times of paced records. */
  async #parseDue(): Promise<void> {
    for (;;) {
      this.#dueUs = -1
      this.#parse(false)
      if (this.#dueUs < 0 || this.#stopped) return
      const waitMs = Math.max(MIN_WAIT_MS, (this.#dueUs - this.#options.nowUs()) / 1000)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#nowUs = this.#options.nowUs()
    }
  }

  #begin(): void {
    this.clock.restart()
    this.records = 0
    this.firstRecordUs = -1
    this.endedInRecord = false
    this.#lost = null
    this.#isKnown = false
    this.#from = 0
    this.#to = 0
    this.#base = 0
  }

  #came(size: number): void {
    this.bytes += size
    this.lastBytesUs = this.#options.nowUs()
  }

  /** Reads the header. @returns false while more bytes are needed */
  #readHead(about: string | null, atEnd: boolean): boolean {
    const { label } = this.#options
    const head = this.#buffer.subarray(this.#from, this.#to)
    if (head.length < PCAP_HEADER_BYTES && !atEnd) return false
    const sniffed = sniffCapture(head.subarray(0, SNIFF_BYTES))
    if (sniffed.kind === 'compressed') throw compressedFailure(label, sniffed.format, sniffed.command)
    if (sniffed.kind === 'pcap' || sniffed.kind === 'pcapng') {
      if (head.length < PCAP_HEADER_BYTES) throw notACapture(label, 'only the first bytes of one')
      this.#parser = this.#parserOf(sniffed.kind, head)
      return true
    }
    const what = sniffed.kind === 'other' ? sniffed.content : "gzip'ed twice"
    const notes = [
      ...(about === null ? [] : [about]),
      ...(head.length === 0 ? [] : [`begins with ${firstBytes(head)}`]),
    ]
    throw notACapture(label, notes.length === 0 ? what : `${what} (${notes.join(', ')})`)
  }

  #parserOf(kind: 'pcap' | 'pcapng', head: Uint8Array): CaptureParser {
    const { label } = this.#options
    const user = this.#options.linkType ?? null
    const events: ParserEvents = {
      // A connection may break anywhere, and the break is reported elsewhere.
      truncated: () => undefined,
      passedOver: (reason, detail, captured, original) => this.#frames.passOver(reason, detail, captured, original),
      damaged: (at, skipped, reason) => this.#warnings.damaged(label, this.#base + at, skipped, reason, false),
      unreadable: (_at, skipped, reason) => {
        this.#lost = `damaged: ${reason}, and no good packet follows in ${skipped} bytes`
      },
    }
    if (kind === 'pcapng') return new ParserChain(null, this.#record, this, events, user)
    const header = parsePcapHeader(head)
    if (header === null || header.major !== 2) throw notACapture(label, 'a pcap of an unknown version')
    const linkType = resolveLinkType(header.linkType, user)
    if (!isLinkTypeSupported(linkType)) throw unknownLinkType(label, [linkType])
    this.#from += PCAP_HEADER_BYTES
    return new ParserChain({ ...header, linkType }, this.#record, this, events, user)
  }

  #parse(atEnd: boolean): void {
    const parser = this.#parser
    if (parser === null) return
    this.#from = parser.parse(this.#buffer, this.#from, this.#to, atEnd)
    this.#tellFrames()
    const { linkTypes } = parser
    if (this.records === 0 && linkTypes.length > 0 && !linkTypes.some(isLinkTypeSupported) && !atEnd)
      throw unknownLinkType(this.#options.label, linkTypes)
  }

  #tellFrames(): void {
    for (const kind of this.#frames.untold()) this.#warnings.passedOver(this.#options.label, kind)
  }

  /** Appends a piece to the bytes not parsed yet. */
  #take(chunk: Uint8Array): void {
    const left = this.#to - this.#from
    if (this.#buffer.length - this.#to < chunk.length) {
      const needed = left + chunk.length
      const into =
        needed > this.#buffer.length ? new Uint8Array(Math.min(2 * needed, needed + MAX_TAIL_BYTES)) : this.#buffer
      into.set(this.#buffer.subarray(this.#from, this.#to))
      this.#base += this.#from
      this.#buffer = into
      this.#from = 0
      this.#to = left
    }
    this.#buffer.set(chunk, this.#to)
    this.#to += chunk.length
  }

  #end(): void {
    this.#frames.flush()
    this.#tellFrames()
    const parser = this.#parser
    this.#parser = null
    if (parser === null) return
    this.#before.reportedDrops += parser.reportedDrops
    this.#before.undatedDrops += parser.undatedDrops
  }
}

/**
 * Yields the pieces, decompressed where they are gzip.
 * @param came called with the size of each piece
 * @param fault called with what is wrong with the compression
 */
async function* inflated(
  chunks: AsyncIterable<Uint8Array>,
  came: (size: number) => void,
  fault: (fault: GzipFault) => void,
): AsyncGenerator<Uint8Array, void> {
  let first: Uint8Array = new Uint8Array(0)
  let compressed: boolean | null = null
  const rest = counted(chunks, came)
  for (;;) {
    const { value, done } = await rest.next()
    if (done === true) break
    first = first.length === 0 ? value : Buffer.concat([first, value])
    if (first.length < 2) continue
    compressed = first[0] === 0x1f && first[1] === 0x8b
    break
  }
  if (compressed === true) {
    yield* gunzipped(first, rest, fault)
    return
  }
  if (first.length > 0) yield first
  if (compressed !== null) yield* rest
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  came: (size: number) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    came(chunk.length)
    yield chunk
  }
}

async function* gunzipped(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void>,
  fault: (fault: GzipFault) => void,
): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array | null = first
  const members = new GzipMembers(() => {
    const next = waiting === null ? nextOf(rest) : Promise.resolve(waiting)
    waiting = null
    return next
  }, fault)
  try {
    for (let chunk = await members.read(); chunk !== null; chunk = await members.read()) yield chunk
  } finally {
    members.close()
    // Its pending read ends with the connection.
    void rest.return()
  }
}

/** The next piece with content; empty at the end. */
async function nextOf(chunks: AsyncGenerator<Uint8Array, void>): Promise<Uint8Array> {
  for (;;) {
    const { value, done } = await chunks.next()
    if (done === true) return new Uint8Array(0)
    if (value.length > 0) return value
  }
}

/** `"<!doctype html>"`, or the bytes in hex where they are no text. */
function firstBytes(head: Uint8Array): string {
  const shown = head.subarray(0, SHOWN_BYTES)
  const isText = shown.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9)
  if (isText) return JSON.stringify(new TextDecoder().decode(shown).trim())
  return Array.from(shown.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
