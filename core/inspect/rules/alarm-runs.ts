import type { AlarmNotice } from '../../contract/alarm-notice.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { Severity } from '../../contract/report.ts'
import { type RuleId, ruleRow } from '../../contract/rules.ts'
import { channelNumber } from '../../flow/carriers.ts'
import { type Alarm, hasChannel } from './alarm.ts'

/** A run that nothing keeps on is over when nothing more of it was found for this time. */
const QUIET_US = 10_000_000
/** Runs that are known; of more the oldest that are over are forgotten, and new ones are not told. */
const MAX_RUNS = 1024
/** Newest alarms of a run that are looked at for later findings. */
const MAX_LOOKED_AT = 16

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 }

/** Alarms of one rule at one place that follow each other: from the first until it has ended, or none came for a while. */
export type AlarmRun = {
  readonly rule: RuleId
  /** Of its worst alarm. */
  readonly severity: Severity
  readonly service: ServiceId | null
  /** What it is about; null: no channel. */
  readonly carrier: Alarm['carrier']
  readonly tsi: number | null
  /** Sentence of the first alarm, with the values of now. */
  readonly text: string
  readonly count: number
  readonly firstUs: number
  readonly lastUs: number
  /** When it ended; null while it lasts. */
  readonly endedUs: number | null
}

/** Told when a run begins and when it has ended. */
export type AlarmRunEvents = {
  began(run: AlarmRun): void
  ended(run: AlarmRun): void
}

/** Findings of an alarm that are counted already: the alarm goes on counting. */
type Looked = { readonly alarm: Alarm; counted: number }

class Run implements AlarmRun {
  readonly rule: RuleId
  readonly carrier: Alarm['carrier']
  readonly tsi: number | null
  severity: Severity
  service: ServiceId | null
  count = 0
  firstUs: number
  lastUs: number
  endedUs: number | null = null
  readonly alarms: Looked[] = []
  readonly words: () => string

  constructor(alarm: Alarm, words: () => string) {
    this.words = words
    this.rule = alarm.rule
    this.severity = alarm.severity
    this.service = alarm.service
    this.carrier = alarm.carrier
    this.tsi = channelOf(alarm)
    this.firstUs = alarm.timeUs
    this.lastUs = alarm.timeUs
  }

  get text(): string {
    return this.words()
  }
}

/**
 * Makes runs of the alarms of a session. Alarms are live: what their rules find later counts in them, so that a look at each is
 * enough. Once told, the end of a run is its last word: what is found later is a new run.
 */
export class AlarmRuns {
  readonly #runs = new Map<string, Run>()
  readonly #listeners = new Set<AlarmRunEvents>()

  /** Tells what begins and ends from now on, and first what is on. */
  listen(events: AlarmRunEvents): void {
    this.#listeners.add(events)
    for (const run of this.#runs.values()) {
      events.began(run)
      if (run.endedUs !== null) events.ended(run)
    }
  }

  /** @param text makes its sentence, with what is known by then */
  raised(alarm: Alarm, text: () => string): void {
    const key = keyOf(alarm)
    const known = this.#runs.get(key)
    // A note that something is over belongs to what was told of it.
    if (known !== undefined && RANK[alarm.severity] < RANK[known.severity]) return
    if (known === undefined || known.endedUs !== null) {
      const run = new Run(alarm, text)
      run.alarms.push({ alarm, counted: 0 })
      this.#begin(key, run)
      return
    }
    if (RANK[alarm.severity] > RANK[known.severity]) known.severity = alarm.severity
    known.alarms.push({ alarm, counted: 0 })
    if (known.alarms.length > MAX_LOOKED_AT) known.alarms.shift()
    count(known)
  }

