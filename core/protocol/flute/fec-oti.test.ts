import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../../bytes/hex.ts'
import { LctPacket } from '../lct/lct-packet.ts'
import type { FdtFecOti } from './fdt.ts'
import {
  layoutOf,
  NO_PLACE,
  payloadIdBlock,
  payloadIdBytes,
  payloadIdSymbol,
  type SymbolLayout,
  symbolOffset,
} from './fec-oti.ts'

const layout = (fields: Partial<SymbolLayout>): SymbolLayout => ({
  encodingId: 0,
  transferLength: -1,
  symbolLength: -1,
  maxSourceBlock: -1,
  sourceBlocks: -1,
  subBlocks: 1,
  alignment: 1,
  symbolIdBits: 8,
  ...fields,
})

describe('symbolOffset', () => {
  const gpac = layout({ transferLength: 143_615, symbolLength: 1416, maxSourceBlock: 65_535 })

  it('is symbol times length while one block has all symbols', () => {
    expect(symbolOffset(gpac, 0, 101, 0)).toBe(101 * 1416)
    expect(symbolOffset(gpac, 0, 102, 0)).toBe(NO_PLACE.none)
    expect(symbolOffset(gpac, 1, 0, 0)).toBe(NO_PLACE.none)
    expect(symbolOffset(layout({ transferLength: 0, symbolLength: 1416 }), 0, 0, 0)).toBe(0)
  })

  it('does not limit block 0 to an announced but unused block length', () => {
    expect(symbolOffset({ ...gpac, maxSourceBlock: 64 }, 0, 100, 0)).toBe(141_600)
  })

  it('needs no length for block 0, and no sizes for the first symbol', () => {
    expect(symbolOffset(layout({ symbolLength: 1416 }), 0, 5, 0)).toBe(7080)
    expect(symbolOffset(layout({ symbolLength: 1416 }), 1, 5, 0)).toBe(NO_PLACE.unknown)
    expect(symbolOffset(layout({}), 0, 0, 0)).toBe(0)
    expect(symbolOffset(layout({}), 0, 1, 0)).toBe(NO_PLACE.unknown)
  })

  it('follows symbol ids that wrap in an object of more than 65536 symbols', () => {
    const large = layout({ transferLength: 150_000_000, symbolLength: 1416 })
    expect(symbolOffset(large, 0, 65_535, 65_535 * 1416)).toBe(65_535 * 1416)
    expect(symbolOffset(large, 0, 0, 65_536 * 1416)).toBe(65_536 * 1416)
    expect(symbolOffset(large, 0, 65_530, 65_540 * 1416)).toBe(65_530 * 1416)
    expect(symbolOffset(large, 0, 40_000, 105_000 * 1416)).toBe(105_536 * 1416)
  })

  it('recognises repair symbols of schemes that have them', () => {
    const raptorQ = layout({ encodingId: 6, transferLength: 100_000, symbolLength: 1000, sourceBlocks: 3 })
    expect(symbolOffset(raptorQ, 0, 33, 0)).toBe(33_000)
    expect(symbolOffset(raptorQ, 0, 34, 0)).toBe(NO_PLACE.repair)
    expect(symbolOffset(raptorQ, 1, 0, 0)).toBe(34_000)
    expect(symbolOffset(raptorQ, 2, 32, 0)).toBe(99_000)
    expect(symbolOffset(raptorQ, 3, 0, 0)).toBe(NO_PLACE.none)
    expect(symbolOffset({ ...raptorQ, subBlocks: 2 }, 0, 0, 0)).toBe(NO_PLACE.scattered)
  })

  it('covers the object exactly and in order, with any sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 40 }),
        (transferLength, symbolLength, maxSourceBlock) => {
          const sizes = layout({ encodingId: 5, transferLength, symbolLength, maxSourceBlock })
          let expected = 0
          for (let sbn = 0; expected < transferLength; sbn++) {
            expect(symbolOffset(sizes, sbn, 0, 0)).toBe(expected)
            let esi = 0
            while (symbolOffset(sizes, sbn, esi, 0) === expected) {
              expected += symbolLength
              esi++
            }
            expect(esi).toBeLessThanOrEqual(maxSourceBlock)
          }
          expect(expected - transferLength).toBeLessThan(symbolLength)
        },
      ),
    )
  })
})

