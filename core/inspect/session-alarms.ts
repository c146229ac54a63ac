import type { AlarmRow } from '../contract/alarm-row.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ReportAlarm } from '../contract/report.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { BadDatagram, Flow } from '../flow/datagrams.ts'
import type { Finding } from '../flow/findings.ts'
import type { ObjectColumns } from './columns/object-columns.ts'
import type { LossWatch } from './losses/loss-watch.ts'
import type { Alarm } from './rules/alarm.ts'
import { AlarmLog, type ObjectFates, textOf } from './rules/alarm-log.ts'
import { AlarmRuns } from './rules/alarm-runs.ts'
import { Judge, type RuleSettings } from './rules/judge.ts'
import { MalformedDatagrams } from './rules/malformed.ts'

/** Patched objects whose patch is described. */
const MAX_PATCHES = 4096

/** Receives an alarm; `text` makes its sentence with its known cause. */
export type AlarmTaker = (alarm: Alarm, text: () => string) => void

/** Alarms of a session: its findings are judged, and the alarms show what became of the objects that they are about. */
export class SessionAlarms {
  readonly #log = new AlarmLog()
  /** Its alarms as they begin and end. */
  readonly runs = new AlarmRuns()
  readonly judge: Judge
  readonly malformed: MalformedDatagrams
  readonly #fates: ObjectFates
  readonly #objects: ObjectColumns
  readonly #losses: LossWatch
  readonly #onAlarm: AlarmTaker | undefined
  /** By row: how players get a damaged object. */
  readonly #patches = new BoundedMap<number, string>(MAX_PATCHES)

  constructor(
    objects: ObjectColumns,
    losses: LossWatch,
    rules: RuleSettings | undefined,
    onAlarm: AlarmTaker | undefined,
  ) {
    this.#objects = objects
    this.#losses = losses
    this.#onAlarm = onAlarm
    this.judge = new Judge((alarm) => this.#add(alarm), rules)
    this.malformed = new MalformedDatagrams(this.judge)
    this.#fates = {
      causeOf: (row) => losses.causeOf(row),
      evidenceOf: (row) => losses.evidenceOf(row),
      detailOf: (row) => this.#detailOf(row),
      endOf: (alarm) => this.runs.endOf(alarm),
    }
  }

  malformedDatagram(bad: BadDatagram, flow: Flow): void {
    const alarm = this.malformed.datagram(bad, flow)
    if (alarm !== null) this.#tell(alarm)
  }

  /** Judges a finding. @returns whether an alarm was raised, or repeated */
  found(finding: Finding): boolean {
    const { raised } = this.judge
    this.judge.found(this.#completed(finding))
    if (finding.kind === 'objectPatched' && finding.object !== null) this.#patches.set(finding.object, finding.patch)
    return this.judge.raised !== raised
  }

  serviceRenumbered(former: ServiceId, now: ServiceId): void {
    this.#log.serviceRenumbered(former, now)
    this.runs.serviceRenumbered(former, now)
  }

  report(): ReportAlarm[] {
    return this.#log.report(this.#fates, this.malformed.alarms())
  }

  rows(): AlarmRow[] {
    return this.#log.rows(this.#fates, this.malformed.alarms())
  }

  /** A finding with what the columns know of its object. */
  #completed(finding: Finding): Finding {
    if (finding.kind !== 'objectUnnamed' || finding.object === null) return finding
    // Packets of its repeats too.
    const packets = this.#objects.values.packets[finding.object] ?? finding.packets
    return { ...finding, packets, expected: finding.expected ?? this.#losses.expectedInstead(finding.object) }
  }

  #add(alarm: Alarm): void {
    this.#log.add(alarm)
    this.#tell(alarm)
  }

  #tell(alarm: Alarm): void {
    const text = (): string => textOf(alarm, this.#fates)
    this.runs.raised(alarm, text)
    this.#onAlarm?.(alarm, text)
  }

  /** What became of an object that ended incomplete. */
  #detailOf(row: number): string | null {
    const repair = this.#objects.repairOf(row)
    if (repair?.how === 'http') return `${repair.bytes} bytes fetched from ${repair.urls.join(', ')}`
    if (this.#losses.causeOf(row) === null) return null
    const patch = this.#patches.get(row)
    return patch === undefined ? null : `players get it patched: ${patch}`
  }
}
