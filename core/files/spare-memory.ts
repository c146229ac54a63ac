/** Shorter buffers cost less than looking for a spare one. */
const LEAST_BYTES = 64 * 1024
/** A spare buffer holds at most so many times the bytes it is taken for. */
const MOST_ROOM = 4

/**
 * Memory of files that are not needed any more, for those that are read next: the system hands out new memory page by page, which
 * costs more than reading does. There is never more than was in use at once.
 */
export class SpareMemory {
  readonly #lent = new Set<ArrayBuffer>()
  /** The longest unused first. */
  readonly #spare: ArrayBuffer[] = []
  #bytes = 0
  #lentBytes = 0
  #mostLentBytes = 0

  /** Memory for `sizeBytes` bytes, of any content. */
  take(sizeBytes: number): Uint8Array {
    if (sizeBytes < LEAST_BYTES) return new Uint8Array(sizeBytes)
    const buffer = this.#best(sizeBytes) ?? this.#make(sizeBytes)
    this.#lent.add(buffer)
    this.#lentBytes += buffer.byteLength
    this.#mostLentBytes = Math.max(this.#mostLentBytes, this.#lentBytes)
    this.#trim()
    return new Uint8Array(buffer, 0, sizeBytes)
  }

  /** Takes back what `take` gave, which nobody reads any more. */
  give({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return
    this.#lentBytes -= buffer.byteLength
    this.#spare.push(buffer)
    this.#trim()
  }

  #best(sizeBytes: number): ArrayBuffer | null {
    let best = -1
    let bestBytes = sizeBytes * MOST_ROOM + 1
    for (const [at, { byteLength }] of this.#spare.entries()) {
      if (byteLength < sizeBytes || byteLength >= bestBytes) continue
      best = at
      bestBytes = byteLength
    }
    return best < 0 ? null : (this.#spare.splice(best, 1)[0] ?? null)
  }

  /** Files of a track differ in length: a quarter more room, of which what is unused costs nothing. */
  #make(sizeBytes: number): ArrayBuffer {
    const buffer = new ArrayBuffer(Math.ceil(sizeBytes * 1.25))
    this.#bytes += buffer.byteLength
    return buffer
  }

  #trim(): void {
    while (this.#bytes > this.#mostLentBytes && this.#spare.length > 0)
      this.#bytes -= this.#spare.shift()?.byteLength ?? 0
  }
}
