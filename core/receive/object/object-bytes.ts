import { MAX_OBJECT_BYTES } from '../../flow/objects.ts'
import { type BytePool, isShared } from './byte-pool.ts'
import type { ByteRanges } from './byte-ranges.ts'
import { copyBytes, Pieces } from './pieces.ts'

/** The buffer of an object grows to this multiple of its received bytes, in steps of at least twice its length. */
const GROWTH = 4
/** Memory of an open object besides its bytes. */
const OBJECT_OVERHEAD_BYTES = 1024

/**
 * The bytes of one object during its arrival: one buffer from its beginning, and pieces beyond it. A claimed length
 * makes that buffer only as far as the pool gives credit; else it is a few times as long as what has arrived. An
 * object that arrives in order is thus in one buffer, without credit after a few copies of its first quarter.
 */
export class ObjectBytes {
  readonly #pool: BytePool
  #flat: Uint8Array | null = null
  /** That buffer is shared memory. */
  #isShared = false
  #pieces: Pieces | null = null
  #received = 0
  /** Memory counted besides that of bytes. */
  #overhead = OBJECT_OVERHEAD_BYTES
  #released = false

  constructor(pool: BytePool) {
    this.#pool = pool
    pool.used += OBJECT_OVERHEAD_BYTES
  }

  /**
   * Copies `source[from, to)` to position `at`, where nothing was so far.
   * @param size length of the object where known, else -1
   * @returns false at the memory bound
   */
  write(at: number, source: Uint8Array, from: number, to: number, size: number): boolean {
    const end = at + to - from
    this.#received += to - from
    if (this.#flat === null || end > this.#flat.length) this.#grow(end, size)
    const flat = this.#flat
    if (flat !== null && end <= flat.length) {
      copyBytes(flat, at, source, from, to, this.#isShared || this.#pool.isSourceShared(source))
      return true
    }
    return this.#scatter(at, source, from, to)
  }

  /** Counts the table of the object's ranges. */
  tableBytes(bytes: number): void {
    const overhead = OBJECT_OVERHEAD_BYTES + bytes
    if (this.#released || overhead === this.#overhead) return
    this.#pool.used += overhead - this.#overhead
    this.#overhead = overhead
  }

  #scatter(at: number, source: Uint8Array, from: number, to: number): boolean {
    let [start, first] = [at, from]
    const flat = this.#flat
    if (flat !== null && at < flat.length) {
      start = flat.length
      first = from + start - at
      copyBytes(flat, at, source, from, first, this.#isShared || this.#pool.isSourceShared(source))
    }
    this.#pieces ??= new Pieces(this.#pool)
    return this.#pieces.add(start, source, first, to)
  }

  /** Makes the buffer longer, to `end` at least, where credit or received bytes allow it and there is memory. */
  #grow(end: number, size: number): void {
    const old = this.#flat
    const length = old?.length ?? 0
    const believed = Math.min(this.#received * GROWTH, MAX_OBJECT_BYTES)
    let goal = Math.max(end, believed)
    if (size >= end && (size <= goal || (old === null && this.#pieces === null && this.#pool.claim(size)))) goal = size
    else if (end > believed || believed < length * 2) return
    const grown = this.#pool.take(goal)
    if (grown === null) return
    if (old !== null) {
      copyBytes(grown, 0, old, 0, length, isShared(grown))
      // Readers' views of the old buffer stay valid: bytes below its end do not change any more.
      this.#drop(old)
    }
    this.#flat = grown
    this.#isShared = isShared(grown)
    const pieces = this.#pieces
    if (pieces === null) return
    pieces.copy(length, grown.length, grown, length)
    if (size < 0 || grown.length < size) return
    pieces.release()
    this.#pieces = null
  }

  /** Bytes `[from, to)`, all received: a view where they are in one piece, else a copy. */
  view(from: number, to: number): Uint8Array {
    const flat = this.#flat
    if (flat !== null && to <= flat.length) return flat.subarray(from, to)
    const joined = new Uint8Array(to - from)
    this.#copy(from, to, joined, 0)
    return joined
  }

  #copy(from: number, to: number, into: Uint8Array, at: number): void {
    const length = this.#flat?.length ?? 0
    const middle = Math.max(from, Math.min(to, length))
    if (this.#flat !== null && from < middle)
      copyBytes(into, at, this.#flat, from, middle, this.#isShared || isShared(into))
    if (middle < to) this.#pieces?.copy(middle, to, into, at + middle - from)
  }

  /** A copy of bytes `[from, to)`, holes as zeros. */
  copyWithHoles(from: number, to: number, ranges: ByteRanges): Uint8Array {
    const copy = new Uint8Array(to - from)
    for (const [start, end] of ranges.covered(from, to)) this.#copy(start, end, copy, start - from)
    return copy
  }

  /** Makes a whole object one buffer of its own size, ready for delivery. */
  join(size: number): void {
    const flat = this.#flat
    if (flat === null || flat.length < size) {
      const pooled = this.#pool.take(size)
      const joined = pooled ?? new Uint8Array(size)
      if (pooled === null) this.#pool.used += joined.length
      this.#copy(0, size, joined, 0)
      if (flat !== null) this.#drop(flat)
      this.#flat = joined
      this.#isShared = isShared(joined)
    } else if (!this.#pool.recycles && flat.length > size + (size >> 2)) {
      const exact = flat.slice(0, size)
      this.#drop(flat)
      this.#pool.used += size
      this.#flat = exact
      this.#isShared = false
    }
    this.#pieces?.release()
    this.#pieces = null
  }

  /**
   * Ends the receiver's use of the object. With reuse of buffers its bytes are gone; else they are only no longer
   * counted, and readers go on.
   */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#pool.used -= this.#overhead
    this.#pool.earn(this.#received)
    if (this.#flat !== null) this.#drop(this.#flat)
    if (!this.#pool.recycles) {
      this.#pieces?.disown()
      return
    }
    this.#pieces?.release()
    this.#flat = null
    this.#pieces = null
  }

  /** Lets the memory be used again, where `bytes` are all of it and the receiver has released it. */
  spent(bytes: Uint8Array): void {
    const flat = this.#flat
    if (!this.#released || this.#pool.recycles || flat === null) return
    if (bytes.buffer !== flat.buffer || flat.length !== flat.buffer.byteLength) return
    this.#flat = null
    this.#pool.spent(flat)
  }

  #drop(buffer: Uint8Array): void {
    if (this.#pool.recycles) this.#pool.giveBack(buffer)
    else this.#pool.disown(buffer)
  }
}
