import type { ParentPort } from 'electron'
import { Engine, type EngineOptions } from '../../core/engine/engine.ts'
import { serveEngine } from '../../core/engine/serve.ts'
import { installLastResort } from '../../core/guard/last-resort.ts'

/** Settings of the engine process, made by main. */
export type EngineProcessOptions = EngineOptions & {
  /** Port of loopback that pages may ask. */
  readonly windowPort: number
}

/*
 * The engine process of the app. Main passes its options as the only argument, a port for each window as messages, and 'close'
 * at the end; it is told which dumps are being written.
 */
installLastResort()
const parent = (process as unknown as { readonly parentPort: ParentPort }).parentPort
const { windowPort, ...options } = JSON.parse(process.argv.at(-1) ?? '{}') as EngineProcessOptions
const engine = new Engine(options)
// Without it, pages cannot play: their policy names this port only.
engine.serveWindows(windowPort).catch((error: unknown) => console.error(error))

engine.writings.listen((writing) => parent.postMessage({ writing }))

// Main decides what a signal to all processes of the app ends, and ends this one.
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

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
