import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../../bytes/hex.ts'
import { describeLctPacket } from './describe.ts'
import { LCT_FAULT, LctPacket, lctFaultName } from './lct-packet.ts'

function read(hex: string): { packet: LctPacket; fault: number } {
  const bytes = hexToBytes(`eeee${hex}`)
  const packet = new LctPacket()
  return { packet, fault: packet.read(bytes, 2, bytes.length) }
}

describe('LctPacket', () => {
  it('reads the worked examples', () => {
    expect(read('12a00503 00000000 00000000 80020001 c200048b 00000000 1f8b').packet).toMatchObject({
      psi: 2,
      tsi: 0,
      toi: 0x80020001,
      codepoint: 3,
      headerBytes: 20,
      transferLength: 1163,
      lengthSource: 194,
      closeObject: false,
      extensionFault: 0,
    })
    expect(
      read('12a00800 00000000 00000002 00000c9d 4004000000003500 00000594 00000040 00000000').packet,
    ).toMatchObject({
      transferLength: 13568,
      lengthSource: 64,
      symbolLength: 1428,
      maxSourceBlock: 64,
      headerBytes: 32,
    })
    expect(
      read('10100b00 00000000 00010000 c0100001 400400000000059c 00000588 000005c0 0203c000 eeabb75d 25fd9ba1 00000000')
        .packet,
    ).toMatchObject({
      psi: 0,
      tsi: 1,
      toi: 0,
      fluteVersion: 1,
      fdtInstance: 1,
      transferLength: 1436,
      sctUs: 1795242205148400,
    })
  })

  it.each([
    ['10100300 00000000 00010002', 1, 2, 'FLUTE 16/16'],
    ['10200300 00000000 00000007', 0, 7, 'no TSI'],
    ['10300400 00000000 0001 000200000003', 1, 0x2_0000_0003, '16/48'],
    ['12c00500 00000000 00000001 0000000100000002', 1, 0x1_0000_0002, '32/64'],
    ['12b00600 00000000 000100000002 000300000004 00000000', 0x1_0000_0002, 0x3_0000_0004, '48/48'],
    ['12f00700 00000000 000000000001 0000000000000000000000000009', 1, 9, '48/112'],
    ['1ea00700 00000000000000000000000000000005 00000001 00000002', 1, 2, '128-bit CCI'],
    ['10000200 00000000', 0, 0, 'neither TSI nor TOI'],
  ])('reads %s', (hex, tsi, toi, _form) => {
    const { packet, fault } = read(hex)
    expect(fault).toBe(0)
    expect([packet.tsi, packet.toi]).toEqual([tsi, toi])
  })

  it('does not carry values over to the next packet', () => {
    const packet = new LctPacket()
    const first = hexToBytes(
      '10100b00 00000000 00010000 c0100001 400400000000059c 00000588 000005c0 0203c000 eeabb75d 25fd9ba1',
    )
    const second = hexToBytes('12a00408 00000000 0000000a 00000001')
    packet.read(first, 0, first.length)
    packet.read(second, 0, second.length)
    expect(packet).toMatchObject({
      transferLength: -1,
      lengthSource: 0,
      symbolLength: -1,
      fdtInstance: -1,
      fluteVersion: -1,
      sctUs: -1,
    })
  })

  it('prefers EXT_TOL to EXT_FTI, in either order', () => {
    const fti = '4004000000003500 00000594 00000040'
    for (const both of [`c2000007 ${fti}`, `${fti} c2000007`, `4302000000000007 ${fti}`]) {
      const words = both.includes('4302') ? '0a' : '09'
      const { packet } = read(`12a0${words}00 00000000 00000002 00000c9d ${both}`)
      expect(packet.transferLength).toBe(7)
      expect(packet.symbolLength).toBe(1428)
    }
  })

  it('reads the 40-bit length of Raptor and RaptorQ where the codepoint names them', () => {
    const { packet } = read('10a00806 00000000 00000001 00000002 4004 0100000002 00 0594 01 0001 04 0000')
    expect(packet).toMatchObject({ transferLength: 0x1_0000_0002, symbolLength: 1428 })
  })

  it('reads the second NTP era and the presentation time', () => {
    expect(read('12a00608 00000000 00000001 00000001 02028000 00000000').packet.sctUs).toBe(2_085_978_496_000_000)
    expect(read('12a00708 00000000 00000001 00000001 42030000 83aa7e81 80000000').packet.presentationUs).toBe(1_500_000)
  })

  it('reports broken extensions and keeps the packet usable', () => {
    const base = '00000000 0000000a 00000001'
    for (const [hex, at] of [
      [`12a00608 ${base} 00000000 c2000007`, 16],
      [`12a00608 ${base} c2000007 43ff0000`, 20],
    ] as const) {
      const { packet, fault } = read(hex)
      expect(fault).toBe(LCT_FAULT.none)
      expect(packet.extensionFault).toBe(LCT_FAULT.extension)
      expect(packet.faultOffset).toBe(2 + at)
      expect(packet.headerBytes).toBe(24)
    }
  })

  it('names the fault of an unusable packet', () => {
    expect(lctFaultName(read('12a0').fault)).toBe('lct-truncated')
    expect(lctFaultName(read('22a00408 00000000 0000000a 00000001').fault)).toBe('lct-version')
    expect(lctFaultName(read('12a00308 00000000 0000000a 00000001').fault)).toBe('lct-length')
    expect(lctFaultName(read('12a0ff08 00000000 0000000a 00000001').fault)).toBe('lct-truncated')
  })

  it('gives TOIs above 2^53-1 a number that stands for them, and their value', () => {
    expect(read('12c00500 00000000 00000001 001fffffffffffff').packet).toMatchObject({
      toi: Number.MAX_SAFE_INTEGER,
      wideToi: null,
    })
    const [even, odd] = ['0020000000000000', '0020000000000001'].map((toi) => read(`12c00500 00000000 00000001 ${toi}`))
    expect([even?.fault, odd?.fault]).toEqual([LCT_FAULT.none, LCT_FAULT.none])
    expect([even?.packet.wideToi, odd?.packet.wideToi]).toEqual(['9007199254740992', '9007199254740993'])
    expect(even?.packet.toi).not.toBe(odd?.packet.toi)
  })

  it('reports a fault for every truncation, and stays inside its range for any bytes', () => {
    const whole = hexToBytes(
      '10100b00 00000000 00010000 c0100001 400400000000059c 00000588 000005c0 0203c000 eeabb75d 25fd9ba1',
    )
    const packet = new LctPacket()
    for (let end = 0; end < whole.length; end++) expect(packet.read(whole, 0, end)).toBe(LCT_FAULT.truncated)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x10, 0x12, null), (random, first) => {
        const bytes = random.slice()
        if (first !== null && bytes.length > 0) bytes[0] = first
        const fault = packet.read(bytes, 0, bytes.length)
        if (fault === 0) {
          expect(packet.headerBytes).toBeLessThanOrEqual(bytes.length)
          for (const value of [packet.tsi, packet.toi, packet.transferLength, packet.sctUs])
            expect(Number.isSafeInteger(value)).toBe(true)
          const shifted = new Uint8Array(bytes.length + 11).fill(0xff)
          shifted.set(bytes, 5)
          const again = new LctPacket()
          expect(again.read(shifted, 5, 5 + bytes.length)).toBe(0)
          expect({ ...again, faultOffset: 0 }).toEqual({ ...packet, faultOffset: 0 })
        } else {
          expect(packet.faultOffset).toBeGreaterThanOrEqual(0)
        }
        expect(describeLctPacket(bytes, 0, bytes.length)).toBeInstanceOf(Array)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('describeLctPacket', () => {
  const described = (hex: string): string[] => {
    const bytes = hexToBytes(hex)
    return describeLctPacket(bytes, 0, bytes.length).map(({ name, value }) => `${name}=${value}`)
  }

  it('lists fields in wire order', () => {
    expect(described('12a10503 00000000 00000000 80020001 c200048b 00000000 1f8b')).toEqual([
      'V=1', 'C=0', 'PSI=10', 'S=1', 'O=1', 'H=0', 'Res=0', 'A=0', 'B=1', 'HDR_LEN=5', 'CP=3',
      'CCI=0x00000000', 'TSI=0', 'TOI=2147614721', 'EXT_TOL=1163', 'start_offset=0', 'payload=2 bytes',
    ]) // biome-ignore format: one line per part of the packet
  })

  it('explains a TOI of TSI 0, with the clause', () => {
    const bytes = hexToBytes('12a00503 00000000 00000000 80470003 c200048b')
    const toi = describeLctPacket(bytes, 0, bytes.length).find(({ name }) => name === 'TOI')
    expect(toi?.note).toBe('32 bits, 0x80470003; gzip, HELD, MPD, S-TSID, USBD, version 3 (A/331 Annex C)')
  })

  it('explains FLUTE extensions and payload id', () => {
    const fields = described(
      '10100b00 00000000 00010000 c0100001 400400000000059c 00000588 000005c0 0203c000 eeabb75d 25fd9ba1 00000001 aa',
    )
    expect(fields.slice(13)).toEqual([
      'TOI=0',
      'EXT_FDT=instance 1',
      'EXT_FTI=transfer length 1436',
      'E=1416',
      'B=1472',
      'EXT_TIME=use 0xc000',
      'SCT=2026-11-21T06:23:25.148400Z',
      'SBN=0',
      'ESI=1',
      'payload=1 bytes',
    ])
  })

  it('describes a broken packet up to its fault', () => {
    expect(described('12a0').at(-1)).toBe('fault=lct-truncated')
    expect(described('12a00308 00000000 0000000a 00000001').at(-1)).toBe('fault=lct-length')
    expect(described('12a00508 00000000 0000000a 00000001 00000000 00000000 aa')).toContain('fault=lct-extension')
  })
})
