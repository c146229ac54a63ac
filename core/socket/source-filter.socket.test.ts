import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AppError } from '../contract/app-error.ts'
import type { NetworkInterface } from '../contract/engine-api.ts'
import type { DatagramSink, Flow } from '../flow/datagrams.ts'
import { freePort } from '../testing/free-port.ts'
import { SOCKET_WAYS } from '../testing/socket-ways.ts'
import { MulticastReceiver, type MulticastReceiverOptions } from './multicast-receiver.ts'
import { SocketThread } from './socket-thread.ts'

/** `--source`, `--exclude-source` and several `--interface`: two senders on loopback with different addresses. */
const GROUP = '239.255.77.9'
const LOOPBACK = '127.0.0.1'
const OTHER = '127.0.0.2'
/** Linux can send from any address of 127/8; other systems only from 127.0.0.1. */
const LINUX = process.platform === 'linux'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) await close()
})

class Collector implements DatagramSink {
  readonly got: string[] = []
  #waiting: { readonly text: string; readonly resolve: () => void }[] = []

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number): void {
    const text = `${flow.sourceAddress} ${Buffer.from(bytes.subarray(start, end)).toString()}`
    this.got.push(text)
    for (const one of this.#waiting) if (one.text === text) one.resolve()
  }

  seen(text: string): Promise<void> {
    if (this.got.includes(text)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ text, resolve }))
  }
}

/** Sends text to the group from one address of this machine. */
async function senderFrom(address: string): Promise<(port: number, text: string) => Promise<void>> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, address, resolve))
  socket.setMulticastInterface(LOOPBACK)
  socket.setMulticastTTL(0)
  socket.setMulticastLoopback(true)
  closing.push(() => new Promise((resolve) => socket.close(() => resolve())))
  return (port, text) =>
    new Promise((resolve, reject) =>
      socket.send(text, port, GROUP, (error) => (error === null ? resolve() : reject(error))),
    )
}

