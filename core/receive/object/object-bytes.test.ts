import { describe, expect, it } from 'vitest'
import { content } from '../../testing/test-session.ts'
import { BytePool } from './byte-pool.ts'
import { ByteRanges } from './byte-ranges.ts'
import { ObjectBytes } from './object-bytes.ts'

const MIB = 1 << 20

describe.each([true, false])('ObjectBytes, buffers recycled: %s', (recycle) => {
  it('returns the written bytes for any size, and uses no memory after release', () => {
    for (const size of [1, 1500, MIB, MIB + 1, 3 * MIB + 77]) {
      const pool = new BytePool(64 * MIB, recycle)
      const bytes = new ObjectBytes(pool)
      const whole = content(size)
      for (let at = 0; at < size; at += 100_003) {
        expect(bytes.write(at, whole, at, Math.min(size, at + 100_003), size)).toBe(true)
      }
      expect(Buffer.compare(bytes.view(0, size), whole)).toBe(0)
      bytes.join(size)
      expect(Buffer.compare(bytes.view(0, size), whole)).toBe(0)
      bytes.release()
      expect(pool.used).toBe(0)
    }
  })

  it('allocates for received bytes, not for a claimed length', () => {
    const pool = new BytePool(256 * MIB, recycle)
    const bytes = new ObjectBytes(pool)
    expect(bytes.write(200 * MIB, content(1000), 0, 1000, 250 * MIB)).toBe(true)
    expect(pool.used).toBeLessThanOrEqual(MIB)
    const ranges = new ByteRanges()
    ranges.add(200 * MIB, 200 * MIB + 1000, [])
    const copy = bytes.copyWithHoles(200 * MIB - 10, 200 * MIB + 10, ranges)
    expect([...copy.subarray(0, 10)]).toEqual(new Array(10).fill(0))
    expect(copy.subarray(10)).toEqual(content(1000).subarray(0, 10))
  })

  it('makes a long object one buffer once a part has arrived, in any order', () => {
    const size = 5 * MIB + 123
    const pool = new BytePool(64 * MIB, recycle)
    const bytes = new ObjectBytes(pool)
    const whole = content(size)
    const step = 65_537
    const starts = Array.from({ length: Math.ceil(size / step) }, (_, index) => index * step)
    for (const at of [...starts.filter((_, index) => index % 2 === 1), ...starts.filter((_, index) => index % 2 === 0)])
      expect(bytes.write(at, whole, at, Math.min(size, at + step), size)).toBe(true)
    expect(Buffer.compare(bytes.view(0, size), whole)).toBe(0)
    expect(bytes.view(0, size).buffer).toBe(bytes.view(MIB, 2 * MIB).buffer)
    bytes.release()
    expect(pool.used).toBe(0)
  })

  it('stays in pages without memory for one buffer', () => {
    const size = 6 * MIB
    const pool = new BytePool(7 * MIB, recycle)
    const bytes = new ObjectBytes(pool)
    const whole = content(size)
    for (let at = 0; at < size; at += MIB) expect(bytes.write(at, whole, at, at + MIB, size)).toBe(true)
    expect(Buffer.compare(bytes.view(0, size), whole)).toBe(0)
  })

  it('reports the memory bound', () => {
    const bytes = new ObjectBytes(new BytePool(MIB, recycle))
    expect(bytes.write(0, content(100), 0, 100, 100)).toBe(true)
    expect(bytes.write(5 * MIB, content(MIB), 0, MIB, 10 * MIB)).toBe(false)
  })
})

it('grows an object of unknown length without moving the bytes of its readers', () => {
  const bytes = new ObjectBytes(new BytePool(64 * MIB, false))
  const whole = content(900_000)
  bytes.write(0, whole, 0, 1000, -1)
  const early = bytes.view(0, 1000)
  for (let at = 1000; at < whole.length; at += 1000) bytes.write(at, whole, at, at + 1000, -1)
  expect(early).toEqual(whole.subarray(0, 1000))
  bytes.join(whole.length)
  expect(Buffer.compare(bytes.view(0, whole.length), whole)).toBe(0)
})
