import { describe, expect, it } from 'vitest'
import { parseChances } from '../contract/option-values.ts'
import { LossModel } from './loss-model.ts'

const PACKETS = 200_000

/** Losses of a model, and the lengths of its bursts. */
function run(model: LossModel, packets = PACKETS): { lost: number; bursts: number[] } {
  const bursts: number[] = []
  let burst = 0
  for (let at = 0; at < packets; at++) {
    if (model.loses()) burst++
    else if (burst > 0) {
      bursts.push(burst)
      burst = 0
    }
  }
  return { lost: model.lost, bursts }
}

function modelOf(begins: number, ends: number, seed = 1): LossModel {
  const model = new LossModel(seed)
  model.chances = { begins, ends }
  return model
}

describe('a loss model', () => {
  it('loses nothing at first, and everything where losing begins and never ends', () => {
    expect(run(new LossModel(1)).lost).toBe(0)
    expect(run(modelOf(100, 0)).lost).toBe(PACKETS)
  })

  it.each([
    [1, 50],
    [5, 100],
    [0.1, 10],
  ])('of %d %% and %d %% has the share and the bursts of its chances', (begins, ends) => {
    const { lost, bursts } = run(modelOf(begins, ends))
    expect(lost / PACKETS / (begins / (begins + ends))).toBeCloseTo(1, 0)
    const mean = bursts.reduce((sum, length) => sum + length, 0) / bursts.length
    expect(mean / (100 / ends)).toBeCloseTo(1, 0)
  })

  it('loses the same packets for the same seed, and others for another', () => {
    const pattern = (seed: number): boolean[] => {
      const model = modelOf(10, 50, seed)
      return Array.from({ length: 1000 }, () => model.loses())
    }
    expect(pattern(7)).toEqual(pattern(7))
    expect(pattern(7)).not.toEqual(pattern(8))
  })

  it('follows a change at once', () => {
    const model = modelOf(100, 0)
    expect([model.loses(), model.loses()]).toEqual([true, true])
    model.chances = { begins: 0, ends: 100 }
    expect(run(model).lost).toBe(2)
  })
})

it.each([
  ['0.0x100.0', { begins: 0, ends: 100 }],
  ['1x50', { begins: 1, ends: 50 }],
  ['0.05x12.5', { begins: 0.05, ends: 12.5 }],
  ['101x5', null],
  ['1x', null],
  ['-1x5', null],
  ['1X5', null],
])('%s as chances', (text, chances) => {
  expect(parseChances(text)).toEqual(chances)
})
