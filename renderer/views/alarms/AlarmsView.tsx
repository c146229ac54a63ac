import { CircleCheck } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { AlarmRow } from '../../../core/contract/alarm-row.ts'
import { ruleRow } from '../../../core/contract/rules.ts'
import { formatCount, formatTime, UNKNOWN } from '../../model/format.ts'
import { causeTitle } from '../../model/losses.ts'
import { serviceNameOf } from '../../model/names.ts'
import { revealPanel } from '../../stores/frame-store.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { selectChannel, selectionStore, selectObject, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { setCursor, timeStore } from '../../stores/time-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { useFittingColumns } from '../../ui/use-fitting-columns.ts'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import styles from './AlarmsView.module.css'
import {
  type AlarmLine,
  alarmLines,
  alarmOf,
  alarmsInView,
  alarmsOf,
  channelOfAlarm,
  endOf,
  objectOfAlarm,
  ruleText,
  SEVERITY_TEXT,
  splitText,
  whereText,
} from './alarms-model.ts'
import { useAlarmSelection } from './use-alarm-selection.ts'

/** Severity, time and what it is; what is beside them is in the words and the inspector as well. */
const COLUMNS_AT_LEAST = 3
const NONE: readonly AlarmRow[] = []
const PRIORITY_TEXT = { 1: 'Cannot tune or decode', 2: 'To be watched', 3: 'Good practice' } as const

/** An alarm in full, with what became of its object. */
function whatNote(line: AlarmLine): string {
  const { detail } = alarmOf(line)
  return line.kind === 'group' || detail === null ? whatText(line) : `${whatText(line)}\n${detail}`
}

