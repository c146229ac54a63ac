import { toAppError } from '../failure/app-failure.ts'
import { installLastResort, onUncaughtError } from '../guard/last-resort.ts'
import { tellFailure } from './tell.ts'

/** Time that a command has to flush its files after an error that nothing caught. */
const FLUSH_MS = 5000

let serves = false
let failed = false
const ends = new Set<() => void>()

/**
 * Installs the last resort of a command. One that serves goes on after an error that nothing caught; any other one reports it,
 * flushes its files and ends with status 1.
 */
export function watchUnexpected(): void {
  installLastResort()
  onUncaughtError((error) => {
    if (serves) return
    if (failed || ends.size === 0) {
      if (!failed) tellFailure(toAppError(error))
      process.exit(1)
    }
    failed = true
    tellFailure(toAppError(error))
    setTimeout(() => process.exit(1), FLUSH_MS).unref()
    for (const end of [...ends]) end()
  })
}

/** The command serves clients, who are not to lose it. */
export function keepServing(): void {
  serves = true
}

/** True after an error that ends the command. */
export function failedUnexpectedly(): boolean {
  return failed
}

/** Adds a function that ends the command orderly. @returns the function that removes it */
export function onUnexpectedEnd(end: () => void): () => void {
  ends.add(end)
  return () => ends.delete(end)
}
