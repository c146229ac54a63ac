import { CircleCheck } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { useStore } from 'zustand'
import type { AlarmRow } from '../../../core/contract/alarm-row.ts'
import { ruleRow } from '../../../core/contract/rules.ts'
import { formatTime, UNKNOWN } from '../../model/format.ts'
import { causeText, losingHost } from '../../model/losses.ts'
import { serviceNameOf } from '../../model/names.ts'
import { revealPanel } from '../../stores/frame-store.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { selectChannel, selectionStore, selectObject, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { setCursor, timeStore } from '../../stores/time-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { useFittingColumns } from '../../ui/use-fitting-columns.ts'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import styles from './AlarmsView.module.css'
import { alarmsInView, channelOfAlarm, objectOfAlarm, ruleText, SEVERITY_TEXT, whereText } from './alarms-model.ts'
import { useAlarmSelection } from './use-alarm-selection.ts'

/** Severity, rule, time and what it is; what is beside them is in the words and the inspector as well. */
const COLUMNS_AT_LEAST = 4
const NONE: readonly AlarmRow[] = []
const PRIORITY_TEXT = { 1: 'Cannot tune or decode', 2: 'To be watched', 3: 'Good practice' } as const

/** What is wrong with the stream, the newest last. */
export function AlarmsView() {
  const alarms = useStore(sessionStore, (state) => state.snapshot?.alarms ?? NONE)
  const service = useStore(selectionStore, (state) => state.serviceId)
  const rows = useMemo(() => alarmsInView(alarms, service), [alarms, service])
  const [selected, setSelected] = useAlarmSelection(rows)
  const host = useStore(sessionStore, (state) => losingHost(state.snapshot))
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const list = useRef<HTMLDivElement>(null)
  const all = useMemo<readonly Column<AlarmRow>[]>(() => {
    const nameOf = (id: number) => serviceNameOf(sessionStore.getState().snapshot, id)
    const where = (alarm: AlarmRow) => whereText(alarm, nameOf)
    return [
      {
        id: 'severity',
        title: 'Severity',
        width: 78,
        text: (alarm) => SEVERITY_TEXT[alarm.severity],
        cell: (alarm) => (
          <>
            <SeverityGlyph severity={alarm.severity} />
            <span>{SEVERITY_TEXT[alarm.severity]}</span>
          </>
        ),
      },
      { id: 'rule', title: 'Rule', width: 116, text: (alarm) => alarm.rule, tooltip: ({ rule }) => ruleText(rule) },
      {
        id: 'time',
        title: 'Time',
        width: 96,
        align: 'end',
        text: (alarm) => formatTime(alarm.time * 1e6, base, origin),
        raw: (alarm) => String(alarm.time),
      },
      { id: 'text', title: 'What', width: 180, grow: 4, text: (alarm) => alarm.text, tooltip: (alarm) => alarm.text },
      {
        id: 'cause',
        title: 'Lost by',
        width: 74,
        text: (alarm) => (alarm.cause === null ? UNKNOWN : causeText(alarm.cause, host)),
        tooltip: () => 'Who lost it, as far as drops, lag and the rest of the stream tell',
      },
      {
        id: 'count',
        title: 'Count',
        width: 56,
        align: 'end',
        text: (alarm) => String(alarm.count),
        tooltip: () => 'How often it was found',
      },
      {
        id: 'where',
        title: 'Where',
        width: 190,
        grow: 1,
        text: where,
        tooltip: where,
      },
      {
        id: 'priority',
        title: 'Priority',
        width: 64,
        text: (alarm) => String(ruleRow(alarm.rule).priority),
        tooltip: (alarm) => PRIORITY_TEXT[ruleRow(alarm.rule).priority],
      },
      {
        id: 'last',
        title: 'Last',
        width: 96,
        align: 'end',
        text: (alarm) => formatTime(alarm.lastTime * 1e6, base, origin),
        raw: (alarm) => String(alarm.lastTime),
      },
      {
        id: 'frame',
        title: 'Frame',
        width: 72,
        align: 'end',
        text: (alarm) => (alarm.frame === null ? UNKNOWN : String(alarm.frame)),
      },
      { id: 'clause', title: 'Clause', width: 150, grow: 1, text: (alarm) => ruleRow(alarm.rule).clause },
    ]
  }, [base, origin, host])
  const columns = useFittingColumns(list, all, COLUMNS_AT_LEAST)

  /** Moves the time cursor there, and selects its object, else its channel or service. */
  const select = (position: number): AlarmRow | null => {
    const alarm = rows[position]
    if (alarm === undefined) return null
    setSelected(position)
    setCursor(alarm.time * 1e6)
    const channel = channelOfAlarm(alarm, sessionStore.getState().snapshot?.channels ?? [])
    if (channel !== null) selectChannel(channel.channel, alarm.service)
    else if (alarm.service !== null) selectService(alarm.service)
    const object = objectOfAlarm(alarm, objectColumns, channel?.channel ?? null)
    if (object !== null) selectObject(object)
    return alarm
  }

  /** Shows the object in the inspector; an alarm without one shows its time, where the frame is. */
  const open = (position: number) => {
    const alarm = select(position)
    if (alarm !== null) revealPanel(alarm.object === null && alarm.toi === null ? 'timeline' : 'inspector')
  }

  return (
    <div ref={list} className={styles.view}>
      <Grid
        label="Alarms"
        columns={columns}
        count={rows.length}
        rowAt={(position) => rows[position] ?? null}
        selected={selected}
        onSelect={select}
        onActivate={open}
        empty={
          <EmptyState icon={CircleCheck} title={service === null ? 'No alarm' : 'No alarm for this service'}>
            Losses, missing signalling and whatever breaks a rule of the standard are listed here as they happen.
          </EmptyState>
        }
      />
    </div>
  )
}
