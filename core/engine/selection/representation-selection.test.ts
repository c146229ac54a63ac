import { describe, expect, it } from 'vitest'
import { RepresentationSelection } from './representation-selection.ts'

/** `dynamicSelection`, which --no-dynamic-selection turns off: service 1 has a group for each of three representations. */
const PARTS = [{ service: 1, destinations: ['low', 'high', 'audio'] }]
const S = 1_000_000

/** Asks for these as a player does, every 2 s. */
function play(selection: RepresentationSelection, destinations: readonly string[], fromS: number, toS: number): void {
  for (let second = fromS; second <= toS; second += 2) {
    for (const destination of destinations) selection.asked(1, destination, second * S)
    selection.look(PARTS, second * S)
  }
}

describe('dynamic selection', () => {
  it('leaves nothing while nobody plays', () => {
    const selection = new RepresentationSelection()
    expect(selection.look(PARTS, 100 * S)).toBe(false)
    expect([...selection.left]).toEqual([])
  })

  it('leaves groups that a player has not asked for in 10 s', () => {
    const selection = new RepresentationSelection()
    play(selection, ['low', 'audio'], 0, 8)
    expect([...selection.left]).toEqual([])
    play(selection, ['low', 'audio'], 10, 12)
    expect([...selection.left]).toEqual(['high'])
  })

  it('joins a group again when it is asked for, and reports that once', () => {
    const selection = new RepresentationSelection()
    play(selection, ['low', 'audio'], 0, 20)
    expect(selection.asked(1, 'high', 21 * S)).toBe(true)
    expect(selection.asked(1, 'high', 21 * S)).toBe(false)
    expect([...selection.left]).toEqual([])
    play(selection, ['high', 'audio'], 22, 40)
    expect([...selection.left]).toEqual(['low'])
  })

  it('leaves nothing more when the player stops', () => {
    const selection = new RepresentationSelection()
    play(selection, ['low', 'audio'], 0, 20)
    for (let second = 21; second < 200; second += 10) selection.look(PARTS, second * S)
    expect([...selection.left]).toEqual(['high'])
  })

  it('stays where another service needs the same group', () => {
    const selection = new RepresentationSelection()
    const shared = [...PARTS, { service: 2, destinations: ['high'] }]
    for (let second = 0; second <= 30; second += 2) {
      selection.asked(1, 'low', second * S)
      selection.asked(2, 'high', second * S)
      selection.look(shared, second * S)
    }
    expect([...selection.left]).toEqual(['audio'])
  })
})
