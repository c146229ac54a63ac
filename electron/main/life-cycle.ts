import { constants } from 'node:os'
import { app, BrowserWindow } from 'electron'
import { SHELL_ENGINE_RESTART, SHELL_QUITTING } from '../preload/channels.ts'
import { EngineHost, type EngineHostOptions } from './engine-host.ts'
import { QuitGuard } from './quit-guard.ts'
import type { LifeCycle } from './shell-ipc.ts'

/**
 * Starts the engine, and ends the app: after what is being written, at once when it is asked for again.
 * @returns what pages may ask for; `add` connects a window
 */
export function startLifeCycle(
  modulePath: string,
  engine: EngineHostOptions['engine'],
): LifeCycle & { add(window: BrowserWindow): void } {
  const guard = new QuitGuard({ quit: () => app.quit(), show: (folders) => sendToAll(SHELL_QUITTING, folders) })
  const host = new EngineHost({
    modulePath,
    engine,
    onLost(error) {
      console.error(error.message)
      sendToAll(SHELL_ENGINE_RESTART, error)
      connectAll()
    },
    onFailed(error) {
      console.error(error.message)
      connectAll()
    },
    onWriting: (folders) => guard.writing(folders),
  })
  const connectAll = () => {
    for (const { webContents } of BrowserWindow.getAllWindows()) host.connect(webContents)
  }
  quitThrough(guard, host)
  return {
    restartEngine() {
      if (host.restart()) connectAll()
    },
    quitNow: () => guard.now(),
    stayOpen: () => guard.stay(),
    add(window) {
      // At each load, so that a reloaded page gets a port.
      window.webContents.on('did-finish-load', () => {
        host.connect(window.webContents)
        window.webContents.send(SHELL_QUITTING, guard.waitsFor)
      })
      window.on('close', (event) => {
        // Elsewhere the app ends with its last window.
        if (process.platform !== 'darwin' && BrowserWindow.getAllWindows().length === 1) guard.hold(event)
      })
    },
  }
}

function sendToAll(channel: string, value: unknown): void {
  for (const { webContents } of BrowserWindow.getAllWindows()) webContents.send(channel, value)
}

/** A quit and the first signal wait for what is being written; the second signal ends the app at once. */
function quitThrough(guard: QuitGuard, host: EngineHost): void {
  app.on('before-quit', (event) => guard.hold(event))
  let closed = false
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    void host.close().finally(() => {
      closed = true
      // Without an engine it is closed at once, and quitting within this event has no effect.
      setImmediate(() => app.quit())
    })
  })
  let signals = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      signals += 1
      if (signals === 1) app.quit()
      else void host.close(0).finally(() => app.exit(128 + constants.signals[signal]))
    })
  }
}
