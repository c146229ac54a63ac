import { describe, expect, it } from 'vitest'
import type { ReportFec } from '../../../core/contract/report.ts'
import { isRepairFlow, recoveredNote, recoveredText, repairNote, repairText } from './fec-text.ts'

const fec = (change: Partial<ReportFec> = {}): ReportFec => ({
  repairPackets: 0,
  repairBytes: 0,
  protects: [],
  overheadPercent: null,
  recoveredSymbols: 0,
  decodeMs: 0,
  healed: 0,
  recovered: 0,
  ...change,
})

describe('FEC in the flows', () => {
  it('is empty without FEC', () => {
    for (const none of [null, fec()]) {
      expect([repairText(none), recoveredText(none)]).toEqual(['', ''])
      expect([repairNote(none), recoveredNote(none)]).toEqual([undefined, undefined])
    }
  })

  it('recognises a channel of repair packets only', () => {
    expect(isRepairFlow({ packets: 4, fec: fec({ repairPackets: 4 }) })).toBe(true)
    expect(isRepairFlow({ packets: 5, fec: fec({ repairPackets: 4 }) })).toBe(false)
    expect(isRepairFlow({ packets: 0, fec: fec() })).toBe(false)
    expect(isRepairFlow({ packets: 4, fec: null })).toBe(false)
  })

  it('shows packets, overhead, protected channels and recovered bytes', () => {
    const flow = fec({
      repairPackets: 378,
      overheadPercent: 26.14,
      protects: [10],
      recoveredSymbols: 75,
      decodeMs: 3.25,
    })
    expect(repairText(flow)).toBe('378, 26.1 %')
    expect(repairNote(flow)).toBe(
      'Repair packets for TSI 10, with their overhead over its source bytes; 75 symbols decoded in 3.3 ms',
    )
    expect(repairNote(fec({ repairPackets: 1 }))).toContain('its own objects')
    expect(recoveredText(fec({ recovered: 900, healed: 1 }))).toBe('900')
    expect(recoveredNote(fec({ recovered: 900, healed: 1 }))).toContain('1 object completed')
  })
})
