/** Shorter samples cost less than looking for spare memory. */
const LEAST_BYTES = 1024
/** Most memory that waits for other samples. */
const MAX_SPARE_BYTES = 32 * 1024 * 1024

/**
 * Memory for samples that wait, used again once they have been given: new memory for each would cost more than the copy, by the
 * collections that it causes.
 */
export class SampleMemory {
  /** Spare memory, by the power of two that is its length. */
  readonly #spare: ArrayBuffer[][] = []
  #spareBytes = 0

  /** A copy of the bytes, valid until it is released. */
  copy(data: Uint8Array): Uint8Array {
    if (data.length < LEAST_BYTES) return data.slice()
    const power = Math.ceil(Math.log2(data.length))
    const buffer = this.#spare[power]?.pop()
    if (buffer !== undefined) this.#spareBytes -= buffer.byteLength
    const copy = new Uint8Array(buffer ?? new ArrayBuffer(2 ** power), 0, data.length)
    copy.set(data)
    return copy
  }

  /** Takes back what `copy` gave, which nobody reads any more. */
  release({ buffer, length }: Uint8Array): void {
    if (length < LEAST_BYTES || !(buffer instanceof ArrayBuffer)) return
    if (this.#spareBytes + buffer.byteLength > MAX_SPARE_BYTES) return
    this.#spareBytes += buffer.byteLength
    const power = Math.log2(buffer.byteLength)
    const spare = this.#spare[power]
    if (spare === undefined) this.#spare[power] = [buffer]
    else spare.push(buffer)
  }
}
