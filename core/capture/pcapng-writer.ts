import { AppFailure } from '../failure/app-failure.ts'
import { OutputFile } from '../files/output-file.ts'
import { writeReason } from '../files/write-failure.ts'
import type { DatagramSink, Flow } from '../flow/datagrams.ts'
import { maxUdpPayload, type UdpHeader, udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import {
  type CaptureDescription,
  optionBytes,
  putOption,
  putTimeNs,
  putU64Option,
  STATISTICS_BYTES,
  writeHead,
  writeStatistics,
} from './pcapng-blocks.ts'

const BUFFER_BYTES = 1024 * 1024
/** Bytes waiting for the disk above which `busy` returns a promise. */
const QUEUE_BYTES = 8 * 1024 * 1024
/** An enhanced packet block without its data: header, the flags option with its end, and the second length. */
const PACKET_FRAME = 28 + 12 + 4
const MAX_FLOW_HEADERS = 4096
/** Length of a packet's comment, UTF-8. */
const MAX_COMMENT = 1024

/**
 * Writes datagrams as a pcapng: little-endian, one interface of LINKTYPE_RAW with ns times, IP and UDP headers made from the
 * flow. The file has its name from the beginning and grows by whole blocks, so that it can be read while it grows and after a
 * crash. After a failed write later datagrams are dropped; `problem` and `close` report the cause.
 */
export class PcapngWriter implements DatagramSink {
  readonly #file: string
  readonly #open: () => Promise<OutputFile>
  #opening: Promise<OutputFile> | null = null
  readonly #headers = new Map<Flow, UdpHeader>()
  #lastFlow: Flow | null = null
  #lastHeader: UdpHeader | null = null
  #buffer: Uint8Array = new Uint8Array(BUFFER_BYTES)
  /** `#buffer`, for numbers of 32 bits. */
  #words = new DataView(this.#buffer.buffer)
  #used = 0
  readonly #spare: Uint8Array[] = []
  /** Beginnings of buffers, in their order, for the next write. */
  #waiting: Uint8Array[] = []
  #queued = 0
  /** Ends when nothing waits any more. */
  #writing: Promise<void> | null = null
  /** The write on its way, within `#writing`. */
  #current: Promise<void> | null = null
  #scheduled = false
  #closed = false
  #failure: AppFailure | null = null
  #packets = 0
  #written = 0
  readonly #snapBytes: number
  /** Lost packets, recorded with the next packet. */
  #drops = 0
  #comment: Uint8Array | null = null
  #firstUs = -1
  #lastUs = 0

  private constructor(file: string, open: () => Promise<OutputFile>, description: CaptureDescription) {
    this.#file = file
    this.#open = open
    this.#snapBytes = description.snapBytes ?? 0
    this.#used = writeHead(this.#buffer, description)
  }

  /**
   * Creates the file, replacing one of the same name that nobody else is writing.
   * @throws AppFailure folder-not-writable | disk-full | file-in-use
   */
  static async create(file: string, description: CaptureDescription = {}): Promise<PcapngWriter> {
    const writer = new PcapngWriter(file, () => OutputFile.open(file), description)
    try {
      await writer.#output()
      return writer
    } catch (cause) {
      throw writeFailure(file, cause)
    }
  }

  /**
   * As `create`, without waiting: the file is created with its first write, `problem` and `close` report where it cannot be.
   * @param before what has to end first, such as the writing of the file before
   */
  static begin(file: string, description: CaptureDescription, before: Promise<unknown>): PcapngWriter {
    return new PcapngWriter(file, () => before.then(() => OutputFile.open(file)), description)
  }

  /** Datagrams written so far. */
  get packets(): number {
    return this.#packets
  }

  /** Size of the file, with bytes still to be written. */
  get bytes(): number {
    return this.#written + this.#queued + this.#used
  }

  /** Time of the first packet, µs; -1 before it. */
  get firstUs(): number {
    return this.#firstUs
  }

  /** Records that packets were lost since the last one, with the next (epb_dropcount). */
  lost(packets: number): void {
    this.#drops += packets
  }

  /** Adds a comment to the next packet (opt_comment). */
  comment(text: string): void {
    this.#comment = new TextEncoder().encode(text).subarray(0, MAX_COMMENT)
  }

  /** Why writing stopped; null while it works. */
  get problem(): AppFailure | null {
    return this.#failure
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, _frame: number): void {
    if (this.#failure !== null || this.#closed) return
    const header = this.#header(flow)
    const length = end - start
    if (length > maxUdpPayload(header)) return
    const whole = header.bytes.length + length
    const captured = this.#snapBytes > 0 && whole > this.#snapBytes ? this.#snapBytes : whole
    const padding = (4 - (captured & 3)) & 3
    const extra = this.#drops > 0 || this.#comment !== null ? this.#extraBytes() : 0
    const total = PACKET_FRAME + captured + padding + extra
    // Flush before a packet that does not fit.
    if (this.#used + PACKET_FRAME + whole + 3 + extra > BUFFER_BYTES) this.#flush()
    const into = this.#buffer
    const words = this.#words
    const at = this.#used
    words.setUint32(at, 6, true)
    words.setUint32(at + 4, total, true)
    words.setUint32(at + 8, 0, true)
    putTimeNs(words, at + 12, timeUs)
    words.setUint32(at + 20, captured, true)
    words.setUint32(at + 24, whole, true)
    writeUdpPacket(header, bytes, start, end, into, at + 28)
    let after = at + 28 + captured
    for (let pad = 0; pad < padding; pad++) into[after++] = 0
    words.setUint32(after, 0x00040002, true) // epb_flags, 4 bytes
    words.setUint32(after + 4, 9, true) // inbound, multicast
    after += 8
    if (extra > 0) after = this.#putExtra(into, after)
    words.setUint32(after, 0, true)
    words.setUint32(after + 4, total, true)
    this.#used = at + total
    this.#packets++
    if (this.#firstUs < 0) this.#firstUs = timeUs
    this.#lastUs = timeUs
    // Write as soon as nothing else is being written, so that a crash loses little.
    if (this.#writing === null && !this.#scheduled) this.#schedule()
  }

  /** Back-pressure: null while the disk keeps up. What waits longest is written when it ends. */
  busy(): Promise<void> | null {
    return this.#queued > QUEUE_BYTES && this.#failure === null ? this.#current : null
  }

  /**
   * Writes remaining packets and the interface's statistics, and closes the file.
   * @param droppedByHost datagrams that the system dropped before they were seen
   * @throws AppFailure disk-full | folder-not-writable where anything could not be written
   */
  async close(droppedByHost = 0): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#failure === null) {
      if (this.#used + STATISTICS_BYTES > BUFFER_BYTES) this.#flush()
      this.#used = writeStatistics(this.#buffer, this.#used, {
        firstUs: Math.max(0, this.#firstUs),
        lastUs: this.#lastUs,
        received: this.#packets + droppedByHost,
        dropped: droppedByHost,
      })
      this.#flush()
    }
    while (this.#writing !== null) await this.#writing
    try {
      await (await this.#output()).close()
    } catch (cause) {
      this.#failure ??= writeFailure(this.#file, cause)
    }
    if (this.#failure !== null) throw this.#failure
  }

  /** Closes a file for which no packet came, and leaves everything as it was. */
  async abandon(): Promise<void> {
    this.#closed = true
    while (this.#writing !== null) await this.#writing
    await (await this.#output()).abandon()
  }

  #output(): Promise<OutputFile> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  #extraBytes(): number {
    return (this.#drops > 0 ? 12 : 0) + (this.#comment === null ? 0 : optionBytes(this.#comment.length))
  }

  #putExtra(into: Uint8Array, at: number): number {
    let after = at
    if (this.#drops > 0) {
      putU64Option(into, after, 4, this.#drops)
      after += 12
    }
    if (this.#comment !== null) {
      putOption(into, after, 1, this.#comment)
      after += optionBytes(this.#comment.length)
    }
    this.#drops = 0
    this.#comment = null
    return after
  }

  #header(flow: Flow): UdpHeader {
    if (flow === this.#lastFlow && this.#lastHeader !== null) return this.#lastHeader
    let header = this.#headers.get(flow)
    if (header === undefined) {
      header = udpHeader(flow)
      if (this.#headers.size >= MAX_FLOW_HEADERS) this.#headers.clear()
      this.#headers.set(flow, header)
    }
    this.#lastFlow = flow
    this.#lastHeader = header
    return header
  }

  /** Collects the packets of this turn of the event loop into one write. */
  #schedule(): void {
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#writing === null && !this.#closed) this.#flush()
    })
  }

  #flush(): void {
    if (this.#used === 0 || this.#failure !== null) return
    this.#waiting.push(this.#buffer.subarray(0, this.#used))
    this.#queued += this.#used
    this.#buffer = this.#spare.pop() ?? new Uint8Array(BUFFER_BYTES)
    this.#words = new DataView(this.#buffer.buffer)
    this.#used = 0
    this.#writing ??= this.#write()
  }

  /** Writes what waits, all of it in one call, until nothing does. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && this.#failure === null) {
      const blocks = this.#waiting
      this.#waiting = []
      this.#current = this.#put(blocks)
      await this.#current
      // What has come meanwhile is in the next one.
      if (this.#waiting.length === 0 && !this.#closed) this.#flush()
    }
    this.#waiting = []
    this.#current = null
    this.#writing = null
  }

  async #put(blocks: readonly Uint8Array[]): Promise<void> {
    try {
      const file = await this.#output()
      await file.empty()
      let left = blocks
      while (left.length > 0) {
        const { bytesWritten } = await file.handle.writev(left, this.#written)
        this.#written += bytesWritten
        this.#queued -= bytesWritten
        left = after(left, bytesWritten)
      }
    } catch (cause) {
      this.#failure = writeFailure(this.#file, cause)
      this.#queued = 0
    }
    for (const { buffer } of blocks) this.#spare.push(new Uint8Array(buffer))
  }
}

/** What is left of `blocks` without their first bytes. */
function after(blocks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let passed = bytes
  return blocks.flatMap((block) => {
    const here = Math.min(passed, block.length)
    passed -= here
    return here === block.length ? [] : [block.subarray(here)]
  })
}

function writeFailure(file: string, cause: unknown): AppFailure {
  if (cause instanceof AppFailure) return cause
  const code = (cause as { code?: unknown }).code
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppFailure(
      'disk-full',
      `The disk is full: the capture ${file} ends early.`,
      'Free some space, or write the capture to another disk.',
      cause,
    )
  }
  return new AppFailure(
    'folder-not-writable',
    code === 'EISDIR'
      ? `${file} is a folder, so no capture can be written there.`
      : code === 'ESPIPE' || code === 'ENXIO'
        ? `${file} is a named pipe, and a capture is written to a file.`
        : `The capture ${file} cannot be written${writeReason(code)}.`,
    'Name a file in an existing folder that you may write to.',
    cause,
  )
}
