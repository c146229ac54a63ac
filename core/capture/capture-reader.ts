import type { AppError } from '../contract/app-error.ts'
import type { Pace } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { DatagramSink, DatagramSourceEvents } from '../protocol/ip/flow.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { type IpCounters, IpReader } from '../protocol/ip/ip-reader.ts'
import { CaptureClock } from './capture-clock.ts'
import { captureLabel, unknownLinkType } from './capture-errors.ts'
import { CaptureFiles } from './capture-files.ts'
import { CaptureWarnings } from './capture-warnings.ts'
import { LinkLayer } from './link-layer.ts'
import { isLinkTypeSupported } from './link-types.ts'
import { noUdpFailure } from './no-udp.ts'
import { PCAP_HEADER_BYTES, PcapParser } from './pcap-parser.ts'
import { PcapngParser } from './pcapng-parser.ts'
import { ReadAhead } from './read-ahead.ts'
import { type CaptureParser, CaptureRecord, type ParserEvents } from './record.ts'

/** Ticks come at least so often in stream time. */
const TICK_US = 100_000
/** Across a gap, ticks stop after so many and go on at its end: nothing waits longer than this. */
const MAX_GAP_TICKS = 300
/** Timers are no better than this; what is due until then is sent at once. */
const MIN_SLEEP_US = 2_000
/** So many packets without a time at the beginning, and there is nothing to play by. */
const MAX_UNTIMED = 16

/** What a reader has seen so far; UDP counts are after fragments were put together. */
export type CaptureCounters = Readonly<IpCounters> & {
  /** Records of the capture, of whatever kind. */
  readonly frames: number
  /** Frames that hold no IP. */
  readonly nonIp: number
  readonly fragmentsDropped: number
  /** Blocks of pcapng that hold no packet or could not be used. */
  readonly skippedBlocks: number
  /** Packets that the capturing system said it lost. */
  readonly reportedDrops: number
  /** Of these, what it said without saying when. */
  readonly undatedDrops: number
}

export type CaptureSummary = {
  /** Capture times, NTP epoch corrected but not shifted; null where no record has a time. */
  readonly firstTimeUs: number | null
  readonly lastTimeUs: number | null
  /** A file counted its time from 1900, as GPAC does, and was corrected. */
  readonly epochCorrected: boolean
  readonly linkTypes: readonly number[]
  readonly warnings: readonly AppError[]
}

/** What a capture reader says and asks besides datagrams. */
export interface CaptureEvents extends DatagramSourceEvents {
  /** The reader waits between chunks until this is null or its promise settles. */
  busy?(): Promise<void> | null
  /** Part of the capture could not be read; also in the summary. */
  warning?(error: AppError): void
  /** Something worth a line in the log: a gap shortened, times corrected. */
  notice?(text: string): void
}

export type CaptureReaderOptions = {
  /** Played one after the other as one capture; `-` is stdin. */
  readonly files: readonly string[]
  readonly pace: Pace
  /** How often to play it: 1 once, 0 for ever. */
  readonly loop: number
  /** Wall clock, µs since the UNIX epoch; asked in `real` pace only. */
  readonly nowUs: () => number
  readonly flows?: FlowTable
}

/** Plays captures into a sink: the datagram source for files and stdin. One instance plays once. */
export class CaptureReader {
  readonly #options: CaptureReaderOptions
  readonly #flows: FlowTable
  readonly #record = new CaptureRecord()
  readonly #link = new LinkLayer()
  readonly #linkTypes: number[] = []
  #ip: IpReader | null = null
  #events: CaptureEvents = { tick: () => undefined, loop: () => undefined }
  #clock: CaptureClock
  #warnings = new CaptureWarnings(() => undefined)
  #frames = 0
  #frame = 0
  #nonIp = 0
  #parsers = { skippedBlocks: 0, reportedDrops: 0, undatedDrops: 0 }
  #parser: CaptureParser | null = null
  #epochCorrected = false
  #untimed = 0
  #nextTickUs = -1
  /** Records beyond this stream time are not due yet. */
  #dueUs = Number.POSITIVE_INFINITY
  #waitUntilUs = -1
  #stopped = false
  #interrupt: (() => void) | null = null
  readonly #files: CaptureFiles

