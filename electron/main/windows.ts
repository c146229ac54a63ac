import { join } from 'node:path'
import { app, BrowserWindow, screen } from 'electron'
import type { SessionRequest } from '../../core/contract/open-request.ts'
import { APP_ORIGIN } from './app-address.ts'
import { readJson, writeJson } from './json-file.ts'
import { WEB_PREFERENCES } from './security.ts'
import { MIN_HEIGHT, MIN_WIDTH, restoredWindowState, type WindowState } from './window-state.ts'

/** The page's dark surface colour (renderer/app/tokens.css), so that opening and resizing do not flash white. */
const BACKGROUND = '#0b0e12'
/** Offset of a new window from the window below. */
const CASCADE = 28

export type OpenedWindow = { readonly window: BrowserWindow; takeRequest(): SessionRequest | null }

const opened = new Map<number, OpenedWindow>()

/** The open window with this page id. */
export const windowOfPage = (contentsId: number): OpenedWindow | undefined => opened.get(contentsId)

/**
 * Opens a window, which is shown when its page has content.
 *
 * @param request opened at start, null: none; passed on once, so that a reload does not open it again
 */
export function openWindow(request: SessionRequest | null): BrowserWindow {
  const stateFile = join(app.getPath('userData'), 'window.json')
  const main = screen.getPrimaryDisplay()
  const others = screen.getAllDisplays().filter((display) => display.id !== main.id)
  const { maximized, ...stored } = restoredWindowState(
    readJson(stateFile),
    [main, ...others].map((display) => display.workArea),
  )
  const over = BrowserWindow.getFocusedWindow()?.getBounds()
  const bounds = over === undefined ? stored : { ...over, x: over.x + CASCADE, y: over.y + CASCADE }
  const window = new BrowserWindow({
    ...bounds,
    minWidth: MIN_WIDTH,
    minHeight: MIN_HEIGHT,
    backgroundColor: BACKGROUND,
    // Drawn by the system, in its own colours; Alt shows it.
    autoHideMenuBar: true,
    show: false,
    webPreferences: { ...WEB_PREFERENCES, preload: join(__dirname, '..', 'preload', 'index.cjs') },
  })
  let pending = request
  const contentsId = window.webContents.id
  opened.set(contentsId, {
    window,
    takeRequest() {
      const taken = pending
      pending = null
      return taken
    },
  })
  if (maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => {
    const state: WindowState = { ...window.getNormalBounds(), maximized: window.isMaximized() }
    writeJson(stateFile, state)
  })
  window.on('closed', () => opened.delete(contentsId))
  void window.loadURL(`${APP_ORIGIN}/`)
  return window
}

/** Brings an open window to the front, also from minimised. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
