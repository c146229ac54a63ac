import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SpareMemory } from './spare-memory.ts'

const KIB = 1024

describe('memory of files that are not needed any more', () => {
  it('is that of the next file of about the same length', () => {
    const memory = new SpareMemory()
    const first = memory.take(100 * KIB)
    memory.give(first)
    const next = memory.take(110 * KIB)
    expect(next.length).toBe(110 * KIB)
    expect(next.buffer).toBe(first.buffer)
    expect(memory.take(100 * KIB).buffer).not.toBe(first.buffer)
  })

  it('is not lent twice, however often it is given back, and takes nothing that is not its own', () => {
    const memory = new SpareMemory()
    const mine = new Uint8Array(100 * KIB)
    memory.give(mine)
    const first = memory.take(100 * KIB)
    expect(first.buffer).not.toBe(mine.buffer)
    memory.give(first)
    memory.give(first)
    expect(memory.take(100 * KIB).buffer).toBe(first.buffer)
    expect(memory.take(100 * KIB).buffer).not.toBe(first.buffer)
  })

  it('keeps no large memory for a small file', () => {
    const memory = new SpareMemory()
    const large = memory.take(10_000 * KIB)
    memory.give(large)
    expect(memory.take(100 * KIB).buffer.byteLength).toBeLessThan(200 * KIB)
  })

  it('never lends a byte to two at once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400 * KIB), { maxLength: 60 }), fc.nat(8), (sizes, atOnce) => {
        const memory = new SpareMemory()
        const lent: Uint8Array[] = []
        for (const size of sizes) {
          const bytes = memory.take(size)
          expect(bytes.length).toBe(size)
          expect(lent.some(({ buffer }) => buffer === bytes.buffer)).toBe(false)
          lent.push(bytes)
          if (lent.length > atOnce) memory.give(lent.shift() as Uint8Array)
        }
        for (const bytes of lent) memory.give(bytes)
      }),
    )
  })
})
