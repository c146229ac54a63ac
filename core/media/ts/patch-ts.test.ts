import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hole } from '../holes.ts'
import { looksLikeTs, patchTs } from './patch-ts.ts'

/** Packets of PID 0x100 with their number in every byte. */
function stream(packets: number): Uint8Array {
  const bytes = new Uint8Array(packets * 188)
  for (let number = 0; number < packets; number++) {
    bytes.fill(number, number * 188, (number + 1) * 188)
    bytes.set([0x47, 0x01, 0x00, 0x10 | (number & 15)], number * 188)
  }
  return bytes
}

const NULL = [0x47, 0x1f, 0xff, 0x10, ...new Array<number>(184).fill(0xff)]

describe('patchTs', () => {
  it('replaces every packet touched by a lost range, and no other', () => {
    const bytes = stream(10)
    const { bytes: out, packets } = patchTs(bytes, [
      [188 * 2 + 10, 188 * 3 + 1],
      [188 * 5, 188 * 6],
    ])
    expect(packets).toBe(3)
    for (let number = 0; number < 10; number++) {
      const packet = out.subarray(number * 188, number * 188 + 188)
      if ([2, 3, 5].includes(number)) expect([...packet]).toEqual(NULL)
      else expect(packet).toEqual(bytes.subarray(number * 188, number * 188 + 188))
    }
  })

  it('counts a packet with two holes once, and fills an incomplete one at the end', () => {
    const bytes = new Uint8Array([...stream(2), 0x47, 1, 2])
    const { bytes: out, packets } = patchTs(bytes, [
      [5, 6],
      [100, 101],
      [377, 378],
    ])
    expect(packets).toBe(2)
    expect([...out.subarray(376)]).toEqual([255, 255, 255])
  })

  it('has the sync byte in every packet, whatever is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.array(fc.tuple(fc.nat(6000), fc.nat(900))), (count, ranges) => {
        const bytes = stream(count)
        const holes: Hole[] = []
        for (const [from, size] of ranges.sort((a, b) => a[0] - b[0])) {
          const start = Math.max(from, (holes.at(-1)?.[1] ?? -1) + 1)
          if (start < bytes.length) holes.push([start, Math.min(bytes.length, start + size + 1)])
        }
        for (const [from, to] of holes) bytes.fill(0, from, to)
        const out = patchTs(bytes, holes).bytes
        expect(out.length).toBe(bytes.length)
        for (let at = 0; at < out.length; at += 188) expect(out[at]).toBe(0x47)
      }),
    )
  })
})

describe('looksLikeTs', () => {
  it('checks the received packets', () => {
    expect(looksLikeTs(stream(10), [])).toBe(true)
    const holed = stream(10)
    holed.fill(0, 0, 1448)
    expect(looksLikeTs(holed, [[0, 1448]])).toBe(true)
    expect(looksLikeTs(holed, [])).toBe(false)
    expect(looksLikeTs(new Uint8Array(1000), [[0, 1000]])).toBe(false)
    expect(looksLikeTs(new Uint8Array(100).fill(0x47), [])).toBe(false)
  })
})
