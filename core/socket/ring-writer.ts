import type { RING } from './datagram-ring.ts'

/** Start data of the thread. */
export type SocketSetup = {
  readonly memory: SharedArrayBuffer
  readonly ring: { readonly [Key in keyof typeof RING]: number }
  /** Reads several datagrams with one call where the system can. */
  readonly batches: boolean
}

/** The socket thread's end of the ring. */
export class RingWriter {
  readonly bytes: Uint8Array
  readonly #ring: SocketSetup['ring']
  readonly #control: Int32Array
  readonly #clock: Float64Array
  readonly #words: Uint32Array
  readonly #times: Float64Array
  readonly #units: number
  readonly #wake: () => void
  #sources = 0

  /** @param wake called with a datagram for a reader that sleeps */
  constructor({ memory, ring }: SocketSetup, wake: () => void) {
    this.#ring = ring
    this.#control = new Int32Array(memory, 0, ring.controlBytes / 4)
    this.#clock = new Float64Array(memory, 0, ring.controlBytes / 8)
    this.#words = new Uint32Array(memory, ring.controlBytes)
    this.#times = new Float64Array(memory, ring.controlBytes)
    this.bytes = new Uint8Array(memory, ring.controlBytes)
    this.#units = (this.bytes.length - ring.landings * ring.landingBytes) / 8
    this.#wake = wake
  }

  /** First byte, within `bytes`, of what is behind the ring. */
  get landing(): number {
    return this.#units * 8
  }

  /** Engine time of a monotonic one, ms. */
  timeUs(nowMs: number): number {
    return Math.floor(nowMs * 1000 + (this.#clock[this.#ring.clockOffset] as number))
  }

  /** @returns false where there is no room, which is counted */
  put(socket: number, source: number, payload: Uint8Array, timeUs: number): boolean {
    const at = this.#reserve(socket, payload.length)
    if (at < 0) return false
    this.bytes.set(payload, at * 8 + this.#ring.headerBytes)
    this.#publish(at, source, payload.length, timeUs)
    return true
  }

  /** Puts a datagram that has landed behind the ring. @param from its offset in `bytes` */
  putLanded(socket: number, source: number, from: number, length: number, timeUs: number): void {
    const at = this.#reserve(socket, length)
    if (at < 0) return
    // No view of the payload is made for it.
    this.bytes.copyWithin(at * 8 + this.#ring.headerBytes, from, from + length)
    this.#publish(at, source, length, timeUs)
  }

  /** Announces another sender of a socket. @returns its number, -1 where there is no room */
  announce(socket: number, address: string, port: number): number {
    const text = JSON.stringify({ socket, address, port })
    const payload = Uint8Array.from(text, (character) => character.charCodeAt(0))
    return this.put(socket, this.#ring.announces + this.#sources + 1, payload, 0) ? ++this.#sources : -1
  }

  /** @returns the offset of a record in units of 8 bytes, -1 where there is no room */
  #reserve(socket: number, length: number): number {
    const { headerBytes, head: headAt, tail: tailAt, restartBytes, refused, refusedCounts } = this.#ring
    const control = this.#control
    const need = (headerBytes + length + 7) >>> 3
    const head = control[headAt] as number
    const tail = Atomics.load(control, tailAt)
    // All is read: memory that is used again is in the caches, and has pages.
    if (head === tail && head * 8 >= restartBytes) return this.#restart(head)
    if (head < tail ? head + need < tail : head + need + 2 <= this.#units) return head
    // One unit stays free after a record, for a wrap mark. Not up to the tail itself: equal head and tail mean empty.
    if (head < tail || need >= tail) {
      Atomics.add(control, refused + (socket % refusedCounts), 1)
      return -1
    }
    return this.#wrap(head)
  }

  /**
   * An empty ring begins again with all its room: a reader that is kept from reading just now leaves the tail where it is, and what lies
   * before that would be full at once. The reader has nothing to move the tail by.
   * @returns its first unit
   */
  #restart(head: number): number {
    const first = this.#wrap(head)
    Atomics.store(this.#control, this.#ring.tail, first)
    return first
  }

  /** Goes on at the start of the ring. @returns its first unit */
  #wrap(head: number): number {
    this.#words[head * 2 + 1] = this.#ring.wrap
    Atomics.store(this.#control, this.#ring.head, 0)
    return 0
  }

  #publish(at: number, source: number, length: number, timeUs: number): void {
    const { headerBytes, head, sleeping } = this.#ring
    const control = this.#control
    this.#words[at * 2] = length
    this.#words[at * 2 + 1] = source
    this.#times[at + 1] = timeUs
    Atomics.store(control, head, at + ((headerBytes + length + 7) >>> 3))
    if (Atomics.load(control, sleeping) === 1 && Atomics.exchange(control, sleeping, 0) === 1) this.#wake()
  }
}

/** Senders of one socket by address and port; a group has few, and those beyond the limit count as one. */
export class Senders {
  readonly #known = new Map<string, number>()
  readonly #writer: RingWriter
  readonly #socket: number
  readonly #others: string
  readonly #most: number

  /** @param others address of those beyond `most` */
  constructor(writer: RingWriter, socket: number, others: string, most: number) {
    this.#writer = writer
    this.#socket = socket
    this.#others = others
    this.#most = most
  }

  /** @returns the number of a sender in the ring, -1 where there is no room to announce it */
  of(address: string, port: number): number {
    if (this.#known.size >= this.#most) return this.#find(this.#others, 0)
    return this.#find(address, port)
  }

  #find(address: string, port: number): number {
    const key = `${address} ${port}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const announced = this.#writer.announce(this.#socket, address, port)
    if (announced >= 0) this.#known.set(key, announced)
    return announced
  }
}
