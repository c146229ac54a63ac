import { expect, it } from 'vitest'
import type { ReportAlarm } from '../../../core/contract/report.ts'
import { alarmsInView, countBySeverity, objectOfAlarm, whereText } from './alarms-model.ts'

const alarm = (change: Partial<ReportAlarm>): ReportAlarm => ({
  rule: 'OBJ-LOSS',
  severity: 'error',
  service: null,
  tsi: null,
  toi: null,
  time: 0,
  text: '',
  cause: null,
  ...change,
})

it('says where, as far as known', () => {
  const nameOf = (id: number) => `S${id}`
  expect(whereText(alarm({ service: 1, tsi: 10, toi: 7 }), nameOf)).toBe('S1, TSI 10, TOI 7')
  expect(whereText(alarm({ service: 1 }), nameOf)).toBe('S1')
  expect(whereText(alarm({ service: 1, tsi: 35, toi: 7, rule: 'MPU-LOSS' }), nameOf)).toBe('S1, packet_id 35, MPU 7')
  const lanes = [{ service: 1, tsi: 35, protocol: 'mmtp' as const }]
  expect(whereText(alarm({ service: 1, tsi: 35 }), nameOf, lanes)).toBe('S1, packet_id 35')
  expect(whereText(alarm({}), nameOf)).toBe('–')
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
    channel: Uint32Array.of(1, 2, 1, 1),
    toi: Float64Array.of(7, 7, 7, 8),
    firstTimeUs: Float64Array.of(10, 20, 30, 40),
  }
  expect(objectOfAlarm(columns, 1, 7, 15)).toBe(0)
  expect(objectOfAlarm(columns, 1, 7, 35)).toBe(2)
  expect(objectOfAlarm(columns, 1, 9, 35)).toBeNull()
})
