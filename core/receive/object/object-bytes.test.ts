import { describe, expect, it } from 'vitest'
import { seededBelow } from '../../testing/seeded.ts'
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

  it('stays in pieces without memory for one buffer', () => {
    const size = 6 * MIB
    const pool = new BytePool(7 * MIB, recycle)
    const bytes = new ObjectBytes(pool)
    const whole = content(size)
    for (let at = 0; at < size; at += MIB) expect(bytes.write(at, whole, at, at + MIB, size)).toBe(true)
    expect(Buffer.compare(bytes.view(0, size), whole)).toBe(0)
  })

  it('takes memory for what arrives once credit is used up, whatever lengths are claimed', () => {
    const pool = new BytePool(4096 * MIB, recycle)
    const objects = Array.from({ length: 1000 }, () => new ObjectBytes(pool))
    for (const bytes of objects) expect(bytes.write(0, content(1000), 0, 1000, 8 * MIB)).toBe(true)
    expect(pool.held).toBeLessThan(33 * MIB + objects.length * 6000)
    for (const bytes of objects) bytes.release()
    expect(pool.used).toBe(0)
    expect(pool.held).toBeLessThanOrEqual(40 * MIB)
  })

  it('gives each object of a sender that keeps its word one buffer from its first packet', () => {
    const pool = new BytePool(4096 * MIB, recycle)
    const whole = content(3 * MIB)
    for (let number = 0; number < 100; number++) {
      const bytes = new ObjectBytes(pool)
      bytes.write(0, whole, 0, 1400, whole.length)
      const first = bytes.view(0, 1400)
      bytes.write(1400, whole, 1400, whole.length, whole.length)
      expect(bytes.view(0, whole.length).buffer).toBe(first.buffer)
      bytes.release()
    }
  })

  it('keeps bytes in any order at any offset, in memory like their number', () => {
    const below = seededBelow(3)
    for (const size of [300_000, 200 * MIB]) {
      const pool = new BytePool(512 * MIB, recycle)
      const bytes = new ObjectBytes(pool)
      const ranges = new ByteRanges()
      const parts = new Map<number, Uint8Array>()
      let received = 0
      for (let number = 0; number < 300; number++) {
        const at = below(size / 2000) * 2000
        const part = content(1 + below(2000), number)
        if (parts.has(at)) continue
        parts.set(at, part)
        received += part.length
        ranges.add(at, at + part.length, [])
        expect(bytes.write(at, part, 0, part.length, below(2) === 0 ? size : -1)).toBe(true)
      }
      for (const [at, part] of parts) {
        const copy = bytes.copyWithHoles(at, at + 2000, ranges)
        expect(Buffer.compare(copy.subarray(0, part.length), part)).toBe(0)
        expect(copy.subarray(part.length).every((byte) => byte === 0)).toBe(true)
      }
      expect(pool.used).toBeLessThan(Math.max(received, size === 300_000 ? size : 0) * 6)
      bytes.release()
      expect(pool.used).toBe(0)
    }
  })

  it('joins pieces that arrive backwards', () => {
    const size = 40_000
    const whole = content(size)
    const pool = new BytePool(64 * MIB, recycle)
    const bytes = new ObjectBytes(pool)
    const far = 100 * MIB
    const ranges = new ByteRanges()
    let taken = 0
    for (let at = size - 1; at >= 0; at--) if (bytes.write(far + at, whole, at, at + 1, -1)) taken++
    expect(taken).toBe(size)
    ranges.add(far, far + size, [])
    expect(Buffer.compare(bytes.copyWithHoles(far, far + size, ranges), whole)).toBe(0)
    bytes.release()
    expect(pool.used).toBe(0)
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
