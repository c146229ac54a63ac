import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { CodecError } from './codec-error.ts'
import { bytesToHex, hexToBytes } from './hex.ts'
import { u16At, u24At, u32At, u48At } from './ints.ts'

describe('ByteReader and ByteWriter', () => {
  it('read back every width as written', () => {
    const widths = fc.record({
      u8: fc.integer({ min: 0, max: 0xff }),
      u16: fc.integer({ min: 0, max: 0xffff }),
      u24: fc.integer({ min: 0, max: 0xff_ffff }),
      u32: fc.integer({ min: 0, max: 0xffff_ffff }),
      u48: fc.integer({ min: 0, max: 0xffff_ffff_ffff }),
      u64: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      rest: fc.uint8Array({ maxLength: 400 }),
    })
    fc.assert(
      fc.property(widths, (value) => {
        const out = new ByteWriter(1)
        out.u8(value.u8).u16(value.u16).u24(value.u24).u32(value.u32).u48(value.u48).u64(value.u64).bytes(value.rest)
        const reader = new ByteReader(out.take())
        expect(reader.u8('a')).toBe(value.u8)
        expect(reader.u16('b')).toBe(value.u16)
        expect(reader.u24('c')).toBe(value.u24)
        expect(reader.u32('d')).toBe(value.u32)
        expect(reader.u48('e')).toBe(value.u48)
        expect(reader.u64('f')).toBe(value.u64)
        expect(reader.borrow(value.rest.length, 'g')).toEqual(value.rest)
        expect(reader.remaining).toBe(0)
      }),
    )
  })

  it('names the field, the offset and the bytes left when bytes run out', () => {
    const reader = new ByteReader(hexToBytes('00 01 02'), 1, 3, 'box-truncated')
    expect(reader.u8('version')).toBe(1)
    const thrown = caught(() => reader.u32('flags'))
    expect(thrown).toMatchObject({ code: 'box-truncated', offset: 2 })
    expect(thrown.message).toBe('flags at byte 2 needs 4 bytes, 1 are left')
    expect(reader.u8('still readable')).toBe(2)
  })

  it('refuses NaN and negative lengths', () => {
    for (const length of [-1, Number.NaN, Number.POSITIVE_INFINITY, 4]) {
      expect(caught(() => new ByteReader(new Uint8Array(3)).borrow(length, 'x')).code).toBe('truncated')
    }
  })

  it('refuses a 64-bit value above 2^53-1', () => {
    expect(new ByteReader(hexToBytes('001fffffffffffff')).u64Number('size')).toBe(Number.MAX_SAFE_INTEGER)
    expect(caught(() => new ByteReader(hexToBytes('0020000000000000')).u64Number('size')).code).toBe('too-wide')
  })

  it('refuses values too large for their field', () => {
    expect(caught(() => new ByteWriter().u16(0x1_0000)).code).toBe('out-of-range')
    expect(caught(() => new ByteWriter().u8(-1)).code).toBe('out-of-range')
    expect(caught(() => new ByteWriter().u24(1.5)).code).toBe('out-of-range')
  })

  it('overwrites a size known only at the end', () => {
    const out = new ByteWriter().u32(0).latin1('moov')
    expect(bytesToHex(out.u32At(0, out.length).take())).toBe('000000086d6f6f76')
  })
})

describe('integers in place', () => {
  it('stay unsigned', () => {
    const bytes = hexToBytes('ff ff ff ff ff ff')
    expect([u16At(bytes, 0), u24At(bytes, 0), u32At(bytes, 0), u48At(bytes, 0)]).toEqual([
      0xffff, 0xff_ffff, 0xffff_ffff, 0xffff_ffff_ffff,
    ])
  })
})

describe('hex', () => {
  it('converts both ways and refuses half bytes', () => {
    expect(bytesToHex(hexToBytes('12 A0|05\n03'), ' ')).toBe('12 a0 05 03')
    expect(caught(() => hexToBytes('12a')).code).toBe('hex')
    expect(caught(() => hexToBytes('zz')).code).toBe('hex')
  })
})

function caught(run: () => unknown): CodecError {
  try {
    run()
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CodecError)
    return thrown as CodecError
  }
  throw new Error('nothing was thrown')
}
