import { allocate } from '#platform'
import { LONG_FILE_BYTES } from '../../flow/lease.ts'

/**
 * Free buffers kept for the next object: this much, or as much as was in use at once; the rest goes to the garbage
 * collector.
 */
const MAX_FREE_BYTES = 32 << 20
/** Longest object whose claimed length is trusted before a part of it arrives. */
const MAX_CLAIMED_BYTES = 32 << 20
/** Credit for claimed lengths before anything has arrived. */
const FIRST_CREDIT_BYTES = 32 << 20
/** Part of the bound that credit may reach. */
const MOST_CREDIT = 1 / 4
/** Each received byte pays for this many claimed ones. */
const CREDIT_OF_A_BYTE = 2
/** Spent buffers kept for the next objects where a sink holds bytes: this much, or as much as was in use at once. */
const MAX_SPENT_BYTES = 16 << 20
/** Shorter ones are cheaper to allocate than to look for. */
const LEAST_SPENT_BYTES = 64 << 10
/** A spent buffer is longer than what is asked for by at most this part of it. */
const SPENT_SLACK = 1 / 8
/** Below this a plain zeroed allocation is as cheap, and sizes are powers of two. */
const SMALL = 4096
const SMALLEST = 256
/** Size classes of an octave; a free buffer up to an octave too long is used as well. */
const CLASSES = 4

/**
 * The memory of objects under assembly: a bound on all of it, and reused buffers: those given back, and where a sink holds
 * bytes those that it says are spent. A taken buffer has undefined content.
 *
 * Claimed lengths are paid from a credit that received bytes earn: all memory ever taken is a multiple of the bytes that
 * arrived, whatever packets claim, and a sender that keeps its word has each object in one buffer from the start.
 */
export class BytePool {
  /** Bytes taken or reserved, and not returned. */
  used = 0
  /** Buffers that served again. */
  reuses = 0
  /** Buffers that were allocated. */
  allocations = 0
  /** Peak of `used`. */
  #peak = 0
  readonly #limit: number
  readonly #recycle: boolean
  readonly #free = new Map<number, Uint8Array[]>()
  #freeBytes = 0
  /** Oldest first. */
  readonly #spent: Uint8Array[] = []
  #credit = FIRST_CREDIT_BYTES
  /** Memory that packets came from last, and whether it is shared. */
  #source: Uint8Array | null = null
  #sourceIsShared = false

  constructor(limit: number, recycle: boolean) {
    this.#limit = limit
    this.#recycle = recycle
  }

  /** True where returned buffers are reused: views of them do not outlive the object. */
  get recycles(): boolean {
    return this.#recycle
  }

  /** Whether packets of this memory come out of shared memory; nearly always it is that of the packet before. */
  isSourceShared(source: Uint8Array): boolean {
    if (source !== this.#source) {
      this.#source = source
      this.#sourceIsShared = isShared(source)
    }
    return this.#sourceIsShared
  }

  /** All memory the pool keeps from being freed: `used`, and buffers kept for reuse. */
  get held(): number {
    return this.used + this.#freeBytes
  }

  /** A buffer of at least `bytes`, longer by a part of it where it was used before; null beyond the bound. */
  take(bytes: number): Uint8Array | null {
    const size = this.#recycle ? sizeClass(bytes) : bytes
    if (this.used + size > this.#limit) return null
    const free = this.#freeBytes === 0 ? null : this.#recycle ? this.#reuse(size) : this.#fit(size)
    this.used += free === null ? size : free.length
    if (this.used > this.#peak) this.#peak = this.used
    if (free !== null) {
      this.reuses++
      return free
    }
    this.allocations++
    if (this.#freeBytes > 0) this.#trim()
    if (this.#recycle && size >= LONG_FILE_BYTES) return new Uint8Array(new SharedArrayBuffer(size))
    return size < SMALL ? new Uint8Array(size) : allocate(size)
  }

  /** A free buffer of this size class, or of one of the next. */
  #reuse(size: number): Uint8Array | null {
    let step = size
    for (let classes = 0; classes <= CLASSES; classes++) {
      const free = this.#free.get(step)?.pop()
      if (free !== undefined) {
        this.#freeBytes -= free.length
        return free
      }
      step = sizeClass(step + 1)
    }
    return null
  }

  /** The shortest spent buffer that is long enough, and not much longer. */
  #fit(size: number): Uint8Array | null {
    if (size < LEAST_SPENT_BYTES) return null
    let best = -1
    let length = Math.min(size * (1 + SPENT_SLACK), this.#limit - this.used)
    for (const [index, buffer] of this.#spent.entries()) {
      if (buffer.length < size || buffer.length > length) continue
      best = index
      length = buffer.length
    }
    const [found] = best < 0 ? [] : this.#spent.splice(best, 1)
    if (found === undefined) return null
    this.#freeBytes -= found.length
    return found
  }

  /** Drops free buffers beyond the bound on them. */
  #trim(): void {
    while (this.#spent.length > 0 && this.#freeBytes > Math.max(MAX_SPENT_BYTES, this.#peak - this.used))
      this.#freeBytes -= this.#spent.shift()?.length ?? 0
    const most = Math.max(MAX_FREE_BYTES, this.#peak - this.used)
    for (const list of this.#free.values()) {
      while (this.#freeBytes > most) {
        const dropped = list.pop()
        if (dropped === undefined) break
        this.#freeBytes -= dropped.length
      }
    }
  }

  /**
   * Pays for a claimed length before its bytes arrive.
   * @returns false with nothing paid where the length is too long or the credit too small
   */
  claim(bytes: number): boolean {
    if (bytes > this.#credit || bytes > MAX_CLAIMED_BYTES || this.used + bytes > this.#limit / 2) return false
    this.#credit -= bytes
    return true
  }

  /** Counts received bytes of an object that ends: they pay for later claims. */
  earn(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes * CREDIT_OF_A_BYTE, Math.max(this.#limit * MOST_CREDIT, this.#credit))
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

  /** Readers own it from now on: no longer counted, and used again only once it is `spent`. */
  disown(buffer: Uint8Array): void {
    this.used -= buffer.length
  }

  /** Takes a disowned buffer that nobody reads any more. */
  spent(buffer: Uint8Array): void {
    if (this.#recycle || buffer.length < LEAST_SPENT_BYTES) return
    this.#spent.push(buffer)
    this.#freeBytes += buffer.length
    this.#trim()
  }
}

/** Four size classes to the octave: at most a quarter is unused. */
function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST
  if (bytes <= SMALL) return 1 << (32 - Math.clz32(bytes - 1))
  const step = 1 << Math.max(0, 31 - Math.clz32(bytes - 1) - 2)
  return Math.ceil(bytes / step) * step
}

/** Whether other threads may have these bytes. */
export function isShared({ buffer }: Uint8Array): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer
}
