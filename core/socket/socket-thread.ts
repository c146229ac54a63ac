import type { Worker } from 'node:worker_threads'
import { startThread } from '../guard/guarded-threads.ts'
import { DatagramRing, RING, type RingReader, type RingSource } from './datagram-ring.ts'
import type { Membership, SocketCommand, SocketOpening, SocketReply } from './socket-loop.ts'
import socketWorker from './socket-worker.ts?thread'

/** A third of a second at 1.5 Gbit/s. */
const RING_BYTES = 64 * 1024 * 1024
/** Datagrams passed on before timers and requests run, and the time for them: some cost a hundred times the others. */
const TURN_DATAGRAMS = 2048
const TURN_BUSY_MS = 8
/** Datagrams between two looks at the clock; fewer after some that took longer than `SLICE_MS`. */
const SLICE = 8
const SLICE_MS = 1
/** Time for what has arrived before sockets are closed, of all together; the rest is dropped, so that a flood has an end. */
const CLOSING_MS = 250
/** Interval of turns while datagrams arrive: the longest time one waits to be passed on with others. */
const TURN_MS = 10

/** Takes datagrams and errors of one socket. */
export type SocketListener = {
  /** `bytes[start, end)` is valid during the call. */
  datagram(sender: RingSource, bytes: Uint8Array, start: number, end: number, timeUs: number): void
  /** The socket has an error; it may continue. */
  failed(error: NodeJS.ErrnoException): void
}

type DoneReply = Extract<SocketReply, { kind: 'done' }>

/** An open socket: its number, and what the system reported of it. */
export type OpenSocket = Pick<DoneReply, 'grantedBytes' | 'single'> & { readonly id: number }

/**
 * Reads sockets in a separate thread, so that the engine's work cannot overflow the system's short queues. One thread for any
 * number of sockets; it starts with the first and ends with `close`.
 */
export class SocketThread implements RingReader {
  readonly #nowUs: () => number
  readonly #ring = new DatagramRing(RING_BYTES, this)
  readonly #listeners = new Map<number, SocketListener>()
  readonly #sources: (RingSource | undefined)[] = []
  readonly #sourceListeners: (SocketListener | undefined)[] = []
  readonly #calls = new Map<number, { done: (reply: DoneReply) => void; fail: (error: Error) => void }>()
  readonly #batches: boolean
  #worker: Worker | null = null
  #ids = 0
  #callCount = 0
  #lastUs = 0
  #slice = SLICE
  /** The next turn. */
  #turn: NodeJS.Immediate | null = null
  #pause: NodeJS.Timeout | null = null
  /** The ring is empty, and the thread wakes this one. */
  #asleep = true
  /** Time left to pass on what has arrived before sockets were closed. */
  #closingMs = CLOSING_MS
  #closed = false

  /**
   * @param nowUs wall clock, µs since the UNIX epoch
   * @param batches reads several datagrams by one call, with the kernel's times, where the system can
   */
  constructor(nowUs: () => number, batches = true) {
    this.#nowUs = nowUs
    this.#batches = batches
  }

  /** Datagrams of a socket dropped because the ring was full. */
  refused(id: number): number {
    return this.#ring.refused(id)
  }

  /**
   * Opens a bound socket.
   * @returns its number, the receive buffer reported by the system, and why datagrams are read one by one: null where they are not
   * @throws the system's error
   */
  async open(opening: SocketOpening, listener: SocketListener): Promise<OpenSocket> {
    const id = ++this.#ids
    this.#listeners.set(id, listener)
    try {
      const { grantedBytes, single } = await this.#call({ kind: 'open', id, call: 0, open: opening })
      return { id, grantedBytes, single }
    } catch (thrown) {
      this.#listeners.delete(id)
      throw thrown
    }
  }

  /** @throws the system's error */
  async join(id: number, membership: Membership): Promise<void> {
    await this.#call({ kind: 'join', id, call: 0, membership })
  }

  /** @throws the system's error */
  async leave(id: number, membership: Membership): Promise<void> {
    await this.#call({ kind: 'leave', id, call: 0, membership })
  }

