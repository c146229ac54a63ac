import type dgram from 'node:dgram'
import type { RING } from './datagram-ring.ts'
import { numericLookup } from './numeric-lookup.ts'

/** Requests of the engine to the socket thread; `id` is the socket's number, chosen by the engine. */
export type SocketCommand =
  | { readonly kind: 'open'; readonly id: number; readonly call: number; readonly open: SocketOpening }
  | { readonly kind: 'join' | 'leave'; readonly id: number; readonly call: number; readonly membership: Membership }
  | { readonly kind: 'close'; readonly id: number; readonly call: number }

/** Family, binding and buffer of a socket. */
export type SocketOpening = {
  readonly family: 4 | 6
  readonly reuse: boolean
  readonly address: string
  readonly port: number
  readonly receiveBufferBytes: number
}

/** One group joined on one interface; with a source, only that host's packets (RFC 4607). */
export type Membership = {
  readonly group: string
  readonly interface: string | null
  readonly source: string | null
}

/** Answers and events of the socket thread. */
export type SocketReply =
  | { readonly kind: 'done'; readonly call: number; readonly grantedBytes: number }
  | { readonly kind: 'failed'; readonly call: number; readonly code: string; readonly message: string }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'datagrams' }

/** The thread's end of its message port. */
export type SocketPort = {
  on(event: 'message', listener: (command: SocketCommand) => void): unknown
  postMessage(reply: SocketReply): void
}

/** Clock and scheduling of the thread. */
export type SocketSystem = {
  /** Monotonic, ms. */
  now(): number
  soon(task: () => void): void
  /** Lets this thread run before others, where the user may. */
  raisePriority(): void
}

/** Start data of the thread. */
export type SocketSetup = {
  readonly memory: SharedArrayBuffer
  readonly ring: { readonly [Key in keyof typeof RING]: number }
}

/** Datagrams between two looks at their rate: more than wait after the thread was kept from reading for a moment. */
const RATE_DATAGRAMS = 1024
/** Bytes that Linux counts in its queue for a datagram of 1500 bytes. */
const QUEUED_BYTES = 2304
/** A queue that is full sooner than this needs a thread of raised priority. */
const QUEUE_MS = 100

/**
 * The socket thread: opens sockets, joins groups, and writes received datagrams into the shared ring. It keeps no data, so that
 * its collections are short and it empties the system's queue at once, even when the engine is busy. Its system calls are
 * arguments, so that a test runs it without a thread.
 */
