import type { AppError } from '../contract/app-error.ts'
import type { NetworkInterface } from '../contract/engine-api.ts'
import { isMulticastAddress } from '../contract/multicast-address.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { DatagramSink, Flow } from '../flow/datagrams.ts'
import { guardedDatagrams } from '../guard/guarded-sockets.ts'
import { formatDestination } from '../protocol/ip/address.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import type { RingSource } from './datagram-ring.ts'
import { ownSocketInodes, procAddress, readProcUdp } from './host-drops.ts'
import { resolveInterface } from './interfaces.ts'
import { numericLookup } from './numeric-lookup.ts'
import { joinFailure, socketFailure } from './socket-errors.ts'
import type { SocketThread } from './socket-thread.ts'
import { accepts, describeFilter, ofFamily, type SourceFilter } from './source-filter.ts'

/** Senders of one group whose flows are cached. */
const RECENT_SENDERS = 4

/** Destination, interfaces and filter of one socket. */
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
  /** Thread that reads the socket. */
  readonly thread: SocketThread
}

/** Inodes already counted, so that two sockets of one destination do not count each other's drops. */
const claimedInodes = new Set<string>()

/**
 * One UDP socket for one destination. On Linux it is bound to the group's own address, so that services with the same port in
 * other groups are not received; elsewhere only the port can be bound.
 */
