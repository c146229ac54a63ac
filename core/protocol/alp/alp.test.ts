import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { ipv4Udp } from '../../testing/capture-builder.ts'
import { ALP_FAULT, ALP_FORM, ALP_TYPE, AlpPacket } from './alp-packet.ts'
import { AlpReceiver, alpTimeUs, type LinkSignalling } from './alp-receiver.ts'
import { alpConcatenation, alpPacket, alpSegments, alpSignalling, plpExtension } from './alp-writer.ts'
import {
  LINK_SIGNALLING,
  type Lmt,
  linkTableValues,
  lmtBytes,
  parseLmt,
  parseRdt,
  serialiseLmt,
  serialiseRdt,
} from './link-table.ts'

const payload = (length: number, seed = 0) => Uint8Array.from({ length }, (_, at) => at * 7 + seed)
const head = (packet: Uint8Array, bytes: number) => bytesToHex(packet.subarray(0, bytes))

function read(bytes: Uint8Array): AlpPacket {
  const packet = new AlpPacket()
  expect(packet.read(bytes, 0, bytes.length)).toBe(ALP_FAULT.none)
  expect(packet.payloadEnd).toBe(bytes.length)
  return packet
}

const LMT_TEXT = '03 03 02 ac10c801 e000173c 9301 1349 3f ac10c801 efff1409 9301 cb29 bf 09'
const LMT: Lmt = {
  plps: [
    {
      plpId: 0,
      multicasts: [
        {
          sourceAddress: '172.16.200.1',
          destinationAddress: '224.0.23.60',
          sourcePort: 37633,
          destinationPort: 4937,
          sid: null,
          contextId: null,
        },
        {
          sourceAddress: '172.16.200.1',
          destinationAddress: '239.255.20.9',
          sourcePort: 37633,
          destinationPort: 52009,
          sid: 9,
          contextId: null,
        },
      ],
    },
  ],
}

