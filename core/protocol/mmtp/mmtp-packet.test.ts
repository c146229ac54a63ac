import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexToBytes } from '../../bytes/hex.ts'
import { looksLikeMmtp, MMTP_FAULT, MMTP_TYPE, MmtpPacket, mmtpFaultName } from './mmtp-packet.ts'

const VIDEO = `62000023 b0470000 002be281 0035c341 a400 05ac 2c 74 0000175d ${'00'.repeat(1446)}`
const AUDIO = `62000024 b0470000 0008dac0 0035c342 a400 0235 28 00 0000175d ${'00'.repeat(559)}`

describe('MmtpPacket', () => {
  it('reads the packets of the off-air capture', () => {
    const bytes = hexToBytes(VIDEO)
    expect(bytes.length).toBe(1472)
    const packet = new MmtpPacket()
    expect(packet.read(bytes, 0, bytes.length)).toBe(MMTP_FAULT.none)
    expect(packet).toMatchObject({
      version: 1,
      type: MMTP_TYPE.mpu,
      packetId: 35,
      timestamp: 0xb0470000,
      sequence: 0x002be281,
      counter: 0x0035c341,
      fec: 0,
      randomAccess: true,
      payloadStart: 18,
      payloadEnd: 1472,
    })
  })

  it('reads version 0, extensions and the FEC trailer', () => {
    const packet = new MmtpPacket()
    const v0 = hexToBytes('0b02 0001 00000000 00000005 0001 0002 aabb 112233 00000009')
    expect(packet.read(v0, 0, v0.length)).toBe(0)
    expect(packet).toMatchObject({
      version: 0,
      type: 2,
      counter: -1,
      fec: 1,
      randomAccess: true,
      payloadStart: 18,
      payloadEnd: 21,
    })
  })

  it('reports a fault for every truncated header, and never reads past the end', () => {
    const packet = new MmtpPacket()
    const bytes = hexToBytes('6402 0001 00000000 00000005 00000001 a400 0001 0002 aabb')
    expect(packet.read(bytes, 0, bytes.length)).toBe(0)
    for (let end = 0; end < bytes.length; end++) expect(packet.read(bytes, 0, end)).not.toBe(0)
    const forged = hexToBytes('6402 0001 00000000 00000005 00000001 a400 0001 ffff aabb')
    expect(mmtpFaultName(packet.read(forged, 0, forged.length))).toBe('mmtp-extension')
    expect(mmtpFaultName(packet.read(hexToBytes('ff'.repeat(20)), 0, 20))).toBe('mmtp-version')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (random) => {
        if (packet.read(random, 0, random.length) === 0) {
          expect(packet.payloadStart).toBeLessThanOrEqual(packet.payloadEnd)
          expect(packet.payloadEnd).toBeLessThanOrEqual(random.length)
        }
        looksLikeMmtp(random, 0, random.length)
      }),
    )
  })
})

describe('looksLikeMmtp', () => {
  const looks = (hex: string): boolean => {
    const bytes = hexToBytes(hex)
    return looksLikeMmtp(bytes, 0, bytes.length)
  }

  it('recognises media and signalling of the capture', () => {
    expect(looks(VIDEO)).toBe(true)
    expect(looks(AUDIO)).toBe(true)
    expect(looks('62020000 b0470000 00000001 0035c342 a400 3c01 0020 01 005c')).toBe(true)
  })

  it('refuses LCT, LLS and MPEG-2 TS', () => {
    expect(looks(`12a00508 00000000 0000000a 00000001 c20230ff 000005a8 ${'00'.repeat(100)}`)).toBe(false)
    expect(looks(`10100300 00000000 00010002 00000000 ${'00'.repeat(100)}`)).toBe(false)
    expect(looks('01000001 1f8b0800 00000000 0003ab56 4acb')).toBe(false)
    expect(looks(`47400010 ${'ff'.repeat(184)}`)).toBe(false)
    expect(looks(VIDEO.slice(0, -2))).toBe(false)
  })
})
