import { decode, encode } from '@msgpack/msgpack'
import type { AppError } from '../../core/contract/app-error.ts'
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

/** Shown when the server that answers is another one, with a token of its own. */
const SERVER_RESTARTED: AppError = {
  code: 'engine-died',
  message: 'The server was restarted.',
  tryThis:
    'Reload this page, by the address that the server printed when it started. Until then it shows the last data received.',
}

/** Whether the server answers and refuses the token of the page's address. */
async function isRefused(page: string): Promise<boolean> {
  try {
    return (await fetch(page, { method: 'HEAD', cache: 'no-store' })).status === 403
  } catch {
    return false
  }
}

/**
 * Connects to the engine from a browser: MessagePack over a WebSocket that reconnects when it breaks, until a server refuses
 * the token. @param page the page's own address
 */
export function connectSocket(page: string): EngineClient {
  const address = engineAddress(page)
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
    socket.onclose = async () => {
      client.detach()
      failures += 1
      // A WebSocket does not tell a server that refuses from none.
      if (await isRefused(page)) client.fail(SERVER_RESTARTED)
      else setTimeout(open, waitBeforeAttempt(failures))
    }
  }
  open()
  return client
}
