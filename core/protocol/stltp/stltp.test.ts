import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { ipv4Udp } from '../../testing/capture-builder.ts'
import { alpPacket, alpSegments } from '../alp/alp-writer.ts'
import { basebandPacket, NO_POINTER, parseBasebandHeader } from './baseband.ts'
import { fecPacketOf, parseFecPacket } from './fec-packet.ts'
import { looksLikeAlptp, looksLikeStltp } from './recognise.ts'
import { packetOffset, RtpPacket, sequenceDistance, tunnelTimestamp, writeRtpHeader } from './rtp.ts'
import { RtpOrder } from './rtp-order.ts'
import { StltpReceiver } from './stltp-receiver.ts'
import { basebandPackets, StltpWriter } from './stltp-writer.ts'

const zeros = (length: number) => new Uint8Array(length)

describe('RTP headers', () => {
  it('match the tunnel reference in both directions', () => {
    const timestamp = tunnelTimestamp(428_268e6 + 772_579)
    expect(timestamp).toBe(0x1a23b2e0)
    const header = { marker: true, payloadType: 97, sequence: 0xfffb, timestamp, word: 0x400000c4 }
    const bytes = zeros(12)
    writeRtpHeader(header, bytes)
    expect(bytesToHex(bytes)).toBe('80e1fffb1a23b2e0400000c4')
    const packet = new RtpPacket()
    expect(packet.read(bytes, 0, 12)).toBe(true)
    expect(packet).toMatchObject({ ...header, payloadStart: 12, payloadEnd: 12 })
    expect(packetOffset(packet.word)).toBe(196)
    expect(packet.read(hexToBytes('80cefffe1a23b2e000000320'), 0, 12)).toBe(true)
    expect(packet).toMatchObject({ marker: true, payloadType: 78, sequence: 0xfffe, word: 800 })
  })

  it('may have extension, contributing sources and padding', () => {
    const packet = new RtpPacket()
    const extended = hexToBytes(`b1 4e 0001 00000000 00000000 aaaaaaaa fff80004${'00'.repeat(16)} 0102 00 02`)
    expect(packet.read(extended, 0, extended.length)).toBe(true)
    expect([packet.payloadStart, packet.payloadEnd]).toEqual([36, 38])
  })

  it('stay inside their range when truncated or random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const packet = new RtpPacket()
        if (!packet.read(bytes, 0, bytes.length)) return
        expect(packet.payloadStart).toBeLessThanOrEqual(packet.payloadEnd)
        expect(packet.payloadEnd).toBeLessThanOrEqual(bytes.length)
      }),
    )
    for (let length = 0; length < 12; length++)
      expect(new RtpPacket().read(zeros(12).fill(0x80), 0, length)).toBe(false)
  })

  it('have sequence numbers that wrap', () => {
    expect(sequenceDistance(2, 65_534)).toBe(4)
    expect(sequenceDistance(65_534, 2)).toBe(-4)
  })
})

describe('baseband packets', () => {
  const payload = zeros(400).fill(0xaa)
  it.each([
    [20, 0, '14', 1],
    [300, 0, 'ac08', 2],
    [300, 100, 'ac0ae203', 102],
    [5, 10, '8501e9', 12],
    [NO_POINTER, 0, 'fffc', 2],
  ])('with pointer %i and %i bytes of padding are the reference’s', (pointer, padding, hex, payloadStart) => {
    const packet = basebandPacket(payload, pointer, padding)
    expect(bytesToHex(packet.subarray(0, hex.length / 2))).toBe(hex)
    expect(packet.length).toBe(payloadStart + payload.length)
    expect(parseBasebandHeader(packet)).toEqual({ pointer, extensionType: padding === 0 ? null : 7, payloadStart })
  })

  it('are read back as written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: NO_POINTER }),
        fc.integer({ min: 0, max: 3000 }),
        fc.boolean(),
        (...given) => {
          const [pointer, padding, long] = given
          const packet = basebandPacket(payload, pointer, padding, long)
          const header = parseBasebandHeader(packet)
          expect(header.pointer).toBe(pointer)
          expect(packet.subarray(header.payloadStart)).toEqual(payload)
        },
      ),
    )
  })

  it('throw CodecError when truncated in the header', () => {
    for (const padding of [0, 10, 100]) {
      const packet = basebandPacket(zeros(0), 300, padding)
      for (let length = 0; length < packet.length; length++) {
        expect(() => parseBasebandHeader(packet.subarray(0, length))).toThrow(CodecError)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        try {
          expect(parseBasebandHeader(bytes).payloadStart).toBeLessThanOrEqual(bytes.length)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CodecError)
        }
      }),
    )
  })

  it('carry any ALP packets at a constant length, split anywhere', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 140, max: 700 }), (list, size) => {
        const alp = list.map((length, index) => alpPacket(zeros(length).fill(index)))
        const packets = basebandPackets(alp, size)
        for (const packet of packets) expect(packet.length).toBe(size)
        const joined = packets.flatMap((packet) => [...packet.subarray(parseBasebandHeader(packet).payloadStart)])
        expect(joined).toEqual(alp.flatMap((packet) => [...packet]))
      }),
    )
  })
})

