import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { AppError } from '../contract/app-error.ts'
import type { NetworkInterface } from '../contract/engine-api.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { formatDestination, isMulticastAddress } from '../protocol/ip/address.ts'
import type { DatagramSink, Flow } from '../protocol/ip/flow.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import { ownSocketInodes, procAddress, readProcUdp } from './host-drops.ts'
import { resolveInterface } from './interfaces.ts'
import { joinFailure, socketFailure } from './socket-errors.ts'

/** Senders of one group whose flows are remembered without asking the table. */
const RECENT_SENDERS = 4

export type ReceiveSocketOptions = {
  readonly address: string
  readonly port: number
  /** Address or name of the interface to join on; null leaves the choice to the system. */
  readonly interface: string | null
  readonly receiveBufferBytes: number
  readonly nowUs: () => number
  readonly interfaces: () => NetworkInterface[]
  readonly flows: FlowTable
}

/** Inodes of sockets that are being counted, so that two on one destination do not count each other's drops. */
const claimedInodes = new Set<string>()

/**
 * One UDP socket for one destination. On Linux it is bound to the group's own address, so that services with the same port on
 * other groups stay out; elsewhere that is not possible and only the port is bound.
 */
export class ReceiveSocket {
  readonly destination: string
  readonly #options: ReceiveSocketOptions
  readonly #family: 4 | 6
  readonly #multicast: boolean
  readonly #sink: DatagramSink
  readonly #socket: Socket
  readonly #flows: Flow[] = []
  #recent = 0
  #last: Flow | null = null
  #packets = 0
  #lastUs = 0
  #granted = 0
  #joinedUs = 0
  #on: NetworkInterface | null = null
  #problem: AppError | null = null
  #inode: string | null = null
  #drops: number | null = null
  #closed = false

