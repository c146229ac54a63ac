import type { WireMessage } from '../../core/contract/engine-api.ts'
import { ENGINE_PORT, type ShellApi } from '../../core/contract/shell-api.ts'
import type { EngineClient } from './engine-client.ts'
import { WireClient } from './wire-client.ts'

/**
 * Connects to the engine of the app. The preload posts a port to the window, and another one each time the engine process
 * is restarted. @param desktop reports that there is no engine to connect to
 */
export function connectPort(page: Window, desktop: Pick<ShellApi, 'onEngineFailure'>): EngineClient {
  const client = new WireClient()
  desktop.onEngineFailure((error) => client.fail(error))
  page.addEventListener('message', (message) => {
    const port = message.ports[0]
    if (message.source !== page || message.data !== ENGINE_PORT || port === undefined) return
    port.onmessage = (event) => client.receive(event.data as WireMessage)
    // Chromium fires 'close' when the other end closes; the type declarations lack it. Older versions detect it by the next port.
    port.addEventListener('close', () => client.detach())
    client.attach({ send: (request) => port.postMessage(request), close: () => port.close() })
  })
  return client
}
