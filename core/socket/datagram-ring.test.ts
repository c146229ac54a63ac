import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { seeded } from '../testing/seeded.ts'
import { DatagramRing, RING, type RingSource } from './datagram-ring.ts'
import { type SocketCommand, type SocketReply, socketLoop } from './socket-loop.ts'

/** The socket thread's loop, run in this thread on a fake socket. */
class LoopUnderTest {
  readonly socket = Object.assign(new EventEmitter(), {
    bind: (_: unknown, bound: () => void) => bound(),
    setRecvBufferSize: () => {},
    getRecvBufferSize: () => 425_984,
    address: () => ({ family: 'IPv4' }),
    close: (closed: () => void) => closed(),
    addMembership: (group: string) => {
      if (group === '10.0.0.1') throw Object.assign(new Error('not a group'), { code: 'EINVAL' })
    },
  })
  readonly ring: DatagramRing
  readonly read: { source: number; bytes: number[]; timeUs: number }[] = []
  readonly sources: RingSource[] = []
  readonly replies: SocketReply[] = []
  command: (command: SocketCommand) => void = () => {}
  nowMs = 1000
  raised = 0

  /** @param noCalls why batches cannot be read; null: they are not asked for */
  constructor(ringBytes: number, noCalls: string | null = null) {
    this.ring = new DatagramRing(ringBytes, {
      source: (id, source) => {
        this.sources[id] = source
      },
      datagram: (source, bytes, start, end, timeUs) =>
        void this.read.push({ source, bytes: [...bytes.subarray(start, end)], timeUs }),
    })
    this.ring.clockOffsetUs = 5
    this.ring.sleep()
    const port = {
      on: (_: 'message', listener: (command: SocketCommand) => void) => {
        this.command = listener
      },
      postMessage: (reply: SocketReply) => void this.replies.push(reply),
    }
    const createSocket = (() => this.socket) as unknown as Parameters<typeof socketLoop>[1]
    socketLoop(
      port,
      createSocket,
      {
        now: () => this.nowMs,
        soon: () => undefined,
        again: () => undefined,
        calls: () => {
          throw new Error(noCalls ?? '')
        },
        raisePriority: () => void this.raised++,
      },
      { memory: this.ring.memory, ring: { ...RING, warmUpDatagrams: 0 }, batches: noCalls !== null },
    )
    const open = {
      family: 4,
      reuse: true,
      address: '239.255.1.1',
      port: 6000,
      receiveBufferBytes: 1,
    } as const
    this.command({ kind: 'open', id: 7, call: 1, open })
  }

  send(bytes: Uint8Array, address = '10.0.0.2', port = 4000): void {
    this.socket.emit('message', bytes, { address, port })
  }
}

