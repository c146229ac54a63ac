import type dgram from 'node:dgram'
import { type BatchTable, SENDER_WORDS, SystemError } from './batch-table.ts'
import type { RingWriter, Senders } from './ring-writer.ts'
import { handleOf, type SocketHandle } from './socket-handle.ts'

/** Longest nap between two readings, ms: the longest time that a datagram waits in the system's queue with others. */
const NAP_MS = 10
/** Shorter naps end no sooner than none. */
const SHORTEST_NAP_MS = 0.06
/** Part of a queue that may fill during a nap, at the rate of late. */
const NAP_SHARE = 1 / 8
/** Datagrams per ms of a burst out of silence that a queue must hold during a nap: 1 Gbit/s of long ones. */
const BURST = 90
/** Rounds of reading between two looks at messages. */
const ROUNDS = 16
/** A socket without datagrams for so many readings is left to the event loop. */
const EMPTY_READINGS = 12

/** A socket whose datagrams are read in batches. */
type BatchedSocket = {
  readonly id: number
  readonly handle: SocketHandle
  readonly senders: Senders
  /** Datagrams that its queue has room for. */
  readonly queue: number
  readonly last: Uint32Array
  source: number
  /** Datagrams that arrived per ms. */
  rate: number
  readMs: number
  taken: number
  /** When its queue was last seen empty: at the latest reading, and at the one before this turn. */
  emptyMs: number
  boundMs: number
  /** The error of the latest reading, 0 for none. */
  errno: number
  emptyReadings: number
  /** Datagrams are awaited by the event loop. */
  asleep: boolean
}

/** Clock and scheduling, and who is told of errors and rates. */
export type BatchHost = {
  now(): number
  again(task: () => void): void
  /** Waits, unless a message comes. */
  nap(ms: number): void
  failed(id: number, error: SystemError): void
}

/**
 * Reads sockets in batches: empties their queues, puts what it found into the ring in the order of arrival, and naps for as long as
 * the queues have room for what arrives meanwhile. A socket that is silent is left to the event loop, which costs nothing until
 * its next datagram; that one wakes this reader.
 */
export class BatchTurns {
  readonly #table: BatchTable
  readonly #writer: RingWriter
  readonly #host: BatchHost
  readonly #sockets: BatchedSocket[] = []
  /** Slots filled in this round, in the order of arrival, and what is known of each. */
  readonly #order: Uint16Array
  readonly #arrivals: Float64Array
  readonly #owners: BatchedSocket[] = []
  #filled = 0
  #running = false
  /** The socket that is read first; another one in each round. */
  #first = 0

  constructor(table: BatchTable, writer: RingWriter, host: BatchHost) {
    this.#table = table
    this.#writer = writer
    this.#host = host
    this.#order = new Uint16Array(table.slots)
    this.#arrivals = new Float64Array(table.slots)
  }

  /** Takes over a bound socket. @throws Error where its descriptor cannot be had or has no arrival times */
  add(id: number, socket: dgram.Socket, senders: Senders, queue: number): void {
    const handle = handleOf(socket)
    this.#table.stampTimes(handle.fd)
    const nowMs = this.#host.now()
    const one: BatchedSocket = {
      id,
      handle,
      senders,
      queue,
      last: new Uint32Array(SENDER_WORDS),
      source: -1,
      rate: 0,
      readMs: nowMs,
      taken: 0,
      emptyMs: nowMs,
      boundMs: nowMs,
      errno: 0,
      emptyReadings: 0,
      asleep: true,
    }
    socket.on('message', (payload, sender) => {
      const awokeMs = this.#host.now()
      const source = senders.of(sender.address, sender.port)
      if (source >= 0) this.#writer.put(id, source, payload, this.#writer.timeUs(awokeMs))
      this.#wake(one, awokeMs)
    })
    this.#sockets.push(one)
  }

  /** Gives a socket up, which is about to be closed; what waits in its queue is read first, but for a flood. */
  remove(id: number): void {
    const at = this.#sockets.findIndex((one) => one.id === id)
    const [socket] = at < 0 ? [] : this.#sockets.slice(at, at + 1)
    if (socket === undefined) return
    socket.asleep = false
    let more = true
    for (let rounds = 0; more && rounds < ROUNDS; rounds++) {
      more = this.#gather()
      this.#putAll()
    }
    this.#sockets.splice(at, 1)
  }

