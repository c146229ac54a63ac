import { describe, expect, it } from 'vitest'
import { growthOf } from '../testing/growth.ts'
import { type FindingFacts, findingAt, placeAt } from './findings.ts'

const COUNT = 50_000

const KINDS: ((number: number) => FindingFacts)[] = [
  (most) => ({ kind: 'limit', hit: { limit: 'channels', most } }),
  (lost) => ({ kind: 'objectLost', name: null, lost, size: 4, holes: 1, first: 0, fec: null }),
  (lost) => ({ kind: 'packetsMissing', lost, packets: 1, gaps: 1, last: false }),
  (mpu) => ({ kind: 'mpusAbsent', mpus: [mpu], cause: 'unknown', evidence: '' }),
  (withoutMetadata) => ({ kind: 'mpusUnread', withoutMetadata, withoutFragments: 0, last: false }),
  (instance) => ({ kind: 'fdtUnreadable', instance, fault: { code: 'a', message: 'b' } }),
]

function findMany(kinds: number): number {
  let sum = 0
  for (let number = 0; number < COUNT; number++) {
    const facts = (KINDS[number % kinds] as (typeof KINDS)[number])(number)
    sum += findingAt(
      facts,
      placeAt(number, 1, { destination: '239.1.1.1:1', carrier: { kind: 'lct', tsi: 1 as never } }),
    ).timeUs
  }
  return sum
}

describe('a finding', () => {
  it('has its facts and its place', () => {
    const place = placeAt(5, 7, { destination: '239.1.1.1:1' })
    const lost = { kind: 'fetchesRefused', name: 'a', others: 2 } as const
    expect(findingAt(lost, place)).toEqual({ ...lost, ...placeAt(5, 7, { destination: '239.1.1.1:1' }) })
  })

  it('costs about as much where findings of many kinds come by', () => {
    const { ratio } = growthOf(
      () => void findMany(1),
      () => void findMany(KINDS.length),
    )
    // A literal of two spreads: more than 50.
    expect(ratio).toBeLessThan(15)
  })
})
