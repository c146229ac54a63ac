import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { loadSystemCalls, type SystemCalls } from '../guard/system-calls.ts'
import { HAS_BATCHES } from '../testing/socket-ways.ts'
import { MulticastSender } from './multicast-sender.ts'
import { SendTable } from './send-table.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** What arrives at a socket, in order. */
class Listener {
  readonly got: Uint8Array[] = []
  readonly socket: Socket
  readonly address: string
  #wake: () => void = () => {}

  constructor(address: string) {
    this.address = address
    this.socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    this.socket.on('message', (bytes) => {
      this.got.push(bytes)
      this.#wake()
    })
    closing.push(() => new Promise<void>((resolve) => this.socket.close(() => resolve())))
  }

  static async open(address = '127.0.0.1'): Promise<Listener> {
    const listener = new Listener(address)
    listener.socket.bind(0, address)
    await once(listener.socket, 'listening')
    return listener
  }

  get port(): number {
    return this.socket.address().port
  }

  async count(count: number): Promise<void> {
    while (this.got.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }
}

async function sender(calls?: SystemCalls | null): Promise<MulticastSender> {
  const made = await MulticastSender.open({
    interface: '127.0.0.1',
    ttl: 0,
    ...(calls === undefined ? {} : { calls }),
  })
  closing.push(() => made.close())
  return made
}

/** Packet `index`, of any length up to `most`. */
function packet(index: number, most = 1500): Uint8Array {
  const bytes = new Uint8Array(4 + ((index * 397) % (most - 3))).fill(index)
  new DataView(bytes.buffer).setUint32(0, index)
  return bytes
}

const numbers = (got: readonly Uint8Array[]): number[] => got.map((bytes) => Buffer.from(bytes).readUInt32BE(0))

describe.skipIf(!HAS_BATCHES)('packets sent in batches (Linux with koffi)', () => {
  it('arrive with their bytes, in order, each at its destination', async () => {
    const calls = loadSystemCalls()
    let batches = 0
    const sendmmsg: SystemCalls['sendmmsg'] = (...call) => {
      batches++
      return calls.sendmmsg(...call)
    }
    const sending = await sender({ ...calls, sendmmsg })
    expect(sending.isBatching).toBe(true)
    const listeners = [await Listener.open(), await Listener.open(), await Listener.open('127.0.0.2')]
    for (let index = 0; index < 300; index++) {
      const { address, port } = listeners[index % 3] as Listener
      sending.send(address, port, packet(index))
    }
    await sending.drained()
    await Promise.all(listeners.map((each) => each.count(100)))
    for (const [at, { got }] of listeners.entries()) {
      expect(numbers(got)).toEqual(Array.from({ length: 100 }, (_, index) => index * 3 + at))
      for (const [index, bytes] of got.entries()) expect(Buffer.compare(bytes, packet(index * 3 + at))).toBe(0)
    }
    expect(batches).toBe(5)
    expect(sending.counters).toMatchObject({ packets: 300, errors: 0, pending: 0 })
    expect(sending.problem).toBeNull()
  })

  it('keep their order with those that are too long for one', async () => {
    const sending = await sender()
    const listener = await Listener.open()
    for (let index = 0; index < 200; index++) sending.send(listener.address, listener.port, packet(index, 3000))
    await sending.drained()
    await listener.count(200)
    expect(numbers(listener.got)).toEqual(Array.from({ length: 200 }, (_, index) => index))
    expect(listener.got.every((bytes, index) => bytes.length === packet(index, 3000).length)).toBe(true)
  })

  it('leave at the end of the turn, without being asked', async () => {
    const sending = await sender()
    const listener = await Listener.open()
    sending.send(listener.address, listener.port, packet(7))
    expect(sending.counters.pending).toBe(1)
    await listener.count(1)
    expect(numbers(listener.got)).toEqual([7])
    expect(sending.counters.pending).toBe(0)
  })

  it('go to IPv6 as well', async () => {
    const sending = await MulticastSender.open({ ttl: 0 })
    closing.push(() => sending.close())
    const listener = await Listener.open('::1')
    for (let index = 0; index < 70; index++) sending.send('::1', listener.port, packet(index))
    await sending.drained()
    await listener.count(70)
    expect(numbers(listener.got)).toEqual(Array.from({ length: 70 }, (_, index) => index))
  })

  it.each([
    ['takes three of each batch', 3],
    ['takes none', -1],
  ])('are not lost where the system %s: the rest follows in order', async (_what, taken) => {
    const calls = loadSystemCalls()
    const sendmmsg: SystemCalls['sendmmsg'] = (fd, headers, count, flags) =>
      taken < 0 ? taken : calls.sendmmsg(fd, headers, Math.min(count, taken), flags)
    const sending = await sender({ ...calls, sendmmsg })
    const listener = await Listener.open()
    for (let index = 0; index < 200; index++) sending.send(listener.address, listener.port, packet(index))
    await sending.drained()
    await listener.count(200)
    expect(numbers(listener.got)).toEqual(Array.from({ length: 200 }, (_, index) => index))
    expect(sending.counters).toMatchObject({ packets: 200, errors: 0, pending: 0 })
  })

  it('that cannot be sent are counted, and it is said why', async () => {
    const sending = await sender()
    // Bound to this computer's own address, nothing leads elsewhere.
    for (let index = 0; index < 3; index++) sending.send('192.0.2.1', 9, packet(index))
    await sending.drained()
    expect(sending.counters.errors).toBe(3)
    expect(sending.problem?.message).toMatch(/^Packets cannot be sent on 127\.0\.0\.1/)
  })

  it('have room for many destinations, of which none is a name', () => {
    let sent = 0
    const sendmmsg: SystemCalls['sendmmsg'] = (_fd, _headers, count) => {
      sent += count
      return count
    }
    const table = new SendTable({ ...loadSystemCalls(), sendmmsg })
    for (let index = 0; index < 10_000; index++) {
      expect(table.put(`239.255.${index >> 8}.${index & 255}`, index & 3, packet(1))).toBe(true)
      if (table.isFull) table.flush(0)
    }
    table.flush(0)
    expect(sent).toBe(10_000)
    expect(table.put('fe80::1%lo', 1, packet(1))).toBe(false)
    expect(table.put('localhost', 1, packet(1))).toBe(false)
    expect(table.put('127.0.0.1', 1, new Uint8Array(2049))).toBe(false)
    expect(table.count).toBe(0)
  })
})

it('packets are sent one by one where there are no batches', async () => {
  const sending = await sender(null)
  expect(sending.isBatching).toBe(false)
  const listener = await Listener.open()
  for (let index = 0; index < 100; index++) sending.send(listener.address, listener.port, packet(index))
  await listener.count(100)
  expect(numbers(listener.got)).toEqual(Array.from({ length: 100 }, (_, index) => index))
})
