import { type FileHandle, open } from 'node:fs/promises'
import { AppFailure } from '../failure/app-failure.ts'
import type { DatagramSink, Flow } from '../protocol/ip/flow.ts'
import { maxUdpPayload, type UdpHeader, udpHeader, writeUdpPacket } from '../protocol/ip/udp-packet.ts'
import { LINK_TYPE } from './link-types.ts'

const BUFFER_BYTES = 1024 * 1024
/** `busy` asks for patience above so many bytes waiting for the disk. */
const QUEUE_BYTES = 8 * 1024 * 1024
/** An enhanced packet block without its data: header, the flags option with its end, and the second length. */
const PACKET_FRAME = 28 + 12 + 4
const MAX_FLOW_HEADERS = 4096
const TWO_32 = 0x100000000

/**
 * Writes datagrams as a pcapng: little-endian, one interface of LINKTYPE_RAW with ns times, the IP and UDP headers made up
 * from the flow. Only whole blocks reach the file. After a failed write everything more is ignored; `problem` and `close`
 * say why.
 */
export class PcapngWriter implements DatagramSink {
  readonly #file: string
  readonly #handle: FileHandle
  readonly #headers = new Map<Flow, UdpHeader>()
  #lastFlow: Flow | null = null
  #lastHeader: UdpHeader | null = null
  #buffer = new Uint8Array(BUFFER_BYTES)
  #used = 0
  readonly #spare: Uint8Array<ArrayBuffer>[] = []
  #queued = 0
  #writing: Promise<void> | null = null
  #scheduled = false
  #closed = false
  #failure: AppFailure | null = null
  #packets = 0
  #written = 0
  #firstUs = -1
  #lastUs = 0

  private constructor(file: string, handle: FileHandle) {
    this.#file = file
    this.#handle = handle
    this.#used = writeHead(this.#buffer)
  }

  /**
   * Creates the file, over one of the same name.
   * @throws AppFailure folder-not-writable | disk-full
   */
  static async create(file: string): Promise<PcapngWriter> {
    try {
      return new PcapngWriter(file, await open(file, 'w'))
    } catch (cause) {
      throw writeFailure(file, cause)
    }
  }

  /** Datagrams written so far. */
  get packets(): number {
    return this.#packets
  }

  /** Why writing stopped; null while all is well. */
  get problem(): AppFailure | null {
    return this.#failure
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, _frame: number): void {
    if (this.#failure !== null || this.#closed) return
    const header = this.#header(flow)
    const length = end - start
    if (length > maxUdpPayload(header)) return
    const captured = header.bytes.length + length
    const padding = (4 - (captured & 3)) & 3
    const total = PACKET_FRAME + captured + padding
    if (this.#used + total > BUFFER_BYTES) this.#flush()
    const into = this.#buffer
    const at = this.#used
    put32(into, at, 6)
    put32(into, at + 4, total)
    put32(into, at + 8, 0)
    putTimeNs(into, at + 12, timeUs)
    put32(into, at + 20, captured)
    put32(into, at + 24, captured)
    writeUdpPacket(header, bytes, start, end, into, at + 28)
    let after = at + 28 + captured
    for (let pad = 0; pad < padding; pad++) into[after++] = 0
    put32(into, after, 0x00040002) // epb_flags, 4 bytes
    put32(into, after + 4, 9) // inbound, multicast
    put32(into, after + 8, 0)
    put32(into, after + 12, total)
    this.#used = at + total
    this.#packets++
    if (this.#firstUs < 0) this.#firstUs = timeUs
    this.#lastUs = timeUs
    // Written out as soon as nothing else is being written, so that a crash loses little.
    if (this.#writing === null && !this.#scheduled) this.#schedule()
  }

  /** Null while the disk keeps up; otherwise settles when it has. */
  busy(): Promise<void> | null {
    return this.#queued > QUEUE_BYTES && this.#failure === null ? this.#writing : null
  }

  /**
   * Writes what is left and the interface's statistics, and closes.
   * @param droppedByHost datagrams that the system dropped before they were seen
   * @throws AppFailure disk-full | folder-not-writable where anything could not be written
   */
  async close(droppedByHost = 0): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#failure === null) {
      if (this.#used + 128 > BUFFER_BYTES) this.#flush()
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
      await this.#handle.close()
    } catch (cause) {
      this.#failure ??= writeFailure(this.#file, cause)
    }
    if (this.#failure !== null) throw this.#failure
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

  /** Gathers what comes in this turn of the event loop into one write. */
  #schedule(): void {
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#writing === null && !this.#closed) this.#flush()
    })
  }

  #flush(): void {
    if (this.#used === 0) return
    const buffer = this.#buffer
    const used = this.#used
    this.#buffer = this.#spare.pop() ?? new Uint8Array(BUFFER_BYTES)
    this.#used = 0
    this.#queued += used
    const before = this.#writing
    const writing = this.#write(before, buffer, used).then(() => {
      if (this.#writing === writing) this.#idle()
    })
    this.#writing = writing
  }

  #idle(): void {
    this.#writing = null
    if (this.#used > 0 && !this.#closed) this.#flush()
  }

  async #write(before: Promise<void> | null, buffer: Uint8Array<ArrayBuffer>, used: number): Promise<void> {
    await before
    try {
      for (let at = 0; at < used && this.#failure === null; ) {
        const { bytesWritten } = await this.#handle.write(buffer, at, used - at, this.#written)
        at += bytesWritten
        this.#written += bytesWritten
      }
    } catch (cause) {
      this.#failure = writeFailure(this.#file, cause)
    }
    this.#queued -= used
    this.#spare.push(buffer)
  }
}

