import type { Socket } from 'node:dgram'
import type { AppError } from '../contract/app-error.ts'
import type { NetworkInterface } from '../contract/engine-api.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { guardedDatagrams } from '../guard/guarded-sockets.ts'
import { loadSystemCalls, type SystemCalls } from '../guard/system-calls.ts'
import { formatDestination } from '../protocol/ip/address.ts'
import { listInterfaces, resolveInterface } from './interfaces.ts'
import { numericLookup } from './numeric-lookup.ts'
import { SendTable } from './send-table.ts'
import { socketFailure } from './socket-errors.ts'
import { handleOf } from './socket-handle.ts'

const SLOT_BYTES = 2048
/** Unsent packets from which `busy` makes the caller wait. */
const BUSY_PACKETS = 512
/** Most unsent packets; further ones are dropped where the caller never waits. */
const MAX_PACKETS = 16384
const SEND_BUFFER_BYTES = 4 * 1024 * 1024

/** A packet passed to the system, with its memory and callback; reused. */
type Slot = { bytes: Uint8Array; readonly done: (error: Error | null) => void }

/** Interface and reach of the sender. */
export type MulticastSenderOptions = {
  /** Address or name of the interface to send on; absent: the system's choice. */
  readonly interface?: string
  /** Number of routers a packet may pass: 0 stays on this machine, 1 on this network. */
  readonly ttl: number
  /** Calls for sending in batches; null: packet by packet. Absent: those of this system, where it has them. */
  readonly calls?: SystemCalls | null
}

/** The socket of one family, with the table of its batches where there are any. */
type Outlet = { readonly socket: Socket; readonly table: SendTable | null; readonly fd: number }

/**
 * Sends datagrams to multicast groups, IPv4 and IPv6; this machine's own receivers get them too. On Linux they leave in batches, at
 * the end of the turn of the event loop at the latest. What the system has no room for goes through Node's queue, and so does what
 * cannot be sent, which tells why.
 */
