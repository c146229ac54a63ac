import type { AppError } from '../contract/app-error.ts'
import type { LogSpec } from '../contract/session-spec.ts'
import type { LogLine } from '../contract/snapshot.ts'
import { tellLine } from './output.ts'

/** Prints a failure on stderr: what and where, then what to do. */
export function tellFailure(error: AppError): void {
  tellLine(`routescope: ${error.message} ${error.tryThis}`)
}

/**
 * Prints the log on stderr: lines of the requested topics at their levels, and errors of all others but alarms, which the report and the
 * exit status tell. Problems of the session itself are left out: each command prints them itself.
 */
export function logTeller(spec: LogSpec | undefined): (line: LogLine) => void {
  return ({ topic, level, text, isAlarm }) => {
    const asked = (spec?.[topic] ?? spec?.all) !== undefined
    const isProblem = topic === 'engine' && (level === 'error' || level === 'warning')
    if (isProblem || (!asked && (level !== 'error' || isAlarm === true))) return
    tellLine(`[${topic}] ${level}: ${text}`)
  }
}

/** Says what a listening address without an interface means: the printed one is this computer's own. */
export function wildcardText(address: string): string {
  return `It listens on ${address}, every interface of this computer: others that reach it can read what is served.`
}
