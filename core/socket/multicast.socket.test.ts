import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import type { NetworkInterface } from '../contract/engine-api.ts'
import type { DatagramSink, Flow } from '../flow/datagrams.ts'
import { freePort } from '../testing/free-port.ts'
import { SOCKET_WAYS } from '../testing/socket-ways.ts'
import { listInterfaces } from './interfaces.ts'
import { MulticastReceiver, type MulticastReceiverOptions } from './multicast-receiver.ts'
import { MulticastSender } from './multicast-sender.ts'
import { SocketThread } from './socket-thread.ts'

const LOOPBACK = '127.0.0.1'
const GROUP = '239.255.77.1'
const OTHER_GROUP = '239.255.77.2'
const LINUX = process.platform === 'linux'

type Got = { readonly flow: Flow; readonly payload: number[]; readonly timeUs: number; readonly frame: number }

/** Collects datagrams, and lets a test wait for the n-th. */
class Collector implements DatagramSink {
  readonly got: Got[] = []
  #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    this.got.push({ flow, payload: Array.from(bytes.subarray(start, end)), timeUs, frame })
    for (const { count, resolve } of this.#waiting) if (this.got.length >= count) resolve()
  }

  count(count: number): Promise<void> {
    if (this.got.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ count, resolve }))
  }
}

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

