/** Length of the window of a rate. */
const WINDOW_US = 1_000_000

/** Measures the bit rate of a growing byte count over about the last second. */
export class ByteRate {
  #fromUs = -1
  #fromBytes = 0
  #rate = 0

  /** @param bytes total so far */
  bitsPerSecond(nowUs: number, bytes: number): number {
    if (this.#fromUs < 0) {
      this.#fromUs = nowUs
      this.#fromBytes = bytes
      return 0
    }
    const spanUs = nowUs - this.#fromUs
    if (spanUs >= WINDOW_US) {
      this.#rate = ((bytes - this.#fromBytes) * 8e6) / spanUs
      this.#fromUs = nowUs
      this.#fromBytes = bytes
    }
    return this.#rate
  }
}