  constructor(options: CaptureReaderOptions) {
    this.#options = options
    this.#files = new CaptureFiles(options.files)
    this.#flows = options.flows ?? new FlowTable()
    this.#clock = new CaptureClock(options.pace === 'real', {
      gapShortened: (gapUs) => this.#notice(`A gap of ${seconds(gapUs)} in the capture is played as 1 s.`),
      jumped: (byUs) => this.#notice(`The capture's clock jumps by ${seconds(byUs)}; time goes on without the jump.`),
      late: (byUs) => this.#notice(`Playing fell ${seconds(byUs)} behind and goes on from now.`),
    })
  }

  get counters(): CaptureCounters {
    const ip = this.#ip
    return {
      ...(ip?.counters ?? NO_IP),
      frames: this.#frames,
      nonIp: this.#nonIp,
      fragmentsDropped: ip?.fragmentsDropped ?? 0,
      skippedBlocks: this.#parsers.skippedBlocks + (this.#parser?.skippedBlocks ?? 0),
      reportedDrops: this.#parsers.reportedDrops + (this.#parser?.reportedDrops ?? 0),
      undatedDrops: this.#parsers.undatedDrops + (this.#parser?.undatedDrops ?? 0),
    }
  }

  /** What is added to the capture's time to get the stream's, µs: 0 in `fast` pace until the capture is repeated. */
  get shiftUs(): number {
    return this.#clock.shiftUs
  }

  /** Bytes of the files done in this pass (compressed ones of a .gz); total null where a stream is among them. */
  progress(): { doneBytes: number; totalBytes: number | null } {
    return this.#files.progress()
  }

  /** Ends `run` soon, with its summary. */
  stop(): void {
    this.#stopped = true
    this.#interrupt?.()
  }

  /**
   * Plays everything. All files are looked at before the first packet.
   * @throws AppFailure file-not-found | file-unreadable | not-a-capture | unknown-link-type | no-udp-in-capture | not-supported
   */
  async run(sink: DatagramSink, events: CaptureEvents): Promise<CaptureSummary> {
    const { files, loop } = this.#options
    this.#events = events
    this.#warnings = new CaptureWarnings((error) => events.warning?.(error))
    const ip = new IpReader(this.#flows, sink)
    this.#ip = ip
    if (loop !== 1 && files.includes('-')) {
      throw new AppFailure(
        'not-supported',
        'A capture on stdin cannot be repeated.',
        'Save it to a file to play it in a loop.',
      )
    }
    try {
      await this.#files.look()
      await this.#passes(ip)
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

  async #passes(ip: IpReader): Promise<void> {
    const { files, loop } = this.#options
    const buffers = ReadAhead.buffers()
    for (let pass = 0; (loop === 0 || pass < loop) && !this.#stopped; pass++) {
      if (pass > 0) {
        this.#clock.nextPass()
        this.#events.loop(Math.max(0, this.#clock.lastUs))
      }
      this.#frame = 0
      this.#files.rewind()
      for (const file of files) if (!this.#stopped) await this.#playFile(file, buffers)
      ip.flush()
      if (ip.counters.udp === 0 && !this.#stopped) throw this.#nothingFound(ip)
    }
  }

  async #playFile(file: string, buffers: readonly [Uint8Array, Uint8Array]): Promise<void> {
    try {
      const capture = await this.#orStopped(this.#files.open(file))
      if (capture === undefined) return
      const { source, pcap, gunzip } = capture
      const window = new ReadAhead(source, buffers)
      const events = this.#parserEvents(file, window, gunzip !== null)
      this.#clock.nextFile()
      if (pcap === null) {
        this.#parser = new PcapngParser(this.#record, this, events)
      } else {
        this.#parser = new PcapParser(pcap, this.#record, this, events)
        while (window.to - window.from < PCAP_HEADER_BYTES && !this.#stopped) await this.#orStopped(window.advance())
        window.from += PCAP_HEADER_BYTES
      }
      await this.#pump(this.#parser, window)
      if (gunzip !== null && gunzip.problem !== null) this.#warnings.gzip(file, gunzip.problem)
    } finally {
      this.#endParser(file)
      await this.#files.close()
    }
  }

  async #pump(parser: CaptureParser, window: ReadAhead): Promise<void> {
    const real = this.#options.pace === 'real'
    for (;;) {
      if (real) {
        this.#clock.nowUs = this.#options.nowUs()
        this.#dueUs = this.#clock.nowUs
      }
      this.#waitUntilUs = -1
      window.from = parser.parse(window.bytes, window.from, window.to, window.atEnd)
      if (this.#stopped) return
      const busy = this.#events.busy?.() ?? null
      if (busy !== null) await this.#orStopped(busy)
      if (this.#waitUntilUs >= 0) await this.#sleepUntil(this.#waitUntilUs)
      else if (window.atEnd) return
      else await this.#orStopped(window.advance())
      if (this.#stopped) return
    }
  }

  /** One record from the parser; for the parser only. @returns false where it is not due yet */
  record(): boolean {
    const record = this.#record
    const clock = this.#clock
    if (this.#stopped) return false
    if (record.timeUs < 0 && clock.firstCaptureUs < 0 && this.#options.pace === 'real') {
      // One damaged time at the beginning is no reason to give up.
      if (++this.#untimed > MAX_UNTIMED) throw untimedFailure()
    }
    const streamUs = clock.stamp(record.timeUs)
    if (streamUs > this.#dueUs) {
      this.#waitUntilUs = streamUs
      return false
    }
    if (streamUs >= this.#nextTickUs) this.#ticks(streamUs)
    clock.accept(record.timeUs, streamUs)
    this.#frames++
    const ip = this.#ip as IpReader
    const start = this.#link.ip(record.linkType, record.bytes, record.start, record.end)
    ip.frame = ++this.#frame
    if (start < 0) {
      this.#nonIp++
      return true
    }
    ip.timeUs = streamUs
    ip.vlan = this.#link.vlan
    ip.cut = record.originalLength > record.end - record.start
    ip.packet(record.bytes, start, record.end)
    return true
  }

  /** The ticks due until `untilUs`. */
  #ticks(untilUs: number): void {
    if (this.#nextTickUs < 0) this.#nextTickUs = untilUs
    for (let count = 0; this.#nextTickUs <= untilUs && count < MAX_GAP_TICKS; count++) {
      this.#events.tick(this.#nextTickUs)
      this.#nextTickUs += TICK_US
    }
    if (this.#nextTickUs > untilUs) return
    this.#events.tick(untilUs)
    this.#nextTickUs = untilUs + TICK_US
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

  /** The promise's value, or undefined as soon as `stop` is called. */
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
      gaveUp: (at, skipped, reason) => this.#warnings.gaveUp(file, window.offsetOf(at), skipped, reason, compressed),
    }
  }

  #endParser(file: string): void {
    const parser = this.#parser
    this.#parser = null
    if (parser === null) return
    this.#parsers.skippedBlocks += parser.skippedBlocks
    this.#parsers.reportedDrops += parser.reportedDrops
    this.#parsers.undatedDrops += parser.undatedDrops
    for (const linkType of parser.linkTypes) if (!this.#linkTypes.includes(linkType)) this.#linkTypes.push(linkType)
    if (parser.epochCorrected && !this.#epochCorrected) {
      this.#epochCorrected = true
      this.#notice(`${captureLabel(file)} counts time from 1900 (as GPAC writes it); 70 years were taken off.`)
    }
  }

  #nothingFound(ip: IpReader): AppFailure {
    const unknown = this.#linkTypes.filter((linkType) => !isLinkTypeSupported(linkType))
    const { files } = this.#options
    if (this.#frames === 0 && unknown.length > 0) return unknownLinkType(files[0] as string, unknown)
    return noUdpFailure(files, {
      counters: this.counters,
      protocols: ip.protocols,
      otherTypes: this.#link.otherTypes,
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
}

function untimedFailure(): AppFailure {
  return new AppFailure(
    'not-supported',
    'The packets of this capture have no times, so it cannot be played at its own pace.',
    'Play it with `--pace fast`.',
  )
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(Math.abs(us) < 60e6 ? 1 : 0)} s`
}
