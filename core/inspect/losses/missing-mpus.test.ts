import { describe, expect, it } from 'vitest'
import type { ChannelFacts } from '../../flow/facts.ts'
import { MissingMpus } from './missing-mpus.ts'

const channel = { index: 3, carrier: { kind: 'mmtp', packetId: 35 } } as ChannelFacts

/**
 * Reports MPUs 100 ms apart.
 * @returns those missing at the end
 */
function missingOf(mpus: readonly number[], timeUs = Number.POSITIVE_INFINITY): number[][] {
  const missing = new MissingMpus()
  mpus.forEach((mpu, row) => void missing.begun(channel, row, mpu, row * 100_000))
  return missing.expired(timeUs).map((gap) => [gap.before, gap.after, ...gap.mpus])
}

describe('MPUs that never arrive', () => {
  it('are those between received numbers', () => {
    expect(missingOf([7, 8, 9])).toEqual([])
    expect(missingOf([7, 10, 11])).toEqual([[0, 1, 8, 9]])
    expect(missingOf([0xffff_fffe, 1])).toEqual([[0, 1, 0xffff_ffff, 0]])
  })

  it('are reported after the wait for late ones, unless they arrive', () => {
    expect(missingOf([7, 9], 1_000_000)).toEqual([])
    expect(missingOf([7, 9], 2_200_000)).toEqual([[0, 1, 8]])
    expect(missingOf([7, 9, 8])).toEqual([])
    expect(missingOf([7, 10, 8, 11])).toEqual([[0, 1, 9]])
  })

  it('are not those of a new count', () => {
    expect(missingOf([7, 1000, 1001])).toEqual([])
    expect(missingOf([1000, 7, 8, 10])).toEqual([[2, 3, 9]])
  })

  it('are bounded', () => {
    const missing = new MissingMpus()
    for (let row = 0; row < 10_000; row++) missing.begun(channel, row, row * 3, 0)
    expect(missing.expired(Number.POSITIVE_INFINITY)).toHaveLength(256)
    expect(missing.expired(Number.POSITIVE_INFINITY)).toEqual([])
  })
})