describe('ALP headers', () => {
  it.each([
    ['32 bytes', alpPacket(payload(32)), '0020', ALP_FORM.single, -1],
    ['3000 bytes', alpPacket(payload(3000)), '0bb80c', ALP_FORM.long, -1],
    ['3000 bytes with SID 5', alpPacket(payload(3000), { sid: 5 }), '0bb80e05', ALP_FORM.long, 5],
  ])('of %s are the reference’s', (_name, packet, hex, form, sid) => {
    expect(head(packet, hex.length / 2)).toBe(hex)
    expect(read(packet)).toMatchObject({ type: 0, form, sid, payloadStart: hex.length / 2, count: 1 })
  })

  it('name the PLP in the extension F1', () => {
    const packet = alpPacket(payload(32), { extension: plpExtension(1) })
    expect(head(packet, 6)).toBe('082005f10004')
    expect(read(packet)).toMatchObject({ plp: 1, payloadStart: 6, extensionType: 0xf1 })
  })

  it('give a time in the extension F0', () => {
    // flag 0, 1 s, 2 ms, 3 µs, 4 ns
    const bits = (1n << 30n) | (2n << 20n) | (3n << 10n) | 4n
    const bytes = hexToBytes(bits.toString(16).padStart(16, '0'))
    const packet = alpPacket(payload(32), { extension: { type: 0xf0, bytes } })
    expect(alpTimeUs(read(packet), packet)).toBe(1_002_003)
    expect(alpTimeUs(read(alpPacket(payload(4))), payload(4))).toBe(-1)
  })

  it('number segments and mark the last', () => {
    const segments = alpSegments(payload(3000), 1400)
    expect(segments.map((each) => head(each, 3))).toEqual(['157800', '157808', '10c814'])
    expect(segments.map((each) => read(each)).map(({ segment, last }) => [segment, last])).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ])
  })

  it.each([
    [[60, 100, 40], undefined, '18c80203c064'],
    [[60, 100], undefined, '18a00003c0'],
    [[3000, 100, 40], 7, '1c4413bb806407'],
  ])('of concatenated %j are the reference’s', (lengths, sid, hex) => {
    const packet = alpConcatenation(
      lengths.map((length) => payload(length)),
      sid === undefined ? {} : { sid },
    )
    expect(head(packet, hex.length / 2)).toBe(hex)
    const found = read(packet)
    expect(found).toMatchObject({ form: ALP_FORM.concatenation, count: lengths.length, sid: sid ?? -1 })
    expect([...found.lengths.subarray(0, found.count)]).toEqual(lengths)
  })

  it.each([
    ['f0', 8, 0, false, 1497],
    ['ed02', 6, 2, false, 1124],
    ['f180', 8, 0, true, 1477],
    ['e100', 16, 128, false, 2994],
  ])('of transport streams (%s) imply their length', (hex, tsPackets, tsNulls, tsHeaderDeletion, size) => {
    const bytes = new Uint8Array(size)
    bytes.set(hexToBytes(hex))
    expect(read(bytes)).toMatchObject({ type: ALP_TYPE.ts, tsPackets, tsNulls, tsHeaderDeletion })
  })

  it('have an extended type in type 6; reserved types are skipped by their length', () => {
    expect(read(hexToBytes('c002 abcd 0102'))).toMatchObject({ type: 6, extendedType: 0xabcd, payloadStart: 4 })
    for (const type of [1, 3, 5]) expect(read(alpPacket(payload(9), { type }))).toMatchObject({ type })
  })

  it('report their faults', () => {
    const packet = new AlpPacket()
    expect(packet.read(hexToBytes('0000'), 0, 2)).toBe(ALP_FAULT.empty)
    expect(packet.payloadEnd).toBe(2)
    // Two packets; the first takes all bytes.
    expect(packet.read(hexToBytes('1803000030aabbcc'), 0, 8)).toBe(ALP_FAULT.lengths)
    expect(packet.payloadEnd).toBe(8)
  })

  it('ask for more bytes when truncated anywhere', () => {
    const packets = [
      alpPacket(payload(40)),
      alpPacket(payload(2100), { sid: 1, extension: plpExtension(3) }),
      ...alpSegments(payload(100), 40),
      alpConcatenation([payload(10), payload(20), payload(30), payload(40)], { sid: 9 }),
      alpSignalling(serialiseLmt(LMT), { type: LINK_SIGNALLING.lmt, version: 0 }),
    ]
    for (const whole of packets) {
      for (let length = 0; length < whole.length; length++) {
        expect(new AlpPacket().read(whole, 0, length)).toBe(ALP_FAULT.short)
      }
      read(whole)
    }
  })

  it('are read back as written, with any fields', () => {
    const options = fc.record(
      {
        type: fc.constantFrom(0, 1, 2, 3, 5),
        sid: fc.integer({ min: 0, max: 255 }),
        extension: fc.record({
          type: fc.integer({ min: 0, max: 255 }),
          bytes: fc.uint8Array({ minLength: 1, maxLength: 256 }),
        }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 65535 }), (given, length) => {
        const packet = read(alpPacket(payload(length), given as object))
        expect(packet.payloadEnd - packet.payloadStart).toBe(length)
        expect(packet).toMatchObject({ type: given.type ?? 0, sid: given.sid ?? -1 })
        expect(packet.extensionType).toBe(given.extension?.type ?? -1)
      }),
    )
    const lengths = fc.array(fc.integer({ min: 1, max: 4095 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(lengths, (list) => {
        fc.pre(list.reduce((sum, length) => sum + length, 0) <= 32767)
        const packet = read(alpConcatenation(list.map((length) => payload(length))))
        expect([...packet.lengths.subarray(0, packet.count)]).toEqual(list)
      }),
    )
  })

  it('do not throw on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const receiver = new AlpReceiver({ ipPacket: () => undefined, linkSignalling: () => undefined })
        for (let at = 0, steps = 0; at < bytes.length && at >= 0; steps++) {
          const next = receiver.read(bytes, at, bytes.length, -1)
          expect(next === -1 || (next > at && next <= bytes.length)).toBe(true)
          expect(steps).toBeLessThan(300)
          at = next
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('link signalling', () => {
  it('reads and writes the reference LMT', () => {
    expect(serialiseLmt(LMT)).toEqual(hexToBytes(LMT_TEXT))
    expect(parseLmt(hexToBytes(LMT_TEXT))).toEqual(LMT)
    expect(lmtBytes(hexToBytes(LMT_TEXT), 0, 30)).toBe(30)
    const packet = alpSignalling(serialiseLmt(LMT), { type: LINK_SIGNALLING.lmt, version: 0 })
    expect(bytesToHex(packet)).toBe(`801e01ffff000f${LMT_TEXT.replace(/ /g, '')}`)
  })

  it.each([false, true])('understands the length, signalling header counted: %s', (counts) => {
    const packet = new AlpPacket()
    const lmt = alpSignalling(serialiseLmt(LMT), { type: LINK_SIGNALLING.lmt, version: 7 }, {}, counts)
    expect(packet.read(lmt, 0, lmt.length)).toBe(ALP_FAULT.none)
    expect(packet).toMatchObject({ signallingVersion: 7, payloadEnd: lmt.length, lengthCountsSignalling: counts })
    // The reading found is kept for tables without a length of their own.
    const other = alpSignalling(payload(40), { type: 77, version: 0 }, {}, counts)
    expect(packet.read(other, 0, other.length)).toBe(ALP_FAULT.none)
    expect(packet.payloadEnd - packet.payloadStart).toBe(40)
  })

  it('reads back the RDT, with contexts as bytes', () => {
    const rdt = { plpId: 5, maxCid: 200, adaptationMode: 1, contextConfig: 2, contextCount: 3, contexts: payload(9) }
    expect(parseRdt(serialiseRdt(rdt))).toEqual(rdt)
    expect(linkTableValues('RDT', serialiseRdt(rdt))).toEqual({ ...rdt, contexts: bytesToHex(rdt.contexts) })
    expect(linkTableValues('RDT', new Uint8Array(1))).toBeNull()
  })

  it('throws CodecError when truncated anywhere', () => {
    for (let length = 0; length < 30; length++) {
      expect(() => parseLmt(hexToBytes(LMT_TEXT).subarray(0, length))).toThrow(CodecError)
      expect(lmtBytes(hexToBytes(LMT_TEXT), 0, length)).toBe(-1)
    }
    expect(() => parseRdt(new Uint8Array(3))).toThrow(CodecError)
  })

  it('throws only CodecError on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(serialiseLmt(parseLmt(bytes)).length).toBe(lmtBytes(bytes, 0, bytes.length))
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CodecError)
          expect(lmtBytes(bytes, 0, bytes.length)).toBe(-1)
        }
      }),
    )
  })
})

