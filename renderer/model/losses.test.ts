import { expect, it } from 'vitest'
import { causeText, losingHost, lossLines } from './losses.ts'

it('lists each cause of losses in words', () => {
  const none = { objects: 0, bytes: 0 }
  expect(lossLines({ network: none, host: none, sender: none, unknown: none })).toEqual([])
  const losses = {
    network: { objects: 11, bytes: 33_304 },
    host: { objects: 1, bytes: 5 },
    sender: { objects: 2, bytes: 0 },
    unknown: none,
  }
  expect(lossLines(losses).map(({ text }) => text)).toEqual([
    'lost by the network: 11 objects, 33\u2009304 B',
    'lost by this computer: 1 object, 5 B',
    'never sent: 2 objects',
  ])
})

it('attributes host losses to the capturing computer if it reported all drops', () => {
  expect(losingHost({ hostDrops: 3, captureDrops: 3 })).toBe('capturing')
  expect(losingHost({ hostDrops: 4, captureDrops: 3 })).toBe('this')
  expect(losingHost({ hostDrops: null, captureDrops: null })).toBe('this')
  expect(causeText('host', 'capturing')).toBe('Capturing computer')
  expect(causeText('host', 'this')).toBe('This computer')
  expect(causeText('network', 'capturing')).toBe('Network')
})
