import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { asToi, asTsi } from '../../contract/ids.ts'
import type { LctExtension } from './extensions.ts'
import { type LctHeader, lctHeaderBytes, parseLctHeader, routeLctHeader, serialiseLctHeader } from './header.ts'

function written(header: LctHeader): string {
  const into = new Uint8Array(1100)
  const size = serialiseLctHeader(header, into, 7)
  expect(size).toBe(lctHeaderBytes(header))
  return bytesToHex(into.subarray(7, 7 + size))
}

describe('LCT header vectors, both ways', () => {
  it.each<[string, string, LctHeader]>([
    [
      'GPAC SLS bundle',
      '12a00503 00000000 00000000 80020001 c200048b',
      routeLctHeader({
        tsi: asTsi(0),
        toi: asToi(0x80020001),
        codepoint: 3,
        extensions: [{ kind: 'tol', bits: 24, transferLength: 1163 }],
      }),
    ],
    [
      'init segment with the highest TOI',
      '12a00505 00000000 00000014 ffffffff c200034d',
      routeLctHeader({
        tsi: asTsi(20),
        toi: asToi(0xffffffff),
        codepoint: 5,
        extensions: [{ kind: 'tol', bits: 24, transferLength: 845 }],
      }),
    ],
    [
      'low latency, no length',
      '12a00408 00000000 0000000a 00000001',
      routeLctHeader({ tsi: asTsi(10), toi: asToi(1), codepoint: 8 }),
    ],
    [
      'last packet, B set',
      '12a10508 00000000 0000000a 00000001 c20232eb',
      routeLctHeader({
        tsi: asTsi(10),
        toi: asToi(1),
        codepoint: 8,
        closeObject: true,
        extensions: [{ kind: 'tol', bits: 24, transferLength: 144107 }],
      }),
    ],
    [
      'off air, EXT_FTI',
      '12a00800 00000000 00000002 00000c9d 4004000000003500 00000594 00000040',
      routeLctHeader({
        tsi: asTsi(2),
        toi: asToi(3229),
        codepoint: 0,
        extensions: [{ kind: 'fti', transferLength: 13568, reserved: 0, symbolLength: 1428, maxSourceBlock: 64 }],
      }),
    ],
    [
      'FLUTE FDT of GPAC mabr',
      '10100b00 00000000 00010000 c0100001 400400000000059c 00000588 000005c0 0203c000 eeabb75d 25fd9ba1',
      {
        ...routeLctHeader({ tsi: asTsi(1), toi: asToi(0), codepoint: 0 }),
        psi: 0,
        tsiBytes: 2,
        toiBytes: 2,
        extensions: [
          { kind: 'fdt', fluteVersion: 1, instanceId: 1 },
          { kind: 'fti', transferLength: 1436, reserved: 0, symbolLength: 1416, maxSourceBlock: 1472 },
          { kind: 'time', sctHigh: 0xeeabb75d, sctLow: 0x25fd9ba1, ert: null, slc: null, otherUse: 0 },
        ],
      },
    ],
  ])('%s', (_name, hex, header) => {
    const bytes = hexToBytes(hex)
    expect(parseLctHeader(bytes)).toEqual({ header, headerBytes: bytes.length })
    expect(written(header)).toBe(bytesToHex(bytes))
  })

  it('uses the 48-bit length only where needed', () => {
    const header = routeLctHeader({
      tsi: asTsi(1),
      toi: asToi(2),
      codepoint: 8,
      extensions: [{ kind: 'tol', bits: 48, transferLength: 2 ** 47 }],
    })
    expect(written(header)).toBe('12a0060800000000000000010000000243 02800000000000'.replace(' ', ''))
  })
})

