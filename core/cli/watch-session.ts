import type { AlarmNotice } from '../contract/alarm-notice.ts'
import { APP_ERROR_EXIT } from '../contract/app-error.ts'
import { ruleRow } from '../contract/rules.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import type { Engine } from '../engine/engine.ts'
import { printFields, printJson } from './output.ts'
import { ProgressLine } from './progress-line.ts'
import { QuitKeys } from './quit-keys.ts'
import { problemTeller, untilDone } from './run-session.ts'
import { runLong } from './v8-settings.ts'

/**
 * Prints a line where an alarm begins and ends, of like ones only the first, until the user stops it or the source ends.
 * @returns the exit status of command-line.md; 3: there was an error
 */
export async function watchSession(engine: Engine, spec: SessionSpec, json: boolean): Promise<number> {
  runLong()
  const session = await engine.start(spec)
  const progress = new ProgressLine(process.stderr)
  const keys = new QuitKeys(session.aims.readsStdin)
  void keys.asked.then(() => session.stop())
  const tellProblems = problemTeller(session, progress)
  session.onAlarm((notice) => {
    progress.clear()
    if (json) printJson(fieldsOf(notice))
    else printFields(wordsOf(notice))
  })
  await untilDone(session, progress, tellProblems)
  keys.close()
  const failure = session.failure()
  if (json && failure === null) printJson({ event: 'end', ...session.summary() })
  if (failure !== null) return APP_ERROR_EXIT[failure.code]
  if (keys.quit) return 130
  if (session.degraded) return 1
  return session.errors > 0 ? 3 : 0
}

/** A notice as a JSON line. */
function fieldsOf({ carrier: _, ...notice }: AlarmNotice) {
  const { priority, clause } = ruleRow(notice.rule)
  return { event: 'alarm', ...notice, priority, clause }
}

/** When, what became of it, how bad, by which rule, where, and its sentence; of an end how often and how long. */
function wordsOf(notice: AlarmNotice): string[] {
  const { state, rule, severity, count, text, time, lastTime, endTime } = notice
  const at = state === 'begin' ? time : (endTime ?? lastTime)
  const long = at > time ? ` in ${(at - time).toFixed(1)} s` : ''
  const said = state === 'begin' ? text : `${count === 1 ? 'once' : `${count} times`}${long}: ${text}`
  return [new Date(at * 1000).toISOString(), state, severity, rule, placeOf(notice), said]
}

/** `service 1, TSI 10`; a dash for the whole signal. */
function placeOf({ service, carrier, tsi }: AlarmNotice): string {
  const channel = carrier === null || tsi === null ? [] : [`${carrier === 'mmtp' ? 'packet_id' : 'TSI'} ${tsi}`]
  const parts = [...(service === null ? [] : [`service ${service}`]), ...channel]
  return parts.length === 0 ? '-' : parts.join(', ')
}