/** Section header and the one interface description. */
function writeHead(into: Uint8Array): number {
  let at = 0
  const application = new TextEncoder().encode('Routescope')
  const section = 24 + option(application.length) + 4 + 4
  put32(into, at, 0x0a0d0d0a)
  put32(into, at + 4, section)
  put32(into, at + 8, 0x1a2b3c4d)
  put32(into, at + 12, 1) // version 1.0
  put32(into, at + 16, 0xffffffff)
  put32(into, at + 20, 0xffffffff)
  putOption(into, at + 24, 4, application)
  put32(into, at + section - 4, section)
  at += section
  const name = new TextEncoder().encode('routescope')
  const description = 16 + option(name.length) + option(1) + 4 + 4
  put32(into, at, 1)
  put32(into, at + 4, description)
  put32(into, at + 8, LINK_TYPE.raw)
  put32(into, at + 12, 0) // no snap length
  putOption(into, at + 16, 2, name)
  putOption(into, at + 16 + option(name.length), 9, Uint8Array.of(9))
  put32(into, at + description - 4, description)
  return at + description
}

type Statistics = {
  readonly firstUs: number
  readonly lastUs: number
  readonly received: number
  readonly dropped: number
}

/** Interface statistics: first and last time, packets received by the interface, packets dropped by the system. */
function writeStatistics(into: Uint8Array, at: number, statistics: Statistics): number {
  const total = 20 + 4 * 12 + 4 + 4
  into.fill(0, at, at + total)
  put32(into, at, 5)
  put32(into, at + 4, total)
  putTimeNs(into, at + 12, statistics.lastUs)
  put32(into, at + 20, 0x00080002)
  putTimeNs(into, at + 24, statistics.firstUs)
  put32(into, at + 32, 0x00080003)
  putTimeNs(into, at + 36, statistics.lastUs)
  put32(into, at + 44, 0x00080004)
  put64(into, at + 48, statistics.received)
  put32(into, at + 56, 0x00080007)
  put64(into, at + 60, statistics.dropped)
  put32(into, at + total - 4, total)
  return at + total
}

function option(length: number): number {
  return 4 + ((length + 3) & ~3)
}

function putOption(into: Uint8Array, at: number, code: number, value: Uint8Array): void {
  put32(into, at, (value.length << 16) | code)
  into.set(value, at + 4)
}

function put32(into: Uint8Array, at: number, value: number): void {
  into[at] = value
  into[at + 1] = value >>> 8
  into[at + 2] = value >>> 16
  into[at + 3] = value >>> 24
}

function put64(into: Uint8Array, at: number, value: number): void {
  put32(into, at, value % TWO_32)
  put32(into, at + 4, Math.floor(value / TWO_32))
}

/** ns since the epoch, the high word first even in a little-endian file; split, since ns do not fit a double. */
function putTimeNs(into: Uint8Array, at: number, timeUs: number): void {
  const low = (timeUs % TWO_32) * 1000
  put32(into, at, Math.floor(timeUs / TWO_32) * 1000 + Math.floor(low / TWO_32))
  put32(into, at + 4, low % TWO_32)
}

function writeFailure(file: string, cause: unknown): AppFailure {
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
      : `The capture ${file} cannot be written.`,
    'Name a file in an existing folder that you may write to.',
    cause,
  )
}