  async closeSocket(id: number): Promise<void> {
    // A thread that ended by itself has closed its sockets.
    if (this.#listeners.has(id)) await this.#call({ kind: 'close', id, call: 0 })
    this.#drain()
    this.#listeners.delete(id)
    for (const [number, source] of this.#sources.entries()) {
      if (source?.socket !== id) continue
      this.#sources[number] = undefined
      this.#sourceListeners[number] = undefined
    }
  }

  /** Passes on the datagrams received so far, or a turn's worth of a flood. */
  flush(): void {
    if (this.#worker === null) return
    this.#ring.clockOffsetUs = this.#nowUs() - monotonicUs()
    this.#read(Number.POSITIVE_INFINITY, TURN_BUSY_MS)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#turn !== null) clearImmediate(this.#turn)
    if (this.#pause !== null) clearTimeout(this.#pause)
    await this.#worker?.terminate()
    this.#worker = null
    this.#drain()
  }

  source(id: number, source: RingSource): void {
    this.#sources[id] = source
    this.#sourceListeners[id] = this.#listeners.get(source.socket)
  }

  datagram(id: number, bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    const listener = this.#sourceListeners[id]
    if (listener === undefined) return
    // All sockets are one source: its time never goes backwards.
    if (timeUs > this.#lastUs) this.#lastUs = timeUs
    listener.datagram(this.#sources[id] as RingSource, bytes, start, end, this.#lastUs)
  }

  /** Passes on the datagrams received before a socket was closed. */
  #drain(): void {
    const startMs = performance.now()
    if (this.#read(Number.POSITIVE_INFINITY, this.#closingMs) !== 'more') return
    this.#closingMs = Math.max(0, this.#closingMs - (performance.now() - startMs))
  }

  /** Passes on datagrams until none is left, or `most` have been, or the time is over. */
  #read(most: number, busyMs: number): 'none' | 'all' | 'more' {
    let lookMs = performance.now()
    const endMs = lookMs + busyMs
    for (let taken = 0; taken < most; ) {
      const slice = this.#slice
      const found = this.#ring.read(slice)
      taken += found
      const nowMs = performance.now()
      this.#slice = nowMs - lookMs > SLICE_MS ? 1 : Math.min(SLICE, slice * 2)
      lookMs = nowMs
      if (found < slice) return taken === 0 ? 'none' : 'all'
      if (nowMs >= endMs) return 'more'
    }
    return 'more'
  }

  /** Passes on one turn's datagrams; the rest follows after timers and requests. Sleeps when a turn finds nothing. */
  #takeTurn(): void {
    this.#turn = null
    this.#asleep = false
    this.#ring.clockOffsetUs = this.#nowUs() - monotonicUs()
    const found = this.#read(TURN_DATAGRAMS, TURN_BUSY_MS)
    if (found === 'more') this.#turn = setImmediate(() => this.#takeTurn())
    else if (found === 'none' && this.#ring.sleep()) this.#asleep = true
    // A timer that is used again costs less than a new one.
    else if (this.#pause === null) this.#pause = setTimeout(() => this.#takeTurn(), TURN_MS)
    else this.#pause.refresh()
  }

  #call(command: SocketCommand): Promise<DoneReply> {
    if (this.#closed) return Promise.reject(Object.assign(new Error('The sockets are closed.'), { code: 'EBADF' }))
    const call = ++this.#callCount
    return new Promise((done, fail) => {
      this.#calls.set(call, { done, fail })
      this.#thread().postMessage({ ...command, call })
      this.#ring.noteMessage()
    })
  }

  #thread(): Worker {
    if (this.#worker !== null) return this.#worker
    this.#ring.clockOffsetUs = this.#nowUs() - monotonicUs()
    // A thread that ended may have left datagrams: nobody else would read them.
    if (!this.#ring.sleep()) this.#turn ??= setImmediate(() => this.#takeTurn())
    const worker = startThread(
      socketWorker,
      { memory: this.#ring.memory, ring: RING, batches: this.#batches },
      (error) => this.#lost(error),
    )
    worker.on('message', (reply: SocketReply) => this.#answer(reply))
    this.#worker = worker
    return worker
  }

  /** The thread ended by itself, with all sockets; the next one to be opened starts another. */
  #lost(error: NodeJS.ErrnoException): void {
    if (this.#closed) return
    this.#worker = null
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const { fail } of calls) fail(error)
    const listeners = [...this.#listeners.values()]
    this.#listeners.clear()
    for (const listener of listeners) listener.failed(error)
  }

  #answer(reply: SocketReply): void {
    if (reply.kind === 'datagrams') {
      if (this.#asleep) this.#takeTurn()
      return
    }
    if (reply.kind === 'error') {
      this.#listeners.get(reply.id)?.failed(Object.assign(new Error(reply.message), { code: reply.code }))
      return
    }
    const call = this.#calls.get(reply.call)
    this.#calls.delete(reply.call)
    if (reply.kind === 'done') call?.done(reply)
    else call?.fail(Object.assign(new Error(reply.message), { code: reply.code }))
  }
}

/** The system's monotonic clock, the same in all threads. */
function monotonicUs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + nanoseconds / 1e3
}