describe('the FEC Payload ID', () => {
  it.each([
    [0, 8, '00010203', 1, 0x203],
    [1, 8, '00010203', 1, 0x203],
    [6, 8, '01020304', 1, 0x20304],
    [5, 8, '01020304', 0x10203, 4],
    [2, 8, '01020304', 0x10203, 4],
    [2, 12, '01020304', 0x1020, 0x304],
    [129, 8, '0000000100200003', 1, 3],
  ])('of encoding %i (m %i) %s', (encodingId, bits, hex, sbn, esi) => {
    const bytes = hexToBytes(hex)
    expect(payloadIdBytes(encodingId)).toBe(bytes.length)
    expect(payloadIdBlock(encodingId, bits, bytes, 0)).toBe(sbn)
    expect(payloadIdSymbol(encodingId, bits, bytes, 0)).toBe(esi)
  })
})

describe('EXT_FTI', () => {
  // H=1, TSI 1, TOI 2 and one EXT_FTI of 4 words (3 for encoding 5).
  const read = (codepoint: string, fti: string): LctPacket => {
    const words = (12 + fti.length / 2) / 4
    const packet = new LctPacket()
    const bytes = hexToBytes(
      `1010${words.toString(16).padStart(2, '0')}${codepoint}00000000 00010002 ${fti}`.replace(/ /g, ''),
    )
    expect(packet.read(bytes, 0, bytes.length)).toBe(0)
    return packet
  }

  it.each([
    ['00', '400400000000059c00000588000005c0', { transferLength: 1436, symbolLength: 1416, maxSourceBlock: 1472 }],
    [
      '01',
      '400400000005dc0004000003020400 00'.replace(' ', ''),
      { transferLength: 1500, symbolLength: 1024, sourceBlocks: 3, subBlocks: 2 },
    ],
    [
      '06',
      '400400000005dc000400030002040000',
      { transferLength: 1500, symbolLength: 1024, sourceBlocks: 3, subBlocks: 2 },
    ],
    ['05', '40030000000005dc040020ff', { transferLength: 1500, symbolLength: 1024, maxSourceBlock: 32 }],
    [
      '02',
      '40040000000005dc0c01040000200040',
      { transferLength: 1500, symbolLength: 1024, maxSourceBlock: 32, symbolIdBits: 12 },
    ],
    ['81', '40040000000005dc0001040000200040', { transferLength: 1500, symbolLength: 1024, maxSourceBlock: 32 }],
  ])('of codepoint %s', (codepoint, fti, expected) => {
    expect(read(codepoint, fti)).toMatchObject(expected)
  })
})

describe('layoutOf', () => {
  const oti = (fields: Partial<FdtFecOti>): FdtFecOti => ({
    encodingId: null,
    instanceId: null,
    maxSourceBlockLength: null,
    encodingSymbolLength: null,
    maxEncodingSymbols: null,
    schemeSpecificInfo: null,
    ...fields,
  })

  it("prefers the file's attributes to the instance's", () => {
    const instance = oti({ encodingId: 0, encodingSymbolLength: 1000, maxSourceBlockLength: 64 })
    expect(layoutOf(oti({ encodingSymbolLength: 1416 }), instance, 5000, 0)).toMatchObject({
      encodingId: 0,
      symbolLength: 1416,
      maxSourceBlock: 64,
      transferLength: 5000,
    })
    expect(layoutOf(null, null, -1, 6)).toMatchObject({ encodingId: 6, symbolLength: -1, sourceBlocks: -1 })
  })

  it('reads the scheme-specific information of RaptorQ', () => {
    const file = oti({ encodingId: 6, encodingSymbolLength: 1024, schemeSpecificInfo: 'AwABBA==' })
    expect(layoutOf(file, null, 5000, 6)).toMatchObject({ sourceBlocks: 3, subBlocks: 1 })
    expect(layoutOf({ ...file, schemeSpecificInfo: 'AA' }, null, 5000, 6).sourceBlocks).toBe(-1)
  })
})
