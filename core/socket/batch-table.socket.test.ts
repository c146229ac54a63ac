import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { guardedDatagrams } from '../guard/guarded-sockets.ts'
import { loadSystemCalls, type SystemCalls } from '../guard/system-calls.ts'
import { HAS_BATCHES } from '../testing/socket-ways.ts'
import { proveBatches } from './batch-proof.ts'
import { BatchTable, SENDER_WORDS, SystemError } from './batch-table.ts'
import { BatchTurns } from './batch-turns.ts'
import { DatagramRing, RING } from './datagram-ring.ts'
import { RingWriter, Senders } from './ring-writer.ts'
import { handleOf } from './socket-handle.ts'

const open: Socket[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

async function bound(address = '127.0.0.1', family: 4 | 6 = 4): Promise<Socket> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6').bind(0, address)
  open.push(socket)
  await once(socket, 'listening')
  return socket
}

/** Sends, and waits until the system has the datagram. */
function send(from: Socket, to: Socket, payload: Uint8Array): Promise<void> {
  const { address, port } = to.address()
  return new Promise((resolve, reject) =>
    from.send(payload, port, address, (error) => (error === null ? resolve() : reject(error))),
  )
}

function table(slots: number, calls: SystemCalls = loadSystemCalls()): BatchTable {
  return new BatchTable(calls, {
    bytes: new Uint8Array(new SharedArrayBuffer(slots * 2048 + 100)),
    start: 100,
    slots,
    slotBytes: 2048,
  })
}

/**
 * Waits until the kernel stamps datagrams where they arrive. It begins to a moment after the first socket asks for it; before that
 * they get the time of reading. It goes on while the socket is open.
 */
async function stampedAtArrival(): Promise<void> {
  const reading = table(4)
  const receiver = await bound()
  const handle = handleOf(receiver)
  handle.recvStop()
  reading.stampTimes(handle.fd)
  const from = await bound()
  for (let beforeUs = 0, arrivalUs = 1; arrivalUs > beforeUs; arrivalUs = reading.arrivalUs(0) ?? Number.NaN) {
    await send(from, receiver, Uint8Array.of(1))
    beforeUs = reading.dateUs()
    expect(reading.read(handle.fd, 0, 4)).toBe(1)
    reading.release(0, 1)
  }
}

describe.skipIf(!HAS_BATCHES)('a table of datagrams (Linux, with koffi)', () => {
  it('has each datagram with its bytes, its sender, and a time between those of sending and reading', async () => {
    await stampedAtArrival()
    const reading = table(8)
    const receiver = await bound()
    const handle = handleOf(receiver)
    handle.recvStop()
    reading.stampTimes(handle.fd)
    const [one, two] = [await bound('127.0.0.1'), await bound('127.0.0.2')]
    const dates: number[] = []
    for (const [from, payload] of [
      [one, [1, 2, 3]],
      [two, []],
      [one, new Array(2048).fill(7)],
    ] as const) {
      dates.push(reading.dateUs())
      await send(from, receiver, Uint8Array.from(payload))
    }
    expect(reading.read(handle.fd, 2, 6)).toBe(3)
    const readUs = reading.dateUs()
    expect([2, 3, 4].map((slot) => reading.sender(slot))).toEqual([
      { address: '127.0.0.1', port: one.address().port },
      { address: '127.0.0.2', port: two.address().port },
      { address: '127.0.0.1', port: one.address().port },
    ])
    expect([2, 3, 4].map((slot) => reading.length(slot))).toEqual([3, 0, 2048])
    expect([...reading.payload(2)]).toEqual([1, 2, 3])
    expect(reading.payload(4).every((byte) => byte === 7)).toBe(true)
    for (const [index, slot] of [2, 3, 4].entries()) {
      expect(reading.arrivalUs(slot)).toBeGreaterThanOrEqual(dates[index] as number)
      // A busy system delivers it after it was sent.
      expect(reading.arrivalUs(slot)).toBeLessThanOrEqual(readUs)
    }
    const last = new Uint32Array(SENDER_WORDS)
    expect([2, 2, 3, 3, 4].map((slot) => reading.isFrom(slot, last))).toEqual([false, true, false, true, false])
    expect(reading.read(handle.fd, 0, 8)).toBe(0)
  })

  it('reads no more than it is asked for, and the rest with the slots that were given back', async () => {
    const reading = table(4)
    const receiver = await bound()
    const handle = handleOf(receiver)
    handle.recvStop()
    const from = await bound()
    for (let index = 0; index < 7; index++) await send(from, receiver, Uint8Array.of(index))
    const seen: number[] = []
    for (const most of [3, 9, 4]) {
      const count = reading.read(handle.fd, 0, most)
      for (let slot = 0; slot < count; slot++) seen.push(...reading.payload(slot))
      expect(reading.arrivalUs(0)).toBeNull()
      reading.release(0, count)
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(() => reading.read(handle.fd, 4, 1)).toThrow(RangeError)
    expect(() => reading.read(handle.fd, -1, 1)).toThrow(RangeError)
  })

  it('names senders of IPv6 as Node does', async (context) => {
    const receiver = await bound('::1', 6).catch(() => context.skip('no IPv6 on the loopback interface'))
    const reading = table(4)
    const handle = handleOf(receiver)
    handle.recvStop()
    const from = await bound('::1', 6)
    await send(from, receiver, Uint8Array.of(6))
    expect(reading.read(handle.fd, 0, 4)).toBe(1)
    expect(reading.sender(0)).toEqual({ address: '::1', port: from.address().port })
  })

  it('throws the error of the system', () => {
    expect(() => table(4).read(-1, 0, 1)).toThrow(SystemError)
    expect(() => table(4).stampTimes(-1)).toThrow(SystemError)
  })

  it('is refused where its slots are longer than their memory', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(4096))
    expect(() => new BatchTable(loadSystemCalls(), { bytes, start: 1, slots: 2, slotBytes: 2048 })).toThrow(RangeError)
  })
})