describe.each(SOCKET_WAYS)('sockets read %s', (_way, batches) => {
  function receiver(sink: DatagramSink, options: Partial<MulticastReceiverOptions> = {}): MulticastReceiver {
    const nowUs = options.nowUs ?? (() => Date.now() * 1000)
    const thread = new SocketThread(nowUs, batches)
    const made = new MulticastReceiver(
      { joinOn: [LOOPBACK], receiveBufferBytes: 1024 * 1024, thread, ...options, nowUs },
      sink,
    )
    closing.push(() => made.close().then(() => thread.close()))
    return made
  }

  async function sender(networkInterface = LOOPBACK): Promise<MulticastSender> {
    const made = await MulticastSender.open({ interface: networkInterface, ttl: 0 })
    closing.push(() => made.close())
    return made
  }

  test('datagrams of a joined group arrive with their flow, in order', async () => {
    const sink = new Collector()
    const receiving = receiver(sink)
    const port = await freePort()
    await receiving.join(GROUP, port)
    const sending = await sender()
    for (let index = 0; index < 20; index++) sending.send(GROUP, port, Uint8Array.of(index, 1, 2))
    await sink.count(20)
    expect(sink.got.map(({ payload }) => payload[0])).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(sink.got.map(({ frame }) => frame)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    const { flow } = sink.got[0] as Got
    expect([flow.sourceAddress, flow.destination]).toEqual([LOOPBACK, `${GROUP}:${port}`])
    expect(new Set(sink.got.map((entry) => entry.flow)).size).toBe(1)
    await sending.drained()
    expect(sending.counters).toEqual({ packets: 20, bytes: 60, errors: 0, pending: 0 })
  })

  test.skipIf(!LINUX)('two groups on one port do not mix (Linux only)', async () => {
    const sink = new Collector()
    const receiving = receiver(sink)
    const port = await freePort()
    await receiving.join(GROUP, port)
    await receiving.join(OTHER_GROUP, port)
    const sending = await sender()
    sending.send(GROUP, port, Uint8Array.of(1))
    sending.send(OTHER_GROUP, port, Uint8Array.of(2))
    sending.send(GROUP, port, Uint8Array.of(1))
    await sink.count(3)
    const pairs = sink.got.map(({ flow, payload }) => `${flow.destinationAddress} ${payload}`)
    expect(pairs.sort()).toEqual([`${GROUP} 1`, `${GROUP} 1`, `${OTHER_GROUP} 2`])
  })

  test('a socket reports its interface and granted buffer', async () => {
    const receiving = receiver(new Collector(), { receiveBufferBytes: 64 * 1024, nowUs: () => 5 })
    const port = await freePort()
    await receiving.join(GROUP, port)
    const [snapshot] = receiving.sockets()
    const loopback = listInterfaces().find((entry) => entry.address === LOOPBACK) as NetworkInterface
    expect(snapshot).toMatchObject({
      destination: `${GROUP}:${port}`,
      interface: `${LOOPBACK} (${loopback.name})`,
      joinedWallUs: 5,
      packets: 0,
      reading: batches ? "in batches, with the kernel's arrival times" : 'one by one (as asked for)',
      askedBufferBytes: 64 * 1024,
      problem: null,
    })
    if (LINUX) expect(snapshot?.grantedBufferBytes).toBe(64 * 1024)
  })

  test.skipIf(!LINUX)('drops of a full system buffer are counted (Linux only)', async () => {
    const sink = new Collector()
    let nowUs = 0
    const receiving = receiver(sink, { receiveBufferBytes: 4096, nowUs: () => nowUs })
    const port = await freePort()
    await receiving.join(GROUP, port)
    const sending = await sender()
    // The queue has room for three: it is full before the reading thread wakes up.
    for (let index = 0; index < 2000; index++) sending.send(GROUP, port, new Uint8Array(1400))
    await sending.drained()
    // The reading thread may refuse some later, for lack of room in the ring.
    const dropped = () => {
      nowUs += 1e6
      return receiving.sockets()[0]?.droppedByHost as number
    }
    await expect.poll(() => sink.got.length + dropped(), { timeout: 30_000 }).toBe(2000)
    expect(dropped()).toBeGreaterThan(0)
  })

  test('joining twice is joining once, and nothing arrives after leaving', async () => {
    const sink = new Collector()
    const receiving = receiver(sink)
    const port = await freePort()
    await Promise.all([receiving.join(GROUP, port), receiving.join(GROUP, port)])
    await receiving.join(GROUP, port)
    expect(receiving.sockets()).toHaveLength(1)
    receiving.leave(GROUP, port)
    expect(receiving.sockets()).toHaveLength(0)
    await receiving.join(OTHER_GROUP, port)
    const sending = await sender()
    sending.send(GROUP, port, Uint8Array.of(1))
    sending.send(OTHER_GROUP, port, Uint8Array.of(2))
    await sink.count(1)
    expect(sink.got[0]?.payload).toEqual([2])
  })

  test('two receivers share one group', async () => {
    const sinks = [new Collector(), new Collector()] as const
    const port = await freePort()
    for (const sink of sinks) await receiver(sink).join(GROUP, port)
    ;(await sender()).send(GROUP, port, Uint8Array.of(9))
    await Promise.all(sinks.map((sink) => sink.count(1)))
    expect(sinks.map((sink) => sink.got.length)).toEqual([1, 1])
  })

  test('a unicast destination is received, and a port in use is reported', async () => {
    const sink = new Collector()
    const receiving = receiver(sink)
    const port = await freePort()
    await receiving.join(LOOPBACK, port)
    ;(await sender()).send(LOOPBACK, port, Uint8Array.of(4))
    await sink.count(1)
    expect(sink.got[0]?.flow.destination).toBe(`${LOOPBACK}:${port}`)
    await expect(receiver(new Collector()).join(LOOPBACK, port)).rejects.toMatchObject({
      error: { code: 'port-in-use', message: expect.stringContaining(`${LOOPBACK}:${port}`) },
    })
  })

  test('a group whose port another program uses exclusively is refused', async () => {
    const holder = createSocket('udp4')
    const port = await freePort()
    await new Promise<void>((resolve) => holder.bind(port, '0.0.0.0', resolve))
    closing.push(() => new Promise((resolve) => holder.close(() => resolve())))
    await expect(receiver(new Collector()).join(GROUP, port)).rejects.toMatchObject({ error: { code: 'port-in-use' } })
  })

  test.each([
    ['no-such-if', 'interface-gone'],
    ['203.0.113.77', 'address-not-local'],
  ])('interface %s is refused with the ones that exist', async (name, code) => {
    const error = { code, message: expect.stringContaining(name), tryThis: expect.stringContaining(LOOPBACK) }
    await expect(receiver(new Collector(), { joinOn: [name] }).join(GROUP, 6000)).rejects.toMatchObject({ error })
    await expect(MulticastSender.open({ interface: name, ttl: 1 })).rejects.toMatchObject({ error })
  })

  test('listening on an address of another machine is refused', async () => {
    await expect(receiver(new Collector()).join('203.0.113.77', 6000)).rejects.toMatchObject({
      error: { code: 'address-not-local' },
    })
  })

  test('a removed interface is reported, and joined again when it returns', async () => {
    const sink = new Collector()
    let list = listInterfaces()
    const receiving = receiver(sink, { interfaces: () => list })
    const port = await freePort()
    await receiving.join(GROUP, port)
    await receiving.checkInterfaces()
    expect(receiving.sockets()[0]?.problem).toBeNull()
    list = []
    await receiving.checkInterfaces()
    expect(receiving.sockets()[0]?.problem).toMatchObject({
      code: 'interface-gone',
      message: expect.stringContaining(LOOPBACK),
    })
    list = listInterfaces()
    await receiving.checkInterfaces()
    expect(receiving.sockets()[0]?.problem).toBeNull()
    ;(await sender()).send(GROUP, port, Uint8Array.of(1))
    await sink.count(1)
  })

  const loopback6 = listInterfaces().find((entry) => entry.address === '::1')

  test.skipIf(!LINUX || loopback6 === undefined)(
    'IPv6 groups, joined by the name of the interface (Linux, with IPv6 on the loopback interface)',
    async (context) => {
      const sink = new Collector()
      const receiving = receiver(sink, { joinOn: [loopback6?.name as string] })
      const port = await freePort()
      await receiving.join('ff11::77', port)
      await receiving.join('ff15::77', port)
      const sending = await sender(loopback6?.name as string)
      sending.send('ff15::77', port, Uint8Array.of(6))
      await sending.drained()
      if (sending.problem !== null) context.skip('no IPv6 multicast route on the loopback interface')
      await sink.count(1)
      expect(sink.got[0]?.flow).toMatchObject({ family: 6, destination: `[ff15::77]:${port}` })
    },
  )

  test.skipIf(loopback6 === undefined)('IPv6 unicast is received (where the loopback interface has IPv6)', async () => {
    const sink = new Collector()
    const receiving = receiver(sink)
    const port = await freePort()
    await receiving.join('::1', port)
    ;(await sender('::1')).send('::1', port, Uint8Array.of(6))
    await sink.count(1)
    expect(sink.got[0]?.flow).toMatchObject({ family: 6, sourceAddress: '::1', destination: `[::1]:${port}` })
  })

  test('a failed send is counted and reported, never thrown', async () => {
    const sending = await sender()
    sending.send(GROUP, 6000, new Uint8Array(70000))
    await sending.drained()
    expect(sending.counters).toMatchObject({ errors: 1, pending: 0 })
    expect(sending.problem).toMatchObject({ code: 'socket-failed' })
  })

  test('bytes may be reused as soon as send returns', async () => {
    const sink = new Collector()
    const receiving = receiver(sink)
    const port = await freePort()
    await receiving.join(GROUP, port)
    const sending = await sender()
    const bytes = new Uint8Array(1000)
    for (let index = 0; index < 50; index++) sending.send(GROUP, port, bytes.fill(index))
    await sink.count(50)
    expect(sink.got.every(({ payload }, index) => payload.every((byte) => byte === index))).toBe(true)
  })
})
