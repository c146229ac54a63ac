import type { BytePool } from './byte-pool.ts'
import { DoneObject } from './done-object.ts'
import type { ReceiveLimits } from './limits.ts'
import type { TransportObject } from './transport-object.ts'

/** Larger tables and init segments are not compared. */
const MAX_COMPARED = 256 << 10
/** Part of the objects forgotten at once, as a power of two. */
const FORGOTTEN_PART = 5
/** Part of the bytes stored for comparison that is freed at once, as a power of two. */
const FREED_PART = 2

/** Shared by the memories of all channels: bounds are on the sum. */
export type KnownBudget = { readonly limits: ReceiveLimits; readonly pool: BytePool; readonly known: { count: number } }

/** The finished objects one channel remembers; the oldest is forgotten first. */
export class KnownObjects {
  readonly #budget: KnownBudget
  readonly #objects = new Map<number, DoneObject>()
  #comparedBytes = 0

  constructor(budget: KnownBudget) {
    this.#budget = budget
  }

  get(key: number): DoneObject | undefined {
    return this.#objects.get(key)
  }

  get all(): DoneObject[] {
    return [...this.#objects.values()]
  }

  /** Those of some TOIs. */
  among(tois: readonly { readonly toi: number }[]): DoneObject[] {
    const found: DoneObject[] = []
    for (const { toi } of tois) {
      const done = this.#objects.get(toi)
      if (done !== undefined) found.push(done)
    }
    return found
  }

  /** @param compare store its bytes: senders replace such objects under the same TOI */
  add(object: TransportObject, loop: number, compare: boolean): void {
    const { limits, pool, known } = this.#budget
    let kept: Uint8Array | null = null
    if (compare && object.length <= MAX_COMPARED && pool.reserve(object.length)) {
      kept = object.bytes(0, object.length).slice()
      this.#comparedBytes += kept.length
    }
    const done = new DoneObject(object, loop, kept)
    const before = this.#objects.get(done.key)
    if (before !== undefined) this.remove(before)
    this.#objects.set(done.key, done)
    known.count++
    if (this.#objects.size > limits.knownObjects || known.count > limits.knownObjectsInAll) this.#forgetOldest()
    if (this.#comparedBytes <= limits.comparedBytes) return
    // Much at once: looking for the oldest passes over those without bytes.
    const most = limits.comparedBytes - (limits.comparedBytes >> FREED_PART)
    for (const each of this.#objects.values()) {
      if (each !== done) this.#freeBytes(each)
      if (this.#comparedBytes <= most) break
    }
  }

  /** Forgets several at once: a map passes over its removed entries to find the oldest. */
  #forgetOldest(): void {
    let left = Math.max(1, this.#objects.size >> FORGOTTEN_PART)
    for (const oldest of this.#objects.values()) {
      this.remove(oldest)
      if (--left === 0) return
    }
  }

  remove(done: DoneObject): void {
    this.#freeBytes(done)
    if (this.#objects.delete(done.key)) this.#budget.known.count--
  }

  /**
   * Frees bytes stored for comparison.
   * @returns true where there were some
   */
  evictKept(): boolean {
    if (this.#comparedBytes === 0) return false
    for (const done of this.#objects.values()) this.#freeBytes(done)
    return true
  }

  clear(): void {
    for (const done of this.all) this.remove(done)
  }

  #freeBytes(done: DoneObject): void {
    if (done.bytes === null) return
    this.#comparedBytes -= done.bytes.length
    this.#budget.pool.unreserve(done.bytes.length)
    done.bytes = null
  }
}
