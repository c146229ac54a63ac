/**
 * Datagrams on their way from the socket thread to the engine, in shared memory: one writes, one reads, neither waits for the
 * other. A stall of the reader (a collection, many objects that end at once) costs nothing as long as the ring has room.
 *
 * ```
 * control:  i32 head | i32 tail | i32 reader sleeps | f64 clock offset | i32 refused, for each socket   (offsets in units of 8 bytes)
 * record:   u32 payload bytes | u32 source | f64 arrival, µs | payload | padding to 8
 * ```
 * A source of `WRAP` says that the ring goes on at its beginning. A source that was not seen before is announced by a record
 * of its number with the bit `ANNOUNCES` set, whose payload is a `RingSource` as JSON.
 */
export const RING = {
  controlBytes: 1088,
  headerBytes: 16,
  head: 0,
  tail: 1,
  sleeping: 2,
  /** First of the counts of datagrams there was no room for; sockets share them where there are more. */
  refused: 16,
  refusedCounts: 256,
  /** As index of 8-byte floats. */
  clockOffset: 2,
  announces: 0x8000_0000,
  wrap: 0xffff_ffff,
  /** Senders of one socket that are told apart. */
  senders: 4096,
  /** What the thread reads from itself before it is ready. */
  warmUpDatagrams: 2560,
  warmUpBytes: 1400,
} as const

/** Who sends what comes from one socket. */
export type RingSource = { readonly socket: number; readonly address: string; readonly port: number }

/** What the reader does with a datagram: the payload is a range of the ring, valid during the call. */
export type RingReader = {
  source(id: number, source: RingSource): void
  datagram(id: number, bytes: Uint8Array, start: number, end: number, timeUs: number): void
}

/** The engine's end of the ring. */
export class DatagramRing {
  readonly memory: SharedArrayBuffer
  readonly #control: Int32Array
  readonly #clock: Float64Array
  readonly #words: Uint32Array
  readonly #times: Float64Array
  readonly #bytes: Uint8Array
  readonly #reader: RingReader
  readonly #text = new TextDecoder()

  /** @param bytes room for payloads, a multiple of 8 */
  constructor(bytes: number, reader: RingReader) {
    this.memory = new SharedArrayBuffer(RING.controlBytes + bytes)
    this.#control = new Int32Array(this.memory, 0, RING.controlBytes / 4)
    this.#clock = new Float64Array(this.memory, 0, RING.controlBytes / 8)
    this.#words = new Uint32Array(this.memory, RING.controlBytes)
    this.#times = new Float64Array(this.memory, RING.controlBytes)
    this.#bytes = new Uint8Array(this.memory, RING.controlBytes)
    this.#reader = reader
  }

  /** Datagrams of a socket the ring had no room for. */
  refused(socket: number): number {
    return Atomics.load(this.#control, RING.refused + (socket % RING.refusedCounts))
  }

  /** What the writer adds to the system's monotonic µs to get engine time. */
  set clockOffsetUs(offsetUs: number) {
    this.#clock[RING.clockOffset] = offsetUs
  }

  /**
   * Hands on up to `limit` datagrams.
   * @returns true where there are more; else the writer wakes the reader when the next one comes
   */
  read(limit: number): boolean {
    const control = this.#control
    for (let count = 0; ; ) {
      const head = Atomics.load(control, RING.head)
      let tail = control[RING.tail] as number
      if (tail === head) {
        Atomics.store(control, RING.sleeping, 1)
        if (Atomics.load(control, RING.head) === tail) return false
        Atomics.store(control, RING.sleeping, 0)
        continue
      }
      while (tail !== head) {
        if (count++ >= limit) {
          Atomics.store(control, RING.tail, tail)
          return true
        }
        tail = this.#record(tail)
        // Room is given back record by record: a slow reader must not hold more than it needs.
        Atomics.store(control, RING.tail, tail)
      }
    }
  }

  /** @returns where the next record begins */
  #record(tail: number): number {
    const source = this.#words[tail * 2 + 1] as number
    if (source === RING.wrap) return 0
    const length = this.#words[tail * 2] as number
    const start = tail * 8 + RING.headerBytes
    if (source >= RING.announces) {
      // A decoder takes no shared memory.
      const text = this.#text.decode(this.#bytes.slice(start, start + length))
      this.#reader.source(source - RING.announces, JSON.parse(text) as RingSource)
    } else {
      this.#reader.datagram(source, this.#bytes, start, start + length, this.#times[tail + 1] as number)
    }
    return tail + ((RING.headerBytes + length + 7) >>> 3)
  }
}
