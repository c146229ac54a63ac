import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import { AppFailure } from '../../failure/app-failure.ts'
import { guardedDatagrams, guardedStream, guardedStreamServer } from '../../guard/guarded-sockets.ts'
import { listInterfaces, resolveInterface } from '../interfaces.ts'
import type { DueOutput } from './paced-output.ts'
import type { StreamAddress } from './stream-address.ts'
import { listenAt, type StreamPlace, unreachable } from './stream-source.ts'

/** How a byte stream is sent. */
export type StreamOutletOptions = {
  readonly interface: string | null
  readonly listen: boolean
  readonly keepAlive: boolean
  readonly keepPackets: boolean
  readonly maxConnections: number
  readonly bufferBytes: number
  readonly ttl: number
  readonly retry: boolean
  readonly log: (text: string) => void
}

/** Counts of an outlet. */
export type StreamOutletCounts = { bytes: number; packets: number; clients: number; dropped: number }

/** Sends packets to one place or to all clients. */
export interface StreamOutlet extends DueOutput {
  readonly counts: StreamOutletCounts
  /** Packets and bytes that the network has not taken; packets are 0 where only bytes are known. */
  readonly waiting: { readonly items: number; readonly bytes: number }
  /** Why it can send no more; null while it can. */
  readonly failure: AppFailure | null
  close(): void
}

/** Most bytes that wait for one client or the network. */
const CLIENT_BYTES = 8 * 1024 * 1024
const BUSY_BYTES = 1024 * 1024
/** Most bytes that wait while no client is connected. */
const KEPT_BYTES = 16 * 1024 * 1024
const BUSY_DATAGRAMS = 64

/**
 * Opens the socket of an outlet; a connection is made at once.
 * @throws AppFailure source-unreachable | port-in-use | address-not-local | interface-gone | socket-failed
 */
export async function openStreamOutlet(address: StreamAddress, options: StreamOutletOptions): Promise<StreamOutlet> {
  if (address.kind === 'udp') return openDatagramOutlet(address, options)
  const to = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
  if (options.listen) {
    const outlet = new ServingOutlet(options)
    await listenAt(outlet.server, to)
    return outlet
  }
  for (let attempt = 0; ; attempt++) {
    const socket = guardedStream(to)
    let cause: unknown = null
    socket.once('error', (error) => {
      cause = error
    })
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('ready', () => resolve(true))
      socket.once('close', () => resolve(false))
    })
    if (isOpen) return new ConnectedOutlet(socket, to)
    if (!options.retry || attempt >= 20) throw unreachable(to, cause)
    await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 100 * 2 ** attempt)))
  }
}

async function openDatagramOutlet(
  { host, port, multicast }: Extract<StreamAddress, { kind: 'udp' | 'tcp' }>,
  options: StreamOutletOptions,
): Promise<StreamOutlet> {
  const isIpv6 = host.includes(':')
  const on = options.interface
  const local = on === null ? null : resolveInterface(on, isIpv6 ? 'IPv6' : 'IPv4', listInterfaces())
  const socket = guardedDatagrams({ type: isIpv6 ? 'udp6' : 'udp4' })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) =>
      reject(new AppFailure('socket-failed', `No socket for udp://${host}:${port}.`, 'Try again.', cause)),
    )
    socket.bind(0, isIpv6 ? '::' : local !== null && !multicast ? local.address : '0.0.0.0', () => resolve())
  })
  try {
    socket.setSendBufferSize(options.bufferBytes)
  } catch (cause) {
    options.log(`The send buffer of ${options.bufferBytes} bytes was refused: ${String(cause)}.`)
  }
  if (multicast && local !== null) socket.setMulticastInterface(isIpv6 ? `::%${local.name}` : local.address)
  if (multicast && options.ttl > 0) socket.setMulticastTTL(options.ttl)
  if (multicast && options.ttl > 1) options.log(`Packets may pass ${options.ttl} routers.`)
  return new DatagramOutlet(socket, host, port)
}

/** UDP: one packet, one datagram. */
class DatagramOutlet implements StreamOutlet {
  readonly counts: StreamOutletCounts = { bytes: 0, packets: 0, clients: 0, dropped: 0 }
  readonly failure = null
  readonly #socket: DatagramSocket
  readonly #host: string
  readonly #port: number
  #pending = 0
  #waiters: (() => void)[] = []
  #closed = false
  readonly #done = (error: Error | null): void => {
    this.#pending--
    if (error !== null) this.counts.dropped++
    if (this.#pending === 0) for (const wake of this.#waiters.splice(0)) wake()
  }

  constructor(socket: DatagramSocket, host: string, port: number) {
    this.#socket = socket
    this.#host = host
    this.#port = port
  }

