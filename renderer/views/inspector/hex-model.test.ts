import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cursorAfterKey, hexColumn, hexLine, offsetDigits, parseOffset } from './hex-model.ts'

const text = (runs: readonly { text: string }[]) => runs.map((run) => run.text).join('')

describe('hex line', () => {
  it('writes offset, bytes in two halves and printable characters', () => {
    const bytes = [0, 0, 0, 0x18, 0x73, 0x74, 0x79, 0x70, 0x6d, 0x73, 0x64, 0x68, 0, 0xff, 0x20, 0x7e]
    const line = hexLine(0x20, 0x40, 6, (at) => bytes[at - 0x20] ?? -2)
    expect(line.offset).toBe('000020')
    expect(text(line.hex)).toBe('00 00 00 18 73 74 79 70  6d 73 64 68 00 ff 20 7e ')
    expect(text(line.ascii)).toBe('....stypmsdh.. ~')
    expect(text(line.hex).slice(hexColumn(8), hexColumn(8) + 2)).toBe('6d')
  })

  it('distinguishes missing and unfetched bytes from zeros', () => {
    const line = hexLine(0, 3, 6, (at) => [-1, -2, 0][at] ?? 0)
    expect(line.hex.map((run) => [run.kind, run.text])).toEqual([
      ['missing', '·· '],
      ['waiting', '·· '],
      ['byte', '00 '],
    ])
  })

  it('ends with the object', () => {
    expect(text(hexLine(16, 18, 6, () => 65).ascii)).toBe('AA')
    expect([offsetDigits(0), offsetDigits(2 ** 24), offsetDigits(2 ** 24 + 1)]).toEqual([6, 6, 7])
  })
})

describe('offsets as typed', () => {
  it('are decimal or hexadecimal, with or without thin spaces', () => {
    expect(['4096', '0x1000', '1000h', '154\u2009000'].map((typed) => parseOffset(typed, 1e6))).toEqual([
      4096, 4096, 4096, 154000,
    ])
  })

  it('are refused outside the object and without a number', () => {
    expect(['100', '-1', '1f', '', 'abc', '1.5'].map((typed) => parseOffset(typed, 100))).toEqual(Array(6).fill(null))
  })
})

describe('cursor keys', () => {
  it('never leave the object', () => {
    const keys = fc.constantFrom('ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), keys, (size, seed, key) => {
        const next = cursorAfterKey(key, seed % size, size, 5)
        expect(next).not.toBeNull()
        expect(next).toBeGreaterThanOrEqual(0)
        expect(next).toBeLessThan(size)
      }),
    )
  })

  it('step by bytes, lines and pages', () => {
    const from = (key: string) => cursorAfterKey(key, 100, 400, 4)
    expect(['ArrowLeft', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', 'x'].map(from)).toEqual([
      99,
      116,
      36,
      164,
      0,
      399,
      null,
    ])
    expect(cursorAfterKey('PageDown', 390, 400, 4)).toBe(390)
  })
})