  constructor(options: ReceiveSocketOptions, sink: DatagramSink) {
    this.#options = options
    this.#sink = sink
    this.#family = options.address.includes(':') ? 6 : 4
    this.#multicast = isMulticastAddress(options.address)
    this.destination = formatDestination(options.address, options.port)
    this.#socket = createSocket({
      type: this.#family === 4 ? 'udp4' : 'udp6',
      reuseAddr: this.#multicast,
      ipv6Only: this.#family === 6,
    })
  }

  /**
   * Binds, sizes the receive buffer, joins.
   * @throws AppFailure port-in-use | address-not-local | interface-gone | join-refused | socket-failed
   */
  async open(): Promise<void> {
    try {
      if (this.#multicast) this.#on = this.#chooseInterface()
      await this.#bind()
      this.#socket.on('error', (cause) => {
        this.#problem = socketFailure(this.destination, cause, this.#options.interfaces()).error
      })
      this.#sizeBuffer()
      if (this.#multicast) {
        this.#on ??= await probeRoute(this.#options, this.#family)
        this.#join()
      }
      this.#joinedUs = this.#options.nowUs()
      this.#claimInode()
      this.#socket.on('message', (bytes, sender) => this.#message(bytes, sender))
    } catch (failure) {
      await this.close()
      throw failure
    }
  }

  snapshot(): SocketSnapshot {
    const on = this.#on
    return {
      destination: this.destination,
      interface:
        on === null ? (this.#multicast ? 'chosen by the system' : this.#options.address) : `${on.address} (${on.name})`,
      joinedWallUs: this.#joinedUs,
      packets: this.#packets,
      askedBufferBytes: this.#options.receiveBufferBytes,
      grantedBufferBytes: this.#granted,
      droppedByHost: this.#drops,
      problem: this.#problem,
    }
  }

  /** Reads the host's drop counter again. */
  readDrops(): void {
    if (this.#inode === null) return
    const row = readProcUdp(this.#family)?.find((socket) => socket.inode === this.#inode)
    if (row !== undefined) this.#drops = row.drops
  }

  /** Notices that the interface joined on has gone, and joins again when it is back. */
  checkInterface(list: readonly NetworkInterface[]): void {
    const on = this.#on
    if (on === null || this.#closed) return
    const present = list.some((entry) => entry.name === on.name && entry.address === on.address)
    if (!present && this.#problem?.code !== 'interface-gone') {
      this.#problem = new AppFailure(
        'interface-gone',
        `The interface ${on.name} (${on.address}), on which ${this.destination} was joined, has gone.`,
        'Plug it in or bring it up again: the multicast is joined again by itself.',
      ).error
    }
    if (!present || this.#problem?.code !== 'interface-gone') return
    try {
      // The system may still count the old membership.
      this.#socket.dropMembership(this.#options.address, this.#membership())
    } catch {
      // It does not: nothing to leave.
    }
    try {
      this.#join()
      this.#problem = null
    } catch {
      // Up, but not usable yet: asked again at the next check.
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.readDrops()
    if (this.#inode !== null) claimedInodes.delete(this.#inode)
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  #chooseInterface(): NetworkInterface | null {
    const name = this.#options.interface
    return name === null
      ? null
      : resolveInterface(name, this.#family === 4 ? 'IPv4' : 'IPv6', this.#options.interfaces())
  }

  #bind(): Promise<void> {
    const { address, port } = this.#options
    const anyAddress = this.#family === 4 ? '0.0.0.0' : '::'
    const bindTo = this.#multicast && process.platform !== 'linux' ? anyAddress : this.#scoped(address)
    return new Promise((resolve, reject) => {
      this.#socket.once('error', (cause) => reject(socketFailure(this.destination, cause, this.#options.interfaces())))
      this.#socket.bind({ address: bindTo, port }, () => {
        this.#socket.removeAllListeners('error')
        resolve()
      })
    })
  }

  /** Groups of link-local scope (ffx1, ffx2) can only be bound on a named interface. */
  #scoped(address: string): string {
    return /^ff[0-9a-f][12]:/i.test(address) && this.#on !== null ? `${address}%${this.#on.name}` : address
  }

  #sizeBuffer(): void {
    try {
      this.#socket.setRecvBufferSize(this.#options.receiveBufferBytes)
    } catch {
      // Some systems refuse what others cut: what there is will be shown.
    }
    const size = this.#socket.getRecvBufferSize()
    // Linux grants twice what it counts, the other half for its own bookkeeping.
    this.#granted = process.platform === 'linux' ? size / 2 : size
  }

  #join(): void {
    try {
      this.#socket.addMembership(this.#options.address, this.#membership())
    } catch (cause) {
      const on = this.#on === null ? null : `${this.#on.name} (${this.#on.address})`
      throw joinFailure(this.destination, on, cause, this.#options.interfaces())
    }
  }

  /** How Node names an interface when joining: IPv4 by its address, IPv6 by its zone. */
  #membership(): string | undefined {
    if (this.#on === null) return undefined
    return this.#family === 4 ? this.#on.address : `::%${this.#on.name}`
  }

  #claimInode(): void {
    const local = procAddress(this.#options.address, this.#options.port)
    const rows = readProcUdp(this.#family)
    if (rows === null) return
    const own = ownSocketInodes()
    const row = rows.find((entry) => entry.local === local && own.has(entry.inode) && !claimedInodes.has(entry.inode))
    if (row === undefined) return
    this.#inode = row.inode
    this.#drops = row.drops
    claimedInodes.add(row.inode)
  }

  #message(bytes: Uint8Array, sender: RemoteInfo): void {
    let flow = this.#last
    if (flow === null || flow.sourcePort !== sender.port || flow.sourceAddress !== sender.address) {
      flow = this.#flowOf(sender)
      this.#last = flow
    }
    const nowUs = this.#options.nowUs()
    if (nowUs > this.#lastUs) this.#lastUs = nowUs
    this.#sink.datagram(flow, bytes, 0, bytes.length, this.#lastUs, ++this.#packets)
  }

  #flowOf(sender: RemoteInfo): Flow {
    for (const flow of this.#flows) {
      if (flow.sourcePort === sender.port && flow.sourceAddress === sender.address) return flow
    }
    const { address, port } = this.#options
    const flow = this.#options.flows.byText(sender.address, address, sender.port, port)
    this.#flows[this.#recent] = flow
    this.#recent = (this.#recent + 1) % RECENT_SENDERS
    return flow
  }
}

/**
 * Which interface the system would use for a destination: connecting a UDP socket looks up the route and sends nothing.
 * Null where there is no route or it cannot be told.
 */
function probeRoute(options: ReceiveSocketOptions, family: 4 | 6): Promise<NetworkInterface | null> {
  return new Promise((resolve) => {
    const probe = createSocket(family === 4 ? 'udp4' : 'udp6')
    const done = (found: NetworkInterface | null) => {
      probe.close()
      resolve(found)
    }
    probe.once('error', () => done(null))
    probe.connect(options.port, options.address, () => {
      const { address } = probe.address()
      done(options.interfaces().find((entry) => entry.address === address) ?? null)
    })
  })
}
