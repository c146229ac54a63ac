import { takeLogLines } from '../stores/log-store.ts'

/**
 * Logs what nothing in the page has caught. Each such line is a fault of this program, and end-to-end tests fail by it; it is
 * left to the browser's console as well, with its stack.
 */
export function tellUncaught(target: Pick<Window, 'addEventListener'>): void {
  // After the other listeners: a playback takes the failures of its library.
  const unlessTaken = (event: Event, thrown: unknown) =>
    setTimeout(() => {
      if (!event.defaultPrevented) tell(thrown)
    })
  target.addEventListener('error', (event) => unlessTaken(event, event.error ?? event.message))
  target.addEventListener('unhandledrejection', (event) => unlessTaken(event, event.reason))
}

function tell(thrown: unknown): void {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  takeLogLines([
    { wallUs: Date.now() * 1000, level: 'error', topic: 'engine', text: `The window failed: ${text.slice(0, 500)}` },
  ])
}
