import type { AppError } from '../contract/app-error.ts'
import { FIRST_DATE_S } from '../contract/report.ts'
import type { Pace, UserLinkType } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { DatagramSink, DatagramSourceEvents } from '../flow/datagrams.ts'
import type { AlpCounters, LinkSignalling } from '../protocol/alp/alp-receiver.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import type { IpCounters } from '../protocol/ip/ip-reader.ts'
import { CaptureClock } from './capture-clock.ts'
import { type CaptureCursor, limitOf, oldestOf } from './capture-cursor.ts'
import { captureLabel, unknownLinkType, untimedFailure } from './capture-errors.ts'
import { CaptureFiles, type QueuedFile } from './capture-files.ts'
import { CaptureWarnings } from './capture-warnings.ts'
import { FrameReader } from './frame-reader.ts'
import { isLinkTypeSupported } from './link-types.ts'
import { noUdpFailure } from './no-udp.ts'
import { ParserChain } from './parser-chain.ts'
import { PCAP_HEADER_BYTES } from './pcap-parser.ts'
import { ReadAhead } from './read-ahead.ts'
import { type CaptureParser, CaptureRecord, type ParserEvents } from './record.ts'

/** Time of packets before other work of the event loop has its turn, and records between two looks at the clock. */
const TURN_MS = 20
const SLICE = 16
/** Interval of ticks in stream time. */
const TICK_US = 100_000
/** Limit of ticks within a gap: no timer of a receiver is longer. */
const MAX_GAP_TICKS = 300
/** Ticks of a capture's gaps, and those that each gap adds; beyond them a gap has only a few, further apart. */
const FIRST_TICKS = 100_000
const TICKS_OF_A_GAP = 2
const FEW_TICKS = 4
const DAY_US = 86_400_000_000
/** Resolution of timers; packets due within it are sent at once. */
const MIN_SLEEP_US = 2_000
/** Packets without a time at the beginning after which a capture is refused in `real` pace. */
const MAX_UNTIMED = 16

/** Counters of a reader; UDP is counted after reassembly of fragments. */
export type CaptureCounters = Readonly<IpCounters> & {
  /** Records of the capture, of any kind. */
  readonly frames: number
  /** Frames without IP. */
  readonly nonIp: number
  readonly fragmentsDropped: number
  /** Blocks of pcapng without a packet, or unusable. */
  readonly skippedBlocks: number
  /** Lost packets that the capturing system reports. */
  readonly reportedDrops: number
  /** Part of these without a time. */
  readonly undatedDrops: number
}

/** Summary of a capture after it was played. */
export type CaptureSummary = {
  /** Capture times, NTP epoch corrected but not shifted; null where no record has a time. */
  readonly firstTimeUs: number | null
  readonly lastTimeUs: number | null
  /** A file counted its time from 1900, as GPAC does, and was corrected. */
  readonly epochCorrected: boolean
  readonly linkTypes: readonly number[]
  readonly warnings: readonly AppError[]
}

/** Events of a capture reader besides datagrams. */
export interface CaptureEvents extends DatagramSourceEvents {
  /** The reader waits between chunks until this is null or its promise settles. */
  busy?(): Promise<void> | null
  /** Part of the capture could not be read; also in the summary. */
  warning?(error: AppError): void
  /** A line for the log: a gap shortened, times corrected. */
  notice?(text: string): void
  /** Link-layer signalling of an ALP capture; its bytes are valid during the call. */
  linkSignalling?(signalling: LinkSignalling, timeUs: number, frame: number): void
}

/** What to play, how fast, and how often. */
export type CaptureReaderOptions = {
  /** Played as one capture in the order of time, packet by packet where they overlap; `-` is stdin. */
  readonly files: readonly string[]
  /** Content of frames with a user-defined or experimental link type. */
  readonly linkType?: UserLinkType
  readonly pace: Pace
  /** How often to play it: 1 once, 0 for ever. */
  readonly loop: number
  /** Wall clock, µs since the UNIX epoch; read in `real` pace only. */
  readonly nowUs: () => number
  readonly flows?: FlowTable
}

