import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedMap, BoundedSet, dropOldest, oldestKey } from './bounded-map.ts'

describe('a bounded map', () => {
  it('keeps the newest keys; setting a key renews it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 1, max: 8 }), (keys, most) => {
        const map = new BoundedMap<number, number>(most)
        const set = new BoundedSet<number>(most)
        keys.forEach((key, at) => {
          map.set(key, at)
          set.add(key)
        })
        const newest = [...new Set([...keys].reverse())].slice(0, most).reverse()
        expect([...map.keys()]).toEqual(newest)
        expect([...set]).toEqual(newest)
        for (const [key, at] of map) expect(at).toBe(keys.lastIndexOf(key))
      }),
    )
  })

  it('drops its entries oldest first', () => {
    const map = new BoundedMap<string, number>(3)
    for (const [at, key] of ['a', 'b', 'a'].entries()) map.set(key, at)
    expect(oldestKey(map)).toBe('b')
    expect(dropOldest(map)).toBe(1)
    expect(dropOldest(map)).toBe(2)
    expect(dropOldest(map)).toBeUndefined()
    expect(oldestKey(map)).toBeUndefined()
  })
})
