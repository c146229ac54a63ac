import type { AppError } from '../../core/contract/app-error.ts'
import type { EngineClient } from '../client/engine-client.ts'
import { connectionStore, setConnectionState } from '../stores/connection-store.ts'
import { takeLogLines } from '../stores/log-store.ts'
import { objectColumns } from '../stores/object-columns.ts'
import { loseSession, sessionStore, takeProblem, takeSections } from '../stores/session-store.ts'
import { settingsStore } from '../stores/settings-store.ts'
import { timeStore } from '../stores/time-store.ts'
import { listen, openCapture, openDemo, showRunningSession } from './session-actions.ts'
import { shell } from './shell.ts'

/** What a session that the engine no longer knows means to the person who had it open. */
const SESSION_GONE: AppError = {
  code: 'engine-died',
  message: 'The engine was started again, and the session went with the old one.',
  tryThis: 'What the window still holds can be read; start the session again to go on.',
}

/** Leads the engine's events into the stores. @returns the function that unties them */
export function wireEngine(client: EngineClient): () => void {
  const mine = (sessionId: string) => sessionId === sessionStore.getState().sessionId
  const offs = [
    client.on('sections', takeSections),
    client.on('objects', (batch) => {
      if (mine(batch.sessionId)) objectColumns.apply(batch)
    }),
    client.on('log', takeLogLines),
    client.on('problem', ({ sessionId, error }) => {
      if (sessionId !== null && !mine(sessionId)) return
      if (sessionId !== null && error.code === 'no-such-session') loseSession(SESSION_GONE)
      else takeProblem(error)
    }),
    client.onState((state) => {
      setConnectionState(state, Date.now())
      if (state === 'open') void learn(client)
    }),
  ]
  setConnectionState(client.state, Date.now())
  void learn(client)
  return () => {
    for (const off of offs) off()
  }
}

/** What the engine says about itself and the machine. Asked again whenever the connection comes back. */
async function learn(client: EngineClient): Promise<void> {
  try {
    const [hello, interfaces] = await Promise.all([client.call('hello'), client.call('interfaces')])
    connectionStore.setState({ hello, interfaces })
  } catch {
    // The connection broke again; the next one asks anew, and the strip at the bottom says so meanwhile.
  }
}

/** What the window was started with: the command line's request, or a session that already runs. */
export async function openInitial(): Promise<void> {
  const request = (await shell()?.initialRequest()) ?? { kind: 'none' as const }
  switch (request.kind) {
    case 'capture':
      return openCapture(request.files, 'fast', request.choices)
    case 'url':
      return listen(request.url, request.choices)
    case 'demo':
      return openDemo()
    case 'none':
      return showRunningSession()
  }
}

/** Applies the remembered theme and time base, and keeps them in step. @returns the function that unties them */
export function wireSettings(): () => void {
  const apply = () => {
    document.documentElement.dataset.theme = settingsStore.getState().theme
  }
  apply()
  timeStore.setState({ base: settingsStore.getState().timeBase })
  const offs = [
    settingsStore.subscribe(apply),
    timeStore.subscribe((state, before) => {
      // The cursor is not remembered, so neither is counting from it.
      if (state.base !== before.base && state.base !== 'cursor') settingsStore.setState({ timeBase: state.base })
    }),
  ]
  return () => {
    for (const off of offs) off()
  }
}
