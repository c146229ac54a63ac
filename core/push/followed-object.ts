import type { Lease } from '../flow/lease.ts'
import type { FlowObject } from '../flow/objects.ts'

/** Bytes given at a time. */
const MOST_BYTES = 128 * 1024

/** An object that ended, or went, before all of it was given. */
class ObjectCut extends Error {
  constructor() {
    super('it came only in part')
    this.name = 'ObjectCut'
  }
}

/** The bytes of an object in the order of its content, each as soon as it has come. They end once `finish` has the whole. */
export class FollowedObject implements AsyncIterable<Uint8Array> {
  readonly #object: FlowObject
  readonly #unwatch: () => void
  #whole: Lease | null = null
  #cut = false
  #isGiven = false
  #wake: () => void = () => {}

  constructor(object: FlowObject) {
    this.#object = object
    this.#unwatch = object.watch(() => this.#wake())
  }

  /** All of it was given. */
  get isGiven(): boolean {
    return this.#isGiven
  }

  /** Takes the whole content, which must stay valid until the iteration has ended. */
  finish(whole: Lease): void {
    this.#whole = whole
    this.#unwatch()
    this.#wake()
  }

  /** Ends it with an error: it is not whole. */
  cut(): void {
    this.#cut = true
    this.#unwatch()
    this.#wake()
  }

  /** @throws ObjectCut */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; ) {
      if (this.#cut) throw new ObjectCut()
      const end = Math.min(this.#there(), at + MOST_BYTES)
      if (end > at) {
        // Its memory may be used again once the object has ended.
        const { bytes } = this.#whole ?? this.#object.lease(at, end)
        const chunk = this.#whole === null ? bytes.slice() : bytes.slice(at, end)
        at = end
        yield chunk
      } else if (this.#whole !== null) {
        this.#isGiven = true
        return
      } else await this.#change()
    }
  }

  /** Bytes from the first on that can be read now. */
  #there(): number {
    if (this.#whole !== null) return this.#whole.bytes.byteLength
    return this.#object.state === 'receiving' ? this.#object.prefixBytes() : 0
  }

  /** Waits for more. Of an object that has ended nothing comes but the whole, at once. */
  async #change(): Promise<void> {
    if (this.#object.state !== 'receiving') {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#whole === null) this.cut()
      return
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