export class ReceiveSocket {
  readonly destination: string
  readonly #options: ReceiveSocketOptions
  readonly #family: 4 | 6
  readonly #multicast: boolean
  readonly #sink: DatagramSink
  /** Its number in the thread, 0 before it is open. */
  #socket = 0
  readonly #flows: Flow[] = []
  #recent = 0
  #last: Flow | null = null
  #packets = 0
  #granted = 0
  /** Why its datagrams are read one by one; null where they are not. */
  #single: string | null = null
  #joinedUs = 0
  readonly #filter: SourceFilter
  /** The system joins only the included senders; otherwise this class filters them. */
  #filteredBySystem: boolean
  /** Whether datagrams of `#last` are accepted. */
  #acceptsLast = true
  #passedOver = 0
  /** Joined interfaces; none where the system chose one without reporting it. */
  #on: readonly NetworkInterface[] = []
  /** Those of them that were removed. */
  readonly #removed = new Set<NetworkInterface>()
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
  }

  /**
   * Binds, sets the receive buffer, and joins.
   * @throws AppFailure port-in-use | address-not-local | interface-gone | join-refused | socket-failed | bad-spec
   */
  async open(): Promise<void> {
    try {
      if (this.#multicast) this.#on = this.#chooseInterfaces()
      if (this.#filter.include.length === 0 && this.#options.filter.include.length > 0) throw this.#noSuchSource()
      await this.#bind()
      if (this.#multicast) {
        if (this.#on.length === 0) {
          const routed = await probeRoute(this.#options, this.#family)
          if (routed !== null) this.#on = [routed]
        }
        await this.#joinAll()
      }
      this.#joinedUs = this.#options.nowUs()
      this.#claimInode()
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
      reading: describeReading(this.#single),
      droppedByHost: this.#droppedByHost(),
      problem: this.#problem,
    }
  }

  /** Reads the host's drop counter again. */
  readDrops(): void {
    if (this.#inode === null) return
    const row = readProcUdp(this.#family)?.find((socket) => socket.inode === this.#inode)
    if (row !== undefined) this.#drops = row.drops
  }

  /** Drops by the system with a full queue, and by the thread for lack of room in the ring. */
  #droppedByHost(): number | null {
    const refused = this.#socket === 0 ? 0 : this.#options.thread.refused(this.#socket)
    return this.#drops === null && refused === 0 ? null : (this.#drops ?? 0) + refused
  }

  /** Detects that a joined interface was removed, and joins again when it returns. */
  async checkInterface(list: readonly NetworkInterface[]): Promise<void> {
    if (this.#closed) return
    for (const on of this.#on) {
      const present = list.some((entry) => entry.name === on.name && entry.address === on.address)
      if (!present) this.#removed.add(on)
      else if (this.#removed.has(on)) await this.#joinAgain(on)
    }
    const [missing] = this.#removed
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

  async #joinAgain(on: NetworkInterface): Promise<void> {
    const { address: group, thread } = this.#options
    const sources = this.#filteredBySystem ? this.#filter.include : [null]
    try {
      // The system may still count the old membership.
      for (const source of sources) await thread.leave(this.#socket, { group, interface: this.#local(on), source })
    } catch {
      // It does not: there is nothing to leave.
    }
    try {
      await this.#join(on)
      this.#removed.delete(on)
    } catch {
      // Up, but not usable yet: the next check tries again.
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.readDrops()
    if (this.#inode !== null) claimedInodes.delete(this.#inode)
    if (this.#socket !== 0) await this.#options.thread.closeSocket(this.#socket)
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

  async #bind(): Promise<void> {
    const { address, port, thread, receiveBufferBytes } = this.#options
    const anyAddress = this.#family === 4 ? '0.0.0.0' : '::'
    const bindTo = this.#multicast && process.platform !== 'linux' ? anyAddress : this.#scoped(address)
    const opening = { family: this.#family, reuse: this.#multicast, address: bindTo, port, receiveBufferBytes }
    try {
      const { id, grantedBytes, single } = await thread.open(opening, {
        datagram: (sender, bytes, start, end, timeUs) => this.#message(sender, bytes, start, end, timeUs),
        failed: (cause) => {
          this.#problem = socketFailure(this.destination, cause, this.#options.interfaces()).error
        },
      })
      this.#socket = id
      this.#single = single
      // Linux grants twice the usable size; the other half is for its own bookkeeping.
      this.#granted = process.platform === 'linux' ? grantedBytes / 2 : grantedBytes
    } catch (cause) {
      throw socketFailure(this.destination, cause, this.#options.interfaces())
    }
  }

  /** Groups of link-local scope (ffx1, ffx2) can only be bound on a named interface. */
  #scoped(address: string): string {
    const [on] = this.#on
    return /^ff[0-9a-f][12]:/i.test(address) && on !== undefined ? `${address}%${on.name}` : address
  }

  async #joinAll(): Promise<void> {
    if (this.#on.length === 0) await this.#join(null)
    for (const on of this.#on) await this.#join(on)
  }

  async #join(on: NetworkInterface | null): Promise<void> {
    const local = on === null ? null : this.#local(on)
    try {
      if (this.#filteredBySystem && (await this.#joinSources(local))) return
      this.#filteredBySystem = false
      await this.#options.thread.join(this.#socket, { group: this.#options.address, interface: local, source: null })
    } catch (cause) {
      // Two addresses of one interface were named: it is joined once.
      if (this.#on.length > 1 && (cause as { code?: unknown }).code === 'EADDRINUSE') return
      const where = on === null ? null : `${on.name} (${on.address})`
      throw joinFailure(this.destination, where, cause, this.#options.interfaces())
    }
  }

  /** @returns false where the system has no source-specific join */
  async #joinSources(local: string | null): Promise<boolean> {
    for (const source of this.#filter.include) {
      try {
        await this.#options.thread.join(this.#socket, { group: this.#options.address, interface: local, source })
      } catch (cause) {
        const { code } = cause as { code?: unknown }
        if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') continue
        if (code === 'ENOSYS' || code === 'ENOPROTOOPT' || code === 'EOPNOTSUPP') return false
        throw cause
      }
    }
    return true
  }

  /** Node's name of an interface in a join: IPv4 by its address, IPv6 by its zone. */
  #local(on: NetworkInterface): string {
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

  #message(sender: RingSource, bytes: Uint8Array, start: number, end: number, timeUs: number): void {
    let flow = this.#last
    if (flow === null || flow.sourcePort !== sender.port || flow.sourceAddress !== sender.address) {
      flow = this.#flowOf(sender)
      this.#last = flow
      this.#acceptsLast = accepts(this.#filter, flow.sourceAddress)
    }
    if (this.#acceptsLast) this.#sink.datagram(flow, bytes, start, end, timeUs, ++this.#packets)
    else this.#passedOver++
  }

  #flowOf(sender: RingSource): Flow {
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

/** How datagrams are read, in words. @param single why they are read one by one; null where they are not */
function describeReading(single: string | null): string {
  return single === null ? "in batches, with the kernel's arrival times" : `one by one (${single})`
}

/**
 * The interface the system would use for a destination: connecting a UDP socket looks up the route and sends nothing. Null
 * where there is no route or it cannot be determined.
 */
function probeRoute(options: ReceiveSocketOptions, family: 4 | 6): Promise<NetworkInterface | null> {
  return new Promise((resolve) => {
    const probe = guardedDatagrams({ type: family === 4 ? 'udp4' : 'udp6', lookup: numericLookup })
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
