/** Objects that may be unfinished or lost before anything has arrived. */
const AT_FIRST = 2048
/** Received bytes that pay for one more: less than senders put into the packets of an object that needs several. */
const BYTES_OF_ONE = 1024

/** Objects that a channel may begin beyond that for each of its own that became whole. */
const BEYOND_OF_A_WHOLE = 2

/**
 * Objects of all channels that began and did not become whole: they cost far more than the few bytes of their packets, so
 * their number is bounded by what has arrived. A whole object costs nothing here.
 */
export class Beginnings {
  readonly #arrivedBytes: () => number
  #unfinished = 0

  /** @param arrivedBytes bytes of all datagrams so far */
  constructor(arrivedBytes: () => number) {
    this.#arrivedBytes = arrivedBytes
  }

  /** Whether what has arrived pays for one more. */
  get left(): boolean {
    return this.#unfinished < AT_FIRST + this.#arrivedBytes() / BYTES_OF_ONE
  }

  begun(): void {
    this.#unfinished++
  }

  whole(): void {
    this.#unfinished--
  }
}

/**
 * What one channel may begin. Where storms have used up what all channels have, those go on of which objects become whole, and each
 * other one has a first object.
 */
export class ChannelBeginnings {
  readonly #all: Beginnings
  #beyond = 0

  constructor(all: Beginnings) {
    this.#all = all
  }

  /** @param whole objects of the channel that became whole */
  mayBegin(whole: number): boolean {
    if (this.#all.left) return true
    if (this.#beyond > BEYOND_OF_A_WHOLE * whole) return false
    this.#beyond++
    return true
  }
}