  serviceRenumbered(former: ServiceId, service: ServiceId): void {
    for (const [key, run] of [...this.#runs]) {
      if (run.service !== former) continue
      this.#runs.delete(key)
      run.service = service
      this.#runs.set(keyOf(run), run)
    }
  }

  /** Runs that a look goes through. */
  get size(): number {
    return this.#runs.size
  }

  /** Notices what was found again, and what is over. */
  look(nowUs: number): void {
    for (const [key, run] of this.#runs) {
      const found = count(run)
      if (run.endedUs !== null) {
        if (found !== null) this.#again(key, run, found)
        continue
      }
      // What comes and goes was there until it was last seen to last.
      if (isOn(run)) run.lastUs = Math.max(run.lastUs, nowUs)
      const endUs = endOf(run, nowUs)
      if (endUs !== null) this.#end(run, endUs)
    }
  }

  /** End of the run of an alarm, stream µs, of one that is forgotten its last finding; null while it lasts. */
  endOf(alarm: Pick<Alarm, 'rule' | 'service' | 'carrier' | 'lastTimeUs'>): number | null {
    const run = this.#runs.get(keyOf(alarm))
    return run === undefined ? alarm.lastTimeUs : run.endedUs
  }

  /** Nothing more can be found: what is not known to last is over. */
  close(): void {
    // A run that begins here comes once more, at the end of those that are gone through.
    for (const [key, run] of this.#runs) {
      const found = count(run)
      if (run.endedUs !== null) {
        if (found !== null) this.#again(key, run, found)
      } else if (!lasts(run)) this.#end(run, run.lastUs)
    }
  }

  #begin(key: string, run: Run): void {
    this.#runs.delete(key)
    if (this.#runs.size >= MAX_RUNS) this.#forgetOne()
    if (this.#runs.size >= MAX_RUNS) return
    this.#runs.set(key, run)
    count(run)
    for (const events of this.#listeners) events.began(run)
  }

  /** What was over is found again, by an alarm that is raised once and counts. */
  #again(key: string, before: Run, { alarm, counted }: Looked): void {
    const run = new Run(alarm, before.words)
    run.firstUs = alarm.lastTimeUs
    run.lastUs = alarm.lastTimeUs
    run.alarms.push(...before.alarms)
    run.count = alarm.count - counted
    this.#begin(key, run)
  }

  #end(run: Run, endUs: number): void {
    run.endedUs = endUs
    run.lastUs = Math.min(run.lastUs, endUs)
    for (const events of this.#listeners) events.ended(run)
  }

  #forgetOne(): void {
    for (const [key, run] of this.#runs) {
      if (run.endedUs === null) continue
      this.#runs.delete(key)
      return
    }
  }
}

/** Counts what was found since the last look, by which an alarm may have become worse. @returns the newest alarm that found something, and what it had counted before */
function count(run: Run): Looked | null {
  let found: Looked | null = null
  for (const looked of run.alarms) {
    const more = looked.alarm.count - looked.counted
    if (more <= 0) continue
    if (run.endedUs === null) {
      run.count += more
      run.lastUs = Math.max(run.lastUs, looked.alarm.lastTimeUs)
      if (RANK[looked.alarm.severity] > RANK[run.severity]) run.severity = looked.alarm.severity
    }
    found = { ...looked }
    looked.counted = looked.alarm.count
  }
  return found
}

/** What its alarms are about goes on, or is not known to be over. */
const lasts = (run: Run): boolean => ruleRow(run.rule).holds === true || isOn(run)

/** Something that an alarm is about goes on, as it says itself. */
function isOn({ alarms }: Run): boolean {
  for (const { alarm } of alarms) if (alarm.endUs?.() === null) return true
  return false
}

/** A run as others are told of it. */
export function noticeOf(state: AlarmNotice['state'], run: AlarmRun): AlarmNotice {
  const { rule, severity, service, carrier, tsi, text, count, firstUs, lastUs, endedUs } = run
  const kind = carrier !== null && hasChannel(carrier) ? carrier.kind : null
  const [time, lastTime, endTime] = [firstUs / 1e6, lastUs / 1e6, endedUs === null ? null : endedUs / 1e6]
  return { state, rule, severity, service, carrier: kind, tsi, time, lastTime, endTime, count, text }
}

/** When a run ended; null while it goes on. */
function endOf(run: Run, nowUs: number): number | null {
  if (lasts(run)) return null
  let endUs: number | null = Number.NEGATIVE_INFINITY
  for (const { alarm } of run.alarms) {
    const ended = alarm.endUs?.()
    if (ended == null) {
      endUs = null
      break
    }
    if (ended > endUs) endUs = ended
  }
  if (endUs !== null) return endUs
  return nowUs - run.lastUs >= QUIET_US ? run.lastUs : null
}

function channelOf({ carrier }: Pick<Alarm, 'carrier'>): number | null {
  return carrier === null || !hasChannel(carrier) ? null : channelNumber(carrier)
}

function keyOf({ rule, service, carrier }: Pick<Alarm, 'rule' | 'service' | 'carrier'>): string {
  return `${rule} ${service} ${carrier?.kind} ${channelOf({ carrier })}`
}
