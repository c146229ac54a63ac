import type { AppError } from '../../core/contract/app-error.ts'
import type { Choices } from '../../core/contract/choices.ts'
import { DEMO_SOURCE, type SessionRequest } from '../../core/contract/open-request.ts'
import type { RelayRequest } from '../../core/contract/relay-request.ts'
import type { SendRequest } from '../../core/contract/send-request.ts'
import { SessionSections } from '../../core/contract/session-sections.ts'
import type { SessionSnapshot } from '../../core/contract/snapshot.ts'
import { openerOf, sourcesLabel } from '../../core/contract/source-patterns.ts'
import { appErrorOf, EngineCallError } from '../client/call-error.ts'
import { engine } from '../client/engine-client.ts'
import { uploadFile } from '../client/upload.ts'
import { formatBytesShort, formatCount } from '../model/format.ts'
import { groupOf, knownChoices, sourceOf } from '../model/options.ts'
import { connectionStore, partsOf } from '../stores/connection-store.ts'
import { type FormPanel, frameStore, goToPanel } from '../stores/frame-store.ts'
import { noticeDone, noticeFailed } from '../stores/notice-store.ts'
import { objectColumns } from '../stores/object-columns.ts'
import { clearSelection } from '../stores/selection-store.ts'
import {
  type SessionState,
  sessionStore,
  showNoSession,
  shownReceiver,
  showReceiver,
  showSession,
} from '../stores/session-store.ts'
import { rememberRecent, settingsStore } from '../stores/settings-store.ts'
import { resetTime } from '../stores/time-store.ts'
import { shell } from './shell.ts'

/** The request with its label. */
function labelled(request: SessionRequest): SessionRequest {
  const { sources, label = sourcesLabel(partsOf(connectionStore.getState()), sources) } = request
  return { ...request, label }
}

/** Number of the last attempt to open. An earlier or cancelled attempt does not show its session. */
let attempts = 0

/** Opens a session and closes the one on the screen once the new one runs. On failure the form and the screen stay. */
export async function open(asked: SessionRequest): Promise<void> {
  // An earlier version may have stored choices that are no longer valid.
  const choices = knownChoices(partsOf(connectionStore.getState()), asked.choices)
  const request = labelled({ ...asked, choices })
  attempts += 1
  const attempt = attempts
  sessionStore.setState({ opening: { request, upload: null, error: null } })
  try {
    const { sessionId } = await engine().call('openSession', { sources: asked.sources, choices })
    if (attempt !== attempts) {
      await engine().call('closeSession', sessionId)
      return
    }
    const failure = await earlyFailure(sessionId)
    if (failure !== null || attempt !== attempts) {
      await engine().call('closeSession', sessionId)
      if (failure !== null && attempt === attempts) throw new EngineCallError(failure)
      return
    }
    const before = sessionStore.getState().sessionId
    await show(sessionId, request)
    remember(request)
    if (before !== null) await engine().call('closeSession', before)
  } catch (thrown) {
    if (attempt !== attempts) return
    sessionStore.setState({ opening: { request, upload: null, error: appErrorOf(thrown) } })
  }
}

/** A new session is shown after this time at the latest. */
const EARLY_MS = 1500

/**
 * Waits until a new session has packets, runs live, or ends. A session starts before its file is read; if it fails without
 * packets, the form shows the error and the screen stays.
 */
async function earlyFailure(sessionId: string): Promise<AppError | null> {
  const client = engine()
  let timer: ReturnType<typeof setTimeout> | undefined
  let off = () => {}
  const verdict = new Promise<AppError | null>((resolve) => {
    timer = setTimeout(() => resolve(null), EARLY_MS)
    const sections = new SessionSections()
    off = client.on('sections', ({ sessionId: of, changes }) => {
      if (of !== sessionId) return
      sections.take(changes)
      const snapshot = sections.snapshot(sessionId)
      if (snapshot === null) return
      const { phase, problems, totals, source } = snapshot
      if (phase === 'failed' && totals.packets === 0) resolve(problems.at(-1) ?? null)
      else if (totals.packets > 0 || (phase === 'running' && source.live)) resolve(null)
      else if (phase === 'finished' || phase === 'stopped') resolve(null)
    })
  })
  try {
    await client.call('watchSession', sessionId)
    return await verdict
  } finally {
    clearTimeout(timer)
    off()
    // `show` watches again, which sends every row from the first.
    await client.call('unwatchSession', sessionId)
  }
}

/** Starts to broadcast; the session takes the place of the one on the screen. @throws EngineCallError, and the screen stays */
export async function startSending(request: SendRequest): Promise<void> {
  attempts += 1
  const { sessionId } = await engine().call('startSending', request)
  await showInstead(sessionId, 'send')
}

/**
 * Starts to serve folders; the session takes the place of the one on the screen. @param choices as of `routescope serve`
 * @throws EngineCallError, and the screen stays
 */
export async function startServing(choices: Choices): Promise<void> {
  attempts += 1
  const { sessionId } = await engine().call('startServing', choices)
  await showInstead(sessionId, 'serve')
}