/** What is wrong with the stream: one line for each rule and place, the newest last. */
export function AlarmsView() {
  const alarms = useStore(sessionStore, (state) => state.snapshot?.alarms ?? NONE)
  /** What is over matters less than what lasts. */
  const live = useStore(
    sessionStore,
    (state) => state.snapshot?.phase === 'running' && (state.snapshot.source?.live ?? false),
  )
  const service = useStore(selectionStore, (state) => state.serviceId)
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const lines = useMemo(() => alarmLines(alarmsInView(alarms, service), unfolded), [alarms, service, unfolded])
  const [selected, setSelected] = useAlarmSelection(lines)
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const list = useRef<HTMLDivElement>(null)
  const all = useMemo<readonly Column<AlarmLine>[]>(() => {
    const nameOf = (id: number) => serviceNameOf(sessionStore.getState().snapshot, id)
    const where = (line: AlarmLine) =>
      whereText({ ...alarmOf(line), ...(line.kind === 'group' ? { toi: null } : {}) }, nameOf)
    const lastOf = (line: AlarmLine) => Math.max(...alarmsOf(line).map((alarm) => alarm.lastTime))
    return [
      {
        id: 'severity',
        title: 'Severity',
        width: 92,
        text: (line) => SEVERITY_TEXT[alarmOf(line).severity],
        cell: (line) => (
          <>
            <SeverityGlyph severity={alarmOf(line).severity} />
            <span>{SEVERITY_TEXT[alarmOf(line).severity]}</span>
          </>
        ),
      },
      {
        id: 'time',
        title: 'Time',
        width: 96,
        align: 'end',
        text: (line) => formatTime(alarmOf(line).time * 1e6, base, origin),
        raw: (line) => String(alarmOf(line).time),
        tooltip: (line) => (line.kind === 'group' ? 'Of the first' : undefined),
      },
      {
        id: 'text',
        title: 'What',
        width: 180,
        grow: 4,
        text: whatText,
        tooltip: whatNote,
        spoken: shownText,
        cell: (line) => <What line={line} />,
      },
      {
        id: 'rule',
        title: 'Rule',
        width: 132,
        text: (line) => alarmOf(line).rule,
        tooltip: (line) => ruleText(alarmOf(line).rule),
      },
      {
        id: 'count',
        title: 'Count',
        width: 56,
        align: 'end',
        text: (line) => formatCount(alarmsOf(line).reduce((sum, { count }) => sum + count, 0)),
        tooltip: () => 'How often it was found',
      },
      {
        id: 'where',
        title: 'Where',
        width: 120,
        grow: 1,
        text: where,
        cutInMiddle: true,
      },
      {
        id: 'cause',
        title: 'Cause',
        width: 136,
        text: (line) => {
          const causes = new Set(alarmsOf(line).map(({ cause }) => cause))
          const [cause = null] = causes
          if (causes.size > 1) return 'Several'
          return cause === null ? UNKNOWN : causeTitle(cause)
        },
        tooltip: (line) => alarmOf(line).evidence ?? 'Where it was lost, as far as a receiver can know',
      },
      {
        id: 'service',
        title: 'Service',
        width: 84,
        text: (line) => {
          const { service: id } = alarmOf(line)
          return id === null ? UNKNOWN : nameOf(id)
        },
        cutInMiddle: true,
      },
      {
        id: 'last',
        title: 'Last',
        width: 96,
        align: 'end',
        text: (line) => formatTime(lastOf(line) * 1e6, base, origin),
        raw: (line) => String(lastOf(line)),
      },
      {
        id: 'end',
        title: 'Over',
        width: 96,
        align: 'end',
        text: (line) => {
          const end = endOf(line)
          return end === null ? 'lasts' : formatTime(end * 1e6, base, origin)
        },
        raw: (line) => String(endOf(line) ?? ''),
        tooltip: () => 'When what it is about has ended, or none of its like came for 10 s',
      },
      {
        id: 'priority',
        title: 'Priority',
        width: 64,
        text: (line) => String(ruleRow(alarmOf(line).rule).priority),
        tooltip: (line) => PRIORITY_TEXT[ruleRow(alarmOf(line).rule).priority],
      },
      {
        id: 'frame',
        title: 'Frame',
        width: 72,
        align: 'end',
        text: (line) => {
          const { frame } = alarmOf(line)
          return frame === null ? UNKNOWN : String(frame)
        },
      },
      { id: 'clause', title: 'Clause', width: 150, grow: 1, text: (line) => ruleRow(alarmOf(line).rule).clause },
    ]
  }, [base, origin])
  // The selected service is no column.
  const asked = useMemo(() => (service === null ? all : all.filter(({ id }) => id !== 'service')), [all, service])
  const columns = useFittingColumns(list, asked, COLUMNS_AT_LEAST)

  /** Moves the time cursor there, and selects its object, else its channel or service. */
  const select = (position: number): AlarmRow | null => {
    const line = lines[position]
    if (line === undefined) return null
    setSelected(position)
    const alarm = alarmOf(line)
    setCursor(alarm.time * 1e6)
    const channel = channelOfAlarm(alarm, sessionStore.getState().snapshot?.channels ?? [])
    if (channel !== null) selectChannel(channel.channel, alarm.service)
    else if (alarm.service !== null) selectService(alarm.service)
    const object = objectOfAlarm(alarm, objectColumns, channel?.channel ?? null)
    if (object !== null) selectObject(object)
    return alarm
  }

  const toggle = (position: number) => {
    const line = lines[position]
    if (line?.kind !== 'group') return
    const next = new Set(unfolded)
    if (!next.delete(line.key)) next.add(line.key)
    setUnfolded(next)
  }

  /** Unfolds a group; shows the object in the inspector; an alarm without one shows its time, where the frame is. */
  const open = (position: number) => {
    const grouped = lines[position]?.kind === 'group'
    const alarm = select(position)
    if (grouped) toggle(position)
    else if (alarm !== null) revealPanel(alarm.object === null && alarm.toi === null ? 'timeline' : 'inspector')
  }

  return (
    <div ref={list} className={styles.view}>
      <Grid
        label="Alarms"
        columns={columns}
        count={lines.length}
        rowAt={(position) => lines[position] ?? null}
        selected={selected}
        onSelect={select}
        onActivate={open}
        onToggle={toggle}
        tree={(line) =>
          line.kind === 'group' ? { level: 1, expanded: line.unfolded } : { level: line.level, expanded: null }
        }
        rowTone={(line) => (live && endOf(line) !== null ? 'dim' : undefined)}
        empty={
          <EmptyState icon={CircleCheck} title={service === null ? 'No alarm' : 'No alarm for this service'}>
            Losses, missing signalling and whatever breaks a rule of the standard are listed here as they happen.
          </EmptyState>
        }
      />
    </div>
  )
}

function whatText(line: AlarmLine): string {
  if (line.kind === 'alarm') return line.alarm.text
  return `${formatCount(line.alarms.length)} alarms, the last: ${(line.alarms.at(-1) as AlarmRow).text}`
}

function shownParts(line: AlarmLine): { readonly what: string; readonly object: string | null } {
  return splitText(line.kind === 'alarm' ? line.alarm : (line.alarms.at(-1) as AlarmRow))
}

/** The words of a line in the order in which they are shown. */
function shownText(line: AlarmLine): string {
  const { what, object } = shownParts(line)
  return [line.kind === 'group' ? 'last:' : '', what, object ?? ''].filter((part) => part !== '').join(' ')
}

/** What happened, then to which object. */
function What({ line }: { readonly line: AlarmLine }) {
  const { what, object } = shownParts(line)
  return (
    <span className={styles.what}>
      {line.kind === 'group' && <span className={styles.last}>last: </span>}
      <span className={styles.words}>{what}</span>{' '}
      {object !== null && (
        <span className={styles.object}>
          <MiddleCut text={object} />
        </span>
      )}
    </span>
  )
}
