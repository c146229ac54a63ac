import { createStore } from 'zustand/vanilla'
import type { AppError } from '../../core/contract/app-error.ts'
import type { SessionRequest } from '../../core/contract/open-request.ts'
import { SessionSections } from '../../core/contract/session-sections.ts'
import type { SectionChanges, SessionSnapshot } from '../../core/contract/snapshot.ts'
import { followNumbers } from './service-numbers.ts'

/** An attempt to open a session, under way or failed. */
export type Opening = {
  readonly request: SessionRequest
  /** Progress of an upload from a browser; null without one. */
  readonly upload: { readonly doneBytes: number; readonly totalBytes: number } | null
  readonly error: AppError | null
}

export type SessionState = {
  /** The session on the screen; null on the first screen. */
  readonly sessionId: string | null
  /** How the session was opened, for another attempt or interface. */
  readonly request: SessionRequest | null
  /** The receiver on the screen with the parts linked to it; null until their sections arrive. */
  readonly snapshot: SessionSnapshot | null
  /** The chosen receiver; null: the first. */
  readonly receiver: string | null
  readonly opening: Opening | null
  /** Errors of the engine outside commands, newest last, until dismissed. */
  readonly problems: readonly AppError[]
  /** Set after the engine was restarted: the session is lost. */
  readonly restarted: AppError | null
}

/** Sections of the session on the screen. */
let sections = new SessionSections()

/** The session on the screen. Changed sections update its snapshot at most four times a second. */
export const sessionStore = createStore<SessionState>(() => ({
  sessionId: null,
  request: null,
  snapshot: null,
  receiver: null,
  opening: null,
  problems: [],
  restarted: null,
}))

/** Shows a started session instead of the previous one. */
export function showSession(sessionId: string, request: SessionRequest | null): void {
  sections = new SessionSections()
  sessionStore.setState({
    sessionId,
    request,
    snapshot: null,
    receiver: null,
    opening: null,
    problems: [],
    restarted: null,
  })
}

/** Shows the first screen. */
export function showNoSession(): void {
  sections = new SessionSections()
  sessionStore.setState({
    sessionId: null,
    request: null,
    snapshot: null,
    receiver: null,
    opening: null,
    problems: [],
  })
}

/** Marks the session as lost with its engine, and its recordings as ended. The data in the window stays readable. */
export function markSessionLost(error: AppError): void {
  sessionStore.setState(({ restarted, snapshot }) => {
    const files = snapshot?.recordings.filter(({ endedWallUs }) => endedWallUs === null).map(({ file }) => file) ?? []
    return {
      restarted: restarted ?? withRecordings(error, files),
      snapshot: snapshot === null ? null : ended(snapshot),
    }
  })
}

function withRecordings(error: AppError, files: readonly string[]): AppError {
  if (files.length === 0) return error
  const ended = `The recording to ${files.join(' and ')} ended with it, and has all that was written until then.`
  return { ...error, message: `${error.message} ${ended}` }
}

function ended(snapshot: SessionSnapshot): SessionSnapshot {
  const nowUs = Date.now() * 1000
  const recordings = snapshot.recordings.map((one) => ({ ...one, endedWallUs: one.endedWallUs ?? nowUs }))
  return { ...snapshot, phase: 'stopped', gateways: [], recordings }
}

/** Applies changes of the session on the screen; changes of other sessions are ignored. */
export function applySections({ sessionId, changes }: SectionChanges): void {
  const { sessionId: shown, receiver, snapshot: before } = sessionStore.getState()
  if (sessionId !== shown) return
  sections.take(changes)
  const snapshot = sections.snapshot(sessionId, receiver)
  sessionStore.setState({ snapshot })
  followNumbers(before?.services ?? [], snapshot?.services ?? [])
}

/** The receiver for commands about objects and tables; undefined: the session's first. */
export function shownReceiver(): string | undefined {
  return sessionStore.getState().receiver ?? undefined
}

/** Shows another receiver of the session. */
export function showReceiver(receiver: string): void {
  const { sessionId } = sessionStore.getState()
  if (sessionId !== null) sessionStore.setState({ receiver, snapshot: sections.snapshot(sessionId, receiver) })
}

const MAX_PROBLEMS = 20

/** Adds an error for a banner, unless its message is already there. */
export function addProblem(error: AppError): void {
  const { problems } = sessionStore.getState()
  if (problems.some((known) => known.message === error.message)) return
  sessionStore.setState({ problems: [...problems, error].slice(-MAX_PROBLEMS) })
}

export function dismissProblem(error: AppError): void {
  sessionStore.setState((state) => ({ problems: state.problems.filter((known) => known !== error) }))
}
