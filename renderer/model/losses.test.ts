import { expect, it } from 'vitest'
import type { LossFigures } from '../../core/contract/loss.ts'
import { causeTitle, lossLines, lossNote, lossSummary } from './losses.ts'

it('lists each cause of losses in words', () => {
  const none = { objects: 0, bytes: 0 }
  expect(lossLines({ network: none, host: none, capture: none, sender: none, unknown: none })).toEqual([])
  const losses = {
    network: { objects: 11, bytes: 33_304 },
    host: { objects: 1, bytes: 5 },
    capture: { objects: 3, bytes: 0 },
    sender: { objects: 2, bytes: 0 },
    unknown: none,
  }
  expect(lossLines(losses).map(({ text }) => text)).toEqual([
    'lost before this computer: 11 objects, 33\u2009304 B',
    'lost by this computer: 1 object, 5 B',
    'lost by the computer that made the capture: 3 objects',
    'not sent by the sender: 2 objects',
  ])
  expect(causeTitle('network')).toBe('Before this computer')
})

const figures = (lost: number, missed: number): LossFigures => ({
  sent: { packets: 1000, bytes: 1_739_517 },
  lost: { packets: lost / 1000, bytes: lost },
  before: { sent: { packets: 1000, bytes: 1_739_517 }, lost: { packets: missed / 1000, bytes: missed } },
})

it('sums up losses: of the last seconds while they come, of all once they are over, and before repair where that differs', () => {
  const repaired = figures(0, 83_945)
  expect(lossSummary({ total: repaired, last10: repaired, last60: repaired }, false)).toBe('0 % (before repair 4.83 %)')
  const some = figures(20_000, 20_000)
  expect(lossSummary({ total: some, last10: figures(1000, 1000), last60: some }, true)).toBe(
    '10 s 0.057 % (60 s 1.15 %)',
  )
  expect(lossSummary({ total: some, last10: some, last60: some }, true)).toBe('10 s 1.15 %')
  expect(lossNote({ total: repaired, last10: some, last60: some })).toContain(
    'in all: 0 % of bytes (0 of 1\u2009739\u2009517 B), 0 % of packets (0 of 1\u2009000); before repair 4.83 % of bytes',
  )
})