  get waiting(): { readonly items: number; readonly bytes: number } {
    return { items: this.#pending, bytes: 0 }
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return
    this.counts.packets++
    this.counts.bytes += bytes.length
    this.#pending++
    this.#socket.send(bytes, this.#port, this.#host, this.#done)
  }

  busy(): Promise<void> | null {
    return this.#pending < BUSY_DATAGRAMS ? null : this.#drained()
  }

  async end(): Promise<void> {
    if (this.#pending > 0) await this.#drained()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.close()
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }
}

/** Settles when a connection has taken what waits, or is closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', () => resolve())
  })
}

/** One connection. */
class ConnectedOutlet implements StreamOutlet {
  readonly counts: StreamOutletCounts = { bytes: 0, packets: 0, clients: 1, dropped: 0 }
  failure: AppFailure | null = null
  readonly #socket: Socket
  #ended = false

  constructor(socket: Socket, to: StreamPlace) {
    this.#socket = socket
    const shown = 'path' in to ? to.path : `${to.host}:${to.port}`
    socket.resume()
    socket.once('close', () => {
      if (!this.#ended)
        this.failure = new AppFailure(
          'source-broke',
          `${shown} closed the connection.`,
          'See the other program for why.',
        )
    })
  }

  get waiting(): { readonly items: number; readonly bytes: number } {
    return { items: 0, bytes: this.#socket.writableLength }
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.destroyed || this.#ended) return
    this.counts.packets++
    this.counts.bytes += bytes.length
    this.#socket.write(bytes)
  }

  busy(): Promise<void> | null {
    return !this.#socket.destroyed && this.#socket.writableLength > BUSY_BYTES ? drained(this.#socket) : null
  }

  async end(): Promise<void> {
    this.#ended = true
    if (this.#socket.destroyed) return
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.end()
    await closed
  }

  close(): void {
    this.#ended = true
    this.#socket.destroy()
  }
}

/** A client of a server. */
type Client = { readonly socket: Socket; joined: boolean }

/** A server: all clients get what is sent from where they can join; one that does not keep up is closed. */
class ServingOutlet implements StreamOutlet {
  readonly counts: StreamOutletCounts = { bytes: 0, packets: 0, clients: 0, dropped: 0 }
  readonly failure = null
  readonly server: Server
  readonly #options: StreamOutletOptions
  readonly #clients = new Set<Client>()
  /** What was sent while nobody was connected, or before the first client. */
  #kept: { readonly bytes: Uint8Array; readonly join: Uint8Array | null | undefined }[] = []
  #keptBytes = 0
  #hadClients = false
  #closed = false
  #waiters: (() => void)[] = []

  constructor(options: StreamOutletOptions) {
    this.#options = options
    this.server = guardedStreamServer((socket) => this.#take(socket))
  }

  /** What is kept for a client, or waits for the slowest. */
  get waiting(): { readonly items: number; readonly bytes: number } {
    const slowest = Math.max(0, ...[...this.#clients].map(({ socket }) => socket.writableLength))
    return { items: this.#kept.length, bytes: this.#keptBytes + slowest }
  }

  send(bytes: Uint8Array, join: Uint8Array | null | undefined): void {
    this.counts.packets++
    this.counts.bytes += bytes.length
    if (this.#clients.size > 0) for (const client of this.#clients) this.#write(client, bytes, join)
    else if (!this.#hadClients || this.#options.keepPackets) this.#keep(bytes, join)
    else this.counts.dropped++
  }

  busy(): Promise<void> | null {
    if (this.#closed) return null
    if (this.#clients.size === 0)
      return this.#hadClients && !this.#options.keepPackets ? null : this.#keptBytes > 0 ? this.#changed() : null
    const full = [...this.#clients].filter(({ socket }) => socket.writableLength > BUSY_BYTES)
    // One client that stalls does not make the others wait.
    return full.length < this.#clients.size ? null : Promise.race(full.map(({ socket }) => drained(socket)))
  }

  async end(): Promise<void> {
    if (this.#clients.size === 0 && !this.#hadClients && !this.#closed) await this.#changed()
    await Promise.all(
      [...this.#clients].map(async ({ socket }) => {
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
        socket.end()
        await closed
      }),
    )
    if (this.#options.keepAlive) while (!this.#closed) await this.#changed()
  }

  close(): void {
    this.#closed = true
    this.server.close()
    for (const { socket } of this.#clients) socket.destroy()
    this.#wake()
  }

  #take(socket: Socket): void {
    if (this.#clients.size >= this.#options.maxConnections) {
      this.#options.log('A client was closed: there are as many as are allowed.')
      socket.destroy()
      return
    }
    socket.resume()
    const client: Client = { socket, joined: !this.#hadClients }
    this.#clients.add(client)
    this.counts.clients++
    this.#hadClients = true
    socket.once('close', () => {
      this.#clients.delete(client)
      this.#wake()
    })
    const kept = this.#kept
    this.#kept = []
    this.#keptBytes = 0
    for (const { bytes, join } of kept) this.#write(client, bytes, join)
    this.#wake()
  }

  #write(client: Client, bytes: Uint8Array, join: Uint8Array | null | undefined): void {
    const { socket } = client
    if (!client.joined) {
      if (join === undefined) return
      client.joined = true
      if (join !== null) socket.write(join)
    }
    if (socket.writableLength > CLIENT_BYTES) {
      this.counts.dropped++
      this.#options.log('A client was closed: it did not take what was sent.')
      this.#clients.delete(client)
      socket.destroy()
      return
    }
    socket.write(bytes)
  }

  #keep(bytes: Uint8Array, join: Uint8Array | null | undefined): void {
    this.#kept.push({ bytes, join })
    this.#keptBytes += bytes.length
    while (this.#keptBytes > KEPT_BYTES && this.#kept.length > 1) {
      this.#keptBytes -= this.#kept.shift()?.bytes.length ?? 0
      this.counts.dropped++
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}
