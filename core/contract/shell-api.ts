import type { AppError } from './app-error.ts'
import type { SessionRequest } from './open-request.ts'

/**
 * Services of the program for its page: file dialogs, menus, recent files. In the app the preload exposes it as
 * `window.routescopeShell`; in a browser the page uploads files and has no dialogs.
 */
export type ShellApi = {
  readonly kind: 'desktop'
  /** Opens the system's file dialog; null when cancelled. */
  chooseCapture: () => Promise<readonly string[] | null>
  /** Asks for a manifest or another file to send; null when cancelled. */
  choosePresentation: () => Promise<string | null>
  chooseFolder: (suggested: string) => Promise<string | null>
  /** Asks where to write a recording; null when cancelled. */
  chooseRecording: (suggested: string) => Promise<string | null>
  /** Path of a file dropped on the window. */
  pathOfFile: (file: object) => string
  recent: () => Promise<readonly SessionRequest[]>
  addRecent: (request: SessionRequest) => Promise<void>
  showInFolder: (path: string) => Promise<void>
  /** Request of the command line that started this window; null: none. */
  initialRequest: () => Promise<SessionRequest | null>
  /** Listens to menu entries and global commands; returns the function that unsubscribes. */
  onMenu: (listener: (command: MenuCommand) => void) => () => void
  /** Called when the engine process died and a new one runs; the error names what was lost. */
  onEngineRestart: (listener: (error: AppError) => void) => () => void
  /** Called when the engine process keeps dying and none runs until `restartEngine`, after a reload again. */
  onEngineFailure: (listener: (error: AppError) => void) => () => void
  restartEngine: () => Promise<void>
  /** Called with the folders of dumps that a quit waits for; null: it does not wait any more. */
  onQuitting: (listener: (folders: readonly string[] | null) => void) => () => void
  /** Quits without waiting for dumps. */
  quitNow: () => Promise<void>
  /** Withdraws the quit that waits. */
  stayOpen: () => Promise<void>
}

/** Commands of the system's menu to the window. */
export const MENU_COMMANDS = [
  'open-capture',
  'listen',
  'demo',
  'dump',
  'record',
  'stop',
  'palette',
  'keys',
  'toggle-theme',
] as const
/** One of MENU_COMMANDS. */
export type MenuCommand = (typeof MENU_COMMANDS)[number]

/** Message with which the preload hands the page its port to the engine: `window.postMessage(ENGINE_PORT, …, [port])`. */
export const ENGINE_PORT = 'routescope-engine-port'
