import type { Socket as DatagramSocket } from 'node:dgram'
import { lstat, unlink } from 'node:fs/promises'
import type { Server, Socket } from 'node:net'
import { AppFailure } from '../../failure/app-failure.ts'
import type { ByteSink } from '../../flow/bytes.ts'
import { guardedDatagrams, guardedStream, guardedStreamServer } from '../../guard/guarded-sockets.ts'
import { isRtpTs, RtpReorder } from '../../protocol/rtp/rtp-reorder.ts'
import { listInterfaces, resolveInterface } from '../interfaces.ts'
import { joinFailure, socketFailure } from '../socket-errors.ts'
import type { StreamAddress } from './stream-address.ts'

/** How a byte stream is received. */
export type StreamSourceOptions = {
  readonly interface: string | null
  readonly listen: boolean
  readonly keepAlive: boolean
  readonly maxConnections: number
  readonly bufferBytes: number
  /** RTP is looked for. */
  readonly probesRtp: boolean
  /** Silence after which UDP is over; 0: never. */
  readonly timeoutMs: number
  /** The same of a connection. */
  readonly idleMs: number
  readonly reorderPackets: number
  readonly reorderDelayMs: number
  readonly sources: readonly string[]
  readonly notSources: readonly string[]
  readonly retry: boolean
  readonly nowUs: () => number
  readonly log: (text: string) => void
}

/** Where a byte stream is opened. */
export type StreamPlace = { readonly host: string; readonly port: number } | { readonly path: string }

/** Counts of a source. */
export type StreamSourceCounts = { bytes: number; packets: number; connections: number; refused: number }

/** Receives one byte stream. `run` settles when nothing more comes. */
export interface StreamSource {
  readonly counts: StreamSourceCounts
  /** Rejects with AppFailure source-unreachable | source-silent */
  run(sink: ByteSink): Promise<void>
  stop(): void
}

/** Longest time between two attempts to connect, ms. */
const MAX_RETRY_MS = 10_000

/**
 * Opens the socket of a source.
 * @throws AppFailure port-in-use | address-not-local | interface-gone | join-refused | socket-failed
 */
export async function openStreamSource(address: StreamAddress, options: StreamSourceOptions): Promise<StreamSource> {
  if (address.kind === 'udp') return openDatagramSource(address, options)
  const to = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
  if (!options.listen) return new ConnectingSource(to, options)
  const source = new ListeningSource(options)
  await listenAt(source.server, to)
  return source
}

/** Listens at an address; a socket file that nothing answers on any more is replaced. @throws AppFailure port-in-use | … */
export async function listenAt(server: Server, to: StreamPlace): Promise<void> {
  const shown = 'path' in to ? to.path : `${to.host}:${to.port}`
  if ('path' in to) await removeStale(to.path)
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => reject(socketFailure(shown, cause, listInterfaces()))
    server.once('error', failed)
    server.listen(to, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

/** Removes a socket of ours that no program answers on. @throws AppFailure file-exists for anything else at its path */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return
  if (!found.isSocket() || (process.getuid !== undefined && found.uid !== process.getuid()))
    throw new AppFailure('file-exists', `${path} exists and is no socket of this user.`, 'Name another path.')
  const probe = guardedStream({ path })
  // Only a refusal says that nobody listens: a program that is busy, or stopped, cannot be connected to either.
  const isStale = await new Promise<boolean>((resolve) => {
    probe.once('ready', () => resolve(false))
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
    probe.once('close', () => resolve(false))
  })
  probe.destroy()
  if (!isStale) throw new AppFailure('port-in-use', `${path} is in use by another program.`, 'Name another path.')
  await unlink(path).catch(() => undefined)
}

async function openDatagramSource(
  { host, port, multicast }: Extract<StreamAddress, { kind: 'udp' | 'tcp' }>,
  options: StreamSourceOptions,
): Promise<StreamSource> {
  const isIpv6 = host.includes(':')
  const on = options.interface
  const local = on === null ? null : resolveInterface(on, isIpv6 ? 'IPv6' : 'IPv4', listInterfaces())
  const socket = guardedDatagrams({ type: isIpv6 ? 'udp6' : 'udp4', reuseAddr: true })
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => reject(socketFailure(`${host}:${port}`, cause, listInterfaces()))
    socket.once('error', failed)
    socket.bind(port, multicast || local === null ? host : local.address, () => {
      socket.off('error', failed)
      resolve()
    })
  })
  try {
    socket.setRecvBufferSize(Math.max(2000, options.bufferBytes))
  } catch (cause) {
    options.log(`The receive buffer of ${options.bufferBytes} bytes was refused: ${String(cause)}.`)
  }
  if (multicast) {
    const inside = local === null ? undefined : isIpv6 ? `${local.address}%${local.name}` : local.address
    try {
      if (options.sources.length === 0) socket.addMembership(host, inside)
      else for (const source of options.sources) socket.addSourceSpecificMembership(source, host, inside)
    } catch (cause) {
      socket.close()
      throw joinFailure(`${host}:${port}`, local?.address ?? null, cause, listInterfaces())
    }
  }
  return new DatagramSource(socket, `${host}:${port}`, options)
}