export class MulticastSender {
  readonly #options: MulticastSenderOptions
  readonly #ipv4: Outlet | null
  readonly #ipv6: Outlet | null
  readonly #free: Slot[] = []
  #pending = 0
  #packets = 0
  #bytes = 0
  #errors = 0
  #problem: AppError | null = null
  #waiting: (() => void)[] = []
  #closed = false
  #flushes = false
  readonly #flushTurn = (): void => {
    this.#flushes = false
    this.flush()
  }

  private constructor(options: MulticastSenderOptions, ipv4: Outlet | null, ipv6: Outlet | null) {
    this.#options = options
    this.#ipv4 = ipv4
    this.#ipv6 = ipv6
    for (const outlet of [ipv4, ipv6]) outlet?.socket.on('error', (cause) => this.#failed(cause, 'the network'))
  }

  /** @throws AppFailure address-not-local | interface-gone | socket-failed */
  static async open(options: MulticastSenderOptions): Promise<MulticastSender> {
    const list = listInterfaces()
    const ipv4 = await openSocket(4, options, list)
    const ipv6 = await openSocket(6, options, list)
    if (ipv4 instanceof Error && ipv6 instanceof Error) throw ipv4
    const calls = options.calls === undefined ? systemCalls() : options.calls
    const outlet = (socket: Socket | AppFailure): Outlet | null =>
      socket instanceof Error ? null : outletOf(socket, calls)
    return new MulticastSender(options, outlet(ipv4), outlet(ipv6))
  }

  /** Packets leave in batches. */
  get isBatching(): boolean {
    return (this.#ipv4 ?? this.#ipv6)?.table != null
  }

  /** Address that packets to a group come from; null where no interface was chosen, or it has none of the group's family. */
  sourceOf(group: string): string | null {
    const { interface: on } = this.#options
    const family = group.includes(':') ? 6 : 4
    if (on === undefined || (family === 6 ? this.#ipv6 : this.#ipv4) === null) return null
    return resolveInterface(on, family === 6 ? 'IPv6' : 'IPv4', listInterfaces()).address
  }

  /** Counts of sent and failed packets. */
  get counters(): {
    readonly packets: number
    readonly bytes: number
    readonly errors: number
    readonly pending: number
  } {
    const waiting = (this.#ipv4?.table?.count ?? 0) + (this.#ipv6?.table?.count ?? 0)
    return { packets: this.#packets, bytes: this.#bytes, errors: this.#errors, pending: this.#pending + waiting }
  }

  /** Why packets cannot be sent; null once they can again. */
  get problem(): AppError | null {
    return this.#problem
  }

  /** Sends a copy of `bytes`; never throws: failures are counted. */
  send(address: string, port: number, bytes: Uint8Array): void {
    const outlet = address.includes(':') ? this.#ipv6 : this.#ipv4
    if (this.#closed) return
    if (outlet === null || this.#pending >= MAX_PACKETS) {
      this.#errors++
      if (outlet === null) this.#problem ??= this.#noFamily(address, port)
      return
    }
    this.#packets++
    this.#bytes += bytes.length
    const { table } = outlet
    // Behind what waits for Node everything does, in order.
    if (table === null || this.#pending > 0) this.#sendAlone(outlet, address, port, bytes)
    else if (table.put(address, port, bytes)) {
      if (table.isFull) this.#flush(outlet, table)
      else if (!this.#flushes) {
        this.#flushes = true
        setImmediate(this.#flushTurn)
      }
    } else {
      this.#flush(outlet, table)
      this.#sendAlone(outlet, address, port, bytes)
    }
  }

  /** Passes waiting packets on now. */
  flush(): void {
    for (const outlet of [this.#ipv4, this.#ipv6])
      if (outlet !== null && outlet.table !== null) this.#flush(outlet, outlet.table)
  }

  /** Null while the system keeps up; otherwise settles when every packet is passed on. */
  busy(): Promise<void> | null {
    return this.#pending > BUSY_PACKETS ? this.drained() : null
  }

  /** Settles when every packet so far is passed to the system or has failed. */
  drained(): Promise<void> {
    this.flush()
    if (this.#pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.drained()
    this.#closed = true
    for (const outlet of [this.#ipv4, this.#ipv6]) {
      if (outlet !== null) await new Promise<void>((resolve) => outlet.socket.close(() => resolve()))
    }
  }

  #flush(outlet: Outlet, table: SendTable): void {
    const { count } = table
    if (count === 0) return
    const sent = table.flush(outlet.fd)
    if (sent > 0) this.#problem = null
    for (let slot = sent; slot < count; slot++)
      this.#sendAlone(outlet, table.address(slot), table.port(slot), table.payload(slot))
  }

  #sendAlone({ socket }: Outlet, address: string, port: number, bytes: Uint8Array): void {
    const slot = this.#free.pop() ?? this.#slot()
    if (slot.bytes.length < bytes.length) slot.bytes = new Uint8Array(bytes.length)
    slot.bytes.set(bytes)
    this.#pending++
    socket.send(slot.bytes, 0, bytes.length, port, address, slot.done)
  }

  #slot(): Slot {
    const slot: Slot = {
      bytes: new Uint8Array(SLOT_BYTES),
      done: (error) => {
        this.#free.push(slot)
        this.#pending--
        if (error) this.#failed(error, 'the destination')
        else this.#problem = null
        if (this.#pending === 0 && this.#waiting.length > 0) this.#release()
      },
    }
    return slot
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #failed(cause: unknown, what: string): void {
    this.#errors++
    if (this.#problem !== null) return
    const code = (cause as { code?: unknown }).code
    const unreachable = code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL' || code === 'ENODEV' || code === 'ENETDOWN'
    const on = this.#options.interface === undefined ? '' : ` on ${this.#options.interface}`
    this.#problem = unreachable
      ? new AppFailure(
          'interface-gone',
          `Packets cannot be sent${on}: there is no way to ${what}.`,
          'Choose an interface that is up with --interface.',
          cause,
        ).error
      : new AppFailure('socket-failed', `Packets cannot be sent${on}.`, 'Check the network and the firewall.', cause)
          .error
  }

  #noFamily(address: string, port: number): AppError {
    const family = address.includes(':') ? 'IPv6' : 'IPv4'
    return new AppFailure(
      'address-not-local',
      `${formatDestination(address, port)} cannot be sent to: ${this.#options.interface ?? 'this machine'} has no ${family} address.`,
      `Choose an interface with ${family}, or another destination.`,
    ).error
  }
}

/** @returns a socket ready to send, or why this family has none */
async function openSocket(
  family: 4 | 6,
  options: MulticastSenderOptions,
  list: readonly NetworkInterface[],
): Promise<Socket | AppFailure> {
  const anyAddress = family === 4 ? '0.0.0.0' : '::'
  let on: NetworkInterface | null = null
  try {
    if (options.interface !== undefined) {
      on = resolveInterface(options.interface, family === 4 ? 'IPv4' : 'IPv6', list)
    }
  } catch (failure) {
    return failure as AppFailure
  }
  const socket = guardedDatagrams({ type: family === 4 ? 'udp4' : 'udp6', lookup: numericLookup })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(0, on !== null && family === 4 ? on.address : anyAddress, () => {
        socket.removeListener('error', reject)
        resolve()
      })
    })
    socket.setMulticastTTL(options.ttl)
    socket.setMulticastLoopback(true)
    if (on !== null) socket.setMulticastInterface(family === 4 ? on.address : `::%${on.name}`)
    trySendBuffer(socket)
    return socket
  } catch (cause) {
    socket.close()
    return socketFailure(`The sending socket${on === null ? '' : ` on ${on.name}`}`, cause, list)
  }
}

/** Null where they do not exist here. */
function systemCalls(): SystemCalls | null {
  try {
    return loadSystemCalls()
  } catch {
    return null
  }
}

function outletOf(socket: Socket, calls: SystemCalls | null): Outlet {
  try {
    if (calls !== null) return { socket, table: new SendTable(calls), fd: handleOf(socket).fd }
  } catch {
    // This runtime shows no descriptors.
  }
  return { socket, table: null, fd: -1 }
}

function trySendBuffer(socket: Socket): void {
  try {
    socket.setSendBufferSize(SEND_BUFFER_BYTES)
  } catch {
    // The system's default suffices for slower streams.
  }
}
