import type { UserLinkType } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { type ByteSource, GunzipBytes, openByteSource } from './byte-source.ts'
import { compressedFailure, notACapture, unknownLinkType } from './capture-errors.ts'
import { type FirstRecord, firstRecord } from './first-record.ts'
import { isLinkTypeSupported, resolveLinkType } from './link-types.ts'
import { PCAP_HEADER_BYTES, type PcapHeader, parsePcapHeader } from './pcap-parser.ts'
import { sniffCapture } from './sniff.ts'

/** Limit of captures open together, which are those that overlap in time. */
const MAX_OPEN = 256

/** An open capture with its header. */
export type OpenCapture = {
  readonly file: string
  /** The capture's bytes from its beginning, decompressed. */
  readonly source: ByteSource
  /** Null for pcapng. */
  readonly pcap: PcapHeader | null
  /** Set where the file is compressed. */
  readonly gunzip: GunzipBytes | null
}

/** One file in the order of playing. */
export type QueuedFile = {
  readonly file: string
  /** Place among the files as they were named. */
  readonly place: number
  /** Capture time of its first record, epoch corrected; that of the file before where unknown, -1 for the first. */
  readonly firstUs: number
}

/** The files of one reader: inspected before anything is played, then opened in time. */
export class CaptureFiles {
  readonly #files: readonly string[]
  readonly #user: UserLinkType | null
  /** Pipes opened by `look`: opening a pipe a second time would lose its writer. */
  readonly #pipes = new Map<string, ByteSource>()
  #sizes: (number | null)[] = []
  #order: readonly QueuedFile[]
  readonly #open = new Set<ByteSource>()
  #doneBefore = 0
  /** Files whose times were counted from 1900, among several. */
  corrected = 0

  constructor(files: readonly string[], user: UserLinkType | null) {
    this.#files = files
    this.#user = user
    this.#order = files.map((file, place) => ({ file, place, firstUs: -1 }))
  }

  /** The files by the time of their first record, after `look`. */
  get order(): readonly QueuedFile[] {
    return this.#order
  }

  /** Bytes read of the files in this pass; total null where a stream is among them, or before `look`. */
  progress(): { doneBytes: number; totalBytes: number | null } {
    let totalBytes: number | null = this.#sizes.length === 0 ? null : 0
    for (const size of this.#sizes) totalBytes = totalBytes === null || size === null ? null : totalBytes + size
    let doneBytes = this.#doneBefore
    for (const source of this.#open) doneBytes += source.doneBytes
    return { doneBytes, totalBytes }
  }

  /**
   * Opens each file and reads its first bytes, so that a bad file is refused before the first is played, and several can be
   * played in the order of time. Streams are inspected only when they are read.
   * @throws AppFailure file-not-found | file-unreadable | not-a-capture | unknown-link-type
   */
  async look(): Promise<void> {
    const order: QueuedFile[] = []
    let beforeUs = -1
    for (const [place, file] of this.#files.entries()) {
      const first = await this.#lookAt(file)
      if (first?.epochCorrected === true) this.corrected++
      beforeUs = first?.timeUs ?? beforeUs
      order.push({ file, place, firstUs: beforeUs })
    }
    this.#order = order.sort((a, b) => a.firstUs - b.firstUs)
  }

  /** @returns null for a stream, for the only file, and for a file without a packet that has a time */
  async #lookAt(file: string): Promise<FirstRecord | null> {
    if (file === '-') {
      this.#sizes.push(null)
      return null
    }
    let source = await openByteSource(file)
    this.#sizes.push(source.totalBytes)
    if (source.totalBytes === null) {
      this.#pipes.set(file, source)
      return null
    }
    try {
      const head = await source.peek(PCAP_HEADER_BYTES)
      const format = formatOf(file, head, false)
      if (format === 'pcap') this.#pcapHeader(file, head)
      if (this.#files.length === 1) return null
      const capture = await this.#understood(file, source)
      source = capture.source
      return await firstRecord(source, capture.pcap, this.#user)
    } finally {
      await source.close()
    }
  }

  /** Begins a new pass over the files. */
  rewind(): void {
    this.#doneBefore = 0
  }

  /** Opens a file for playing. @throws AppFailure not-supported where too many are open */
  async open(file: string): Promise<OpenCapture> {
    if (this.#open.size >= MAX_OPEN) {
      throw new AppFailure(
        'not-supported',
        `More than ${MAX_OPEN} of these captures overlap in time.`,
        'Join some of them first, for example with `mergecap`.',
      )
    }
    const source = this.#pipes.get(file) ?? (await openByteSource(file))
    this.#pipes.delete(file)
    this.#open.add(source)
    const capture = await this.#understood(file, source)
    if (capture.source !== source) {
      this.#open.delete(source)
      this.#open.add(capture.source)
    }
    return capture
  }

  async #understood(file: string, source: ByteSource): Promise<OpenCapture> {
    const head = await source.peek(PCAP_HEADER_BYTES)
    const format = formatOf(file, head, false)
    if (format !== 'gzip') {
      return { file, source, pcap: format === 'pcap' ? this.#pcapHeader(file, head) : null, gunzip: null }
    }
    const gunzip = new GunzipBytes(source)
    const inside = await gunzip.peek(PCAP_HEADER_BYTES)
    const pcap = formatOf(file, inside, true) === 'pcap' ? this.#pcapHeader(file, inside) : null
    return { file, source: gunzip, pcap, gunzip }
  }

  /** Closes one file, even in the middle of a read. */
  async close(source: ByteSource): Promise<void> {
    if (!this.#open.delete(source)) return
    this.#doneBefore += source.doneBytes
    await source.close().catch(() => undefined)
  }

  /** Closes everything, and the pipes that were never played. */
  async closeAll(): Promise<void> {
    for (const source of [...this.#open]) await this.close(source)
    for (const pipe of this.#pipes.values()) await pipe.close()
    this.#pipes.clear()
  }

  #pcapHeader(file: string, head: Uint8Array): PcapHeader {
    const header = parsePcapHeader(head)
    if (header === null) throw notACapture(file, 'only the first bytes of one, shorter than its header')
    if (header.major !== 2) throw notACapture(file, `a pcap of the unknown version ${header.major}.${header.minor}`)
    const linkType = resolveLinkType(header.linkType, this.#user)
    if (!isLinkTypeSupported(linkType)) throw unknownLinkType(file, [linkType])
    return { ...header, linkType }
  }
}

function formatOf(file: string, head: Uint8Array, inGzip: boolean): 'pcap' | 'pcapng' | 'gzip' {
  const sniffed = sniffCapture(head)
  const inside = inGzip ? "gzip'ed, and inside it is " : ''
  if (sniffed.kind === 'compressed') throw compressedFailure(file, sniffed.format, sniffed.command)
  if (sniffed.kind === 'other') throw notACapture(file, inside + sniffed.content)
  if (sniffed.kind === 'gzip' && inGzip) throw notACapture(file, `${inside}gzip'ed again`)
  return sniffed.kind
}
