import { allocate } from '#platform'
import { LONG_FILE_BYTES } from '../../flow/lease.ts'

/**
 * Free buffers kept for the next object: this much, or as much as was in use at once; the rest goes to the garbage
 * collector.
 */
const MAX_FREE_BYTES = 32 << 20
/** Longest object whose claimed length is trusted before a part of it arrives. */
const MAX_CLAIMED_BYTES = 32 << 20
/** Below this a plain zeroed allocation is as cheap. */
const SMALL = 4096

/**
 * The memory of objects under assembly: a bound on all of it, and, where no sink holds bytes, reused buffers. A taken
 * buffer has undefined content.
 */
export class BytePool {
  /** Bytes taken or reserved, and not returned. */
  used = 0
  /** Peak of `used`. */
  #peak = 0
  readonly #limit: number
  readonly #recycle: boolean
  readonly #free = new Map<number, Uint8Array[]>()
  #freeBytes = 0

  constructor(limit: number, recycle: boolean) {
    this.#limit = limit
    this.#recycle = recycle
  }

  /** True where returned buffers are reused: views of them do not outlive the object. */
  get recycles(): boolean {
    return this.#recycle
  }

  /** A buffer of at least `bytes`, exactly that without reuse; null beyond the bound. */
  take(bytes: number): Uint8Array | null {
    const size = this.#recycle ? sizeClass(bytes) : bytes
    if (this.used + size > this.#limit) return null
    this.used += size
    if (this.used > this.#peak) this.#peak = this.used
    const free = this.#recycle ? this.#free.get(size)?.pop() : undefined
    if (free !== undefined) {
      this.#freeBytes -= size
      return free
    }
    if (this.#recycle && size >= LONG_FILE_BYTES) return new Uint8Array(new SharedArrayBuffer(size))
    return size < SMALL ? new Uint8Array(size) : allocate(size)
  }

  /**
   * True where this many bytes may be allocated for a claimed length: untouched pages cost the system nothing, and half
   * of the bound remains for received bytes.
   */
  hasMuchRoom(bytes: number): boolean {
    return bytes <= MAX_CLAIMED_BYTES && this.used + bytes <= this.#limit / 2
  }

  /**
   * Counts memory allocated elsewhere.
   * @returns false beyond the bound
   */
  reserve(bytes: number): boolean {
    if (this.used + bytes > this.#limit) return false
    this.used += bytes
    return true
  }

  unreserve(bytes: number): void {
    this.used -= bytes
  }

  /** Returns a buffer for reuse; nobody reads it any more. */
  giveBack(buffer: Uint8Array): void {
    this.used -= buffer.length
    if (!this.#recycle) return
    // Segments of all representations end at once: their buffers serve the next ones.
    if (this.#freeBytes + buffer.length > Math.max(MAX_FREE_BYTES, this.#peak - this.used)) return
    let list = this.#free.get(buffer.length)
    if (list === undefined) {
      list = []
      this.#free.set(buffer.length, list)
    }
    list.push(buffer)
    this.#freeBytes += buffer.length
  }

  /** Readers own it from now on: no longer counted, never used again. */
  disown(buffer: Uint8Array): void {
    this.used -= buffer.length
  }
}

/** Four size classes to the octave: at most a quarter is unused. */
function sizeClass(bytes: number): number {
  if (bytes <= SMALL) return SMALL
  const step = 1 << Math.max(0, 31 - Math.clz32(bytes - 1) - 2)
  return Math.ceil(bytes / step) * step
}