/**
 * Starts a relay; the session takes the place of the one on the screen. @param replace files that are there may be overwritten
 * @throws EngineCallError, and the screen stays
 */
export async function startRelay(request: RelayRequest, replace: boolean): Promise<void> {
  attempts += 1
  const { sessionId } = await engine().call('startRelay', request, replace)
  await showInstead(sessionId, 'relay')
}

/** Shows a session that the engine runs in the panel of its form, and closes the session that was on the screen. */
async function showInstead(sessionId: string, form: FormPanel): Promise<void> {
  const before = sessionStore.getState().sessionId
  await show(sessionId, null)
  goToPanel(form)
  frameStore.setState({ maximised: form, form: null })
  if (before !== null) await engine().call('closeSession', before)
}

/** Shows a session that the engine runs. */
async function show(sessionId: string, request: SessionRequest | null): Promise<void> {
  showSession(sessionId, request)
  clearSelection()
  resetTime()
  objectColumns.clear()
  await engine().call('watchSession', sessionId)
}

/** Shows another receiver of the session. The engine sends its objects from the first. */
export async function chooseReceiver(receiver: string): Promise<void> {
  const { sessionId } = sessionStore.getState()
  if (sessionId === null) return
  showReceiver(receiver)
  clearSelection()
  resetTime()
  objectColumns.clear()
  await engine().call('watchSession', sessionId, receiver)
}

/** Shows the newest running session, after a reload or when the engine started with one. */
export async function showRunningSession(): Promise<void> {
  const sessions = await engine().call('listSessions')
  const newest = sessions.at(-1)
  if (newest !== undefined && sessionStore.getState().sessionId === null) await show(newest.sessionId, null)
}

/** @param choices default: the options of the first screen, which apply to every capture */
export function openCapture(
  files: readonly string[],
  choices: Choices = settingsStore.getState().capture,
): Promise<void> {
  return open({ sources: files, choices })
}

/** @param url one or several, separated by spaces */
export function listen(url: string, choices: Choices): Promise<void> {
  return open({ sources: url.trim().split(/\s+/), choices })
}

export const openDemo = (): Promise<void> => open({ sources: [DEMO_SOURCE], choices: {} })

/** Opens a recent source with its own options, a capture with those of the first screen. */
export function openRecent(request: SessionRequest): Promise<void> {
  const isCapture = groupOf(partsOf(connectionStore.getState()), request) === 'Open'
  return open(isCapture ? { ...request, choices: settingsStore.getState().capture } : request)
}

let cancelUpload: (() => void) | null = null

/** Cancels the attempt to open a session. */
export function cancelOpening(): void {
  attempts += 1
  cancelUpload?.()
  cancelUpload = null
  sessionStore.setState({ opening: null })
}

/** Hides the error; the form keeps its values. */
export const dismissOpening = (): void => sessionStore.setState({ opening: null })

/** Opens dropped or chosen files by their path, or in a browser after an upload to the engine. */
export async function openFiles(files: readonly File[]): Promise<void> {
  if (files.length === 0) return
  const desktop = shell()
  if (desktop !== undefined) return openCapture(files.map((file) => desktop.pathOfFile(file)))
  attempts += 1
  const attempt = attempts
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0)
  const request = labelled({
    sources: files.map((file) => file.name),
    choices: settingsStore.getState().capture,
  })
  const paths: string[] = []
  let before = 0
  try {
    for (const file of files) {
      const upload = uploadFile(file, location.href, (doneBytes) => {
        if (attempt !== attempts) return
        const sent = { doneBytes: before + Math.min(doneBytes, file.size), totalBytes }
        sessionStore.setState({ opening: { request, upload: sent, error: null } })
      })
      cancelUpload = upload.cancel
      sessionStore.setState({ opening: { request, upload: { doneBytes: before, totalBytes }, error: null } })
      paths.push(await upload.path)
      before += file.size
    }
  } catch (thrown) {
    if (attempt === attempts) sessionStore.setState({ opening: { request, upload: null, error: appErrorOf(thrown) } })
    return
  } finally {
    cancelUpload = null
  }
  if (attempt === attempts) await openCapture(paths)
}

/** Shows the system's file dialog, or the browser's file field. */
export async function chooseCapture(): Promise<void> {
  const desktop = shell()
  if (desktop !== undefined) {
    const files = await desktop.chooseCapture()
    if (files !== null && files.length > 0) await openCapture(files)
    return
  }
  document.querySelector<HTMLInputElement>('input[data-capture-field]')?.click()
}

function remember(request: SessionRequest): void {
  const parts = partsOf(connectionStore.getState())
  const shown = request.sources.map((source) => openerOf(parts, source)?.pattern.shown)
  // Its own button opens the demo, and nothing opens standard input again.
  if (shown.includes('label')) return
  const desktop = shell()
  if (desktop !== undefined) void desktop.addRecent(request)
  // An uploaded capture is deleted with the engine, so it could not be opened again.
  else if (!shown.includes('file name')) rememberRecent(request)
}