/** Plays captures into a sink: the datagram source for files and stdin. One instance plays once. */
export class CaptureReader {
  readonly #options: CaptureReaderOptions
  readonly #flows: FlowTable
  readonly #record = new CaptureRecord()
  readonly #linkTypes: number[] = []
  #reader: FrameReader | null = null
  #events: CaptureEvents = { tick: () => undefined, loop: () => undefined }
  #clock: CaptureClock
  #warnings = new CaptureWarnings(() => undefined)
  #parsers = { skippedBlocks: 0, reportedDrops: 0, undatedDrops: 0 }
  readonly #open: CaptureCursor[] = []
  readonly #buffers: (readonly [Uint8Array, Uint8Array])[] = []
  /** The file being parsed, and the capture time from which another one's packet is older. */
  #cursor: CaptureCursor | null = null
  #limitUs = Number.POSITIVE_INFINITY
  /** The other packet precedes packets of equal time. */
  #limitGoesFirst = false
  #epochCorrected = false
  #untimed = 0
  #nextTickUs = -1
  #ticksLeft = FIRST_TICKS
  /** Ticks that the gap before the next record may still have, and their distance; 0: it is none that was begun. */
  #gapTicks = 0
  #stepUs = TICK_US
  /** Records beyond this stream time wait. */
  #dueUs = Number.POSITIVE_INFINITY
  #waitUntilUs = -1
  /** End of this turn of the event loop, and records until the next look at the clock. */
  #turnEndMs = 0
  #sliceLeft = SLICE
  #turnOver = false
  #stopped = false
  #interrupt: (() => void) | null = null
  readonly #files: CaptureFiles

