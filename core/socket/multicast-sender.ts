import type { Socket } from 'node:dgram'
import type { AppError } from '../contract/app-error.ts'
import type { NetworkInterface } from '../contract/engine-api.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { guardedDatagrams } from '../guard/guarded-sockets.ts'
import { formatDestination } from '../protocol/ip/address.ts'
import { listInterfaces, resolveInterface } from './interfaces.ts'
import { numericLookup } from './numeric-lookup.ts'
import { socketFailure } from './socket-errors.ts'

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
}

/** Sends datagrams to multicast groups, IPv4 and IPv6; this machine's own receivers get them too. */
export class MulticastSender {
  readonly #options: MulticastSenderOptions
  readonly #ipv4: Socket | null
  readonly #ipv6: Socket | null
  readonly #free: Slot[] = []
  #pending = 0
  #packets = 0
  #bytes = 0
  #errors = 0
  #problem: AppError | null = null
  #waiting: (() => void)[] = []
  #closed = false

  private constructor(options: MulticastSenderOptions, ipv4: Socket | null, ipv6: Socket | null) {
    this.#options = options
    this.#ipv4 = ipv4
    this.#ipv6 = ipv6
    for (const socket of [ipv4, ipv6]) socket?.on('error', (cause) => this.#failed(cause, 'the network'))
  }

  /** @throws AppFailure address-not-local | interface-gone | socket-failed */
  static async open(options: MulticastSenderOptions): Promise<MulticastSender> {
    const list = listInterfaces()
    const ipv4 = await openSocket(4, options, list)
    const ipv6 = await openSocket(6, options, list)
    if (ipv4 instanceof Error && ipv6 instanceof Error) throw ipv4
    return new MulticastSender(options, ipv4 instanceof Error ? null : ipv4, ipv6 instanceof Error ? null : ipv6)
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
    return { packets: this.#packets, bytes: this.#bytes, errors: this.#errors, pending: this.#pending }
  }

  /** Why packets cannot be sent; null once they can again. */
  get problem(): AppError | null {
    return this.#problem
  }

  /** Sends a copy of `bytes`; never throws: failures are counted. */
  send(address: string, port: number, bytes: Uint8Array): void {
    const socket = address.includes(':') ? this.#ipv6 : this.#ipv4
    if (this.#closed) return
    if (socket === null || this.#pending >= MAX_PACKETS) {
      this.#errors++
      if (socket === null) this.#problem ??= this.#noFamily(address, port)
      return
    }
    const slot = this.#free.pop() ?? this.#slot()
    if (slot.bytes.length < bytes.length) slot.bytes = new Uint8Array(bytes.length)
    slot.bytes.set(bytes)
    this.#pending++
    this.#packets++
    this.#bytes += bytes.length
    socket.send(slot.bytes, 0, bytes.length, port, address, slot.done)
  }

  /** Null while the system keeps up; otherwise settles when every packet is passed on. */
  busy(): Promise<void> | null {
    return this.#pending > BUSY_PACKETS ? this.drained() : null
  }

  /** Settles when every packet so far is passed to the system or has failed. */
  drained(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.drained()
    this.#closed = true
    for (const socket of [this.#ipv4, this.#ipv6]) {
      if (socket !== null) await new Promise<void>((resolve) => socket.close(() => resolve()))
    }
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

function trySendBuffer(socket: Socket): void {
  try {
    socket.setSendBufferSize(SEND_BUFFER_BYTES)
  } catch {
    // The system's default suffices for slower streams.
  }
}
