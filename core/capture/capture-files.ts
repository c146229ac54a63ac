import { type ByteSource, GunzipBytes, openByteSource } from './byte-source.ts'
import { compressedFailure, notACapture, unknownLinkType } from './capture-errors.ts'
import { isLinkTypeSupported } from './link-types.ts'
import { PCAP_HEADER_BYTES, type PcapHeader, parsePcapHeader } from './pcap-parser.ts'
import { sniffCapture } from './sniff.ts'

/** A capture whose first bytes were understood. */
export type OpenCapture = {
  /** The capture's bytes from its beginning, gzip undone. */
  readonly source: ByteSource
  /** Null for pcapng. */
  readonly pcap: PcapHeader | null
  /** Where the file is compressed. */
  readonly gunzip: GunzipBytes | null
}

/** The files of one reader: looked at before anything is played, then opened one after the other. */
export class CaptureFiles {
  readonly #files: readonly string[]
  /** Opened while looking: opening a pipe a second time would lose its writer. */
  readonly #pipes = new Map<string, ByteSource>()
  #sizes: (number | null)[] = []
  #current: ByteSource | null = null
  #doneBefore = 0

  constructor(files: readonly string[]) {
    this.#files = files
  }

  /** Bytes of the files done in this pass; total null where a stream is among them, or nothing was looked at. */
  progress(): { doneBytes: number; totalBytes: number | null } {
    let totalBytes: number | null = this.#sizes.length === 0 ? null : 0
    for (const size of this.#sizes) totalBytes = totalBytes === null || size === null ? null : totalBytes + size
    return { doneBytes: this.#doneBefore + (this.#current?.doneBytes ?? 0), totalBytes }
  }

  /**
   * Opens each file and reads its first bytes, so that what is wrong with the third is known before the first is played.
   * Streams can only be looked at when they are read.
   * @throws AppFailure file-not-found | file-unreadable | not-a-capture | unknown-link-type
   */
  async look(): Promise<void> {
    for (const file of this.#files) {
      if (file === '-') {
        this.#sizes.push(null)
        continue
      }
      const source = await openByteSource(file)
      this.#sizes.push(source.totalBytes)
      if (source.totalBytes === null) {
        this.#pipes.set(file, source)
        continue
      }
      try {
        const head = await source.peek(PCAP_HEADER_BYTES)
        if (formatOf(file, head, false) === 'pcap') pcapHeader(file, head)
      } finally {
        await source.close()
      }
    }
  }

  /** A new pass over the files begins. */
  rewind(): void {
    this.#doneBefore = 0
  }

  /** Opens a file for playing; `close` before the next. */
  async open(file: string): Promise<OpenCapture> {
    let source = this.#pipes.get(file) ?? (await openByteSource(file))
    this.#pipes.delete(file)
    this.#current = source
    let head = await source.peek(PCAP_HEADER_BYTES)
    let format = formatOf(file, head, false)
    let gunzip: GunzipBytes | null = null
    if (format === 'gzip') {
      gunzip = new GunzipBytes(source)
      source = gunzip
      this.#current = source
      head = await source.peek(PCAP_HEADER_BYTES)
      format = formatOf(file, head, true)
    }
    return { source, pcap: format === 'pcap' ? pcapHeader(file, head) : null, gunzip }
  }

  /** Closes what is open, even in the middle of a read. */
  async close(): Promise<void> {
    const source = this.#current
    this.#current = null
    if (source === null) return
    this.#doneBefore += source.doneBytes
    await source.close().catch(() => undefined)
  }

  /** Closes the pipes that were never played. */
  async closeAll(): Promise<void> {
    await this.close()
    for (const pipe of this.#pipes.values()) await pipe.close()
    this.#pipes.clear()
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

function pcapHeader(file: string, head: Uint8Array): PcapHeader {
  const header = parsePcapHeader(head)
  if (header === null) throw notACapture(file, 'only the first bytes of one, shorter than its header')
  if (header.major !== 2) throw notACapture(file, `a pcap of the unknown version ${header.major}.${header.minor}`)
  if (!isLinkTypeSupported(header.linkType)) throw unknownLinkType(file, [header.linkType])
  return header
}