/** An RTP packet of the tunnel with a payload that identifies it. */
function outer(sequence: number, length = 20): Uint8Array {
  const bytes = zeros(12 + length).fill(sequence & 255)
  const timestamp = sequence * 7
  writeRtpHeader({ marker: false, payloadType: 97, sequence: sequence & 0xffff, timestamp, word: 0 }, bytes)
  return bytes
}

function order() {
  const seen: string[] = []
  const rtp = new RtpPacket()
  const ordered = new RtpOrder({
    ordered(bytes, start, end, gap, recovered) {
      rtp.read(bytes, start, end)
      for (let at = rtp.payloadStart; at < end; at++) expect(bytes[at]).toBe(rtp.sequence & 255)
      seen.push(`${gap ? '!' : ''}${rtp.sequence}${recovered ? '+' : ''}/${end - start - 12}`)
    },
  })
  const push = (...packets: Uint8Array[]) => {
    for (const packet of packets) ordered.packet(packet, 0, packet.length)
  }
  return { seen, ordered, push }
}

describe('RtpOrder', () => {
  it('puts packets in order over the wrap, drops duplicates, and reports missing ones', () => {
    const { seen, ordered, push } = order()
    push(outer(65_534), outer(0), outer(65_535), outer(65_535), outer(1), outer(3))
    ordered.flush()
    push(outer(2))
    expect(seen.map((each) => each.split('/')[0])).toEqual(['65534', '65535', '0', '1', '!3'])
    expect(ordered.counters).toMatchObject({ packets: 7, lost: 1, duplicates: 1, outOfOrder: 1, late: 1 })
  })

  it('waits for 64 packets, not longer', () => {
    const { seen, push } = order()
    push(outer(0))
    for (let sequence = 2; sequence < 65; sequence++) push(outer(sequence))
    expect(seen).toHaveLength(1)
    push(outer(65))
    expect(seen).toHaveLength(65)
    expect(seen[1]).toBe('!2/20')
  })

  it('restarts after a jump, and counts a long gap as lost', () => {
    const { seen, ordered, push } = order()
    push(outer(10), outer(1500), outer(40_000), outer(40_001))
    expect(seen.map((each) => each.split('/')[0])).toEqual(['10', '!1500', '!40000', '40001'])
    expect(ordered.counters).toMatchObject({ lost: 1489, restarts: 1 })
  })

  it('recovers single losses of rows and columns, of any lengths', () => {
    const columns = 5
    const rows = 4
    const all = Array.from({ length: columns * rows }, (_, index) => outer(65_530 + index, 10 + index * 3))
    const group = (from: number, step: number, count: number) =>
      Array.from({ length: count }, (_, index) => all[from + index * step] as Uint8Array)
    const lost = new Set([0, 6, 7, 12, 19].filter((index) => index > 0))
    const { seen, ordered, push } = order()
    push(outer(65_529, 4))
    all.forEach((packet, index) => {
      if (!lost.has(index)) push(packet)
      if ((index + 1) % columns !== 0) return
      const fec = fecPacketOf(group(index + 1 - columns, 1, columns), 1, true, index)
      ordered.fec(fec, 0, fec.length)
    })
    for (let column = 0; column < columns; column++) {
      const fec = fecPacketOf(group(column, columns, rows), columns, false, column)
      ordered.fec(fec, 0, fec.length)
    }
    expect(seen.map((each) => each.replace('+', '').split('/')[0])).toEqual(
      Array.from({ length: 21 }, (_, index) => String((65_529 + index) & 0xffff)),
    )
    expect(seen.filter((each) => each.includes('+'))).toHaveLength(4)
    expect(ordered.counters).toMatchObject({ lost: 0, recovered: 4 })
  })

  it('reads back FEC headers, and refuses truncated and impossible ones', () => {
    const packets = [outer(7, 30), outer(9, 50)]
    const fec = fecPacketOf(packets, 2, false, 5)
    expect(parseFecPacket(fec, 0, fec.length)).toMatchObject({
      sequence: 5,
      base: 7,
      step: 2,
      count: 2,
      length: 30 ^ 50,
    })
    for (let length = 0; length < 28; length++) expect(() => parseFecPacket(fec, 0, length)).toThrow(CodecError)
    fec[25] = 0
    expect(() => parseFecPacket(fec, 0, fec.length)).toThrow(CodecError)
    expect(() => fecPacketOf([], 1, false, 0)).toThrow(CodecError)
  })

  it('accepts any packets and FEC, and passes on in order', () => {
    const step = fc.record({
      sequence: fc.integer({ min: 0, max: 3000 }),
      fec: fc.boolean(),
      bytes: fc.uint8Array({ maxLength: 60 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ordered = new RtpOrder({ ordered: () => undefined })
        for (const { sequence, fec, bytes } of steps) {
          const packet = Uint8Array.from([...outer(sequence, 0), ...bytes])
          if (fec) ordered.fec(packet, 0, packet.length)
          else ordered.packet(packet, 0, packet.length)
        }
        ordered.flush()
      }),
    )
  })
})

describe('StltpReceiver', () => {
  const ip = (number: number, length = 300) =>
    Uint8Array.from(ipv4Udp([number, ...new Array<number>(length).fill(number)]))

  /** Outer packets of two PLPs with numbered IP packets. */
  function tunnel(packetBytes = 500): Uint8Array[] {
    const writer = new StltpWriter(packetBytes, 65_530)
    const out: Uint8Array[] = []
    for (let frame = 0; frame < 10; frame++) {
      for (const plp of [1, 40]) {
        const alp = [0, 1, 2].flatMap((at) => {
          const packet = ip(frame * 6 + at + (plp === 1 ? 0 : 3))
          return at === 1 ? alpSegments(packet, 100) : [alpPacket(packet)]
        })
        for (const packet of basebandPackets(alp, 700)) writer.baseband(plp, packet, frame * 1000, 400)
      }
      out.push(...writer.take(frame * 1000, true))
    }
    return out
  }

  function receive(packets: readonly Uint8Array[]) {
    const seen: { plp: number; number: number }[] = []
    const receiver = new StltpReceiver({
      ipPacket: (bytes, start, _end, plp) => seen.push({ plp, number: bytes[start + 28] as number }),
      linkSignalling: () => undefined,
    })
    for (const packet of packets) receiver.outer.packet(packet, 0, packet.length)
    receiver.flush()
    return { seen, counts: receiver.counts() }
  }

  it('reads two PLPs interleaved, in tunnel packets of any size', () => {
    for (const size of [37, 333, 1400, 9000]) {
      const { seen, counts } = receive(tunnel(size))
      expect(seen.map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at))
      for (const { plp, number } of seen) expect(plp).toBe(number % 6 < 3 ? 1 : 40)
      expect(counts).toMatchObject({ lost: 0, innerDropped: 0, basebandLost: 0, alpDropped: 0, malformed: 0 })
    }
  })

  it('loses only the contents of a lost packet, counts it, and passes on nothing wrong', () => {
    const packets = tunnel()
    for (let missing = 1; missing < packets.length; missing++) {
      const { seen, counts } = receive(packets.filter((_, index) => index !== missing))
      const atEnd = missing === packets.length - 1
      expect(counts.lost).toBe(atEnd ? 0 : 1)
      expect(seen.length).toBeGreaterThan(40)
      expect(seen.length).toBeLessThan(60)
      for (const { plp, number } of seen) expect(plp).toBe(number % 6 < 3 ? 1 : 40)
      if (!atEnd) expect((counts.basebandLost ?? 0) + (counts.innerDropped ?? 0)).toBeGreaterThan(0)
    }
  })

  it('starts mid-stream at the next packet that begins in a tunnel packet', () => {
    const packets = tunnel()
    const { seen } = receive(packets.slice(packets.length / 2))
    expect(seen.length).toBeGreaterThan(20)
  })

  it('accepts truncated, damaged and random packets', () => {
    const packets = tunnel()
    for (const packet of packets.slice(0, 3)) {
      for (let length = 0; length < packet.length; length += 7)
        receive([packet.subarray(0, length), ...packets.slice(3, 6)])
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 30 }),
        (flips) => {
          const damaged = packets.map((packet) => packet.slice())
          for (const [which, where, bits] of flips) {
            const packet = damaged[which % damaged.length] as Uint8Array
            const at = where % packet.length
            packet[at] = (packet[at] as number) ^ bits
          }
          receive(damaged)
        },
      ),
    )
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (list) => void receive(list)))
  })

  it('is recognised only by a packet in which an inner one begins', () => {
    const packets = tunnel()
    const marked = packets.filter((packet) => (packet[1] as number) >= 0x80)
    expect(looksLikeStltp(marked[0] as Uint8Array, 0, (marked[0] as Uint8Array).length)).toBe(true)
    const rtp = new RtpPacket()
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 100 }), (bytes) => {
        if (looksLikeStltp(bytes, 0, bytes.length)) expect(rtp.read(bytes, 0, bytes.length)).toBe(true)
        looksLikeAlptp(bytes, 0, bytes.length)
      }),
    )
    const lct = hexToBytes('12a0040800000000000000010000000a00000000')
    expect(looksLikeStltp(lct, 0, lct.length)).toBe(false)
    expect(looksLikeAlptp(lct, 0, lct.length)).toBe(false)
  })
})
