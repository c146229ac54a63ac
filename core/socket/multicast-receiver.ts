import type { AppError } from '../contract/app-error.ts'
import type { NetworkInterface } from '../contract/engine-api.ts'
import { isMulticastAddress } from '../contract/multicast-address.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import { toAppError } from '../failure/app-failure.ts'
import type { DatagramSink } from '../flow/datagrams.ts'
import { formatDestination } from '../protocol/ip/address.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { listInterfaces } from './interfaces.ts'
import { ReceiveSocket } from './receive-socket.ts'
import { SocketThread } from './socket-thread.ts'
import { ANY_SOURCE, type SourceFilter } from './source-filter.ts'

const INTERFACE_CHECK_MS = 1000
const DROPS_AGE_US = 250_000

/** Interfaces, senders and buffer of the receiver. */
export type MulticastReceiverOptions = {
  /** Addresses or names of the interfaces to join on; absent: the system's choice. */
  readonly joinOn?: readonly string[]
  /** Accepted senders; absent: any. */
  readonly filter?: SourceFilter
  /** Requested from the system for each socket. The granted size is in the snapshot. */
  readonly receiveBufferBytes: number
  /** Wall clock, µs since the UNIX epoch. */
  readonly nowUs: () => number
  readonly flows?: FlowTable
  /** Thread that reads the sockets, shared with other receivers and closed by its owner; absent: a new one. */
  readonly thread?: SocketThread
  /** The machine's interfaces; for tests. */
  readonly interfaces?: () => NetworkInterface[]
}

/** Receives from any number of multicast (or local unicast) destinations, one socket each. The live datagram source. */
export class MulticastReceiver {
  readonly #options: MulticastReceiverOptions
  readonly #sink: DatagramSink
  readonly #flows: FlowTable
  readonly #sockets = new Map<string, ReceiveSocket>()
  readonly #opening = new Map<string, Promise<AppError | null>>()
  /** Destinations left while their socket is being opened. */
  readonly #leaving = new Set<string>()
  readonly #interfaces: () => NetworkInterface[]
  readonly #thread: SocketThread
  #timer: NodeJS.Timeout | null = null
  #dropsReadUs = Number.NEGATIVE_INFINITY
  #lastUs = 0
  #closed = false

  constructor(options: MulticastReceiverOptions, sink: DatagramSink) {
    this.#options = options
    this.#sink = sink
    this.#flows = options.flows ?? new FlowTable()
    this.#interfaces = options.interfaces ?? listInterfaces
    this.#thread = options.thread ?? new SocketThread(() => this.#now())
  }

  /**
   * Starts to receive a destination, unless it is joined already.
   * @param sources its only senders, as signalled: a group is joined for these where the options include none and the system
   * allows it
   * @returns why the source filter could not be applied, or null
   * @throws AppFailure port-in-use | address-not-local | interface-gone | join-refused | socket-failed
   */
  async join(address: string, port: number, sources: readonly string[] = []): Promise<AppError | null> {
    const key = formatDestination(address, port)
    for (let opening = this.#opening.get(key); opening !== undefined; opening = this.#opening.get(key)) {
      if (!this.#leaving.has(key)) return opening
      await opening.catch(() => undefined)
    }
    if (this.#sockets.has(key) || this.#closed) return null
    const joining = this.#open(key, address, port, sources).finally(() => {
      this.#opening.delete(key)
      if (this.#leaving.delete(key)) this.leave(address, port)
    })
    this.#opening.set(key, joining)
    return joining
  }

  /** Stops receiving a destination, if it is joined. */
  leave(address: string, port: number): void {
    const key = formatDestination(address, port)
    if (this.#opening.has(key)) this.#leaving.add(key)
    const socket = this.#sockets.get(key)
    this.#sockets.delete(key)
    void socket?.close()
  }

  /** One entry per destination, in order of joining. */
  sockets(): SocketSnapshot[] {
    const nowUs = this.#options.nowUs()
    if (Math.abs(nowUs - this.#dropsReadUs) > DROPS_AGE_US) {
      this.#dropsReadUs = nowUs
      for (const socket of this.#sockets.values()) socket.readDrops()
    }
    return Array.from(this.#sockets.values(), (socket) => socket.snapshot())
  }

  /** Checks that the interfaces still exist; runs every second. */
  async checkInterfaces(): Promise<void> {
    if (this.#sockets.size === 0) return
    const list = this.#interfaces()
    await Promise.all(Array.from(this.#sockets.values(), (socket) => socket.checkInterface(list)))
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    await Promise.allSettled(this.#opening.values())
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(sockets.map((socket) => socket.close()))
    if (this.#options.thread === undefined) await this.#thread.close()
  }

  async #open(key: string, address: string, port: number, sources: readonly string[]): Promise<AppError | null> {
    const filter = this.#options.filter ?? ANY_SOURCE
    // The user's choice of senders takes precedence over the signalled ones.
    const asSignalled = sources.length > 0 && filter.include.length === 0 && isMulticastAddress(address)
    let refusal: AppError | null = null
    let socket = this.#socket(address, port, asSignalled ? { ...filter, include: sources } : filter)
    try {
      await socket.open()
    } catch (thrown) {
      if (!asSignalled) throw thrown
      refusal = toAppError(thrown)
      socket = this.#socket(address, port, filter)
      await socket.open()
    }
    this.#sockets.set(key, socket)
    if (this.#timer !== null || this.#closed) return refusal
    this.#timer = setInterval(() => void this.checkInterfaces(), INTERFACE_CHECK_MS)
    this.#timer.unref()
    return refusal
  }

  #socket(address: string, port: number, filter: SourceFilter): ReceiveSocket {
    const options = {
      address,
      port,
      joinOn: this.#options.joinOn ?? [],
      filter,
      receiveBufferBytes: this.#options.receiveBufferBytes,
      nowUs: () => this.#now(),
      interfaces: this.#interfaces,
      flows: this.#flows,
      thread: this.#thread,
    }
    return new ReceiveSocket(options, this.#sink)
  }

  /** The clock of all sockets, which are one source: it never goes backwards. */
  #now(): number {
    const nowUs = Math.floor(this.#options.nowUs())
    if (nowUs > this.#lastUs) this.#lastUs = nowUs
    return this.#lastUs
  }
}
