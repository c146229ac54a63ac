import type { ParentPort } from 'electron'
import { Engine, type EngineOptions } from '../../core/engine/engine.ts'
import { serveEngine } from '../../core/engine/serve.ts'
import { installLastResort } from '../../core/guard/last-resort.ts'

/*
 * The engine process of the app. Main passes its options as the only argument, a port for each window as messages, and 'close'
 * at the end.
 */
installLastResort()
const parent = (process as unknown as { readonly parentPort: ParentPort }).parentPort
const engine = new Engine(JSON.parse(process.argv.at(-1) ?? '{}') as EngineOptions)

parent.on('message', ({ data, ports: [port] }) => {
  if (data === 'close') void engine.close().finally(() => process.exit(0))
  if (port === undefined) return
  serveEngine(engine, {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', (event) => listener(event.data)),
    onClose: (listener) => port.on('close', listener),
  })
  port.start()
})
