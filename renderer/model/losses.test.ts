import { expect, it } from 'vitest'
import { lossLines } from './losses.ts'

it('names those who lost something, in words of their own', () => {
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
