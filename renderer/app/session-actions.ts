import type { AppError } from '../../core/contract/app-error.ts'
import type { Choices } from '../../core/contract/choices.ts'
import { DEMO_SOURCE, type SessionRequest } from '../../core/contract/open-request.ts'
import { SessionSections } from '../../core/contract/session-sections.ts'
import type { RecentItem } from '../../core/contract/shell-api.ts'
import { shownSources } from '../../core/contract/shown-url.ts'
import type { SessionSnapshot } from '../../core/contract/snapshot.ts'
import { appErrorOf, EngineCallError } from '../client/call-error.ts'
import { engine } from '../client/engine-client.ts'
import { uploadFile } from '../client/upload.ts'
import { formatBytesShort, formatCount } from '../model/format.ts'
import { fileName } from '../model/names.ts'
import { knownChoices, sourceOf } from '../model/options.ts'
import { connectionStore, partsOf } from '../stores/connection-store.ts'
import { noticeDone, noticeFailed } from '../stores/notice-store.ts'
import { objectColumns } from '../stores/object-columns.ts'
import { clearSelection } from '../stores/selection-store.ts'
import {
  type OpenRequest,
  sessionStore,
  showNoSession,
  shownReceiver,
  showReceiver,
  showSession,
} from '../stores/session-store.ts'
import { rememberRecent, settingsStore } from '../stores/settings-store.ts'
import { resetTime } from '../stores/time-store.ts'
import { shell } from './shell.ts'

/** Keeps the valid choices: an earlier version may have stored others. */
function known(choices: Choices): Choices {
  return knownChoices(partsOf(connectionStore.getState()), choices)
}

/** The request in the engine's form. */
function sessionRequest(request: OpenRequest): SessionRequest {
  switch (request.kind) {
    case 'capture':
      return { sources: request.files, choices: { ...known(request.choices), pace: request.pace } }
    case 'url':
      return { sources: request.url.trim().split(/\s+/), choices: known(request.choices) }
    case 'demo':
      return { sources: [DEMO_SOURCE], choices: {} }
  }
}

/** Number of the last attempt to open. An earlier or cancelled attempt does not show its session. */
let attempts = 0

/** Opens a session and closes the one on the screen once the new one runs. On failure the form and the screen stay. */
async function open(request: OpenRequest): Promise<void> {
  attempts += 1
  const attempt = attempts
  sessionStore.setState({ opening: { request, upload: null, error: null } })
  try {
    const { sessionId } = await engine().call('openSession', sessionRequest(request))
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

/** Shows a session that the engine runs. */
async function show(sessionId: string, request: OpenRequest | null): Promise<void> {
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

/** Label of one or several files. */
export function captureLabel(files: readonly string[]): string {
  const first = fileName(files[0] ?? '')
  return files.length > 1 ? `${first} and ${files.length - 1} more` : first
}

/** @param choices default: the options of the first screen, which apply to every capture */
export function openCapture(
  files: readonly string[],
  pace: 'fast' | 'real' = 'fast',
  choices: Choices = settingsStore.getState().capture,
): Promise<void> {
  return open({ kind: 'capture', files, pace, choices, label: captureLabel(files) })
}

/** @param url one or several, separated by spaces */
export function listen(url: string, choices: Choices): Promise<void> {
  return open({ kind: 'url', url, choices, label: shownSources(url) })
}

export const openDemo = (): Promise<void> => open({ kind: 'demo', label: 'Demo' })

export function openRecent(item: RecentItem): Promise<void> {
  return item.kind === 'capture' ? openCapture([item.value]) : listen(item.value, {})
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
  const request: OpenRequest = {
    kind: 'capture',
    files: files.map((file) => file.name),
    pace: 'fast',
    choices: settingsStore.getState().capture,
    label: captureLabel(files.map((file) => file.name)),
  }
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

function remember(request: OpenRequest): void {
  if (request.kind === 'demo') return
  // A password is used, and stored nowhere.
  const value = request.kind === 'url' ? shownSources(request.url) : request.files[0]
  if (value === undefined) return
  const item: RecentItem = { kind: request.kind, value, label: request.label }
  const desktop = shell()
  if (desktop !== undefined) void desktop.addRecent(item)
  // An uploaded capture is deleted with the engine, so it could not be opened again.
  else if (request.kind === 'url') rememberRecent(item)
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
function requestOf(snapshot: SessionSnapshot | null): OpenRequest | null {
  if (snapshot?.source.live !== true || snapshot.broadcasts.length > 0) return null
  const { label } = snapshot.source
  const parts = partsOf(connectionStore.getState())
  if (!label.split(/\s+/).every((word) => sourceOf(parts, word) !== null)) return null
  return { kind: 'url', url: label, choices: {}, label }
}

/** Opens the same source again, after a failure or with another interface or pace. */
export async function again(
  change: { readonly interface?: string; readonly pace?: 'fast' | 'real' } = {},
): Promise<void> {
  const { request, opening, snapshot } = sessionStore.getState()
  const asked = opening?.request ?? request ?? requestOf(snapshot)
  if (asked === null) return
  const { interface: on } = change
  if (asked.kind === 'url')
    await open(on === undefined ? asked : { ...asked, choices: { ...asked.choices, interfaces: [on] } })
  else if (asked.kind === 'capture') await open({ ...asked, pace: change.pace ?? asked.pace })
  else await open(asked)
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
    const { file } = await engine().call('startRecording', sessionId, chosen, {}, shownReceiver())
    noticeDone(`Recording to ${file}`)
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
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
    noticeDone('Writing all received files…')
    const result = await engine().call('dumpSession', sessionId, dir, shownReceiver())
    noticeDone(
      `Wrote ${formatCount(result.files)} files, ${formatBytesShort(result.bytes)}, to ${result.dir}`,
      desktop === undefined ? null : { label: 'Show in folder', run: () => void desktop.showInFolder(result.dir) },
    )
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
}
