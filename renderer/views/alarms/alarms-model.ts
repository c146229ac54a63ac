import type { AlarmRow } from '../../../core/contract/alarm-row.ts'
import type { ColumnArrays } from '../../../core/contract/object-batch.ts'
import type { Severity } from '../../../core/contract/report.ts'
import { type RuleId, ruleRow } from '../../../core/contract/rules.ts'
import type { ChannelSnapshot } from '../../../core/contract/snapshot.ts'
import { formatToi } from '../../model/format.ts'
import { channelLabel } from '../../model/names.ts'

export const SEVERITY_TEXT: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', info: 'Note' }

/** Alarms of one service and those of no service; null shows all. */
export function alarmsInView(alarms: readonly AlarmRow[], service: number | null): readonly AlarmRow[] {
  return service === null ? alarms : alarms.filter((alarm) => alarm.service === null || alarm.service === service)
}

/** A line of the list: an alarm, or the alarms of one rule at one place, which unfold. */
export type AlarmLine =
  | { readonly kind: 'alarm'; readonly alarm: AlarmRow; readonly level: 1 | 2 }
  | {
      readonly kind: 'group'
      readonly key: string
      /** In order of time. */
      readonly alarms: readonly AlarmRow[]
      readonly unfolded: boolean
    }

const placeKey = ({ rule, severity, service, carrier, tsi }: AlarmRow): string =>
  `${rule} ${severity} ${service} ${carrier} ${tsi}`

/** Alarms of one rule, service and channel as one line, in order of their first; a single alarm is a line by itself. */
export function alarmLines(alarms: readonly AlarmRow[], unfolded: ReadonlySet<string>): readonly AlarmLine[] {
  const groups = new Map<string, AlarmRow[]>()
  for (const alarm of alarms) {
    const key = placeKey(alarm)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [alarm])
    else group.push(alarm)
  }
  return [...groups].flatMap(([key, own]): readonly AlarmLine[] => {
    const [first] = own
    if (own.length === 1 && first !== undefined) return [{ kind: 'alarm', alarm: first, level: 1 }]
    const group: AlarmLine = { kind: 'group', key, alarms: own, unfolded: unfolded.has(key) }
    return group.unfolded ? [group, ...own.map((alarm): AlarmLine => ({ kind: 'alarm', alarm, level: 2 }))] : [group]
  })
}

/** The alarm of a line: of a group its first. */
export const alarmOf = (line: AlarmLine): AlarmRow =>
  line.kind === 'alarm' ? line.alarm : (line.alarms[0] as AlarmRow)

/** The alarms of a line. */
export const alarmsOf = (line: AlarmLine): readonly AlarmRow[] => (line.kind === 'alarm' ? [line.alarm] : line.alarms)

/** When what a line is about was over, stream seconds; null while it lasts. */
export function endOf(line: AlarmLine): number | null {
  const ends = alarmsOf(line).map(({ endTime }) => endTime)
  return ends.includes(null) ? null : Math.max(...(ends as number[]))
}

/** A sentence without the object it begins with, and that object: numbers come before long names. */
export function splitText({ text, carrier, tsi, toi }: AlarmRow): {
  readonly what: string
  readonly object: string | null
} {
  if (carrier === null || tsi === null || toi === null) return { what: text, object: null }
  const numbers = carrier === 'mmtp' ? `packet_id ${tsi}, MPU ${toi}` : `TSI ${tsi}, TOI ${toi}`
  for (const head of [`(${numbers}): `, `${numbers}: `]) {
    const at = text.indexOf(head)
    if (at < 0) continue
    const object = text.slice(0, at + head.length - 2)
    return { what: text.slice(at + head.length), object }
  }
  return { what: text, object: null }
}

/** The channel an alarm is about; null for none. */
export function channelOfAlarm<Channel extends Pick<ChannelSnapshot, 'service' | 'protocol' | 'tsi'>>(
  { service, carrier, tsi }: AlarmRow,
  channels: readonly Channel[],
): Channel | null {
  return channels.find((one) => one.service === service && one.protocol === carrier && one.tsi === tsi) ?? null
}

/** `KUSI, TSI 10, TOI 60060`, as far as known; of MMTP `KUSI, packet_id 35, MPU 5982`. */
export function whereText(alarm: AlarmRow, nameOf: (service: number) => string): string {
  const { service, carrier, tsi, toi } = alarm
  const parts = [
    service === null ? null : nameOf(service),
    carrier === null || tsi === null ? null : channelLabel({ protocol: carrier, tsi }),
    toi === null ? null : `${carrier === 'mmtp' ? 'MPU' : 'TOI'} ${formatToi(toi)}`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? '–' : parts.join(', ')
}

export function countBySeverity(alarms: readonly AlarmRow[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, info: 0 }
  for (const alarm of alarms) counts[alarm.severity] += 1
  return counts
}

/** Identity of an alarm across snapshots, which arrive whole each time. */
export const alarmKey = (alarm: AlarmRow): string =>
  `${alarm.rule} ${alarm.service} ${alarm.tsi} ${alarm.toi} ${alarm.time}`

type Columns = {
  readonly count: number
  readonly values: Pick<ColumnArrays, 'channel' | 'toi' | 'firstTimeUs'>
}

/** Row of the object an alarm is about: its own, else under its TOI on a channel the last that had begun by then; null for none. */
export function objectOfAlarm(
  { object, toi, time }: Pick<AlarmRow, 'object' | 'toi' | 'time'>,
  columns: Columns,
  channel: number | null,
): number | null {
  if (object !== null) return object
  if (toi === null || channel === null) return null
  let best: number | null = null
  for (let row = 0; row < columns.count; row++) {
    if (columns.values.channel[row] !== channel || columns.values.toi[row] !== toi) continue
    if (best !== null && (columns.values.firstTimeUs[row] ?? 0) > time * 1e6) continue
    best = row
  }
  return best
}

/** Priority and source of a rule, as its tooltip has them: `Priority 1, A/331 A.3.6`. */
export function ruleText(id: RuleId): string {
  const { priority, clause, threshold } = ruleRow(id)
  const limit = threshold === undefined ? '' : `, limit ${threshold.value} ${threshold.unit}`
  return `Priority ${priority}, ${clause}${limit}`
}