  #wake(one: BatchedSocket, nowMs: number): void {
    if (!one.asleep) return
    one.asleep = false
    one.emptyReadings = 0
    one.emptyMs = nowMs
    one.boundMs = nowMs
    one.readMs = nowMs
    one.taken = 1
    one.handle.recvStop()
    if (this.#running) return
    this.#running = true
    this.#host.again(() => this.#turn())
  }

  #turn(): void {
    let rounds = 0
    let more = true
    while (more && rounds++ < ROUNDS) {
      more = this.#gather()
      this.#putAll()
    }
    const napMs = more ? 0 : this.#settle()
    if (napMs < 0) {
      this.#running = false
      return
    }
    if (napMs >= SHORTEST_NAP_MS) this.#host.nap(napMs)
    this.#host.again(() => this.#turn())
  }

  /** Reads each socket once, as far as there are slots. @returns whether more datagrams are waiting */
  #gather(): boolean {
    const { slots } = this.#table
    const sockets = this.#sockets
    const awake = sockets.length
    const beforeMs = this.#host.now()
    let more = false
    for (let index = 0; index < awake; index++) {
      const one = sockets[(this.#first + index) % awake] as BatchedSocket
      if (one.asleep) continue
      const share = Math.max(1, Math.floor((slots - this.#filled) / (awake - index)))
      if (this.#filled === slots) return true
      const count = this.#read(one, share)
      if (count === share) more = true
      else one.emptyMs = beforeMs
    }
    this.#first = awake === 0 ? 0 : (this.#first + 1) % awake
    return more
  }

  #read(one: BatchedSocket, share: number): number {
    const first = this.#filled
    let count = 0
    try {
      count = this.#table.read(one.handle.fd, first, share)
      one.errno = 0
    } catch (thrown) {
      if (!(thrown instanceof SystemError)) throw thrown
      if (thrown.errno !== one.errno) this.#host.failed(one.id, thrown)
      one.errno = thrown.errno
    }
    one.taken += count
    for (let slot = first; slot < first + count; slot++) this.#insert(slot, one)
    this.#filled += count
    return count
  }

  /** Puts a slot in its place by arrival; those of one socket come in order, and of a single one nothing is moved. */
  #insert(slot: number, one: BatchedSocket): void {
    const order = this.#order
    const arrivals = this.#arrivals
    // What has no time has arrived at the latest by now.
    const arrival = this.#table.arrivalUs(slot) ?? Number.POSITIVE_INFINITY
    arrivals[slot] = arrival
    this.#owners[slot] = one
    let at = slot
    for (; at > 0 && (arrivals[order[at - 1] as number] as number) > arrival; at--) order[at] = order[at - 1] as number
    order[at] = slot
  }

  #putAll(): void {
    const count = this.#filled
    if (count === 0) return
    const table = this.#table
    const writer = this.#writer
    const nowMs = this.#host.now()
    const dateUs = table.dateUs()
    for (let index = 0; index < count; index++) {
      const slot = this.#order[index] as number
      const one = this.#owners[slot] as BatchedSocket
      if (!table.isFrom(slot, one.last) || one.source < 0) {
        const { address, port } = table.sender(slot)
        one.source = one.senders.of(address, port)
        if (one.source < 0) continue
      }
      // By its age, so that steps of the system's date do not matter; nothing waited longer than since the queue was empty.
      const ageMs = Math.min(Math.max(0, (dateUs - (this.#arrivals[slot] as number)) / 1000), nowMs - one.boundMs)
      writer.putLanded(one.id, one.source, table.start(slot), table.length(slot), writer.timeUs(nowMs - ageMs))
    }
    table.release(0, count)
    this.#filled = 0
  }

  /** Ends a turn. @returns how long to nap; -1 where all sockets are asleep */
  #settle(): number {
    const nowMs = this.#host.now()
    let napMs = -1
    for (const one of this.#sockets) {
      if (one.asleep) continue
      this.#rate(one, nowMs)
      if (one.taken > 0) one.emptyReadings = 0
      else if (++one.emptyReadings > EMPTY_READINGS) {
        one.asleep = true
        one.handle.recvStart()
        continue
      }
      one.taken = 0
      one.boundMs = one.emptyMs
      const ms = Math.min(NAP_MS, one.queue / BURST, (one.queue * NAP_SHARE) / one.rate)
      napMs = napMs < 0 ? ms : Math.min(napMs, ms)
    }
    return napMs
  }

  /** Follows a rise at once, and a fall slowly. */
  #rate(one: BatchedSocket, nowMs: number): void {
    const rate = one.taken / Math.max(1, nowMs - one.readMs)
    one.rate = Math.max(rate, one.rate * 0.9 + rate * 0.1)
    one.readMs = nowMs
  }
}
