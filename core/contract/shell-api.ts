import type { AppError } from './app-error.ts'
import type { Choices } from './choices.ts'

/**
 * What the page asks of the program it runs in: file dialogs, menus, recent files. In the app the preload exposes it as
 * `window.routescopeShell`; in a browser the page makes do (upload instead of a path, no dialogs).
 */
export type ShellApi = {
  readonly kind: 'desktop'
  /** Opens the system's file dialog; null when cancelled. */
  chooseCapture: () => Promise<readonly string[] | null>
  chooseFolder: (suggested: string) => Promise<string | null>
  /** Where to write a recording; null when cancelled. */
  chooseRecording: (suggested: string) => Promise<string | null>
  /** Path of a file dropped on the window. */
  pathOfFile: (file: object) => string
  recent: () => Promise<readonly RecentItem[]>
  addRecent: (item: RecentItem) => Promise<void>
  showInFolder: (path: string) => Promise<void>
  /** What the command line asked this window to open at start. */
  initialRequest: () => Promise<InitialRequest>
  /** Menu entries and global commands; returns the function that unsubscribes. */
  onMenu: (listener: (command: MenuCommand) => void) => () => void
  /** The engine process died and a new one runs; what was lost is said in the error. */
  onEngineRestart: (listener: (error: AppError) => void) => () => void
}

/** Something that was opened before. */
export type RecentItem = { readonly kind: 'capture' | 'url'; readonly value: string; readonly label: string }

/** What a window is to open first. */
export type InitialRequest =
  | { readonly kind: 'none' }
  | { readonly kind: 'capture'; readonly files: readonly string[]; readonly choices: Choices }
  /** `url` may be several, with spaces between them. */
  | { readonly kind: 'url'; readonly url: string; readonly choices: Choices }
  | { readonly kind: 'demo' }

/** What the menu of the system can ask of the window. */
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
