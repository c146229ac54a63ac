import { appErrorOf } from '../client/call-error.ts'
import { engine } from '../client/engine-client.ts'
import { noticeDone, noticeFailed } from '../stores/notice-store.ts'
import { sessionStore } from '../stores/session-store.ts'
import { shell } from './shell.ts'

/** Serves one more folder by the server on the screen. @throws EngineCallError */
export async function addFolder(path: string, writes: boolean): Promise<void> {
  const { sessionId } = sessionStore.getState()
  if (sessionId !== null) await engine().call('addFolder', sessionId, path, writes)
}

/** Tries at once what waits for a server that files are pushed to. @param url as its state has it */
export async function retryPush(url: string): Promise<void> {
  const { sessionId } = sessionStore.getState()
  if (sessionId === null) return
  await engine()
    .call('retryPush', sessionId, url)
    .catch((thrown: unknown) => noticeFailed(appErrorOf(thrown)))
}

/** Writes requests into the folder of dumps, and tells where. @param har as JSON */
export async function saveRequests(har: string): Promise<void> {
  const { sessionId } = sessionStore.getState()
  if (sessionId === null) return
  try {
    const { file } = await engine().call('saveRequests', sessionId, har)
    const desktop = shell()
    const action =
      desktop === undefined ? null : { label: 'Show in folder', run: () => void desktop.showInFolder(file) }
    noticeDone(`Saved the requests to ${file}`, action)
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
}
