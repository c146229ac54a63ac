import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToHex } from '../bytes/hex.ts'
import { asToi, asTsi } from '../contract/ids.ts'
import { LCT_FAULT, LctPacket } from '../protocol/lct/lct-packet.ts'
import { DEFAULT_MTU, RouteObject } from './route-object.ts'

function packetsOf(object: RouteObject, mtu: number): Uint8Array[] {
  const into = new Uint8Array(mtu)
  const packets: Uint8Array[] = []
  while (!object.done) packets.push(into.slice(0, object.next(into)))
  return packets
}

describe('RouteObject', () => {
  it('writes the header of a ROUTE source packet', () => {
    const [packet] = packetsOf(
      new RouteObject(asTsi(10), asToi(7), 8, Uint8Array.of(1, 2, 3), DEFAULT_MTU),
      DEFAULT_MTU,
    )
    //  V C PSI, S O H B, HDR_LEN 5, CP 8 | CCI | TSI 10 | TOI 7 | EXT_TOL 3 | start_offset 0 | data
    expect(bytesToHex(packet ?? new Uint8Array())).toBe('12a105080000000000' + '00000a00000007c200000300000000010203')
  })

  it('fills packets to 1448 bytes of data, and 1444 with the 48-bit EXT_TOL', () => {
    const short = packetsOf(new RouteObject(asTsi(10), asToi(1), 8, new Uint8Array(3000), DEFAULT_MTU), DEFAULT_MTU)
    expect(short.map((packet) => packet.length - 24)).toEqual([1448, 1448, 104])
    const long = packetsOf(
      new RouteObject(asTsi(10), asToi(1), 8, new Uint8Array(0x100_0000), DEFAULT_MTU),
      DEFAULT_MTU,
    )
    expect(long[0]?.length).toBe(1472)
    const lct = new LctPacket()
    lct.read(long[1] ?? new Uint8Array(), 0, 1472)
    expect(lct).toMatchObject({ transferLength: 0x100_0000, lengthSource: 67, headerBytes: 24 })
  })

  it('sets B on the last packet only, and sends an empty object as one packet', () => {
    const flags = packetsOf(
      new RouteObject(asTsi(0xffff_ffff), asToi(0xffff_ffff), 5, new Uint8Array(200), 100),
      100,
    ).map((packet) => (packet[1] ?? 0) & 1)
    expect(flags).toEqual([0, 0, 1])
    const [empty, ...more] = packetsOf(new RouteObject(asTsi(1), asToi(1), 128, new Uint8Array(), 100), 100)
    expect(empty?.length).toBe(24)
    expect(more).toEqual([])
  })

  it('is reassembled by any reader of RFC 9223', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000 }),
        fc.integer({ min: 64, max: 1500 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (bytes, mtu, tsi, toi) => {
          const rebuilt = new Uint8Array(bytes.length)
          const lct = new LctPacket()
          let received = 0
          for (const packet of packetsOf(new RouteObject(asTsi(tsi), asToi(toi), 8, bytes, mtu), mtu)) {
            expect(packet.length).toBeLessThanOrEqual(mtu)
            expect(lct.read(packet, 0, packet.length)).toBe(LCT_FAULT.none)
            expect([lct.tsi, lct.toi, lct.codepoint, lct.psi]).toEqual([tsi, toi, 8, 2])
            expect(lct.transferLength).toBe(bytes.length)
            const start = new DataView(packet.buffer).getUint32(lct.headerBytes)
            const data = packet.subarray(lct.headerBytes + 4)
            rebuilt.set(data, start)
            received += data.length
            expect(lct.closeObject).toBe(start + data.length === bytes.length)
          }
          expect(received).toBe(bytes.length)
          expect(rebuilt).toEqual(bytes)
        },
      ),
    )
  })

  it('refuses an mtu without room for data', () => {
    expect(() => new RouteObject(asTsi(1), asToi(1), 8, new Uint8Array(1), 24)).toThrow(RangeError)
  })
})
