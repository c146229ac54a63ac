import type { BytePool } from './byte-pool.ts'
import type { ByteRanges } from './byte-ranges.ts'

/**
 * Up to this size an object is one buffer of its claimed length; a longer one only with much room, else it is in pages.
 */
const FLAT_BYTES = 1 << 20
const PAGE_SHIFT = 18
const PAGE_BYTES = 1 << PAGE_SHIFT
/** A long object's length is trusted, and the object becomes one buffer, once pages for this part of it are in use. */
const BELIEVED_PART = 1 / 4
/** First buffer of an object of unknown length. */
const FIRST_BYTES = 32 << 10

/**
 * The bytes of one object during its arrival. A claimed length allocates no more than `FLAT_BYTES` before a part has
 * arrived: a forged length costs a few times the bytes sent. Trusting it then avoids joining all pages at the end of
 * the object, which many representations reach at the same moment.
 */
export class ObjectBytes {
  readonly #pool: BytePool
  #flat: Uint8Array | null = null
  #pages: (Uint8Array | undefined)[] | null = null
  #pageCount = 0
  #released = false

  constructor(pool: BytePool) {
    this.#pool = pool
  }

  /**
   * Copies `source[from, to)` to position `at`.
   * @param size length of the object where known, else -1
   * @returns false at the memory bound
   */
  write(at: number, source: Uint8Array, from: number, to: number, size: number): boolean {
    const end = at + to - from
    if (this.#pages === null) {
      const flat = this.#flat
      if (flat !== null && end <= flat.length) {
        copyInto(flat, at, source, from, to)
        return true
      }
      if (end <= FLAT_BYTES && (size <= FLAT_BYTES || this.#pool.hasMuchRoom(size))) {
        const grown = this.#grow(end, size)
        if (grown === null) return false
        copyInto(grown, at, source, from, to)
        return true
      }
      if (!this.#toPages()) return false
    } else if (this.#pageCount * PAGE_BYTES >= size * BELIEVED_PART && size >= end && this.#toFlat(size)) {
      copyInto(this.#flat as unknown as Uint8Array, at, source, from, to)
      return true
    }
    return this.#writePages(at, source, from, to)
  }

  #grow(end: number, size: number): Uint8Array | null {
    const old = this.#flat
    const doubled = Math.min(FLAT_BYTES, Math.max(FIRST_BYTES, end, (old?.length ?? 0) * 2))
    const grown = this.#pool.take(size >= end ? size : doubled)
    if (grown === null) return null
    if (old !== null) {
      grown.set(old)
      // Readers' views of the old buffer stay valid: bytes below its end do not change any more.
      this.#drop(old)
    }
    this.#flat = grown
    return grown
  }

  #toPages(): boolean {
    const flat = this.#flat
    this.#pages = []
    this.#flat = null
    if (flat === null) return true
    const moved = this.#writePages(0, flat, 0, flat.length)
    this.#drop(flat)
    return moved
  }

  /** @returns false at the memory bound */
  #toFlat(size: number): boolean {
    const pages = this.#pages as (Uint8Array | undefined)[]
    if ((pages.length - 1) * PAGE_BYTES >= size) return false
    const flat = this.#pool.take(size)
    if (flat === null) return false
    this.#copyPages(0, size, flat, 0)
    // Readers' views of the pages stay valid, as where a buffer grows.
    this.#dropPages()
    this.#flat = flat
    return true
  }

  #writePages(at: number, source: Uint8Array, from: number, to: number): boolean {
    const pages = this.#pages as (Uint8Array | undefined)[]
    let position = at
    let read = from
    while (read < to) {
      const number = position >>> PAGE_SHIFT
      const inside = position & (PAGE_BYTES - 1)
      const count = Math.min(to - read, PAGE_BYTES - inside)
      let page = pages[number]
      if (page === undefined) {
        const taken = this.#pool.take(PAGE_BYTES)
        if (taken === null) return false
        page = taken
        pages[number] = page
        this.#pageCount++
      }
      copyInto(page, inside, source, read, read + count)
      position += count
      read += count
    }
    return true
  }

  /** Bytes `[from, to)`, all received: a view where they are in one piece, else a copy. */
  view(from: number, to: number): Uint8Array {
    if (this.#flat !== null) return this.#flat.subarray(from, to)
    const pages = this.#pages
    if (pages === null) return new Uint8Array(to - from)
    const first = pages[from >>> PAGE_SHIFT]
    if (first !== undefined && from >>> PAGE_SHIFT === (to - 1) >>> PAGE_SHIFT) {
      const base = from & (PAGE_BYTES - 1)
      return first.subarray(base, base + to - from)
    }
    const joined = new Uint8Array(to - from)
    this.#copyPages(from, to, joined, 0)
    return joined
  }

  #copyPages(from: number, to: number, into: Uint8Array, at: number): void {
    const pages = this.#pages as (Uint8Array | undefined)[]
    for (let position = from; position < to; ) {
      const inside = position & (PAGE_BYTES - 1)
      const count = Math.min(to - position, PAGE_BYTES - inside)
      const page = pages[position >>> PAGE_SHIFT]
      if (page !== undefined) copyInto(into, at + position - from, page, inside, inside + count)
      position += count
    }
  }

  /** A copy of bytes `[from, to)`, holes as zeros. */
  copyWithHoles(from: number, to: number, ranges: ByteRanges): Uint8Array {
    const copy = new Uint8Array(to - from)
    for (const [start, end] of ranges.covered(from, to)) {
      if (this.#flat !== null) copyInto(copy, start - from, this.#flat, start, end)
      else if (this.#pages !== null) this.#copyPages(start, end, copy, start - from)
    }
    return copy
  }

  /** Makes a whole object one buffer of its own size, ready for delivery. */
  join(size: number): void {
    if (this.#pages !== null) {
      const pooled = this.#pool.take(size)
      const joined = pooled ?? new Uint8Array(size)
      if (pooled === null) this.#pool.used += joined.length
      this.#copyPages(0, size, joined, 0)
      this.#dropPages()
      this.#flat = joined
    } else if (this.#flat !== null && !this.#pool.recycles && this.#flat.length > size + (size >> 2)) {
      const exact = this.#flat.slice(0, size)
      this.#drop(this.#flat)
      this.#pool.used += size
      this.#flat = exact
    }
  }

  /**
   * Ends the receiver's use of the object. With reuse of buffers its bytes are gone; else they are only no longer
   * counted, and readers go on.
   */
  release(): void {
    if (this.#released) return
    this.#released = true
    if (this.#pool.recycles) {
      if (this.#flat !== null) this.#pool.giveBack(this.#flat)
      this.#flat = null
      this.#dropPages()
      return
    }
    if (this.#flat !== null) this.#pool.disown(this.#flat)
    if (this.#pages !== null) for (const page of this.#pages) if (page !== undefined) this.#pool.disown(page)
  }

  #dropPages(): void {
    if (this.#pages === null) return
    for (const page of this.#pages) if (page !== undefined) this.#drop(page)
    this.#pages = null
    this.#pageCount = 0
  }

  #drop(buffer: Uint8Array): void {
    if (this.#pool.recycles) this.#pool.giveBack(buffer)
    else this.#pool.disown(buffer)
  }
}

/** `set` needs a view of the source; for a few bytes a loop is cheaper. */
function copyInto(target: Uint8Array, at: number, source: Uint8Array, from: number, to: number): void {
  if (to - from <= 48) {
    for (let i = from, o = at; i < to; i++, o++) target[o] = source[i] as number
  } else {
    target.set(source.subarray(from, to), at)
  }
}
