import { hexText } from '#platform'
import type { LossCause, ReportAlarm, Severity } from '../../contract/report.ts'
import type { Flow } from '../../flow/datagrams.ts'
import type { Alarm } from '../../flow/facts.ts'

/** Examples kept for each rule; the rest is counted. */
const MAX_OF_RULE = 100
/** Codes of malformed datagrams told apart. */
const MAX_CODES = 64

type Kept = Omit<ReportAlarm, 'cause'> & { readonly cause: LossCause | null; readonly object: number | null }
type RuleLog = { count: number; readonly kept: Kept[]; severity: Severity; lastTimeUs: number }
type Malformed = {
  count: number
  readonly destination: string
  readonly frame: number
  readonly timeUs: number
  readonly head: string
}

/** Alarms by rule, and malformed datagrams by code with the first example of each. */
export class AlarmLog {
  readonly #rules = new Map<string, RuleLog>()
  readonly #malformed = new Map<string, Malformed>()
  #malformedCount = 0

  /** Datagrams that could not be read. */
  get malformed(): number {
    return this.#malformedCount
  }

  alarm(alarm: Alarm): void {
    const { rule, severity, service, tsi, toi, timeUs, text } = alarm
    let log = this.#rules.get(rule)
    if (log === undefined) {
      log = { count: 0, kept: [], severity, lastTimeUs: timeUs }
      this.#rules.set(rule, log)
    }
    log.count++
    log.lastTimeUs = timeUs
    if (log.kept.length >= MAX_OF_RULE) return
    const where = alarm.frame > 0 ? ` (frame ${alarm.frame})` : ''
    const { object = null, cause = null } = alarm
    log.kept.push({ rule, severity, service, tsi, toi, time: timeUs / 1e6, text: `${text}${where}`, cause, object })
  }

  datagram(
    code: string,
    flow: Flow,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    frame: number,
  ): void {
    this.#malformedCount++
    const known = this.#malformed.get(code)
    if (known !== undefined) {
      known.count++
      return
    }
    if (this.#malformed.size >= MAX_CODES) return
    const head = hexText(bytes.subarray(start, Math.min(end, start + 16)))
    this.#malformed.set(code, { count: 1, destination: flow.destination, frame, timeUs, head })
  }

  /** @param causeOf who lost what the object of a row lacks; null where it has healed */
  report(causeOf: (row: number) => LossCause | null): ReportAlarm[] {
    const alarms: ReportAlarm[] = []
    for (const [rule, log] of this.#rules) {
      for (const { object, ...alarm } of log.kept)
        alarms.push(withCause(alarm, object === null ? alarm.cause : causeOf(object)))
      const more = log.count - log.kept.length
      if (more === 0) continue
      const text = `${more} more of ${rule} are not listed`
      alarms.push({
        rule,
        severity: log.severity,
        service: null,
        tsi: null,
        toi: null,
        time: log.lastTimeUs / 1e6,
        text,
        cause: null,
      })
    }
    for (const [code, { count, destination, frame, timeUs, head }] of this.#malformed) {
      // LLS tables and faults of our own raise alarms that say more.
      if (code === 'internal' || !/^(lct|mmtp|fec|object)-/.test(code)) continue
      const rule = code.startsWith('mmtp') ? 'MMTP-HEADER' : 'LCT-HEADER'
      const text = `${count} malformed datagram${count === 1 ? '' : 's'} (${code}), the first to ${destination} in frame ${frame}: ${head}…`
      const time = timeUs / 1e6
      alarms.push({ rule, severity: 'error', service: null, tsi: null, toi: null, time, text, cause: null })
    }
    return alarms.sort((a, b) => a.time - b.time)
  }
}

/** An alarm that says who lost what it is about, where that is known. */
function withCause(alarm: ReportAlarm, cause: LossCause | null): ReportAlarm {
  return { ...alarm, text: causeText(alarm.text, cause), cause }
}

/** The words of an alarm with the cause behind them. */
export function causeText(text: string, cause: LossCause | null): string {
  return cause === null ? text : `${text}; cause: ${cause}`
}
