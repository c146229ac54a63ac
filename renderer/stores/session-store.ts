import { createStore } from 'zustand/vanilla'
import type { AppError } from '../../core/contract/app-error.ts'
import type { Choices } from '../../core/contract/choices.ts'
import { SessionSections } from '../../core/contract/session-sections.ts'
import type { Pace } from '../../core/contract/session-spec.ts'
import type { SectionChanges, SessionSnapshot } from '../../core/contract/snapshot.ts'

/** What the user asked to open, kept so that a failed attempt can be retried with the same words. */
export type OpenRequest =
  | {
      readonly kind: 'capture'
      readonly files: readonly string[]
      readonly pace: Pace
      readonly choices: Choices
      readonly label: string
    }
  | { readonly kind: 'url'; readonly url: string; readonly choices: Choices; readonly label: string }
  | { readonly kind: 'demo'; readonly label: string }

/** An attempt to open a session: uploading and starting, or failed with the reason. */
export type Opening = {
  readonly request: OpenRequest
  /** Bytes sent of a file uploaded from a browser; null when nothing is uploaded. */
  readonly upload: { readonly doneBytes: number; readonly totalBytes: number } | null
  readonly error: AppError | null
}

export type SessionState = {
  /** The session on the screen; null on the first screen. */
  readonly sessionId: string | null
  /** How it was opened, for "try again" and "other interface". */
  readonly request: OpenRequest | null
  /** The receiver on the screen and all that is linked to it; null until its sections have arrived. */
  readonly snapshot: SessionSnapshot | null
  /** The receiver asked for, of several; null: the first. */
  readonly receiver: string | null
  readonly opening: Opening | null
  /** Failures of the engine that belong to no command, newest last, until dismissed. */
  readonly problems: readonly AppError[]
  /** The engine died and came back; what was lost. */
  readonly restarted: AppError | null
}

/** Sections of the session on the screen, as they arrived. */
let sections = new SessionSections()

/** The session on the screen. Its snapshot is put together anew from sections that changed, at most four times a second. */
export const sessionStore = createStore<SessionState>(() => ({
  sessionId: null,
  request: null,
  snapshot: null,
  receiver: null,
  opening: null,
  problems: [],
  restarted: null,
}))

/** Puts a started session on the screen, and forgets the one before. */
export function showSession(sessionId: string, request: OpenRequest | null): void {
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

/** Back to the first screen. */
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

/** The engine that ran the session is gone: what was received stays readable as far as the window holds it. */
export function loseSession(error: AppError): void {
  sessionStore.setState((state) => ({
    restarted: state.restarted ?? error,
    snapshot: state.snapshot === null ? null : { ...state.snapshot, phase: 'stopped', gateways: [] },
  }))
}

/** Takes what has changed of the session on the screen; changes of another session are ignored. */
export function takeSections({ sessionId, changes }: SectionChanges): void {
  const { sessionId: shown, receiver } = sessionStore.getState()
  if (sessionId !== shown) return
  sections.take(changes)
  sessionStore.setState({ snapshot: sections.snapshot(sessionId, receiver) })
}

/** The receiver that commands about objects and tables name; undefined: the session's first. */
export function shownReceiver(): string | undefined {
  return sessionStore.getState().receiver ?? undefined
}

/** Puts another receiver of the session on the screen. */
export function showReceiver(receiver: string): void {
  const { sessionId } = sessionStore.getState()
  if (sessionId !== null) sessionStore.setState({ receiver, snapshot: sections.snapshot(sessionId, receiver) })
}

const MAX_PROBLEMS = 20

/** Keeps a failure for the banner; the same sentence again is not repeated. */
export function takeProblem(error: AppError): void {
  const { problems } = sessionStore.getState()
  if (problems.some((known) => known.message === error.message)) return
  sessionStore.setState({ problems: [...problems, error].slice(-MAX_PROBLEMS) })
}

export function dismissProblem(error: AppError): void {
  sessionStore.setState((state) => ({ problems: state.problems.filter((known) => known !== error) }))
}
