import { extname } from 'node:path'
import type { AppFailure } from '../failure/app-failure.ts'
import type { DatagramSink, Flow } from '../flow/datagrams.ts'
import { type CaptureDescription, STATISTICS_BYTES } from './pcapng-blocks.ts'
import { PcapngWriter } from './pcapng-writer.ts'

/** Bytes of headers around a payload, and of a file's end. */
const OVERHEAD = 96 + STATISTICS_BYTES
/** Files that wait for the disk above which `busy` returns a promise. */
const MAX_CLOSINGS = 4

/** Options of a recording: its packets, files and descriptions. */
export type RecorderOptions = CaptureDescription & {
  /** A new file begins after this many bytes, as `FILE_00002.pcapng` and so on; the first then is `FILE_00001.pcapng`. */
  readonly rotateBytes?: number
  /** A new file begins after this much stream time, µs. */
  readonly rotateUs?: number
  /** Only flows to destinations of `want` are recorded; absent: everything. */
  readonly onlyWanted?: boolean
}

/** State of a recording. */
export type RecorderState = {
  /** The file being written. */
  readonly file: string
  readonly files: number
  readonly packets: number
  readonly bytes: number
  /** Stream time of the first and last packet, µs; null before them. */
  readonly firstTimeUs: number | null
  readonly lastTimeUs: number | null
}

/** Writes datagrams to one or several pcapng files, all or those of chosen destinations. */
export class CaptureRecorder implements DatagramSink {
  readonly #file: string
  readonly #options: RecorderOptions
  #writer: PcapngWriter
  /** Ends of the files before the one being written, each after the one before it. */
  #closing: Promise<void> = Promise.resolve()
  #closings = 0
  #failure: AppFailure | null = null
  #files = 1
  #packetsBefore = 0
  #bytesBefore = 0
  #firstUs = -1
  #lastUs = -1
  #wanted: ReadonlySet<string> = new Set()
  /** By flow id: 0 not checked, 1 wanted, 2 not wanted. */
  #verdicts: number[] = []

  private constructor(file: string, writer: PcapngWriter, options: RecorderOptions) {
    this.#file = file
    this.#writer = writer
    this.#options = options
  }

  /** @throws AppFailure folder-not-writable | disk-full */
  static async create(file: string, options: RecorderOptions = {}): Promise<CaptureRecorder> {
    return new CaptureRecorder(file, await PcapngWriter.create(nameOf(file, 1, options), options), options)
  }

  get state(): RecorderState {
    return {
      file: nameOf(this.#file, this.#files, this.#options),
      files: this.#files,
      packets: this.#packetsBefore + this.#writer.packets,
      bytes: this.#bytesBefore + this.#writer.bytes,
      firstTimeUs: this.#firstUs < 0 ? null : this.#firstUs,
      lastTimeUs: this.#lastUs < 0 ? null : this.#lastUs,
    }
  }

  /** Why writing stopped; null while it works. */
  get problem(): AppFailure | null {
    return this.#failure ?? this.#writer.problem
  }

  /** Sets the destinations (`ip:port`) to be recorded from now on, where not everything is. */
  want(destinations: Iterable<string>): void {
    this.#wanted = new Set(destinations)
    this.#verdicts = []
  }

  /** Records that packets were lost before the next one. */
  lost(packets: number): void {
    this.#writer.lost(packets)
  }

  /** Adds a comment to the next packet. */
  comment(text: string): void {
    this.#writer.comment(text)
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    if (this.#options.onlyWanted === true && !this.#isWanted(flow)) return
    const { rotateBytes = 0, rotateUs = 0 } = this.#options
    const writer = this.#writer
    if (writer.packets > 0) {
      if (rotateBytes > 0 && writer.bytes + end - start + OVERHEAD > rotateBytes) this.#rotate()
      else if (rotateUs > 0 && timeUs - writer.firstUs >= rotateUs) this.#rotate()
    }
    if (this.#firstUs < 0) this.#firstUs = timeUs
    this.#lastUs = timeUs
    this.#writer.datagram(flow, bytes, start, end, timeUs, frame)
  }

  /** Back-pressure: null while the disk keeps up. */
  busy(): Promise<void> | null {
    return this.#closings > MAX_CLOSINGS ? this.#closing : this.#writer.busy()
  }

  /**
   * Writes remaining packets and closes the file.
   * @param droppedByHost datagrams that the system dropped before they were seen
   * @throws AppFailure disk-full | folder-not-writable where anything could not be written
   */
  async close(droppedByHost = 0): Promise<void> {
    await this.#closing
    await this.#writer.close(droppedByHost)
    if (this.#failure !== null) throw this.#failure
  }

  /** Ends a recording without a packet: nothing is written, and a file of that name stays as it was. */
  abandon(): Promise<void> {
    return this.#writer.abandon()
  }

  #isWanted(flow: Flow): boolean {
    let verdict = this.#verdicts[flow.id] ?? 0
    if (verdict === 0) {
      verdict = this.#wanted.has(flow.destination) ? 1 : 2
      this.#verdicts[flow.id] = verdict
    }
    return verdict === 1
  }

  #rotate(): void {
    const done = this.#writer
    this.#packetsBefore += done.packets
    this.#bytesBefore += done.bytes + STATISTICS_BYTES
    this.#files++
    this.#closings++
    // One file at a time: a crash leaves one unfinished, and a slow disk many bytes, but no row of empty files.
    this.#closing = this.#closing
      .then(() => done.close())
      .catch((failure: AppFailure) => {
        this.#failure ??= failure
      })
      .then(() => {
        this.#closings--
      })
    this.#writer = PcapngWriter.begin(nameOf(this.#file, this.#files, this.#options), this.#options, this.#closing)
  }
}

function nameOf(file: string, number: number, options: RecorderOptions): string {
  if ((options.rotateBytes ?? 0) === 0 && (options.rotateUs ?? 0) === 0) return file
  const extension = extname(file)
  return `${file.slice(0, file.length - extension.length)}_${String(number).padStart(5, '0')}${extension}`
}