describe('datagrams through shared memory', () => {
  it('are read as written, with their sender and time', () => {
    const loop = new LoopUnderTest(1 << 16)
    loop.send(Uint8Array.of(1, 2, 3))
    loop.nowMs = 1000.25
    loop.send(Uint8Array.of(), '10.0.0.3', 5000)
    // Two datagrams, and the announcements of their senders.
    expect(loop.ring.read(10)).toBe(4)
    expect(loop.read).toEqual([
      { source: 1, bytes: [1, 2, 3], timeUs: 1_000_005 },
      { source: 2, bytes: [], timeUs: 1_000_255 },
    ])
    expect(loop.sources[1]).toEqual({ socket: 7, address: '10.0.0.2', port: 4000 })
    expect(loop.sources[2]).toEqual({ socket: 7, address: '10.0.0.3', port: 5000 })
  })

  it('wakes a sleeping reader once, and one that is awake never', () => {
    const loop = new LoopUnderTest(1 << 16)
    const wakes = (): number => loop.replies.filter((reply) => reply.kind === 'datagrams').length
    expect(wakes()).toBe(0)
    for (let i = 0; i < 5; i++) loop.send(Uint8Array.of(i))
    expect(wakes()).toBe(1)
    expect(loop.ring.read(2)).toBe(2)
    loop.send(Uint8Array.of(9))
    expect(loop.ring.sleep()).toBe(false)
    expect(loop.ring.read(100)).toBe(5)
    loop.send(Uint8Array.of(10))
    // It reads that itself, without another wake.
    expect(wakes()).toBe(1)
    expect(loop.ring.read(100)).toBe(1)
    expect(loop.ring.read(100)).toBe(0)
    expect(loop.ring.sleep()).toBe(true)
    loop.send(Uint8Array.of(11))
    expect(wakes()).toBe(2)
    loop.ring.read(100)
    expect(loop.read).toHaveLength(8)
  })

  it('raises its priority once datagrams would fill the queue of the system soon', () => {
    const loop = new LoopUnderTest(1 << 20)
    const send = (datagrams: number, spacingMs: number): void => {
      for (let i = 0; i < datagrams; i++) {
        loop.nowMs += spacingMs
        loop.send(Uint8Array.of(i & 255))
        loop.ring.read(100)
      }
    }
    // The queue has room for 184 datagrams: for 184 ms, then for 18 ms.
    send(2000, 1)
    expect(loop.raised).toBe(0)
    send(2000, 0.1)
    expect(loop.raised).toBe(1)
  })

  it('distinguishes a limited number of senders', () => {
    const loop = new LoopUnderTest(1 << 20)
    for (let port = 1; port <= 6000; port++) {
      loop.send(Uint8Array.of(port & 255), '10.0.0.2', port)
      loop.ring.read(100)
    }
    expect(loop.read).toHaveLength(6000)
    expect(loop.sources.length).toBeLessThan(4200)
    expect(loop.sources.at(-1)).toEqual({ socket: 7, address: '0.0.0.0', port: 0 })
  })

  it("reports the system's errors", () => {
    const loop = new LoopUnderTest(1 << 16)
    loop.command({ kind: 'join', id: 7, call: 2, membership: { group: '10.0.0.1', interface: null, source: null } })
    loop.command({ kind: 'close', id: 7, call: 3 })
    loop.command({ kind: 'join', id: 7, call: 4, membership: { group: '239.1.1.1', interface: null, source: null } })
    expect(loop.replies).toMatchObject([
      { kind: 'done', call: 1, grantedBytes: 425_984 },
      { kind: 'failed', call: 2, code: 'EINVAL' },
      { kind: 'done', call: 3 },
      { kind: 'failed', call: 4, code: 'EBADF' },
    ])
  })

  it('are read one by one where batches cannot be, with the reason', () => {
    const loop = new LoopUnderTest(1 << 16, 'koffi is not installed')
    expect(loop.replies).toEqual([{ kind: 'done', call: 1, grantedBytes: 425_984, single: 'koffi is not installed' }])
    loop.send(Uint8Array.of(1))
    loop.ring.read(10)
    expect(loop.read).toMatchObject([{ bytes: [1] }])
  })

  it('use the first pages of a ring whose reader keeps up, again and again', () => {
    const loop = new LoopUnderTest(4 << 20)
    for (let number = 0; number < 1000; number++) {
      loop.send(new Uint8Array(1400).fill(number & 255))
      if (number % 40 === 39) loop.ring.read(100)
    }
    expect(loop.read).toHaveLength(1000)
    expect(loop.read.every(({ bytes }, number) => bytes[1399] === (number & 255))).toBe(true)
    const beyond = new Uint8Array(loop.ring.memory, RING.controlBytes + RING.restartBytes + 40 * 1500, 2 << 20)
    expect(beyond.every((byte) => byte === 0)).toBe(true)
  })

  it('have all the room of the ring for a reader that is kept from reading just as it begins again', () => {
    const loop = new LoopUnderTest(4 << 20)
    for (let number = 0; number < 200; number++) {
      loop.send(new Uint8Array(1400))
      loop.ring.read(100)
    }
    for (let number = 0; number < 2800; number++) loop.send(new Uint8Array(1400).fill(number & 255))
    expect(loop.ring.refused(7)).toBe(0)
    loop.ring.read(4000)
    const late = loop.read.slice(200)
    expect(late).toHaveLength(2800)
    expect(late.every(({ bytes }, number) => bytes[1399] === (number & 255))).toBe(true)
  })

  it.each([1, 2, 3, 4])('loses only what it counts, for any interleaving of reader and writer (seed %i)', (seed) => {
    const random = seeded(seed)
    // The small ring is at times smaller than the datagrams in flight.
    const loop = new LoopUnderTest(seed % 2 === 0 ? 1 << 20 : 4096)
    const sent: number[] = []
    let number = 0
    for (let step = 0; step < 4000; step++) {
      for (let burst = Math.floor(random() * 6); burst > 0; burst--) {
        const bytes = new Uint8Array(4 + Math.floor(random() * random() * 1500))
        new DataView(bytes.buffer).setUint32(0, ++number)
        bytes.fill(number & 255, 4)
        const refused = loop.ring.refused(7)
        loop.send(bytes, '10.0.0.2', 4000 + Math.floor(random() * 3))
        if (loop.ring.refused(7) === refused) sent.push(number)
      }
      if (random() < 0.4) loop.ring.read(1 + Math.floor(random() * 12))
    }
    loop.ring.read(1e9)
    const numbers = loop.read.map(({ bytes }) => new DataView(Uint8Array.from(bytes).buffer).getUint32(0))
    expect(numbers).toEqual(sent)
    expect(
      loop.read.every(({ bytes }, index) => bytes.slice(4).every((byte) => byte === (Number(numbers[index]) & 255))),
    ).toBe(true)
    expect(sent.length + loop.ring.refused(7)).toBeGreaterThanOrEqual(number)
    // The large ring is never half full.
    expect(loop.ring.refused(7) > 0).toBe(seed % 2 === 1)
  })
})
