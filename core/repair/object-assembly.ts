import type { ByteRange } from '../flow/objects.ts'
import type { Piece } from '../http/client/resource-answer.ts'
import { gapsOf, inGaps, sumOf } from './gaps.ts'
import type { KnownServer } from './server-book.ts'

type Fill = { readonly range: ByteRange; readonly server: KnownServer }

/** An object under repair: trusted bytes from air, and bytes of servers in its gaps. */
export class ObjectAssembly {
  #bytes: Uint8Array
  #size: number | null
  readonly #air: readonly ByteRange[]
  #fills: Fill[] = []
  #gaps: readonly ByteRange[]

  /**
   * @param bytes from air up to the last byte received, holes zero; the assembly owns them
   * @param missing holes, including those beyond the last byte received where the size is known
   */
  constructor(bytes: Uint8Array, size: number | null, missing: readonly ByteRange[]) {
    this.#bytes = bytes
    this.#size = size
    this.#air = gapsOf(bytes.length, missing)
    this.#gaps = missing
    this.#resize(size ?? bytes.length)
  }

  /** Null until known. */
  get size(): number | null {
    return this.#size
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** What is missing; of an object of unknown size, before its last byte received. */
  get gaps(): readonly ByteRange[] {
    return this.#gaps
  }

  /** End of the last byte present. */
  get reach(): number {
    return Math.max(0, ...this.#air.map(([, to]) => to))
  }

  get whole(): boolean {
    return this.#size !== null && this.#gaps.length === 0
  }

  /** Bytes filled from servers. */
  get filled(): number {
    return sumOf(this.#fills.map(({ range }) => range))
  }

  /** Servers of the filled bytes. */
  get servers(): KnownServer[] {
    return [...new Set(this.#fills.map(({ server }) => server))]
  }

  learnSize(size: number): void {
    if (this.#size !== null) return
    this.#size = size
    this.#resize(size)
  }

  #resize(size: number): void {
    if (size !== this.#bytes.length) {
      const resized = new Uint8Array(size)
      resized.set(this.#bytes.subarray(0, size))
      this.#bytes = resized
    }
    this.#findGaps()
  }

  #findGaps(): void {
    this.#gaps = gapsOf(this.#bytes.length, [...this.#air, ...this.#fills.map(({ range }) => range)])
  }

  /**
   * Offset where a piece contradicts the bytes from air or from another server; null where it agrees. Bytes beyond the
   * end of the object do not count.
   */
  conflict({ at, bytes }: Piece, offset: number): number | null {
    const start = at - offset
    for (const [from, to] of [...this.#air, ...this.#fills.map(({ range }) => range)]) {
      const end = Math.min(to, start + bytes.length)
      for (let here = Math.max(from, start); here < end; here++) {
        if (this.#bytes[here] !== bytes[here - start]) return here
      }
    }
    return null
  }

  /**
   * Puts a piece into the gaps.
   * @returns bytes that were missing
   */
  fill({ at, bytes }: Piece, offset: number, server: KnownServer): number {
    const start = at - offset
    let added = 0
    for (const [from, to] of inGaps(this.#gaps, start, start + bytes.length)) {
      this.#bytes.set(bytes.subarray(from - start, to - start), from)
      this.#fills.push({ range: [from, to], server })
      added += to - from
    }
    if (added > 0) this.#findGaps()
    return added
  }

  /** Removes the bytes of an untrusted server. */
  forget(server: KnownServer): void {
    for (const fill of this.#fills) if (fill.server === server) this.#bytes.fill(0, fill.range[0], fill.range[1])
    this.#fills = this.#fills.filter((fill) => fill.server !== server)
    this.#findGaps()
  }
}
