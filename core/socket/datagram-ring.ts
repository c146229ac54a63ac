/**
 * A ring in shared memory that passes datagrams from the socket thread to the engine: one writer, one reader, neither waits for
 * the other. A stall of the reader (a collection, many objects that end at once) loses nothing while the ring has room.
 *
 * ```
 * control:  i32 head | i32 tail | i32 reader sleeps | i32 messages | f64 clock offset | i32 refused, for each socket   (offsets in units of 8 bytes)
 * record:   u32 payload bytes | u32 source | f64 arrival, µs | payload | padding to 8
 * ```
 * An empty ring begins again at its start: at usual rates its first pages are all that is used of it.
 * Behind the ring, datagrams of one call of the system land, from where they are put into records.
 * The source `WRAP` means that the ring continues at its start. A new source is announced by a record with its number and the
 * bit `ANNOUNCES`, whose payload is a `RingSource` as JSON.
 */
export const RING = {
  controlBytes: 1088,
  headerBytes: 16,
  head: 0,
  tail: 1,
  sleeping: 2,
  /** Grows with each message to the thread, and wakes it. */
  messages: 3,
  /** First counter of datagrams refused for lack of room; sockets beyond the counters share them. */
  refused: 16,
  refusedCounts: 256,
  /** Index in units of 8-byte floats. */
  clockOffset: 2,
  announces: 0x8000_0000,
  wrap: 0xffff_ffff,
  /** An empty ring begins again once so much of it is used. */
  restartBytes: 262_144,
  /** Most senders distinguished per socket. */
  senders: 4096,
  /** Datagrams that the thread reads from itself before it is ready. */
  warmUpDatagrams: 2560,
  warmUpBytes: 1400,
  /** Places behind the ring where batches of datagrams land, each for the longest there is. */
  landings: 256,
  landingBytes: 65536,
} as const

/** Sender of one socket's datagrams. */
export type RingSource = { readonly socket: number; readonly address: string; readonly port: number }

/** Takes the datagrams: the payload is a range of the ring, valid during the call. */
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

  /** @param bytes for payloads, a multiple of 8 */
  constructor(bytes: number, reader: RingReader) {
    this.memory = new SharedArrayBuffer(RING.controlBytes + bytes + RING.landings * RING.landingBytes)
    this.#control = new Int32Array(this.memory, 0, RING.controlBytes / 4)
    this.#clock = new Float64Array(this.memory, 0, RING.controlBytes / 8)
    this.#words = new Uint32Array(this.memory, RING.controlBytes)
    this.#times = new Float64Array(this.memory, RING.controlBytes)
    this.#bytes = new Uint8Array(this.memory, RING.controlBytes)
    this.#reader = reader
  }

  /** Datagrams of a socket refused for lack of room. */
  refused(socket: number): number {
    return Atomics.load(this.#control, RING.refused + (socket % RING.refusedCounts))
  }

  /** Wakes the thread for a message, where it naps. */
  noteMessage(): void {
    Atomics.add(this.#control, RING.messages, 1)
    Atomics.notify(this.#control, RING.messages)
  }

  /** Offset from the system's monotonic µs to engine time, used by the writer. */
  set clockOffsetUs(offsetUs: number) {
    this.#clock[RING.clockOffset] = offsetUs
  }

  /** Passes on up to `limit` records. @returns how many; with fewer than `limit` the ring is empty */
  read(limit: number): number {
    const control = this.#control
    let tail = 0
    let head = 0
    // The writer that begins again sets the head, then the tail: a head read between two equal tails belongs to them.
    do {
      tail = Atomics.load(control, RING.tail)
      head = Atomics.load(control, RING.head)
    } while (tail !== Atomics.load(control, RING.tail))
    let count = 0
    while (tail !== head && count < limit) {
      tail = this.#record(tail)
      // Room is freed record by record, so that a slow reader occupies no more than it needs.
      Atomics.store(control, RING.tail, tail)
      count++
    }
    return count
  }

  /**
   * Lets the writer wake the reader with its next datagram. A reader that is awake reads at intervals instead: a wake costs as
   * much as passing on dozens of datagrams.
   * @returns false where datagrams are waiting; then there is no wake
   */
  sleep(): boolean {
    const control = this.#control
    Atomics.store(control, RING.sleeping, 1)
    if (Atomics.load(control, RING.head) === control[RING.tail]) return true
    Atomics.store(control, RING.sleeping, 0)
    return false
  }

  /** @returns the start of the next record */
  #record(tail: number): number {
    const source = this.#words[tail * 2 + 1] as number
    if (source === RING.wrap) return 0
    const length = this.#words[tail * 2] as number
    const start = tail * 8 + RING.headerBytes
    if (source >= RING.announces) {
      // TextDecoder does not accept shared memory.
      const text = this.#text.decode(this.#bytes.slice(start, start + length))
      this.#reader.source(source - RING.announces, JSON.parse(text) as RingSource)
    } else {
      this.#reader.datagram(source, this.#bytes, start, start + length, this.#times[tail + 1] as number)
    }
    return tail + ((RING.headerBytes + length + 7) >>> 3)
  }
}