describe.each(SOCKET_WAYS)('sockets read %s', (_way, batches) => {
  async function joined(
    options: Partial<MulticastReceiverOptions>,
    signalled: readonly string[] = [],
  ): Promise<{ sink: Collector; receiver: MulticastReceiver; port: number; refusal: AppError | null }> {
    const sink = new Collector()
    const nowUs = () => Date.now() * 1000
    const thread = new SocketThread(nowUs, batches)
    const receiver = new MulticastReceiver(
      { joinOn: [LOOPBACK], receiveBufferBytes: 1 << 20, nowUs, thread, ...options },
      sink,
    )
    closing.push(() => receiver.close().then(() => thread.close()))
    const port = await freePort()
    const refusal = await receiver.join(GROUP, port, signalled)
    return { sink, receiver, port, refusal }
  }

  test.skipIf(!LINUX)('only included senders are received, and the system filters the rest (Linux only)', async () => {
    const { sink, receiver, port } = await joined({ filter: { include: [OTHER], exclude: [] } })
    const [one, two] = [await senderFrom(LOOPBACK), await senderFrom(OTHER)]
    await one(port, 'a')
    await two(port, 'b')
    await one(port, 'c')
    await two(port, 'd')
    await sink.seen(`${OTHER} d`)
    expect(sink.got).toEqual([`${OTHER} b`, `${OTHER} d`])
    expect(receiver.sockets()[0]).toMatchObject({
      packets: 2,
      passedOver: 0,
      filter: 'only from 127.0.0.2 (source-specific join)',
    })
  })

  test.skipIf(!LINUX)('where the system has no such join, senders are filtered here, which is reported', async () => {
    const join = vi.spyOn(SocketThread.prototype, 'join')
    join.mockRejectedValueOnce(Object.assign(new Error('no'), { code: 'ENOPROTOOPT' }))
    const { sink, receiver, port } = await joined({ filter: { include: [OTHER], exclude: [] } })
    expect(join.mock.calls.map(([, { source }]) => source)).toEqual([OTHER, null])
    const [one, two] = [await senderFrom(LOOPBACK), await senderFrom(OTHER)]
    await one(port, 'a')
    await two(port, 'b')
    await sink.seen(`${OTHER} b`)
    expect(sink.got).toEqual([`${OTHER} b`])
    expect(receiver.sockets()[0]).toMatchObject({ passedOver: 1, filter: 'only from 127.0.0.2 (filtered here)' })
  })

  test.skipIf(!LINUX)('excluded senders are skipped and counted (Linux only)', async () => {
    const { sink, receiver, port } = await joined({ filter: { include: [], exclude: [LOOPBACK] } })
    const [one, two] = [await senderFrom(LOOPBACK), await senderFrom(OTHER)]
    await one(port, 'a')
    await two(port, 'b')
    await one(port, 'c')
    await two(port, 'd')
    await sink.seen(`${OTHER} d`)
    expect(sink.got).toEqual([`${OTHER} b`, `${OTHER} d`])
    expect(receiver.sockets()[0]).toMatchObject({
      packets: 2,
      passedOver: 2,
      filter: 'not from 127.0.0.1 (filtered here)',
    })
  })

  test('including a sender of the other family is an error', async () => {
    const receiver = new MulticastReceiver(
      {
        joinOn: [LOOPBACK],
        receiveBufferBytes: 1 << 20,
        nowUs: () => 0,
        filter: { include: ['2001:db8::1'], exclude: [] },
      },
      new Collector(),
    )
    await expect(receiver.join(GROUP, 6000)).rejects.toMatchObject({ error: { code: 'bad-spec' } })
  })

  test.skipIf(!LINUX)(
    'a group is joined for the signalled senders, unless the user names some (Linux only)',
    async () => {
      const { sink, receiver, port, refusal } = await joined({}, [OTHER])
      expect(refusal).toBeNull()
      const [one, two] = [await senderFrom(LOOPBACK), await senderFrom(OTHER)]
      await one(port, 'a')
      await two(port, 'b')
      await sink.seen(`${OTHER} b`)
      expect(sink.got).toEqual([`${OTHER} b`])
      expect(receiver.sockets()[0]?.filter).toBe('only from 127.0.0.2 (source-specific join)')
      const chosen = await joined({ filter: { include: [LOOPBACK], exclude: [] } }, [OTHER])
      expect(chosen.receiver.sockets()[0]?.filter).toBe('only from 127.0.0.1 (source-specific join)')
    },
  )

  test.skipIf(!LINUX)('where the join for a signalled sender is refused, any sender is received', async () => {
    const join = vi.spyOn(SocketThread.prototype, 'join')
    join.mockRejectedValueOnce(Object.assign(new Error('no'), { code: 'EPERM' }))
    const { sink, receiver, port, refusal } = await joined({}, [OTHER])
    expect(refusal?.code).toBe('join-refused')
    await (await senderFrom(LOOPBACK))(port, 'a')
    await sink.seen(`${LOOPBACK} a`)
    expect(receiver.sockets()).toMatchObject([{ filter: null }])
  })

  test.skipIf(!LINUX)(
    'a destination left while it is being joined can be joined again for other senders (Linux only)',
    async () => {
      const { sink, receiver, port } = await joined({})
      receiver.leave(GROUP, port)
      const first = receiver.join(GROUP, port, [LOOPBACK])
      receiver.leave(GROUP, port)
      await receiver.join(GROUP, port, [OTHER])
      await first
      expect(receiver.sockets().map(({ filter }) => filter)).toEqual(['only from 127.0.0.2 (source-specific join)'])
      await (await senderFrom(OTHER))(port, 'a')
      await sink.seen(`${OTHER} a`)
    },
  )

  test.skipIf(!LINUX)('a group is joined on each interface, and each is named (Linux only)', async () => {
    const interfaces = (): NetworkInterface[] => [
      { name: 'lo', address: LOOPBACK, family: 'IPv4', loopback: true },
      { name: 'second', address: OTHER, family: 'IPv4', loopback: true },
    ]
    const join = vi.spyOn(SocketThread.prototype, 'join')
    const { sink, receiver, port } = await joined({ joinOn: [LOOPBACK, 'second', 'lo'], interfaces })
    expect(join.mock.calls.map(([, { interface: on }]) => on)).toEqual([LOOPBACK, OTHER])
    const send = await senderFrom(LOOPBACK)
    await send(port, 'a')
    await sink.seen(`${LOOPBACK} a`)
    expect(receiver.sockets()[0]).toMatchObject({ interface: '127.0.0.1 (lo), 127.0.0.2 (second)', filter: null })
  })
})
