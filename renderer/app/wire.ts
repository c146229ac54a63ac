import type { AppError } from '../../core/contract/app-error.ts'
import type { EngineClient } from '../client/engine-client.ts'
import { connectionStore, setConnectionState } from '../stores/connection-store.ts'
import { takeLogLines } from '../stores/log-store.ts'
import { objectColumns } from '../stores/object-columns.ts'
import { addProblem, applySections, markSessionLost, sessionStore } from '../stores/session-store.ts'
import { settingsStore } from '../stores/settings-store.ts'
import { setTimed, timeStore } from '../stores/time-store.ts'
import { open, showRunningSession } from './session-actions.ts'
import { shell } from './shell.ts'

/** Shown when the engine no longer knows the session on the screen. */
const SESSION_GONE: AppError = {
  code: 'engine-died',
  message: 'The engine was restarted, and the session ended.',
  tryThis: 'The data in the window stays readable. Restart the session to continue.',
}

/** Connects the engine's events to the stores. @returns a function that disconnects them */
export function wireEngine(client: EngineClient): () => void {
  const mine = (sessionId: string) => sessionId === sessionStore.getState().sessionId
  const offs = [
    client.on('sections', applySections),
    client.on('objects', (batch) => {
      if (mine(batch.sessionId)) objectColumns.apply(batch)
    }),
    client.on('log', takeLogLines),
    client.on('problem', ({ sessionId, error }) => {
      if (sessionId !== null && !mine(sessionId)) return
      if (sessionId !== null && error.code === 'no-such-session') markSessionLost(SESSION_GONE)
      else addProblem(error)
    }),
    client.onState((state) => {
      setConnectionState(state, client.failure, Date.now())
      if (state === 'open') void readHello(client)
    }),
  ]
  setConnectionState(client.state, client.failure, Date.now())
  void readHello(client)
  return () => {
    for (const off of offs) off()
  }
}

/** Reads the engine's parts and the network interfaces, after every connect. */
async function readHello(client: EngineClient): Promise<void> {
  try {
    const [hello, interfaces] = await Promise.all([client.call('hello'), client.call('interfaces')])
    connectionStore.setState({ hello, interfaces })
  } catch {
    // The connection broke; the next one reads again.
  }
}

/** Opens the request of the command line, or shows a running session. */
export async function openInitial(): Promise<void> {
  const request = (await shell()?.initialRequest()) ?? null
  return request === null ? showRunningSession() : open(request)
}

/** Applies and stores the theme and the time base. @returns a function that stops it */
export function wireSettings(): () => void {
  const apply = () => {
    document.documentElement.dataset.theme = settingsStore.getState().theme
  }
  apply()
  timeStore.setState({ base: settingsStore.getState().timeBase })
  const offs = [
    settingsStore.subscribe(apply),
    sessionStore.subscribe(({ snapshot }) => setTimed(snapshot?.source.untimed !== true)),
    timeStore.subscribe((state, before) => {
      // The cursor is not stored, so its base is not either.
      if (state.base !== before.base && state.base !== 'cursor' && state.timed && before.timed)
        settingsStore.setState({ timeBase: state.base })
    }),
  ]
  return () => {
    for (const off of offs) off()
  }
}