/** UDP: datagrams in order of arrival, or of their RTP sequence numbers. Silence ends it. */
class DatagramSource implements StreamSource {
  readonly counts: StreamSourceCounts = { bytes: 0, packets: 0, connections: 0, refused: 0 }
  readonly #socket: DatagramSocket
  readonly #shown: string
  readonly #options: StreamSourceOptions
  #reorder: RtpReorder | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #ticks: ReturnType<typeof setInterval> | null = null
  #settle: (error: AppFailure | null) => void = () => undefined
  #stopped = false

  constructor(socket: DatagramSocket, shown: string, options: StreamSourceOptions) {
    this.#socket = socket
    this.#shown = shown
    this.#options = options
  }

  async run(sink: ByteSink): Promise<void> {
    const { sources, notSources, nowUs } = this.#options
    const over = new Promise<AppFailure | null>((resolve) => {
      this.#settle = resolve
    })
    this.#socket.on('message', (bytes, from) => {
      if (notSources.includes(from.address) || (sources.length > 0 && !sources.includes(from.address))) {
        this.counts.refused++
        return
      }
      this.counts.packets++
      this.counts.bytes += bytes.length
      if (this.counts.packets === 1 && this.#options.probesRtp && isRtpTs(bytes)) this.#expectRtp(sink)
      if (this.#reorder !== null) this.#reorder.packet(bytes, nowUs())
      else sink.chunk(bytes, 0, bytes.length, nowUs())
      if (sink.isOver === true) this.#settle(null)
      this.#timer?.refresh()
    })
    this.#wait()
    if (this.#stopped) this.#settle(null)
    const failure = await over
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#ticks !== null) clearInterval(this.#ticks)
    this.#socket.close()
    this.#finish()
    sink.end(nowUs())
    if (failure !== null) throw failure
  }

  stop(): void {
    this.#stopped = true
    this.#settle(null)
  }

  #expectRtp(sink: ByteSink): void {
    const { reorderPackets, reorderDelayMs, nowUs } = this.#options
    this.#reorder = new RtpReorder(
      { depth: reorderPackets, delayUs: reorderDelayMs * 1000 },
      (payload, timeUs) => sink.chunk(payload, 0, payload.length, timeUs),
      // The counters of the transport stream show the loss at its place.
      () => undefined,
    )
    this.#ticks = setInterval(() => this.#reorder?.tick(nowUs()), Math.max(1, reorderDelayMs / 2))
  }

  #wait(): void {
    const { timeoutMs } = this.#options
    if (timeoutMs === 0) return
    this.#timer = setTimeout(() => {
      const silent = new AppFailure(
        'source-silent',
        `No data came to udp://${this.#shown} for ${timeoutMs / 1000} s.`,
        'See that a sender sends there, or wait longer with timeout (0: for ever).',
      )
      this.#settle(this.counts.packets === 0 ? silent : null)
    }, timeoutMs)
  }

  #finish(): void {
    this.#reorder?.flush()
    if (this.#reorder === null) return
    const { received, lost, reordered, late, duplicate } = this.#reorder.counts
    this.#options.log(
      `RTP: ${received} packets received, ${lost} lost, ${reordered} out of order, ${late} late, ${duplicate} twice.`,
    )
  }
}