/** Stops the session; the received data stays on the screen. */
export async function stop(): Promise<void> {
  const { sessionId } = sessionStore.getState()
  if (sessionId === null) return
  try {
    await engine().call('stopSession', sessionId)
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
}

/** Turns the loss model of the broadcast on the screen. @param chances two percentages, as of `--loss` */
export function setLoss(chances: string): void {
  const { sessionId } = sessionStore.getState()
  if (sessionId === null) return
  engine()
    .call('setLoss', sessionId, chances)
    .catch((thrown: unknown) => noticeFailed(appErrorOf(thrown)))
}

/** Closes the session and returns to the first screen. */
export async function close(): Promise<void> {
  const { sessionId } = sessionStore.getState()
  showNoSession()
  clearSelection()
  objectColumns.clear()
  resetTime()
  if (sessionId !== null)
    await engine()
      .call('closeSession', sessionId)
      .catch(() => null)
}

/** A request for a session that this window did not open, if its label is the text of live sources; else null. */
function requestOf(snapshot: SessionSnapshot | null): SessionRequest | null {
  if (snapshot?.source.live !== true || snapshot.broadcasts.length > 0) return null
  const { label } = snapshot.source
  const parts = partsOf(connectionStore.getState())
  const sources = label.split(/\s+/)
  return sources.every((source) => sourceOf(parts, source) !== null) ? { sources, choices: {}, label } : null
}

/** How the session on the screen can be opened again; null: it cannot. */
export function requestAgain({ request, opening, snapshot }: SessionState): SessionRequest | null {
  return opening?.request ?? request ?? requestOf(snapshot)
}

/** Opens the same sources again, after a failure or with other choices. */
export async function again(change: Choices = {}): Promise<void> {
  const state = sessionStore.getState()
  const asked = requestAgain(state)
  // The address of an origin is free once its session is closed.
  if (asked !== null && (state.snapshot?.origins.length ?? 0) > 0) await close()
  if (asked !== null) await open({ ...asked, choices: { ...asked.choices, ...change } })
}

/** Starts the engine again after it has failed. In a browser, the page finds another server by a reload only. */
export function reconnect(): void {
  const desktop = shell()
  if (desktop === undefined) location.reload()
  else void desktop.restartEngine()
}

/** Starts or stops recording. The app asks for the file; in a browser the engine chooses it. */
export async function record(): Promise<void> {
  const { sessionId, snapshot } = sessionStore.getState()
  if (sessionId === null) return
  const desktop = shell()
  const show = (file: string) =>
    desktop === undefined ? null : { label: 'Show in folder', run: () => void desktop.showInFolder(file) }
  try {
    if (snapshot?.recordings.some(({ byHand, endedWallUs }) => byHand && endedWallUs === null) === true) {
      const { file, packets, bytes } = await engine().call('stopRecording', sessionId)
      noticeDone(`Recorded ${formatCount(packets)} packets, ${formatBytesShort(bytes)}, to ${file}`, show(file))
      return
    }
    let chosen: string | null = null
    if (desktop !== undefined) {
      const { defaultDumpDir } = await engine().call('hello')
      chosen = await desktop.chooseRecording(`${defaultDumpDir}/recording.pcapng`)
      if (chosen === null) return
    }
    // The dialog has asked before it gave the name of a file that exists.
    const replace = chosen === null ? undefined : true
    const { file } = await engine().call('startRecording', sessionId, chosen, {}, shownReceiver(), replace)
    noticeDone(`Recording to ${file}`)
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
}

/** Shown when the engine ended during a dump. */
const DUMP_UNFINISHED: AppError = {
  code: 'engine-died',
  message: 'The dump was not finished, because the engine stopped.',
  tryThis: 'Open the capture or the address again, then dump it.',
}

/** Writes all received files to a folder. The app asks for it; in a browser it is the engine's default. */
export async function dump(): Promise<void> {
  const { sessionId } = sessionStore.getState()
  if (sessionId === null) return
  const desktop = shell()
  try {
    let dir: string | null = null
    if (desktop !== undefined) {
      const { defaultDumpDir } = await engine().call('hello')
      dir = await desktop.chooseFolder(defaultDumpDir)
      if (dir === null) return
    }
    await dumpTo(sessionId, dir)
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
}

/** @param replace the person has agreed to overwrite what is there */
async function dumpTo(sessionId: string, dir: string | null, replace?: true): Promise<void> {
  const desktop = shell()
  try {
    noticeDone('Writing all received files…')
    const result = await engine().call('dumpSession', sessionId, dir, shownReceiver(), replace)
    noticeDone(
      `Wrote ${formatCount(result.files)} files, ${formatBytesShort(result.bytes)}, to ${result.dir}`,
      desktop === undefined ? null : { label: 'Show in folder', run: () => void desktop.showInFolder(result.dir) },
    )
  } catch (thrown) {
    const error = appErrorOf(thrown)
    const overwrite = { label: 'Overwrite', run: () => void dumpTo(sessionId, dir, true) }
    if (error.code === 'file-exists') noticeFailed(error, overwrite)
    else noticeFailed(error.code === 'engine-died' ? DUMP_UNFINISHED : error)
  }
}
