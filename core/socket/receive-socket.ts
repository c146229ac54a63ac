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
import { describeFilter, ofFamily, type SourceFilter, takes } from './source-filter.ts'

/** Senders of one group whose flows are remembered without asking the table. */
const RECENT_SENDERS = 4

export type ReceiveSocketOptions = {
  readonly address: string
  readonly port: number
  /** Addresses or names of the interfaces to join on; none leaves the choice to the system. */
  readonly joinOn: readonly string[]
  readonly filter: SourceFilter
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
  readonly #filter: SourceFilter
  /** The system knows how to join a sender's packets only; where it does not, they are sorted out here. */
  #filteredBySystem: boolean
  /** The datagrams of `#last` are taken. */
  #takesLast = true
  #passedOver = 0
  /** Interfaces joined on; none where the system chose and does not say. */
  #on: readonly NetworkInterface[] = []
  /** Those of them that have gone. */
  readonly #gone = new Set<NetworkInterface>()
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
    this.#filter = ofFamily(options.filter, this.#family)
    this.#filteredBySystem = this.#multicast && this.#filter.include.length > 0
    this.#socket = createSocket({
      type: this.#family === 4 ? 'udp4' : 'udp6',
      reuseAddr: this.#multicast,
      ipv6Only: this.#family === 6,
    })
  }

  /**
   * Binds, sizes the receive buffer, joins.
   * @throws AppFailure port-in-use | address-not-local | interface-gone | join-refused | socket-failed | bad-spec
   */
  async open(): Promise<void> {
    try {
      if (this.#multicast) this.#on = this.#chooseInterfaces()
      if (this.#filter.include.length === 0 && this.#options.filter.include.length > 0) throw this.#noSuchSource()
      await this.#bind()
      this.#socket.on('error', (cause) => {
        this.#problem = socketFailure(this.destination, cause, this.#options.interfaces()).error
      })
      this.#sizeBuffer()
      if (this.#multicast) {
        if (this.#on.length === 0) {
          const routed = await probeRoute(this.#options, this.#family)
          if (routed !== null) this.#on = [routed]
        }
        this.#joinAll()
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
        on.length === 0
          ? this.#multicast
            ? 'chosen by the system'
            : this.#options.address
          : on.map(({ name, address }) => `${address} (${name})`).join(', '),
      filter: describeFilter(this.#filter, this.#filteredBySystem),
      passedOver: this.#passedOver,
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

  /** Notices that an interface joined on has gone, and joins again when it is back. */
  checkInterface(list: readonly NetworkInterface[]): void {
    if (this.#closed) return
    for (const on of this.#on) {
      const present = list.some((entry) => entry.name === on.name && entry.address === on.address)
      if (!present) this.#gone.add(on)
      else if (this.#gone.has(on)) this.#joinAgain(on)
    }
    const [missing] = this.#gone
    if (missing === undefined) {
      if (this.#problem?.code === 'interface-gone') this.#problem = null
    } else if (this.#problem?.code !== 'interface-gone') {
      this.#problem = new AppFailure(
        'interface-gone',
        `The interface ${missing.name} (${missing.address}), on which ${this.destination} was joined, has gone.`,
        'Plug it in or bring it up again: the multicast is joined again by itself.',
      ).error
    }
  }

  #joinAgain(on: NetworkInterface): void {
    const { address } = this.#options
    try {
      // The system may still count the old membership.
      if (this.#filteredBySystem) {
        for (const source of this.#filter.include)
          this.#socket.dropSourceSpecificMembership(source, address, this.#membership(on))
      } else {
        this.#socket.dropMembership(address, this.#membership(on))
      }
    } catch {
      // It does not: nothing to leave.
    }
    try {
      this.#join(on)
      this.#gone.delete(on)
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

  #chooseInterfaces(): NetworkInterface[] {
    const family = this.#family === 4 ? 'IPv4' : 'IPv6'
    const list = this.#options.interfaces()
    const chosen = this.#options.joinOn.map((name) => resolveInterface(name, family, list))
    return chosen.filter((one, at) => chosen.findIndex((each) => each.address === one.address) === at)
  }

  #noSuchSource(): AppFailure {
    const asked = this.#options.filter.include.join(', ')
    return new AppFailure(
      'bad-spec',
      `No sender with the address ${asked} can send to ${this.destination}: one is IPv4 and the other IPv6.`,
      'Give a source address of the same kind as the group.',
    )
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
    const [on] = this.#on
    return /^ff[0-9a-f][12]:/i.test(address) && on !== undefined ? `${address}%${on.name}` : address
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

  #joinAll(): void {
    if (this.#on.length === 0) this.#join(null)
    for (const on of this.#on) this.#join(on)
  }

  #join(on: NetworkInterface | null): void {
    const membership = on === null ? undefined : this.#membership(on)
    try {
      if (this.#filteredBySystem && this.#joinSources(membership)) return
      this.#filteredBySystem = false
      this.#socket.addMembership(this.#options.address, membership)
    } catch (cause) {
      // Two of its addresses were named: one interface is joined once.
      if (this.#on.length > 1 && (cause as { code?: unknown }).code === 'EADDRINUSE') return
      const where = on === null ? null : `${on.name} (${on.address})`
      throw joinFailure(this.destination, where, cause, this.#options.interfaces())
    }
  }

  /** @returns false where the system knows no source-specific join */
  #joinSources(membership: string | undefined): boolean {
    for (const source of this.#filter.include) {
      try {
        this.#socket.addSourceSpecificMembership(source, this.#options.address, membership)
      } catch (cause) {
        const { code } = cause as { code?: unknown }
        if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') continue
        if (code === 'ENOSYS' || code === 'ENOPROTOOPT' || code === 'EOPNOTSUPP') return false
        throw cause
      }
    }
    return true
  }

  /** How Node names an interface when joining: IPv4 by its address, IPv6 by its zone. */
  #membership(on: NetworkInterface): string {
    return this.#family === 4 ? on.address : `::%${on.name}`
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
      this.#takesLast = takes(this.#filter, flow.sourceAddress)
    }
    if (!this.#takesLast) {
      this.#passedOver++
      return
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