  constructor(options: CaptureReaderOptions) {
    this.#options = options
    this.#files = new CaptureFiles(options.files, options.linkType ?? null)
    this.#flows = options.flows ?? new FlowTable()
    this.#clock = new CaptureClock(options.pace === 'real', {
      skipped: (fromUs, byUs) => this.#events.skipped?.(fromUs, byUs),
      gapShortened: (gapUs) => this.#notice(`A gap of ${seconds(gapUs)} in the capture is played as 1 s.`),
      jumped: (byUs) => this.#stepped(byUs, false),
      leapt: (byUs) => this.#stepped(byUs, true),
      late: (byUs) => this.#notice(`Playing fell ${seconds(byUs)} behind and goes on from now.`),
    })
  }

  get counters(): CaptureCounters {
    const reader = this.#reader
    return {
      ...(reader?.ip.counters ?? NO_IP),
      frames: reader?.frames ?? 0,
      nonIp: reader?.nonIp ?? 0,
      fragmentsDropped: reader?.ip.fragmentsDropped ?? 0,
      skippedBlocks: this.#open.reduce((sum, { parser }) => sum + parser.skippedBlocks, this.#parsers.skippedBlocks),
      reportedDrops: this.reportedDrops,
      undatedDrops: this.undatedDrops,
    }
  }

  /** As in `counters`, without an allocation; so are the next ones. */
  get frames(): number {
    return this.#reader?.frames ?? 0
  }

  /** Frames that could not be read. */
  get passedOver(): number {
    return this.#reader?.passed.count ?? 0
  }

  get malformed(): number {
    return this.#reader?.ip.counters.malformed ?? 0
  }

  get fragmentsDropped(): number {
    return this.#reader?.ip.fragmentsDropped ?? 0
  }

  get reportedDrops(): number {
    let drops = this.#parsers.reportedDrops
    for (const { parser } of this.#open) drops += parser.reportedDrops
    return drops
  }

  get undatedDrops(): number {
    let drops = this.#parsers.undatedDrops
    for (const { parser } of this.#open) drops += parser.undatedDrops
    return drops
  }

  /** Counters of ALP packets; null for captures without ALP. */
  get alp(): Readonly<AlpCounters> | null {
    return this.#reader?.alp ?? null
  }

  /** Packets by what they were wrapped in, in the order of WRAPPINGS. */
  get wrapped(): ArrayLike<number> {
    return this.#reader?.wrappings.counts ?? []
  }

  /** Stream time less capture time, µs: 0 in `fast` pace until the capture is repeated. */
  get shiftUs(): number {
    return this.#clock.shiftUs
  }

  /** Packets were read, and none of them has a time, or all have 0. */
  get untimed(): boolean {
    return this.frames > 0 && this.#clock.lastCaptureUs <= 0
  }

  /** Packets were read, and their times count from the beginning of the capture, not from a date. */
  get undated(): boolean {
    return this.frames > 0 && this.#clock.lastCaptureUs < FIRST_DATE_S * 1e6
  }

  /** Bytes read of the files in this pass, before decompression; total null where a stream is among them. */
  progress(): { doneBytes: number; totalBytes: number | null } {
    return this.#files.progress()
  }

  /** Ends `run` soon, with its summary. */
  stop(): void {
    this.#stopped = true
    this.#interrupt?.()
  }

  /**
   * Plays everything. All files are inspected before the first packet.
   * @throws AppFailure file-not-found | file-unreadable | not-a-capture | unknown-link-type | no-udp-in-capture | not-supported
   */
  async run(sink: DatagramSink, events: CaptureEvents): Promise<CaptureSummary> {
    const { files, loop } = this.#options
    this.#events = events
    this.#warnings = new CaptureWarnings((error) => events.warning?.(error))
    const reader = new FrameReader(this.#flows, sink, (signalling, timeUs, frame) =>
      events.linkSignalling?.(signalling, timeUs, frame),
    )
    this.#reader = reader
    if (loop !== 1 && files.includes('-')) {
      throw new AppFailure(
        'not-supported',
        'A capture on stdin cannot be repeated.',
        'Save it to a file to play it in a loop.',
      )
    }
    try {
      await this.#files.look()
      await this.#passes(reader)
    } finally {
      await this.#files.closeAll()
    }
    const { firstCaptureUs, lastCaptureUs } = this.#clock
    return {
      firstTimeUs: firstCaptureUs < 0 ? null : firstCaptureUs,
      lastTimeUs: firstCaptureUs < 0 ? null : Math.max(firstCaptureUs, lastCaptureUs),
      epochCorrected: this.#epochCorrected,
      linkTypes: this.#linkTypes,
      warnings: this.#warnings.all(),
    }
  }

  async #passes(reader: FrameReader): Promise<void> {
    const { files, loop } = this.#options
    if (files.length > 1) this.#tellEpochs(files.length)
    for (let pass = 0; (loop === 0 || pass < loop) && !this.#stopped; pass++) {
      if (pass > 0) {
        this.#clock.nextPass()
        this.#events.loop(Math.max(0, this.#clock.lastUs))
      }
      reader.rewind()
      this.#files.rewind()
      await this.#playFiles([...this.#files.order])
      reader.flush()
      if (pass === 0) this.#tellMerged(reader.ip.counters)
      if (pass === 0 && reader.ip.counters.udp > 0) this.#tellFrames(reader)
      if (reader.ip.counters.udp === 0 && !this.#stopped) throw this.#nothingFound(reader)
    }
  }

  /** Plays files together: always the open one whose next packet is the oldest. Each is opened at its time. */
  async #playFiles(queue: QueuedFile[]): Promise<void> {
    const open = this.#open
    try {
      while (!this.#stopped) {
        const oldest = oldestOf(open)
        const next = queue[0]
        if (next !== undefined && (oldest === null || next.firstUs <= oldest.pendingUs)) {
          queue.shift()
          const cursor = await this.#openFile(next)
          if (cursor !== null) open.push(cursor)
          continue
        }
        if (oldest === null) return
        this.#cursor = oldest
        const limit = limitOf(oldest, open, next?.firstUs ?? Number.POSITIVE_INFINITY)
        this.#limitUs = limit.timeUs
        this.#limitGoesFirst = limit.goesFirst
        if (await this.#pump(oldest)) await this.#closeFile(oldest)
      }
    } finally {
      for (const cursor of [...open]) await this.#closeFile(cursor)
    }
  }

  async #openFile({ file, place, firstUs }: QueuedFile): Promise<CaptureCursor | null> {
    const capture = await this.#orStopped(this.#files.open(file))
    if (capture === undefined) return null
    const buffers = this.#buffers.pop() ?? ReadAhead.buffers()
    const window = new ReadAhead(capture.source, buffers)
    const events = this.#parserEvents(file, window, capture.gunzip !== null)
    const parser = new ParserChain(capture.pcap, this.#record, this, events, this.#options.linkType ?? null)
    const cursor: CaptureCursor = {
      capture,
      place,
      parser,
      window,
      buffers,
      pendingUs: firstUs,
      lastUs: -1,
      merged: false,
    }
    const silentUs = firstUs - this.#clock.lastCaptureUs
    if (this.#options.files.length > 1 && this.#clock.lastCaptureUs >= 0 && silentUs > DAY_US) {
      const days = Math.round(silentUs / DAY_US)
      this.#notice(`${captureLabel(file)} begins ${days} ${days === 1 ? 'day' : 'days'} after the packets before it.`)
    }
    this.#clock.nextFile()
    if (capture.pcap === null) return cursor
    while (window.to - window.from < PCAP_HEADER_BYTES && !this.#stopped) await this.#orStopped(window.advance())
    window.from += PCAP_HEADER_BYTES
    return cursor
  }

  async #closeFile(cursor: CaptureCursor): Promise<void> {
    const at = this.#open.indexOf(cursor)
    if (at >= 0) this.#open.splice(at, 1)
    const { capture, parser, buffers } = cursor
    const { file, gunzip } = capture
    this.#endParser(file, parser)
    for (const fault of gunzip?.faults ?? []) this.#warnings.gzip(file, fault)
    const { doneBytes, totalBytes } = capture.source
    if (cursor.window.atEnd && totalBytes !== null && doneBytes !== totalBytes && (gunzip?.faults.length ?? 0) === 0) {
      this.#warnings.resized(file, totalBytes, doneBytes)
    }
    await this.#files.close(capture.source)
    this.#buffers.push(buffers)
  }

  /** Parses until another file's packet is older. @returns true at the end of the file */
  async #pump(cursor: CaptureCursor): Promise<boolean> {
    const real = this.#options.pace === 'real'
    const { parser, window } = cursor
    for (;;) {
      if (real) {
        this.#clock.nowUs = this.#options.nowUs()
        this.#dueUs = this.#clock.nowUs
      }
      this.#waitUntilUs = -1
      cursor.merged = false
      this.#turnOver = false
      this.#turnEndMs = performance.now() + TURN_MS
      window.from = parser.parse(window.bytes, window.from, window.to, window.atEnd)
      if (this.#stopped) return false
      const busy = this.#events.busy?.() ?? null
      if (busy !== null) await this.#orStopped(busy)
      if (cursor.merged) return false
      if (this.#turnOver) await this.#orStopped(new Promise<void>((resolve) => setImmediate(resolve)))
      else if (this.#waitUntilUs >= 0) await this.#sleepUntil(this.#waitUntilUs)
      else if (window.atEnd) return true
      else await this.#orStopped(window.advance())
      if (this.#stopped) return false
    }
  }

  /** Whether another file's packet precedes this one. */
  #comesLater(captureUs: number): boolean {
    const cursor = this.#cursor as CaptureCursor
    // A file keeps its own order: steps back, damaged times and records without one get the time of the record before.
    const odd = captureUs < cursor.lastUs || (cursor.lastUs >= 0 && captureUs - cursor.lastUs > DAY_US)
    const timeUs = odd ? cursor.lastUs : captureUs
    if (timeUs > this.#limitUs || (timeUs === this.#limitUs && this.#limitGoesFirst)) {
      cursor.pendingUs = timeUs
      cursor.merged = true
      return true
    }
    cursor.lastUs = timeUs
    return false
  }

  /** Takes one record from the parser. @returns false where it has to wait */
  record(): boolean {
    const record = this.#record
    const clock = this.#clock
    if (this.#stopped || this.#isTurnOver()) return false
    if (this.#limitUs !== Number.POSITIVE_INFINITY && this.#comesLater(record.timeUs)) return false
    if (record.timeUs < 0 && clock.firstCaptureUs < 0 && this.#options.pace === 'real') {
      // A few damaged times at the beginning are tolerated.
      if (++this.#untimed > MAX_UNTIMED) throw untimedFailure()
    }
    const streamUs = clock.stamp(record.timeUs)
    if (streamUs > this.#dueUs) {
      this.#waitUntilUs = streamUs
      return false
    }
    if (streamUs >= this.#nextTickUs && !this.#ticks(streamUs)) return false
    clock.accept(record.timeUs, streamUs)
    this.#reader?.read(record, streamUs)
    return true
  }

  /** True after some milliseconds of packets: requests, timers and signals have their turn. */
  #isTurnOver(): boolean {
    if (--this.#sliceLeft > 0) return false
    this.#sliceLeft = SLICE
    this.#turnOver = performance.now() >= this.#turnEndMs
    return this.#turnOver
  }

  /** Sends the ticks until `untilUs`. @returns false where the turn was over before: they go on with the next */
  #ticks(untilUs: number): boolean {
    if (this.#nextTickUs < 0) this.#nextTickUs = untilUs
    if (this.#gapTicks === 0) {
      const gapUs = Math.min(untilUs - this.#nextTickUs, MAX_GAP_TICKS * TICK_US)
      this.#ticksLeft += TICKS_OF_A_GAP
      this.#stepUs = this.#ticksLeft > 0 ? TICK_US : Math.max(TICK_US, Math.ceil(gapUs / FEW_TICKS))
      this.#gapTicks = Math.ceil((MAX_GAP_TICKS * TICK_US) / this.#stepUs)
    }
    // A tick may cost much: the clock is looked at after each, and with the next record.
    this.#sliceLeft = 1
    while (this.#nextTickUs <= untilUs && this.#gapTicks > 0) {
      this.#events.tick(this.#nextTickUs)
      this.#nextTickUs += this.#stepUs
      this.#ticksLeft--
      this.#gapTicks--
      if (this.#nextTickUs <= untilUs && this.#gapTicks > 0 && performance.now() >= this.#turnEndMs) {
        this.#turnOver = true
        return false
      }
    }
    this.#gapTicks = 0
    if (this.#nextTickUs > untilUs) return true
    this.#events.tick(untilUs)
    this.#nextTickUs = untilUs + TICK_US
    return true
  }

  async #sleepUntil(dueUs: number): Promise<void> {
    for (;;) {
      const nowUs = this.#options.nowUs()
      if (nowUs >= dueUs || this.#stopped) return
      const untilUs = Math.min(dueUs, Math.max(this.#nextTickUs, nowUs))
      await this.#sleep(Math.max(MIN_SLEEP_US, untilUs - nowUs) / 1000)
      const passedUs = Math.min(this.#options.nowUs(), dueUs)
      if (passedUs >= this.#nextTickUs && !this.#stopped) this.#ticks(passedUs)
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Waits for a promise's value, or returns undefined as soon as `stop` is called. */
  #orStopped<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.#stopped) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(undefined)
      promise.then(resolve, reject)
    })
  }

  #parserEvents(file: string, window: ReadAhead, compressed: boolean): ParserEvents {
    return {
      truncated: (at) => this.#warnings.truncated(file, window.offsetOf(at), compressed),
      damaged: (at, skipped, reason) => this.#warnings.damaged(file, window.offsetOf(at), skipped, reason, compressed),
      joined: (at) => {
        this.#clock.nextFile()
        this.#warnings.joined(file, window.offsetOf(at), compressed)
      },
      nanoseconds: () => this.#warnings.nanoseconds(file),
      passedOver: (reason, detail, captured, original) => this.#reader?.passOver(reason, detail, captured, original),
      unreadable: (at, skipped, reason) => {
        // What never ends would be read for ever.
        window.atEnd = true
        this.#warnings.unreadable(file, window.offsetOf(at), skipped, reason, compressed)
      },
    }
  }

  #endParser(file: string, parser: CaptureParser): void {
    this.#parsers.skippedBlocks += parser.skippedBlocks
    this.#parsers.reportedDrops += parser.reportedDrops
    this.#parsers.undatedDrops += parser.undatedDrops
    for (const linkType of parser.linkTypes) if (!this.#linkTypes.includes(linkType)) this.#linkTypes.push(linkType)
    if (parser.epochCorrected && !this.#epochCorrected) {
      this.#epochCorrected = true
      this.#notice(`${captureLabel(file)} counts time from 1900 (as GPAC writes it); 70 years were taken off.`)
    }
  }

  /** Reports datagrams that the capturing host merged: splitting them is a guess. */
  #tellMerged({ merged, large }: Readonly<IpCounters>): void {
    if (merged === 0) return
    const rest = large === 0 ? '' : `, and ${large} could not be told apart`
    this.#notice(
      `${merged} packets were several datagrams merged by the capturing host; they were split again${rest}. ` +
        'Record with `ethtool -K IF gro off gso off`, or on another machine.',
    )
  }

  /** Reports frames that could not be read, and those that are there twice. */
  #tellFrames(reader: FrameReader): void {
    const { repeats, wrappings } = reader
    const label = labelOf(this.#options.files)
    for (const kind of reader.untold()) this.#warnings.passedOver(label, kind)
    if (repeats.found !== null) this.#warnings.repeated(label, repeats.found)
    this.#tellInner(wrappings)
  }

  /** Reports multicast within packets that are not unwrapped. */
  #tellInner({ inner }: FrameReader['wrappings']): void {
    for (const found of inner.found) this.#warnings.notUnwrapped(labelOf(this.#options.files), found)
  }

  /** @param followed the stream's time makes the step, too */
  #stepped(byUs: number, followed: boolean): void {
    const file = this.#cursor?.capture.file ?? (this.#options.files[0] as string)
    this.#warnings.clockStep(file, byUs, (this.#reader?.frame ?? 0) + 1, followed)
  }

  /** Reports once that captures of different epochs were brought to one. */
  #tellEpochs(files: number): void {
    const { corrected } = this.#files
    if (corrected === 0) return
    this.#epochCorrected = true
    const which = corrected === files ? `All ${files} captures count` : `${corrected} of ${files} captures count`
    this.#notice(`${which} time from 1900 (as GPAC writes it); 70 years were taken off.`)
  }

  #nothingFound({ ip, link, frames, passed, alp, wrappings }: FrameReader): AppFailure {
    this.#tellInner(wrappings)
    const unknown = this.#linkTypes.filter((linkType) => !isLinkTypeSupported(linkType))
    const { files } = this.#options
    if (frames === passed.count && unknown.length > 0) return unknownLinkType(files[0] as string, unknown)
    return noUdpFailure(files, {
      counters: this.counters,
      protocols: ip.protocols,
      otherTypes: link.otherTypes,
      alp,
      passed,
      warnings: this.#warnings.all(),
    })
  }

  #notice(text: string): void {
    this.#events.notice?.(text)
  }
}

const NO_IP: IpCounters = {
  udp: 0,
  bytes: 0,
  nonUdp: 0,
  malformed: 0,
  cutBySnaplen: 0,
  fragments: 0,
  reassembled: 0,
  wrongChecksums: 0,
  merged: 0,
  large: 0,
}

/** Name of one or several captures in messages. */
function labelOf(files: readonly string[]): string {
  return files.length === 1 ? captureLabel(files[0] as string) : `The ${files.length} captures`
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(Math.abs(us) < 60e6 ? 1 : 0)} s`
}