/** Copies a connection into a sink, which may make it wait or take nothing more. @returns when the connection has ended */
function pour(
  socket: Socket,
  sink: ByteSink,
  counts: StreamSourceCounts,
  { idleMs, nowUs, log }: StreamSourceOptions,
): Promise<void> {
  return new Promise((resolve) => {
    socket.setTimeout(idleMs, () => {
      // While its bytes are not taken, it is not the sender that is silent.
      if (socket.isPaused()) return
      log(`A connection was closed: nothing came for ${idleMs / 1000} s.`)
      socket.destroy()
    })
    socket.on('data', (bytes: Uint8Array) => {
      counts.bytes += bytes.length
      counts.packets++
      sink.chunk(bytes, 0, bytes.length, nowUs())
      if (sink.isOver === true) {
        socket.destroy()
        return
      }
      const busy = sink.busy?.() ?? null
      if (busy === null) return
      socket.pause()
      void busy.then(() => socket.resume())
    })
    socket.on('close', () => resolve())
  })
}

/** A connection to a sender. */
class ConnectingSource implements StreamSource {
  readonly counts: StreamSourceCounts = { bytes: 0, packets: 0, connections: 0, refused: 0 }
  readonly #to: StreamPlace
  readonly #options: StreamSourceOptions
  #socket: Socket | null = null
  #stopped = false
  #wake: () => void = () => undefined

  constructor(to: StreamPlace, options: StreamSourceOptions) {
    this.#to = to
    this.#options = options
  }

  async run(sink: ByteSink): Promise<void> {
    const { retry, keepAlive, nowUs } = this.#options
    for (let attempt = 0; !this.#stopped; attempt++) {
      const socket = guardedStream(this.#to)
      this.#socket = socket
      let cause: unknown = null
      socket.once('error', (error) => {
        cause = error
      })
      let opened = false
      socket.once('ready', () => {
        opened = true
        attempt = 0
        if (this.counts.connections++ > 0) sink.discontinuity?.(0, nowUs())
      })
      await pour(socket, sink, this.counts, this.#options)
      if (opened && !(keepAlive && retry)) break
      if (!opened && !retry && !this.#stopped) {
        sink.end(nowUs())
        throw unreachable(this.#to, cause)
      }
      if (!this.#stopped) await this.#pause(Math.min(MAX_RETRY_MS, 100 * 2 ** Math.min(10, attempt)))
    }
    sink.end(nowUs())
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.destroy()
    this.#wake()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** A connection could not be opened. */
export function unreachable(to: StreamPlace, cause: unknown): AppFailure {
  const shown = 'path' in to ? to.path : `${to.host}:${to.port}`
  return new AppFailure(
    'source-unreachable',
    `Nothing answers at ${shown}.`,
    'Start the other program first, or let it be tried again with retry.',
    cause,
  )
}

/** A server for senders: one after the other, or each with a stream of its own. */
class ListeningSource implements StreamSource {
  readonly counts: StreamSourceCounts = { bytes: 0, packets: 0, connections: 0, refused: 0 }
  readonly server: Server
  readonly #options: StreamSourceOptions
  readonly #open = new Set<Socket>()
  #sink: ByteSink | null = null
  /** Streams that take the bytes of connections at the same time. */
  readonly #beside: ByteSink[] = []
  #settle: () => void = () => undefined

  constructor(options: StreamSourceOptions) {
    this.#options = options
    this.server = guardedStreamServer((socket) => this.#take(socket))
  }

  async run(sink: ByteSink): Promise<void> {
    this.#sink = sink
    await new Promise<void>((resolve) => {
      this.#settle = resolve
    })
    this.server.close()
    for (const socket of this.#open) socket.destroy()
    for (const each of [sink, ...this.#beside]) each.end(this.#options.nowUs())
  }

  stop(): void {
    this.#settle()
    if (this.#sink === null) this.server.close()
  }

  #take(socket: Socket): void {
    const { keepAlive, maxConnections, log, nowUs } = this.#options
    const main = this.#sink
    const most = keepAlive ? 1 : maxConnections
    if (main === null || this.#open.size >= most) {
      this.counts.refused++
      log(keepAlive ? 'A connection was closed: one sender is connected.' : 'A connection was closed: too many.')
      socket.destroy()
      return
    }
    const isFirst = this.counts.connections++ === 0
    const sink = isFirst || keepAlive ? main : (main.beside?.() ?? null)
    if (sink === null) {
      socket.destroy()
      return
    }
    if (!isFirst && sink === main) sink.discontinuity?.(0, nowUs())
    if (sink !== main) this.#beside.push(sink)
    this.#open.add(socket)
    void pour(socket, sink, this.counts, this.#options).then(() => {
      this.#open.delete(socket)
      // What came is complete for now: it is flushed, and goes on with the next sender.
      if (keepAlive) sink.discontinuity?.(0, nowUs())
      else if (this.#open.size === 0) this.#settle()
    })
  }
}
