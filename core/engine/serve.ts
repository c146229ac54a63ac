import { COMMAND_NAMES, type CommandName, type WireMessage, type WireRequest } from '../contract/engine-api.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import type { Engine } from './engine.ts'
import { EngineWindow } from './engine-window.ts'

/** One window's end of a wire, whatever carries it: a MessagePort in the app, a WebSocket for a browser. */
export type Wire = {
  post(message: WireMessage): void
  /** Whether the other end has not read all messages yet; absent: it always has. */
  behind?(): boolean
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
}

/**
 * Connects one window to the engine: requests in, replies and the events of the sessions it watches out.
 * A malformed request is answered with an error where it has an id, else dropped.
 * @returns the function that disconnects
 */
export function serveEngine(engine: Engine, wire: Wire): () => void {
  const window = new EngineWindow(
    engine,
    (events) => wire.post(events),
    () => wire.behind?.() ?? false,
  )
  wire.onMessage((message) => {
    const request = readRequest(message)
    if (request === null) return
    void answer(request)
  })
  wire.onClose(() => window.close())

  async function answer(request: WireRequest): Promise<void> {
    try {
      if (!COMMAND_NAMES.includes(request.command)) {
        throw new AppFailure('not-supported', `The engine has no command "${request.command}".`, 'Reload the window.')
      }
      const value = await window.call(request.command, request.args)
      wire.post({ id: request.id, ok: true, value })
    } catch (thrown) {
      wire.post({ id: request.id, ok: false, error: toAppError(thrown) })
    }
  }
  return () => window.close()
}

function readRequest(message: unknown): WireRequest | null {
  if (typeof message !== 'object' || message === null) return null
  const { id, command, args } = message as Partial<Record<keyof WireRequest, unknown>>
  if (typeof id !== 'number' || typeof command !== 'string' || !Array.isArray(args)) return null
  return { id, command: command as CommandName, args }
}
