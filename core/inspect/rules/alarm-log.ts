import type { AlarmRow } from '../../contract/alarm-row.ts'
import type { ServiceId } from '../../contract/ids.ts'
import { CAUSE_TEXT, type LossCause, type ReportAlarm, type Severity } from '../../contract/report.ts'
import type { RuleId } from '../../contract/rules.ts'
import { channelNumber, objectNumber } from '../../flow/carriers.ts'
import { type Alarm, hasChannel } from './alarm.ts'

/** Examples stored for each rule; the rest is counted. */
const MAX_OF_RULE = 100

type RuleLog = { count: number; readonly kept: Alarm[]; readonly severity: Severity; lastTimeUs: number }

/** What is known now of alarms, and of their objects by row. */
export type ObjectFates = {
  /** Cause of its missing bytes, and what speaks for it; null where none are missing now. */
  readonly causeOf: (row: number) => LossCause | null
  readonly evidenceOf: (row: number) => string | null
  /** How players get it, or how it became whole; null for neither. */
  readonly detailOf: (row: number) => string | null
  /** When an alarm and its like were over, stream µs; null while they last. */
  readonly endOf: (alarm: Alarm) => number | null
}

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

  /** What was found of a service is of its number in the SLT. */
  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    for (const { kept } of this.#rules.values())
      for (const alarm of kept) if (alarm.service === former) alarm.service = service
  }

  /**
   * @param others alarms stored elsewhere
   */
  rows(fates: ObjectFates, others: readonly Alarm[]): AlarmRow[] {
    const rows: AlarmRow[] = []
    for (const [rule, log] of this.#rules) {
      for (const alarm of log.kept) rows.push(rowOf(alarm, fates))
      const count = log.count - log.kept.length
      if (count === 0) continue
      const time = log.lastTimeUs / 1e6
      const nowhere = {
        service: null,
        ...NO_NUMBERS,
        object: null,
        frame: null,
        ...NO_CAUSE,
        detail: null,
        endTime: time,
      }
      const text = `${count} more of ${rule} are not listed`
      rows.push({ rule, severity: log.severity, ...nowhere, time, lastTime: time, count, text })
    }
    for (const alarm of others) rows.push(rowOf(alarm, fates))
    return rows.sort((a, b) => a.time - b.time)
  }

  /** `rows` with the fields of the report. */
  report(fates: ObjectFates, others: readonly Alarm[]): ReportAlarm[] {
    return this.rows(fates, others).map((row) => {
      const { rule, severity, service, tsi, toi, time, lastTime, count, text, cause, causeText, evidence } = row
      // What stands for a wide TOI means nothing outside; the sentence has the TOI.
      const exact = toi !== null && toi > Number.MAX_SAFE_INTEGER ? null : toi
      return { rule, severity, service, tsi, toi: exact, time, lastTime, count, text, cause, causeText, evidence }
    })
  }
}

function rowOf(alarm: Alarm, fates: ObjectFates): AlarmRow {
  const { rule, service, object, timeUs, lastTimeUs, count } = alarm
  const frame = alarm.frame > 0 ? alarm.frame : null
  const { cause, evidence } = verdictOf(alarm, fates)
  // A rule that counts datagrams has the frame in its sentence.
  const text = textWithCause(
    frame === null || alarm.text.includes(`frame ${frame}:`) ? alarm.text : `${alarm.text} (frame ${frame})`,
    cause,
    evidence,
  )
  return {
    rule,
    severity: severityNow(alarm, cause),
    service,
    ...numbersOf(alarm),
    object,
    frame,
    time: timeUs / 1e6,
    lastTime: lastTimeUs / 1e6,
    count,
    text,
    cause,
    causeText: cause === null ? null : CAUSE_TEXT[cause],
    evidence,
    detail: alarm.object === null ? null : fates.detailOf(alarm.object),
    endTime: secondsOf(fates.endOf(alarm)),
  }
}

const secondsOf = (us: number | null): number | null => (us === null ? null : us / 1e6)

const NO_CAUSE = { cause: null, causeText: null, evidence: null }

const NO_NUMBERS = { carrier: null, tsi: null, toi: null }

/** Numbers of an alarm's channel and object; the fields of the report have the names that LCT has for them. */
function numbersOf({ carrier }: Alarm): Pick<AlarmRow, 'carrier' | 'tsi' | 'toi'> {
  if (carrier === null || !hasChannel(carrier)) return NO_NUMBERS
  return { carrier: carrier.kind, tsi: channelNumber(carrier), toi: objectNumber(carrier) }
}

/** What was lost and came later is worth knowing, and no error any more. */
function severityNow({ severity, cause: of }: Alarm, cause: LossCause | null): Severity {
  return of === 'object' && cause === null ? 'info' : severity
}

/** Current cause of the loss an alarm is about, and what speaks for it. */
function verdictOf(
  { cause, evidence, object }: Alarm,
  { causeOf, evidenceOf }: ObjectFates,
): { readonly cause: LossCause | null; readonly evidence: string | null } {
  if (cause !== 'object') return { cause, evidence }
  return object === null ? { cause: null, evidence: null } : { cause: causeOf(object), evidence: evidenceOf(object) }
}

/** An alarm's sentence followed by its current cause. */
export function textOf(alarm: Alarm, fates: ObjectFates): string {
  const { cause, evidence } = verdictOf(alarm, fates)
  return textWithCause(alarm.text, cause, evidence)
}

function textWithCause(text: string, cause: LossCause | null, evidence: string | null): string {
  if (cause === null) return text
  return `${text}; cause: ${CAUSE_TEXT[cause]}${evidence === null ? '' : ` (${evidence})`}`
}
