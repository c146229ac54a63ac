import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { asToi, type Toi } from '../../contract/ids.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { decodedObjectBytes, fecObjectSymbols, fitsSymbols, writeFecTail } from './fec-object.ts'
import { FEC_ENCODING, fecSchemeName } from './fec-scheme.ts'
import { parseOti, parseOtiHex, serialiseOti } from './oti.ts'
import { blockStart, blockSymbols, partition } from './partition.ts'
import { readRepairFlow } from './repair-flow.ts'
import { parseToiExpression, repairToiOf } from './toi-expression.ts'

describe('FEC OTI', () => {
  // T 1024, Z 1, N 1, Al 4, F not given: that of route-raptorq.pcap.
  const onAir = '000000000000040001000104'

  it('reads and writes the fecOTI of a capture', () => {
    const oti = parseOtiHex(onAir)
    expect(oti).toEqual({ transferLength: 0, symbolBytes: 1024, sourceBlocks: 1, subBlocks: 1, alignment: 4 })
    expect(bytesToHex(serialiseOti(oti))).toBe(onAir)
  })

  it('reads the two Raptors with their different field widths', () => {
    const bytes = hexToBytes('01 00000002 00 05a8 0003 04 04')
    expect(parseOti(bytes, 0, 12, FEC_ENCODING.raptor)).toEqual({
      transferLength: 0x1_0000_0002,
      symbolBytes: 1448,
      sourceBlocks: 3,
      subBlocks: 4,
      alignment: 4,
    })
    const q = hexToBytes('00 00002710 00 05a8 03 0004 04')
    expect(parseOti(q, 0, 12, FEC_ENCODING.raptorq)).toMatchObject({ sourceBlocks: 3, subBlocks: 4 })
  })

  it('is read back as written', () => {
    const oti = fc.record({
      transferLength: fc.integer({ min: 0, max: 0xff_ffff_ffff }),
      symbolBytes: fc.integer({ min: 1, max: 0xffff }),
      sourceBlocks: fc.integer({ min: 1, max: 0xff }),
      subBlocks: fc.integer({ min: 1, max: 0xffff }),
      alignment: fc.integer({ min: 0, max: 0xff }),
    })
    fc.assert(
      fc.property(oti, (value) => {
        expect(parseOti(serialiseOti(value), 0, 12, 6)).toEqual(value)
      }),
    )
  })

  it('refuses truncated bytes, non-hex text, and zero T, Z or N', () => {
    const bytes = hexToBytes(onAir)
    for (let end = 0; end < 12; end++) expect(() => parseOti(bytes, 0, end, 6)).toThrow(CodecError)
    for (const text of ['', 'zz', '0000000000000400010001', '000000000000000001000104', '000000000000040000000104']) {
      expect(() => parseOtiHex(text), text).toThrow(CodecError)
    }
    expect(() => parseOtiHex('000000000000040001000004')).toThrow(CodecError)
    expect(() => serialiseOti({ ...parseOtiHex(onAir), sourceBlocks: 256 })).toThrow(CodecError)
    const random = fc.uint8Array({ maxLength: 16 })
    fc.assert(
      fc.property(random, fc.integer({ min: 0, max: 255 }), (any, id) => {
        try {
          parseOti(any, 0, any.length, id)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CodecError)
        }
      }),
    )
  })
})

describe('Partition[]', () => {
  it('covers the symbols in order with blocks that differ by at most one', () => {
    expect(partition(10, 3)).toEqual({ blocks: 3, large: 4, small: 3, largeBlocks: 1 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 255 }), (symbols, blocks) => {
        const parts = partition(symbols, blocks)
        let at = 0
        for (let sbn = 0; sbn < blocks; sbn++) {
          expect(blockStart(parts, sbn)).toBe(at)
          expect(parts.large - blockSymbols(parts, sbn)).toBeLessThanOrEqual(1)
          at += blockSymbols(parts, sbn)
        }
        expect(at).toBe(symbols)
        expect(blockSymbols(parts, blocks)).toBe(0)
      }),
    )
  })
})

describe('FEC schemes', () => {
  it('each have a name', () => {
    expect(fecSchemeName(6)).toBe('RaptorQ (6)')
    expect(fecSchemeName(77)).toBe('FEC Encoding ID 77')
  })
})

describe('FEC transport object', () => {
  it('has the symbols, padding and size field of the example: F 2500, T 1024', () => {
    expect(fecObjectSymbols(2500, 1024)).toBe(3)
    const tail = new Uint8Array(3072).fill(0xaa)
    writeFecTail(2500, 3072, 0, 3072, tail, 0)
    expect(tail.subarray(0, 2500).every((byte) => byte === 0xaa)).toBe(true)
    expect(tail.subarray(2500, 3068).every((byte) => byte === 0)).toBe(true)
    expect(bytesToHex(tail.subarray(3068))).toBe('000009c4')
    expect(decodedObjectBytes(tail, 0, 3072)).toBe(2500)
    expect(fitsSymbols(3068, 3, 1024)).toBe(true)
    expect(fitsSymbols(3069, 3, 1024)).toBe(false)
  })

  it('is the same written symbol by symbol, even with a size field across symbols', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 40 }), (size, symbolBytes) => {
        const symbols = fecObjectSymbols(size, symbolBytes)
        const total = symbols * symbolBytes
        const whole = new Uint8Array(total)
        writeFecTail(size, total, 0, total, whole, 0)
        const pieces = new Uint8Array(total)
        for (let at = 0; at < total; at += symbolBytes) writeFecTail(size, total, at, at + symbolBytes, pieces, at)
        expect(pieces).toEqual(whole)
        expect(decodedObjectBytes(whole, 0, total)).toBe(size)
      }),
    )
  })

  it('is refused with impossible padding or size', () => {
    const object = hexToBytes('01020300 00000003')
    expect(decodedObjectBytes(object, 0, 8)).toBe(3)
    expect(decodedObjectBytes(hexToBytes('01020304 00000003'), 0, 8)).toBe(-1)
    expect(decodedObjectBytes(hexToBytes('01020304 00000005'), 0, 8)).toBe(-1)
    expect(decodedObjectBytes(hexToBytes('010203'), 0, 3)).toBe(-1)
  })
})

