/** Bytes that Linux counts in its queue for a datagram of 1500 bytes. */
export const QUEUED_BYTES = 2304
/** Datagrams between two looks at their rate: more than wait after the thread was kept from reading for a moment. */
const RATE_DATAGRAMS = 1024
/** A queue that is full sooner than this needs a thread of raised priority. */
const QUEUE_MS = 100

/**
 * Raises the priority of a thread that reads datagram by datagram once they arrive so fast that they fill the system's queue soon.
 * Before that it is not worth it: a thread of raised priority interrupts the others for every one, which takes half as much time again.
 */
export class QueueWatch {
  readonly #queue: number
  readonly #system: { now(): number; raisePriority(): void }
  #raised = false
  #count = 0
  #sinceMs: number

  /** @param queue datagrams that the socket's queue has room for */
  constructor(queue: number, system: { now(): number; raisePriority(): void }) {
    this.#queue = queue
    this.#system = system
    this.#sinceMs = system.now()
  }

  taken(count: number, nowMs: number): void {
    if (this.#raised) return
    this.#count += count
    if (this.#count < RATE_DATAGRAMS) return
    if (this.#queue * ((nowMs - this.#sinceMs) / this.#count) < QUEUE_MS) {
      this.#raised = true
      this.#system.raisePriority()
    }
    this.#count = 0
    this.#sinceMs = nowMs
  }
}