export function socketLoop(
  port: SocketPort,
  createSocket: (options: dgram.SocketOptions) => dgram.Socket,
  system: SocketSystem,
  setup: SocketSetup,
): void {
  const ring = setup.ring
  const control = new Int32Array(setup.memory, 0, ring.controlBytes / 4)
  const offset = new Float64Array(setup.memory, 0, ring.controlBytes / 8)
  const words = new Uint32Array(setup.memory, ring.controlBytes)
  const times = new Float64Array(setup.memory, ring.controlBytes)
  const bytes = new Uint8Array(setup.memory, ring.controlBytes)
  const units = bytes.length / 8
  const sockets = new Map<number, dgram.Socket>()
  let sources = 0
  let warm = ring.warmUpDatagrams === 0
  let raised = false

  /** Reserves a record of `length` bytes. @returns its offset in units of 8 bytes, -1 where there is no room */
  function reserve(length: number): number {
    const need = (ring.headerBytes + length + 7) >>> 3
    const head = control[ring.head] as number
    const tail = Atomics.load(control, ring.tail)
    if (head < tail) return head + need < tail ? head : -1
    // One unit stays free after a record, for a wrap mark.
    if (head + need + 2 <= units) return head
    // Not up to the tail itself: equal head and tail mean empty.
    if (need >= tail) return -1
    words[head * 2 + 1] = ring.wrap
    Atomics.store(control, ring.head, 0)
    return 0
  }

  function put(socket: number, source: number, payload: Uint8Array, timeUs: number): boolean {
    const at = reserve(payload.length)
    if (at < 0) {
      Atomics.add(control, ring.refused + (socket % ring.refusedCounts), 1)
      return false
    }
    words[at * 2] = payload.length
    words[at * 2 + 1] = source
    times[at + 1] = timeUs
    bytes.set(payload, at * 8 + ring.headerBytes)
    Atomics.store(control, ring.head, at + ((ring.headerBytes + payload.length + 7) >>> 3))
    if (Atomics.load(control, ring.sleeping) === 1 && Atomics.exchange(control, ring.sleeping, 0) === 1) {
      port.postMessage({ kind: 'datagrams' })
    }
    return true
  }

  /**
   * Raises the priority once datagrams arrive so fast that they fill the system's queue soon. Before that it is not worth it: a
   * thread of raised priority interrupts the others for every datagram, which takes half as much time again.
   */
  function watchRate(queueBytes: number, spanMs: number): void {
    if ((queueBytes / QUEUED_BYTES) * (spanMs / RATE_DATAGRAMS) >= QUEUE_MS) return
    raised = true
    system.raisePriority()
  }

  function receive(id: number, socket: dgram.Socket, queueBytes: number): void {
    /** Senders of this socket by address and port; a group has few, and those beyond the limit count as one. */
    const known = new Map<string, number>()
    const others = { address: socket.address().family === 'IPv6' ? '::' : '0.0.0.0', port: 0 }
    let lastAddress = ''
    let lastPort = -1
    let source = -1
    let count = 0
    let countedMs = system.now()
    socket.on('message', (payload, sender) => {
      const now = system.now()
      if (!raised && ++count === RATE_DATAGRAMS) {
        watchRate(queueBytes, now - countedMs)
        count = 0
        countedMs = now
      }
      if (sender.port !== lastPort || sender.address !== lastAddress) {
        const { address, port } = known.size < ring.senders ? sender : others
        const key = `${address} ${port}`
        source = known.get(key) ?? -1
        if (source < 0) {
          const text = JSON.stringify({ socket: id, address, port })
          const announced = Uint8Array.from(text, (character) => character.charCodeAt(0))
          if (!put(id, ring.announces + sources + 1, announced, 0)) return
          source = ++sources
          known.set(key, source)
        }
        lastPort = sender.port
        lastAddress = sender.address
      }
      put(id, source, payload, Math.floor(now * 1000 + (offset[ring.clockOffset] as number)))
    })
  }

  function refuse(call: number, thrown: unknown): void {
    const error = thrown as NodeJS.ErrnoException
    port.postMessage({ kind: 'failed', call, code: error.code ?? '', message: error.message })
  }

  function open(id: number, call: number, opening: SocketOpening): void {
    const socket = createSocket({
      type: opening.family === 4 ? 'udp4' : 'udp6',
      reuseAddr: opening.reuse,
      ipv6Only: opening.family === 6,
      lookup: numericLookup,
    })
    const refused = (error: Error): void => {
      socket.close()
      refuse(call, error)
    }
    socket.once('error', refused)
    socket.bind({ address: opening.address, port: opening.port }, () => {
      socket.off('error', refused)
      socket.on('error', (error: NodeJS.ErrnoException) =>
        port.postMessage({ kind: 'error', id, code: error.code ?? '', message: error.message }),
      )
      try {
        socket.setRecvBufferSize(opening.receiveBufferBytes)
      } catch {
        // Some systems refuse sizes that others reduce; the granted size is reported.
      }
      sockets.set(id, socket)
      const grantedBytes = socket.getRecvBufferSize()
      receive(id, socket, grantedBytes)
      port.postMessage({ kind: 'done', call, grantedBytes })
    })
  }

  function change(socket: dgram.Socket, joins: boolean, { group, interface: on, source }: Membership): void {
    const local = on ?? undefined
    if (source === null) {
      if (joins) socket.addMembership(group, local)
      else socket.dropMembership(group, local)
    } else if (joins) socket.addSourceSpecificMembership(source, group, local)
    else socket.dropSourceSpecificMembership(source, group, local)
  }

  /**
   * Reads some thousand datagrams from itself. A new thread reads several times slower than one with compiled functions: during
   * that time a running multicast of 1.5 Gbit/s would overflow the system's queue.
   */
  function warmUp(done: () => void): void {
    const socket = createSocket({ type: 'udp4' })
    const payload = new Uint8Array(ring.warmUpBytes)
    let left = ring.warmUpDatagrams
    let finished = false
    const finish = (): void => {
      if (finished) return
      finished = true
      socket.close()
      done()
    }
    const turn = (): void => {
      if (left <= 0 || finished) {
        finish()
        return
      }
      const { port: own } = socket.address()
      for (let count = 0; count < 64; count++) socket.send(payload, own, '127.0.0.1', () => {})
      left -= 64
      system.soon(turn)
    }
    socket.on('error', finish)
    socket.bind(0, '127.0.0.1', () => {
      receive(0, socket, Number.POSITIVE_INFINITY)
      turn()
    })
  }

  /** Requests that arrived before the thread was ready; null afterwards. */
  let early: (() => void)[] | null = null

  port.on('message', (command) => {
    const { id, call } = command
    try {
      const socket = sockets.get(id)
      if (command.kind === 'open') {
        const task = () => open(id, call, command.open)
        if (warm) task()
        else if (early !== null) early.push(task)
        else {
          early = [task]
          warmUp(() => {
            warm = true
            for (const each of early ?? []) each()
            early = null
          })
        }
        return
      }
      if (socket === undefined) throw Object.assign(new Error('The socket is closed.'), { code: 'EBADF' })
      if (command.kind !== 'close') {
        change(socket, command.kind === 'join', command.membership)
        port.postMessage({ kind: 'done', call, grantedBytes: 0 })
        return
      }
      sockets.delete(id)
      socket.close(() => port.postMessage({ kind: 'done', call, grantedBytes: 0 }))
    } catch (thrown) {
      refuse(call, thrown)
    }
  })
}
