import { describe, expect, it } from 'vitest'
import { SOCKET_WAYS } from '../testing/socket-ways.ts'
import { type SocketListener, SocketThread } from './socket-thread.ts'

const OPENING = { family: 4, reuse: false, address: '127.0.0.1', port: 0, receiveBufferBytes: 1 << 16 } as const

function listener(): SocketListener & { readonly failures: string[] } {
  const failures: string[] = []
  return { failures, datagram: () => undefined, failed: ({ message }) => failures.push(message) }
}

describe.each(SOCKET_WAYS)('a thread of sockets, read %s, that ends by itself', (_way, batches) => {
  it('fails what was asked of it, and another one is started for the next socket', async () => {
    const thread = new SocketThread(() => Date.now() * 1000, batches)
    // The thread knows no such opening, and ends.
    const waiting = listener()
    await expect(thread.open(null as never, waiting)).rejects.toThrow(/null/)
    expect(waiting.failures.length).toBe(1)
    await thread.closeSocket(1)
    const { id, grantedBytes } = await thread.open(OPENING, listener())
    expect(grantedBytes).toBeGreaterThan(0)
    await thread.closeSocket(id)
    await thread.close()
  })
})
