import type dgram from 'node:dgram'
import { getSystemErrorName } from 'node:util'
import { LOOPBACK } from '../contract/loopback.ts'
import type { SystemCalls } from '../guard/system-calls.ts'
import { proveBatches } from './batch-proof.ts'
import { BatchTable, type SystemError } from './batch-table.ts'
import { BatchTurns } from './batch-turns.ts'
import { numericLookup } from './numeric-lookup.ts'
import { QUEUED_BYTES, QueueWatch } from './queue-watch.ts'
import { RingWriter, Senders, type SocketSetup } from './ring-writer.ts'

/** Datagrams sent to itself at once: more than this wait in no queue. */
const WARM_UP_QUEUE = 64

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
  | {
      readonly kind: 'done'
      readonly call: number
      readonly grantedBytes: number
      /** Why datagrams are read one by one; null where they are read in batches. */
      readonly single: string | null
    }
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
  /** After what is waiting in the event loop. */
  again(task: () => void): void
  /** @throws Error where the system's calls are not at hand */
  calls(): SystemCalls
  /** Lets this thread run before others, where the user may. */
  raisePriority(): void
}

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
  const { ring } = setup
  const control = new Int32Array(setup.memory, 0, ring.controlBytes / 4)
  const writer = new RingWriter(setup, () => port.postMessage({ kind: 'datagrams' }))
  const sockets = new Map<number, dgram.Socket>()
  let batches: BatchTurns | null = null
  /** Why datagrams are read one by one; null where they are read in batches. */
  let single: string | null = null
  let messages = 0

  function receive(id: number, socket: dgram.Socket, queue: number): void {
    const others = socket.address().family === 'IPv6' ? '::' : '0.0.0.0'
    const senders = new Senders(writer, id, others, ring.senders)
    if (batches === null) readSingly(id, socket, senders, id === 0 ? null : new QueueWatch(queue, system))
    else batches.add(id, socket, senders, queue)
  }

  function readSingly(id: number, socket: dgram.Socket, senders: Senders, watch: QueueWatch | null): void {
    let lastAddress = ''
    let lastPort = -1
    let source = -1
    socket.on('message', (payload, sender) => {
      const now = system.now()
      watch?.taken(1, now)
      if (source < 0 || sender.port !== lastPort || sender.address !== lastAddress) {
        source = senders.of(sender.address, sender.port)
        if (source < 0) return
        lastPort = sender.port
        lastAddress = sender.address
      }
      writer.put(id, source, payload, writer.timeUs(now))
    })
  }

  /** Prepares to read in batches, where the system can and a proof of it succeeds. */
  function prepare(done: () => void): void {
    if (!setup.batches) {
      single = 'as asked for'
      done()
      return
    }
    const refused = (reason: string): void => {
      single = reason
      done()
    }
    try {
      const { landings: slots, landingBytes: slotBytes } = ring
      const table = new BatchTable(system.calls(), { bytes: writer.bytes, start: writer.landing, slots, slotBytes })
      proveBatches(table, createSocket, refused, () => {
        // Read in batches, it interrupts the others once a nap and not for every datagram: it need not wait for a high rate.
        system.raisePriority()
        batches = new BatchTurns(table, writer, { now: system.now, again, nap, failed })
        done()
      })
    } catch (thrown) {
      refused((thrown as Error).message)
    }
  }

  /** Lets messages and ends of sockets come first. */
  function again(task: () => void): void {
    messages = Atomics.load(control, ring.messages)
    system.again(task)
  }

  function nap(ms: number): void {
    Atomics.wait(control, ring.messages, messages, ms)
  }

  function failed(id: number, { errno, message }: SystemError): void {
    port.postMessage({ kind: 'error', id, code: getSystemErrorName(-errno), message })
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
      receive(id, socket, grantedBytes / QUEUED_BYTES)
      port.postMessage({ kind: 'done', call, grantedBytes, single })
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
      batches?.remove(0)
      socket.close()
      done()
    }
    const turn = (): void => {
      if (left <= 0 || finished) {
        finish()
        return
      }
      const { port: own } = socket.address()
      for (let count = 0; count < WARM_UP_QUEUE; count++) socket.send(payload, own, LOOPBACK, () => {})
      left -= WARM_UP_QUEUE
      system.soon(turn)
    }
    socket.on('error', finish)
    socket.bind(0, LOOPBACK, () => {
      receive(0, socket, WARM_UP_QUEUE)
      turn()
    })
  }

  /** Requests that arrived before the thread was ready; null afterwards. */
  let early: (() => void)[] | null = null
  let warm = false

  function ready(): void {
    warm = true
    for (const each of early ?? []) each()
    early = null
  }

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
          prepare(() => (ring.warmUpDatagrams === 0 ? ready() : warmUp(ready)))
        }
        return
      }
      if (socket === undefined) throw Object.assign(new Error('The socket is closed.'), { code: 'EBADF' })
      if (command.kind !== 'close') {
        change(socket, command.kind === 'join', command.membership)
        port.postMessage({ kind: 'done', call, grantedBytes: 0, single })
        return
      }
      sockets.delete(id)
      batches?.remove(id)
      socket.close(() => port.postMessage({ kind: 'done', call, grantedBytes: 0, single }))
    } catch (thrown) {
      refuse(call, thrown)
    }
  })
}