const u = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 })
const nullable = fc.option(u(32))
const extension: fc.Arbitrary<LctExtension> = fc.oneof(
  fc.record({ kind: fc.constant('tol' as const), bits: fc.constant(24 as const), transferLength: u(24) }),
  fc.record({ kind: fc.constant('tol' as const), bits: fc.constant(48 as const), transferLength: u(48) }),
  fc.record({
    kind: fc.constant('fti' as const),
    transferLength: u(48),
    reserved: u(16),
    symbolLength: u(16),
    maxSourceBlock: u(32),
  }),
  fc.record({
    kind: fc.constant('time' as const),
    sctHigh: nullable,
    sctLow: nullable,
    ert: nullable,
    slc: nullable,
    otherUse: u(12),
  }),
  fc.record({ kind: fc.constant('presentation-time' as const), reserved: u(16), seconds: u(32), fraction: u(32) }),
  fc.record({ kind: fc.constant('fdt' as const), fluteVersion: u(4), instanceId: u(20) }),
  fc.record({ kind: fc.constant('cenc' as const), encoding: u(8), reserved: u(16) }),
  fc.record({
    kind: fc.constant('unknown' as const),
    het: fc.constantFrom(0, 1, 3, 65, 127),
    content: fc
      .integer({ min: 0, max: 8 })
      .chain((words) => fc.uint8Array({ minLength: words * 4 + 2, maxLength: words * 4 + 2 })),
  }),
  fc.record({
    kind: fc.constant('unknown' as const),
    het: fc.constantFrom(128, 195, 255),
    content: fc.uint8Array({ minLength: 3, maxLength: 3 }),
  }),
)
const header: fc.Arbitrary<LctHeader> = fc
  .record({
    half: fc.constantFrom(0, 2),
    s: fc.constantFrom(0, 4),
    o: fc.constantFrom(0, 4, 8, 12),
    cciBytes: fc.constantFrom(4, 8, 12, 16),
  })
  .chain(({ half, s, o, cciBytes }) => {
    const tsiBytes = s + half
    const toiBytes = o + half
    return fc.record({
      psi: fc.constantFrom(2, 3),
      reserved: u(2),
      closeSession: fc.boolean(),
      closeObject: fc.boolean(),
      codepoint: u(8),
      cciBytes: fc.constant(cciBytes),
      cci: fc.bigInt({ min: 0n, max: (1n << BigInt(cciBytes * 8)) - 1n }),
      tsiBytes: fc.constant(tsiBytes),
      tsi: fc.maxSafeNat().map((n) => asTsi(tsiBytes === 0 ? 0 : n % 2 ** (tsiBytes * 8))),
      toiBytes: fc.constant(toiBytes),
      toi: fc.maxSafeNat().map((n) => asToi(toiBytes === 0 ? 0 : toiBytes > 6 ? n : n % 2 ** (toiBytes * 8))),
      extensions: fc.array(extension, { maxLength: 8 }),
    })
  })

describe('LCT header properties', () => {
  it('is read back as written, in every form', () => {
    fc.assert(
      fc.property(header, (value) => {
        const bytes = new Uint8Array(1100)
        const size = serialiseLctHeader(value, bytes)
        expect(parseLctHeader(bytes, 0, size)).toEqual({ header: value, headerBytes: size })
      }),
    )
  })

  it('is written back byte for byte, malformed extensions included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 80 }), u(6), (random, words) => {
        const bytes = random.slice()
        bytes[0] = 0x12
        bytes[2] = 4 + (words % 3)
        bytes[1] = 0xa0
        const parsed = parseLctHeader(bytes)
        expect(written(parsed.header)).toBe(bytesToHex(bytes.subarray(0, parsed.headerBytes)))
      }),
    )
  })

  it('throws CodecError for every truncation', () => {
    fc.assert(
      fc.property(header, (value) => {
        const bytes = new Uint8Array(1100)
        const size = serialiseLctHeader(value, bytes)
        for (let end = 0; end < size; end++) expect(() => parseLctHeader(bytes, 0, end)).toThrow(CodecError)
      }),
      { numRuns: 30 },
    )
  })

  it('refuses to write values that do not fit', () => {
    const good = routeLctHeader({ tsi: asTsi(1), toi: asToi(1), codepoint: 8 })
    const refuse = (bad: Partial<LctHeader>): void =>
      expect(() => serialiseLctHeader({ ...good, ...bad }, new Uint8Array(64))).toThrow(CodecError)
    refuse({ toi: asToi(2 ** 32) })
    refuse({ toiBytes: 2 })
    refuse({ cciBytes: 5 })
    refuse({ psi: 4 })
    refuse({ codepoint: 256 })
    refuse({ extensions: [{ kind: 'unknown', het: 3, content: new Uint8Array(3) }] })
    refuse({ extensions: [{ kind: 'tol', bits: 24, transferLength: 2 ** 24 }] })
    expect(() => serialiseLctHeader(good, new Uint8Array(15))).toThrow(CodecError)
  })
})
