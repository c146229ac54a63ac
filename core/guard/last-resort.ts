import { LAST_RESORT_MARK } from '../contract/app-error.ts'
import { shownText } from '../contract/shown-text.ts'

/** Errors printed in full; of those that follow one in `PRINTED_EACH` is, so that an error per packet does not fill a disk. */
const PRINTED_FIRST = 20
const PRINTED_EACH = 1000

const listeners = new Set<(error: unknown) => void>()
let count = 0
let installed = false

/** Adds a listener for errors that nothing caught. @returns the function that removes it */
export function onUncaughtError(listener: (error: unknown) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Keeps the process running after an error that nothing caught: it is printed on stderr behind LAST_RESORT_MARK, which fails
 * the test that ran the process, and passed to the listeners. Each program calls it once, at its start.
 */
export function installLastResort(): void {
  if (installed) return
  installed = true
  process.on('uncaughtException', take)
  process.on('unhandledRejection', take)
}

/** In a thread that runs a user's code: reports what nothing caught there, and the thread goes on. */
export function takeUncaught(report: (error: unknown) => void): void {
  process.on('uncaughtException', report)
}

/** Takes an error that ended a thread, which nothing caught there. */
export function takeThreadError(error: unknown): void {
  if (installed) take(error)
}

function take(error: unknown): void {
  count++
  if (count <= PRINTED_FIRST || count % PRINTED_EACH === 0) print(error)
  for (const listener of [...listeners]) {
    try {
      listener(error)
    } catch (failure) {
      print(failure)
    }
  }
}

function print(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  try {
    process.stderr.write(
      `${LAST_RESORT_MARK} ${count}: ${text
        .split('\n')
        .map((line) => shownText(line))
        .join('\n')}\n`,
    )
  } catch {
    // Where stderr is gone, nobody reads it.
  }
}
