import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentRows } from './recent-rows.ts'

/** Rows that are searched. */
const SEARCHED = 4096

describe('the last row of an object', () => {
  it('is what a search of the newest rows finds', () => {
    const objects = fc.array(fc.tuple(fc.nat(3), fc.oneof(fc.nat(20), fc.maxSafeNat())), { minLength: 1 })
    fc.assert(
      fc.property(objects, fc.nat(5000), (some, between) => {
        const recent = new RecentRows()
        const rows = { channel: [] as number[], toi: [] as number[] }
        const add = (channel: number, toi: number): void => {
          recent.add(rows.toi.length, channel, toi)
          rows.channel.push(channel)
          rows.toi.push(toi)
        }
        for (const [channel, toi] of some) add(channel, toi)
        for (let other = 0; other < between; other++) add(9, other)
        for (const [channel, toi] of some) add(channel, toi)
        for (let other = 0; other < between; other++) add(9, other)
        for (const [channel, toi] of some) {
          let last = rows.toi.length - 1
          while (rows.toi[last] !== toi || rows.channel[last] !== channel) last--
          const isRecent = last >= rows.toi.length - SEARCHED
          expect(recent.find(rows, channel, toi)).toBe(isRecent ? last : -1)
        }
        expect(recent.find(rows, 4, 1)).toBe(-1)
      }),
    )
  })

  it('is found without looking at the others', () => {
    const recent = new RecentRows()
    let looks = 0
    const toi = new Proxy([] as number[], {
      get: (target, key) => {
        if (key !== 'length') looks++
        return Reflect.get(target, key) as unknown
      },
    })
    const rows = { channel: new Array<number>(5000).fill(1), toi }
    for (let row = 0; row < 5000; row++) {
      recent.add(row, 1, 7 + row)
      toi[row] = 7 + row
      expect(recent.find(rows, 1, 7 + row)).toBe(row)
      expect(recent.find(rows, 1, 8 + row)).toBe(-1)
    }
    expect(looks).toBeLessThan(4 * 5000)
  })
})
