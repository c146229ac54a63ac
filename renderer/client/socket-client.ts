import { decode, encode } from '@msgpack/msgpack'
import type { WireMessage } from '../../core/contract/engine-api.ts'
import type { EngineClient } from './engine-client.ts'
import { WireClient } from './wire-client.ts'

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 8000

/** Wait before the next attempt, ms: doubles with each failure up to eight seconds. */
export function waitBeforeAttempt(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1), LONGEST_WAIT_MS)
}

/** Address of the engine that serves the page: the same host, with the token of the page's address. */
export function engineAddress(page: string): string {
  const url = new URL(page)
  const token = url.searchParams.get('token')
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.pathname = '/engine'
  url.hash = ''
  url.search = token === null ? '' : `?token=${encodeURIComponent(token)}`
  return url.href
}

/** Connects to the engine from a browser: MessagePack over a WebSocket that reconnects when it breaks. */
export function connectSocket(address: string): EngineClient {
  const client = new WireClient()
  let failures = 0
  const open = () => {
    const socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      failures = 0
      client.attach({
        send: (request) => socket.send(encode(request)),
        close: () => {
          socket.onclose = null
          socket.close()
        },
      })
    }
    socket.onmessage = (message) => {
      if (message.data instanceof ArrayBuffer) {
        client.receive(decode(new Uint8Array(message.data)) as WireMessage)
      }
    }
    socket.onclose = () => {
      client.detach()
      failures += 1
      setTimeout(open, waitBeforeAttempt(failures))
    }
  }
  open()
  return client
}
