import type { FlowObject } from '../../flow/objects.ts'

/** Memory of signalling objects, as transported; no store keeps them. */
const MAX_BYTES = 2 << 20
/** What remains when the oldest are dropped: many at once, as looking for the oldest passes over dropped ones. */
const LEFT_BYTES = MAX_BYTES - (MAX_BYTES >> 4)

/** Whole signalling objects by row, the newest within the bound. */
export class KeptObjects {
  readonly #kept = new Map<number, Uint8Array>()
  #bytes = 0

  objectEnded(object: FlowObject): void {
    const { kind, state, size, index } = object
    if (kind !== 'signalling' || state !== 'complete' || size === null || size > MAX_BYTES / 8) return
    this.#kept.set(index, object.lease(0, size).bytes.slice())
    this.#bytes += size
    if (this.#bytes <= MAX_BYTES) return
    for (const [oldest, bytes] of this.#kept) {
      if (this.#bytes <= LEFT_BYTES) break
      this.#kept.delete(oldest)
      this.#bytes -= bytes.length
    }
  }

  /** Null where they are not stored. */
  bytes(index: number): Uint8Array | null {
    return this.#kept.get(index) ?? null
  }
}
