import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWideToi, readToi, toiText, wideToiAt } from './wide-toi.ts'

const MOST = 2n ** 112n - 1n

function bytesOf(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * (size - 1 - at))) & 0xffn))
}

describe('a number for a wide TOI', () => {
  it('is the same for its bytes and for its text, and for any width', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: MOST }), (value) => {
        const read = readToi(String(value))
        expect(read?.wide).toBe(String(value))
        expect(isWideToi(read?.toi ?? 0)).toBe(true)
        expect(wideToiAt(bytesOf(value, 14), 0, 14)).toBe(read?.toi)
        expect(toiText(bytesOf(value, 14), 0, 14)).toBe(String(value))
        if (value < 2n ** 64n) expect(wideToiAt(bytesOf(value, 8), 0, 8)).toBe(read?.toi)
      }),
    )
  })

  it('differs where the TOIs differ', () => {
    const numbers = new Set<number>()
    for (let at = 0n; at < 20_000n; at++) {
      numbers.add(readToi(String(2n ** 53n + at))?.toi ?? 0)
      numbers.add(readToi(String(2n ** 100n + (at << 64n)))?.toi ?? 0)
    }
    expect(numbers.size).toBe(40_000)
  })

  it('is not needed for ordinary ones, and there is none for what is no TOI', () => {
    expect(readToi('9007199254740991')).toEqual({ toi: Number.MAX_SAFE_INTEGER, wide: null })
    for (const text of ['', '-1', '1.5', '0x10', String(MOST + 1n), '9'.repeat(40)]) expect(readToi(text)).toBeNull()
    expect(readToi(String(MOST))).not.toBeNull()
  })
})
