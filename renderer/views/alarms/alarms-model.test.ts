import { expect, it } from 'vitest'
import type { AlarmRow } from '../../../core/contract/alarm-row.ts'
import {
  alarmLines,
  alarmOf,
  alarmsInView,
  alarmsOf,
  channelOfAlarm,
  countBySeverity,
  endOf,
  objectOfAlarm,
  ruleText,
  splitText,
  whereText,
} from './alarms-model.ts'

const alarm = (change: Partial<AlarmRow>): AlarmRow => ({
  rule: 'OBJ-LOSS',
  severity: 'error',
  service: null,
  carrier: null,
  tsi: null,
  toi: null,
  time: 0,
  text: '',
  cause: null,
  causeText: null,
  evidence: null,
  detail: null,
  endTime: null,
  object: null,
  frame: null,
  count: 1,
  lastTime: 0,
  ...change,
})

it('lasts while one of its alarms does, and is over with the last of them', () => {
  const lines = (...ends: (number | null)[]) =>
    alarmLines(
      ends.map((endTime) => alarm({ endTime })),
      new Set(),
    )
  expect([lines(3), lines(3, 9, 4), lines(3, null), lines(null)].map(([line]) => line && endOf(line))).toEqual([
    3,
    9,
    null,
    null,
  ])
})

it('says where, as far as known', () => {
  const nameOf = (id: number) => `S${id}`
  expect(whereText(alarm({ service: 1, carrier: 'lct', tsi: 10, toi: 7 }), nameOf)).toBe('S1, TSI 10, TOI 7')
  expect(whereText(alarm({ service: 1 }), nameOf)).toBe('S1')
  expect(whereText(alarm({ service: 1, carrier: 'mmtp', tsi: 35, toi: 7 }), nameOf)).toBe('S1, packet_id 35, MPU 7')
  expect(whereText(alarm({ service: 1, carrier: 'mmtp', tsi: 35 }), nameOf)).toBe('S1, packet_id 35')
  expect(whereText(alarm({}), nameOf)).toBe('–')
})

it('finds the channel in the numbers of its own carrier', () => {
  const channels = [
    { service: 1, protocol: 'lct' as const, tsi: 35 },
    { service: 1, protocol: 'mmtp' as const, tsi: 35 },
  ]
  expect(channelOfAlarm(alarm({ service: 1, carrier: 'mmtp', tsi: 35 }), channels)).toBe(channels[1])
  expect(channelOfAlarm(alarm({ service: 1, carrier: 'lct', tsi: 35 }), channels)).toBe(channels[0])
  expect(channelOfAlarm(alarm({ service: 1 }), channels)).toBeNull()
})

it('shows alarms of no service with every service', () => {
  const alarms = [alarm({ service: 1 }), alarm({ service: 2 }), alarm({})]
  expect(alarmsInView(alarms, 1)).toEqual([alarms[0], alarms[2]])
  expect(alarmsInView(alarms, null)).toHaveLength(3)
})

it('counts by severity', () => {
  expect(countBySeverity([alarm({}), alarm({ severity: 'info' })])).toEqual({ error: 1, warning: 0, info: 1 })
})

it('finds the object an alarm is about, also where its TOI was used again', () => {
  const columns = {
    count: 4,
    values: {
      channel: Uint32Array.of(1, 2, 1, 1),
      toi: Float64Array.of(7, 7, 7, 8),
      firstTimeUs: Float64Array.of(10, 20, 30, 40),
    },
  }
  expect(objectOfAlarm(alarm({ toi: 7, time: 15e-6 }), columns, 1)).toBe(0)
  expect(objectOfAlarm(alarm({ toi: 7, time: 35e-6 }), columns, 1)).toBe(2)
  expect(objectOfAlarm(alarm({ toi: 9, time: 35e-6 }), columns, 1)).toBeNull()
  expect(objectOfAlarm(alarm({ toi: 7 }), columns, null)).toBeNull()
})

it('takes the row an alarm names over its TOI', () => {
  const columns = {
    count: 0,
    values: { channel: new Uint32Array(0), toi: new Float64Array(0), firstTimeUs: new Float64Array(0) },
  }
  expect(objectOfAlarm(alarm({ toi: 7, object: 3 }), columns, null)).toBe(3)
})

it('makes one line of the alarms of a rule at a place, which unfolds', () => {
  const lost = (toi: number, tsi = 10) => alarm({ service: 1, carrier: 'lct', tsi, toi, time: toi })
  const alarms = [lost(1), lost(2), lost(3, 20), alarm({ rule: 'TABLE-ENTRY', severity: 'warning' }), lost(4)]
  const folded = alarmLines(alarms, new Set())
  expect(folded.map(({ kind }) => kind)).toEqual(['group', 'alarm', 'alarm'])
  expect(folded.map((line) => alarmsOf(line).length)).toEqual([3, 1, 1])
  expect(folded.map((line) => alarmOf(line).time)).toEqual([1, 3, 0])
  const [group] = folded
  const open = alarmLines(alarms, new Set([group?.kind === 'group' ? group.key : '']))
  expect(open.map((line) => (line.kind === 'group' ? 'group' : `${line.level} ${line.alarm.toi}`))).toEqual([
    'group',
    '2 1',
    '2 2',
    '2 4',
    '1 3',
    '1 null',
  ])
})

it('puts what happened before the object it happened to', () => {
  const lct = alarm({
    carrier: 'lct',
    tsi: 10,
    toi: 7,
    text: 'long/name (1).m4s (TSI 10, TOI 7): 2896 of 370271 bytes lost',
  })
  expect(splitText(lct)).toEqual({ what: '2896 of 370271 bytes lost', object: 'long/name (1).m4s (TSI 10, TOI 7)' })
  expect(splitText(alarm({ carrier: 'mmtp', tsi: 35, toi: 2, text: 'packet_id 35, MPU 2: cut' }))).toEqual({
    what: 'cut',
    object: 'packet_id 35, MPU 2',
  })
  expect(splitText(alarm({ text: 'no SLT' }))).toEqual({ what: 'no SLT', object: null })
})

it('says where a rule comes from', () => {
  expect(ruleText('LCT-HEADER')).toBe('Priority 1, A/331 A.3.6')
  expect(ruleText('LLS-CDT')).toBe('Priority 2, A/331 5.9, A/360, limit 30 days of validity left')
})
