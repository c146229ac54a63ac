import { constants } from 'node:os'
import { shownText } from '../../core/contract/shown-text.ts'

/** Details of Electron's `child-process-gone`. */
export type GoneDetails = { readonly reason: string; readonly exitCode: number }

const LONGEST_LINE = 300

/**
 * Why a process ended, to follow "it": `was killed by SIGKILL`, `ended with status 1 after "TypeError: …"`.
 * @param gone null for a process that ended by itself
 * @param errors end of its standard error
 */
export function exitReason(code: number, gone: GoneDetails | null, errors: string): string {
  const line = lastLine(errors)
  return `${howItEnded(code, gone)}${line === null ? '' : ` after "${line}"`}`
}

function howItEnded(code: number, gone: GoneDetails | null): string {
  if (gone === null || gone.reason === 'clean-exit' || gone.reason === 'abnormal-exit') {
    return `ended with status ${gone?.exitCode ?? code}`
  }
  if (gone.reason === 'oom' || gone.reason === 'memory-eviction') return 'ran out of memory'
  if (gone.reason === 'launch-failed' || gone.reason === 'integrity-failure') return 'could not be started'
  const by = signalName(gone.exitCode) ?? `code ${gone.exitCode}`
  return gone.reason === 'killed' ? `was killed by ${by}` : `crashed with ${by}`
}

function signalName(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null
}

/** Lines that name no reason: stack frames and their marker, the version that Node adds, and Chromium's own log. */
const NO_REASON = /^\s*$|^\s+at |^\s*\^+\s*$|^Node\.js v\d|^\[\d+:[\d/.]+:[A-Z]+:/

/** The last line that may name the reason; null: none. */
function lastLine(errors: string): string | null {
  const line = errors
    .split(/\r?\n/)
    .filter((one) => !NO_REASON.test(one))
    .at(-1)
  return line === undefined ? null : shownText(line.trim(), LONGEST_LINE)
}
