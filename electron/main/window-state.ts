/** Position and size of a window, in screen pixels of the whole desktop. */
export type WindowState = {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly maximized: boolean
}
type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** Smallest width at which the panels fit beside each other. */
export const MIN_WIDTH = 1024
export const MIN_HEIGHT = 640
const DEFAULT_WIDTH = 1440
const DEFAULT_HEIGHT = 900
/** Width of the title bar that must be reachable by the pointer. */
const GRIP = 120

/**
 * The state of a new window: the stored one where it is valid and its title bar is on a connected display, otherwise centred on
 * the first display.
 *
 * @param stored unchecked value from the settings file
 * @param displays work areas, the main display first
 */
export function restoredWindowState(stored: unknown, displays: readonly Area[]): WindowState {
  if (isWindowState(stored) && displays.some((display) => canGrip(stored, display))) return stored
  const display = displays[0] ?? { x: 0, y: 0, width: DEFAULT_WIDTH, height: DEFAULT_HEIGHT }
  const width = Math.max(MIN_WIDTH, Math.min(DEFAULT_WIDTH, display.width))
  const height = Math.max(MIN_HEIGHT, Math.min(DEFAULT_HEIGHT, display.height))
  return {
    x: display.x + Math.max(0, Math.round((display.width - width) / 2)),
    y: display.y + Math.max(0, Math.round((display.height - height) / 2)),
    width,
    height,
    maximized: false,
  }
}

function isWindowState(value: unknown): value is WindowState {
  if (typeof value !== 'object' || value === null) return false
  const { x, y, width, height, maximized } = value as Partial<Record<keyof WindowState, unknown>>
  const numbers = [x, y, width, height].every((field) => Number.isInteger(field))
  return numbers && (width as number) >= MIN_WIDTH && (height as number) >= MIN_HEIGHT && typeof maximized === 'boolean'
}

function canGrip(state: WindowState, display: Area): boolean {
  const visible = Math.min(state.x + state.width, display.x + display.width) - Math.max(state.x, display.x)
  return visible >= GRIP && state.y >= display.y && state.y < display.y + display.height - GRIP / 2
}