describe.skipIf(!HAS_BATCHES)('batches of several sockets (Linux, with koffi)', () => {
  it('enter the ring in the order of arrival, also those that were waiting behind others', async () => {
    await stampedAtArrival()
    const seen: string[] = []
    const times: number[] = []
    const ring = new DatagramRing(1 << 20, {
      source: () => undefined,
      datagram: (_, bytes, start, end, timeUs) => {
        seen.push(bytes.slice(start, end).join(' '))
        times.push(timeUs)
      },
    })
    const writer = new RingWriter({ memory: ring.memory, ring: RING, batches: true }, () => undefined)
    const { landings: slots, landingBytes: slotBytes } = RING
    const reading = new BatchTable(loadSystemCalls(), { bytes: writer.bytes, start: writer.landing, slots, slotBytes })
    let turn: (() => void) | null = null
    const naps: number[] = []
    const turns = new BatchTurns(reading, writer, {
      now: () => performance.now(),
      again: (task) => {
        turn = task
      },
      nap: (ms) => void naps.push(ms),
      failed: (_, error) => {
        throw error
      },
    })
    const receivers = [await bound(), await bound(), await bound()] as const
    const from = await bound()
    for (const [id, socket] of receivers.entries()) {
      turns.add(id, socket, new Senders(writer, id, '0.0.0.0', 10), 1000)
      const woken = once(socket, 'message')
      await send(from, socket, Uint8Array.of(99, id))
      await woken
    }
    const sent = ['99 0', '99 1', '99 2']
    for (let index = 0; index < 120; index++) {
      const id = (index * 7) % 3
      await send(from, receivers[id] as Socket, Uint8Array.of(id, index))
      sent.push(`${id} ${index}`)
    }
    ;(turn as unknown as () => void)()
    ring.read(1000)
    expect(seen).toEqual(sent)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(naps).toHaveLength(1)
    // Silent for a while, they are left to the event loop: then there is no further turn, and the next datagram begins one.
    for (let turnsLeft = 40; turn !== null; turnsLeft--) {
      expect(turnsLeft).toBeGreaterThan(0)
      const next: () => void = turn
      turn = null
      next()
    }
    const woken = once(receivers[1], 'message')
    await send(from, receivers[1], Uint8Array.of(5))
    await woken
    expect(turn).not.toBeNull()
    ring.read(10)
    expect(seen.at(-1)).toBe('5')
  })
})

describe.skipIf(!HAS_BATCHES)('the proof of batches (Linux, with koffi)', () => {
  const outcome = (change: Partial<SystemCalls>): Promise<string | null> =>
    new Promise((resolve) => {
      const reading = table(32, { ...loadSystemCalls(), ...change })
      proveBatches(reading, guardedDatagrams, resolve, () => resolve(null))
    })

  it('succeeds with the calls of this system', async () => {
    expect(await outcome({})).toBeNull()
  })

  it.each<[string, Partial<SystemCalls>, RegExp]>([
    ['reads nothing', { recvmmsg: () => 0 }, /^its proof read 0 datagrams of 16$/],
    ['is not known to the system', { recvmmsg: () => -1, errno: () => 38 }, /^its proof failed: system error 38$/],
    ['reads other bytes', { recvmmsg: () => 16 }, /^its proof read other/],
    ['has no arrival times', { setsockopt: () => 0 }, /^the kernel notes no arrival times$/],
    ['is refused arrival times', { setsockopt: () => -1, errno: () => 92 }, /^system error 92$/],
    ['has another clock', { clock_gettime: () => 0 }, /^the kernel notes times of another clock$/],
  ])('fails where the system %s', async (_what, change, reason) => {
    expect(await outcome(change)).toMatch(reason)
  })
})
