import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SOCKET_WAYS } from '../testing/socket-ways.ts'
import { SocketThread } from './socket-thread.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

/** Takes `ms` of the thread, as a datagram that is hard to read does. */
function busy(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs) {
    // Only time passes.
  }
}

describe.each(SOCKET_WAYS)('sockets read %s', (_way, batches) => {
  /** A thread whose datagrams take `ms` each, and a sender of many. */
  async function flooded(
    ms: () => number,
  ): Promise<{ thread: SocketThread; id: number; taken: () => number; send: (count: number) => void }> {
    let taken = 0
    const thread = new SocketThread(() => Date.now() * 1000, batches)
    open.push(thread)
    const probe = createSocket('udp4').bind(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address()
    await new Promise<void>((closed) => probe.close(closed))
    const opening = { family: 4, reuse: false, address: '127.0.0.1', port, receiveBufferBytes: 4 << 20 } as const
    const { id } = await thread.open(opening, {
      datagram: () => {
        taken++
        busy(ms())
      },
      failed: (error) => {
        throw error
      },
    })
    const sender: Socket = createSocket('udp4')
    open.push({ close: () => sender.close() })
    const send = (count: number): void => {
      for (let at = 0; at < count; at++) sender.send(Buffer.alloc(20, at), port, '127.0.0.1')
    }
    return { thread, id, taken: () => taken, send }
  }

  it('gives the event loop a turn after eight milliseconds of datagrams', async () => {
    const { taken, send } = await flooded(() => 2)
    let before = 0
    let most = 0
    let mostLater = 0
    let turns = 0
    const look = (): void => {
      most = Math.max(most, taken() - before)
      if (before > 24) mostLater = Math.max(mostLater, taken() - before)
      if (taken() > before) turns++
      before = taken()
      if (taken() < 400) setImmediate(look)
    }
    setImmediate(look)
    send(500)
    await vi.waitFor(() => expect(taken()).toBeGreaterThanOrEqual(400), { timeout: 60_000 })
    // Eight before the first look at the clock, and then one between two looks: two turns may end between two of the test's.
    expect(most).toBeLessThanOrEqual(16)
    expect(mostLater).toBeLessThanOrEqual(8)
    expect(turns).toBeGreaterThan(400 / 8)
  })

  it('flushes a turn of a flood, and closes in a quarter of a second of it', async () => {
    let ms = 0
    const { thread, id, taken, send } = await flooded(() => ms)
    send(1)
    await vi.waitFor(() => expect(taken()).toBe(1), { timeout: 60_000 })
    ms = 20
    send(1000)
    await vi.waitFor(() => expect(taken()).toBeGreaterThan(8), { timeout: 60_000 })
    const before = taken()
    thread.flush()
    expect(taken() - before).toBeLessThanOrEqual(8)
    const closing = taken()
    const closed = thread.closeSocket(id)
    let turns = 0
    const count = (): void => {
      turns++
    }
    const timer = setInterval(count, 0)
    await closed
    await thread.close()
    clearInterval(timer)
    // Those of turns while the thread closes the socket, and a quarter of a second of the rest.
    expect(taken() - closing).toBeLessThanOrEqual(8 * (turns + 4) + 20)
    expect(taken()).toBeLessThan(1001)
  })
})