describe('sourceTOI', () => {
  it.each([
    ['20', 7, 20],
    ['TOI', 7, 7],
    ['2*TOI+1', 7, 15],
    ['(TOI - 3) * 4', 7, 16],
    ['TOI / 2', 7, 3],
    ['TOI % 4 | 0x10', 7, 0x13],
    ['TOI << 4 & 0xff', 0x1f, 0xf0],
    ['-(-TOI)', 7, 7],
    ['TOI ^ TOI', 9, 0],
    ['TOI - 8', 7, null],
    ['TOI / 0', 7, null],
    ['TOI * 0xffffffffffff', 7, null],
  ])('%s of %i is %s', (text, toi, value) => {
    expect(parseToiExpression(text).valueAt(asToi(toi))).toBe(value)
  })

  it('is inverted where it is linear', () => {
    expect(repairToiOf(parseToiExpression('2*TOI+1'), asToi(15))).toBe(7)
    expect(repairToiOf(parseToiExpression('2*TOI+1'), asToi(16))).toBeNull()
    expect(repairToiOf(parseToiExpression('(TOI+1)*(3-1)-TOI'), asToi(9))).toBe(7)
    expect(repairToiOf(parseToiExpression('20'), asToi(20))).toBeNull()
    expect(repairToiOf(parseToiExpression('TOI/2'), asToi(3))).toBeNull()
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(0xffff_ffff), (x, y, toi) => {
        const expression = parseToiExpression(`${x + 1} * TOI + ${y}`)
        expect(repairToiOf(expression, expression.valueAt(asToi(toi)) as Toi)).toBe(toi)
      }),
    )
  })

  it('refuses anything else', () => {
    const deep = '('.repeat(200)
    for (const text of ['', 'toi2', 'TOI TOI', '1+', '(1', '1)', 'x*TOI', 'TOI++ +', 'a'.repeat(300), deep, '1;2']) {
      expect(() => parseToiExpression(text), text).toThrow(CodecError)
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        try {
          parseToiExpression(text).valueAt(asToi(5))
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CodecError)
        }
      }),
    )
  })
})

describe('RepairFlow', () => {
  const read = (inside: string) => readRepairFlow(parseXml(`<r:RepairFlow xmlns:r="x">${inside}</r:RepairFlow>`))

  it('uses none of the objects where one of them is not known', () => {
    const { protectedObjects, faults } = read('<ProtectedObject tsi="2"/><ProtectedObject tsi="x"/>')
    expect(protectedObjects).toEqual([])
    expect(faults).toEqual(['ProtectedObject 2: "x" is no number'])
    expect(read('<ProtectedObject tsi="2" fecTransportObjectSize="big"/>').faults).toHaveLength(1)
  })

  it('describes the super-object of two flows', () => {
    const flow =
      read(`<FECParameters fecOTI="000000000000040001000104" maximumDelay="2000" overhead="25" minBuffSize="20000000">
      <ProtectedObject tsi="2" sourceTOI="20" fecTransportObjectSize="892"/>
      <ProtectedObject tsi="3" sessionDescription="sIpaddr=10.0.0.1, dIpaddr=239.255.2.1, dport=5001"><SourceTOI x="2"/></ProtectedObject>
      <ProtectedObject tsi="4"/></FECParameters>`)
    expect(flow.oti?.symbolBytes).toBe(1024)
    expect(flow).toMatchObject({ maximumDelayMs: 2000, overheadPercent: 25, minBufferBytes: 20_000_000, faults: [] })
    expect(flow.protectedObjects.map(({ tsi, symbols, session }) => [tsi, symbols, session])).toEqual([
      [2, 892, null],
      [3, null, { address: '239.255.2.1', port: 5001 }],
      [4, null, null],
    ])
    expect(flow.protectedObjects.map((object) => object.sourceToi.valueAt(asToi(7)))).toEqual([20, 14, 7])
  })

  it('reports unreadable parts and keeps the rest', () => {
    const flow = read(
      '<FECParameters fecOTI="f0"><ProtectedObject tsi="2" sourceTOI="system()" sessionDescription="http://x/y"/></FECParameters>',
    )
    expect(flow.oti).toBeNull()
    expect(flow.protectedObjects[0]).toMatchObject({ tsi: 2, session: null })
    expect(flow.protectedObjects[0]?.sourceToi.valueAt(asToi(3))).toBe(3)
    expect(flow.faults).toHaveLength(3)
  })

  it('may be empty', () => {
    expect(read('')).toMatchObject({ oti: null, maximumDelayMs: 0, protectedObjects: [], faults: [] })
  })
})
