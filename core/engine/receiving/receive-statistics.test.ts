import { expect, it } from 'vitest'
import { ReceiveStatistics } from './receive-statistics.ts'

const counts = (packets: number) => ({
  packets,
  bytes: packets * 1000,
  objects: packets,
  complete: packets / 2,
  incomplete: 0,
  lostBytes: 0,
})

function lines(periodMs: number): string[] {
  const lines: string[] = []
  const statistics = new ReceiveStatistics(periodMs, (text) => lines.push(text))
  for (let second = 0; second <= 4; second += 0.5) statistics.tick(1e15 + second * 1e6, () => counts(second * 100))
  return lines
}

it('--stats logs each period by itself', () => {
  expect(lines(2000)).toEqual([
    'Statistics, 2.0 s: 200 packets, 200000 bytes, 0.80 Mb/s; 100 objects complete, 0 incomplete, 0 bytes lost',
    'Statistics, 2.0 s: 200 packets, 200000 bytes, 0.80 Mb/s; 100 objects complete, 0 incomplete, 0 bytes lost',
  ])
})

it('counts from the start where the period is below 0, and logs nothing where it is 0', () => {
  expect(lines(-2000)).toEqual([
    'Since the start, 2.0 s: 200 packets, 200000 bytes, 0.80 Mb/s; 100 objects complete, 0 incomplete, 0 bytes lost',
    'Since the start, 4.0 s: 400 packets, 400000 bytes, 0.80 Mb/s; 200 objects complete, 0 incomplete, 0 bytes lost',
  ])
  expect(lines(0)).toEqual([])
})