/** IP packets and signalling that a receiver passes on, by PLP. */
function receive(packets: readonly { readonly bytes: Uint8Array; readonly plp?: number }[]) {
  const ip: { plp: number; bytes: number[] }[] = []
  const tables: LinkSignalling[] = []
  const receiver = new AlpReceiver({
    ipPacket: (bytes, start, end, plp) => ip.push({ plp, bytes: Array.from(bytes.subarray(start, end)) }),
    linkSignalling: (signalling) => tables.push({ ...signalling, bytes: signalling.bytes.slice() }),
  })
  for (const { bytes, plp } of packets) {
    expect(receiver.read(bytes, 0, bytes.length, plp ?? -1)).toBe(bytes.length)
  }
  receiver.flush()
  return { ip, tables, counters: receiver.counters }
}

describe('AlpReceiver', () => {
  const packet = (length: number, seed: number) => Uint8Array.from(ipv4Udp(Array.from(payload(length, seed))))
  const first = packet(2000, 1)
  const second = packet(1800, 2)

  it('joins interleaved segments of two PLPs and two substreams', () => {
    const streams = [
      { bytes: first, plp: 0, sid: 1 },
      { bytes: second, plp: 0, sid: 2 },
      { bytes: packet(900, 3), plp: 1, sid: 1 },
    ].map(({ bytes, plp, sid }) => alpSegments(bytes, 400, { sid }).map((segment) => ({ bytes: segment, plp })))
    const mixed = [0, 1, 2, 3, 4, 5].flatMap((index) => streams.flatMap((stream) => stream.slice(index, index + 1)))
    const { ip, counters } = receive(mixed)
    expect(ip.map(({ plp, bytes }) => [plp, bytes.length])).toEqual([
      [1, 928],
      [0, 1828],
      [0, 2028],
    ])
    expect(ip.map(({ bytes }) => bytes)).toContainEqual(Array.from(first))
    expect(counters).toMatchObject({ joined: 3, dropped: 0, malformed: 0 })
  })

  it('drops a packet with a missing segment and continues', () => {
    const segments = alpSegments(first, 500).map((bytes) => ({ bytes }))
    for (let missing = 0; missing < segments.length; missing++) {
      const lossy = segments.filter((_, index) => index !== missing)
      const { ip, counters } = receive([...lossy, ...segments])
      expect(ip.map(({ bytes }) => bytes)).toEqual([Array.from(first)])
      expect(counters.dropped).toBe(1)
    }
  })

  it('does not join segments of two packets whose numbers match by chance', () => {
    const [a, , c] = alpSegments(first, 700)
    const [, b] = alpSegments(second, 700)
    const { ip, counters } = receive([a, b, c].map((bytes) => ({ bytes: bytes as Uint8Array })))
    expect(ip.length + counters.dropped).toBe(1)
  })

  it('splits concatenated packets, and takes the PLP from the extension', () => {
    const { ip } = receive([
      { bytes: alpConcatenation([packet(10, 1), packet(20, 2), packet(30, 3)]), plp: 4 },
      { bytes: alpPacket(packet(5, 4), { extension: plpExtension(9) }), plp: 4 },
    ])
    expect(ip.map(({ plp, bytes }) => [plp, bytes.length])).toEqual([
      [4, 38],
      [4, 48],
      [4, 58],
      [9, 33],
    ])
  })

  it('counts packets it does not pass on', () => {
    const { counters, tables } = receive([
      { bytes: alpPacket(payload(10), { type: ALP_TYPE.rohc }) },
      { bytes: alpPacket(payload(10), { type: 3 }) },
      { bytes: hexToBytes('c002abcd0102') },
      { bytes: hexToBytes('0000') },
      { bytes: alpSignalling(payload(12), { type: 200, version: 1, format: 2, encoding: 1 }), plp: 3 },
    ])
    expect(counters).toMatchObject({ packets: 5, rohc: 1, reserved: 1, extension: 1, malformed: 1, signalling: 1 })
    expect(tables).toMatchObject([{ type: 200, version: 1, format: 2, encoding: 1, plp: 3 }])
  })

  it('limits the number of incomplete packets', () => {
    const [begin] = alpSegments(first, 500)
    const receiver = new AlpReceiver({ ipPacket: () => undefined, linkSignalling: () => undefined })
    for (let plp = 0; plp < 1000; plp++) receiver.read(begin as Uint8Array, 0, (begin as Uint8Array).length, plp)
    expect(receiver.counters.dropped).toBe(1000 - 64)
  })
})
