import type { AlarmRow } from '../../contract/alarm-row.ts'
import type { LossCause, ReportAlarm, Severity } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import { channelNumber, objectNumber } from '../../flow/carriers.ts'
import { type Alarm, hasChannel } from './alarm.ts'

/** Examples stored for each rule; the rest is counted. */
const MAX_OF_RULE = 100

type RuleLog = { count: number; readonly kept: Alarm[]; readonly severity: Severity; lastTimeUs: number }
type CauseOf = (row: number) => LossCause | null

/** Alarms by rule, for the report and the window. */
export class AlarmLog {
  readonly #rules = new Map<RuleId, RuleLog>()

  add(alarm: Alarm): void {
    const { rule, severity, timeUs } = alarm
    let log = this.#rules.get(rule)
    if (log === undefined) {
      log = { count: 0, kept: [], severity, lastTimeUs: timeUs }
      this.#rules.set(rule, log)
    }
    log.count++
    log.lastTimeUs = timeUs
    if (log.kept.length < MAX_OF_RULE) log.kept.push(alarm)
  }

  /**
   * @param causeOf cause of a row's missing bytes; null where none are missing now
   * @param others alarms stored elsewhere
   */
  rows(causeOf: CauseOf, others: readonly Alarm[]): AlarmRow[] {
    const rows: AlarmRow[] = []
    for (const [rule, log] of this.#rules) {
      for (const alarm of log.kept) rows.push(rowOf(alarm, causeOf))
      const count = log.count - log.kept.length
      if (count === 0) continue
      const time = log.lastTimeUs / 1e6
      const nowhere = { service: null, ...NO_NUMBERS, object: null, frame: null, cause: null }
      const text = `${count} more of ${rule} are not listed`
      rows.push({ rule, severity: log.severity, ...nowhere, time, lastTime: time, count, text })
    }
    for (const alarm of others) rows.push(rowOf(alarm, causeOf))
    return rows.sort((a, b) => a.time - b.time)
  }

  /** `rows` with the fields of the report. */
  report(causeOf: CauseOf, others: readonly Alarm[]): ReportAlarm[] {
    return this.rows(causeOf, others).map(({ rule, severity, service, tsi, toi, time, text, cause }) => {
      // What stands for a wide TOI means nothing outside; the sentence has the TOI.
      const exact = toi !== null && toi > Number.MAX_SAFE_INTEGER ? null : toi
      return { rule, severity, service, tsi, toi: exact, time, text, cause }
    })
  }
}

function rowOf(alarm: Alarm, causeOf: CauseOf): AlarmRow {
  const { rule, severity, service, object, timeUs, lastTimeUs, count } = alarm
  const frame = alarm.frame > 0 ? alarm.frame : null
  const cause = causeOfAlarm(alarm, causeOf)
  // A rule that counts datagrams has the frame in its sentence.
  const text = causeText(
    frame === null || alarm.text.includes(`frame ${frame}:`) ? alarm.text : `${alarm.text} (frame ${frame})`,
    cause,
  )
  return {
    rule,
    severity,
    service,
    ...numbersOf(alarm),
    object,
    frame,
    time: timeUs / 1e6,
    lastTime: lastTimeUs / 1e6,
    count,
    text,
    cause,
  }
}

const NO_NUMBERS = { carrier: null, tsi: null, toi: null }

/** Numbers of an alarm's channel and object; the fields of the report have the names that LCT has for them. */
function numbersOf({ carrier }: Alarm): Pick<AlarmRow, 'carrier' | 'tsi' | 'toi'> {
  if (carrier === null || !hasChannel(carrier)) return NO_NUMBERS
  return { carrier: carrier.kind, tsi: channelNumber(carrier), toi: objectNumber(carrier) }
}

/** Current cause of the loss an alarm is about. */
export function causeOfAlarm({ cause, object }: Alarm, causeOf: CauseOf): LossCause | null {
  if (cause !== 'object') return cause
  return object === null ? null : causeOf(object)
}

/** An alarm's sentence followed by its cause. */
export function causeText(text: string, cause: LossCause | null): string {
  return cause === null ? text : `${text}; cause: ${cause}`
}
