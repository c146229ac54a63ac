import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { asServiceId } from '../../contract/ids.ts'
import { parseAtsc3Body, serialiseAtsc3Body } from './atsc3-message.ts'
import { describeMmtpPacket } from './describe.ts'
import { hintBytesAt, parseHintSample, serialiseHintSample } from './hint-sample.ts'
import { parseMmtMessage, serialiseMmtMessage } from './message.ts'
import { messageName } from './message-id.ts'
import { messageValues, mpTableValues } from './message-values.ts'
import { MMTP_HEADER_DEFAULTS, serialiseMmtpPacket } from './mmtp-header.ts'
import { MmtpPacket } from './mmtp-packet.ts'
import { identifierText, type MpTable, parseMpTable, serialiseMpTable } from './mp-table.ts'
import { MPU_FAULT, MpuPayload, type MpuUnit, mpuFaultName, serialiseMpuPayload } from './mpu-payload.ts'
import { parsePaBody, serialisePaBody } from './pa-message.ts'
import { parseSignallingPayload, serialiseSignallingPayload } from './signalling-payload.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Off air, service 1001: the complete MP table, and a subset with a time. */
const MPT =
  '20010058 fc 0b 4154454d455f4d4d545f31 0000 02' +
  '00 00000000 00000010 11111111111111111111111111111111 68657631 fe 01 00 0023 0000' +
  '00 00000000 00000010 22222222222222222222222222222222 6d703461 fe 01 00 0024 0000'
const SUBSET =
  '125d003b 04 01 00 00000000 00000010 11111111111111111111111111111111 68657631 fd 00 ff 00015f90 01 00 0023 000f' +
  '0001 0c 0000175d dfc2b047fae147ff'

describe('MMTP packets', () => {
  it('are written as read, in both versions', () => {
    const byte = fc.uint8Array({ maxLength: 40 })
    fc.assert(
      fc.property(
        fc.record({
          version: fc.constantFrom(0 as const, 1 as const),
          type: fc.integer({ min: 0, max: 15 }),
          packetId: fc.integer({ min: 0, max: 0xffff }),
          timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
          sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
          counter: fc.option(fc.integer({ min: 0, max: 0xffff_ffff })),
          randomAccess: fc.boolean(),
          flowWord: fc.integer({ min: 0, max: 0xffff }),
          extension: fc.option(fc.record({ type: fc.integer({ min: 0, max: 0xffff }), bytes: byte })),
          fecPayloadId: fc.option(fc.integer({ min: 0, max: 0xffff_ffff })),
        }),
        byte,
        (header, payload) => {
          const bytes = serialiseMmtpPacket(header, payload)
          const packet = new MmtpPacket()
          expect(packet.read(bytes, 0, bytes.length)).toBe(0)
          expect(packet).toMatchObject({
            version: header.version,
            type: header.type,
            packetId: header.packetId,
            timestamp: header.timestamp,
            sequence: header.sequence,
            counter: header.counter ?? -1,
            randomAccess: header.randomAccess,
            flowWord: header.version === 1 ? header.flowWord : -1,
            extensionType: header.extension?.type ?? -1,
            fec: header.fecPayloadId === null ? 0 : 1,
            fecPayloadId: header.fecPayloadId ?? -1,
          })
          expect(bytesToHex(bytes.subarray(packet.payloadStart, packet.payloadEnd))).toBe(bytesToHex(payload))
          if (header.extension !== null)
            expect(bytesToHex(bytes.subarray(packet.extensionStart, packet.extensionEnd))).toBe(
              bytesToHex(header.extension.bytes),
            )
        },
      ),
    )
    expect(() => serialiseMmtpPacket({ ...MMTP_HEADER_DEFAULTS, type: 16 }, new Uint8Array(0))).toThrow(CodecError)
  })

  it('are described at any length', () => {
    const bytes = hexToBytes(
      '62000023 b0470000 002be281 0035c341 a400 05ac 2c 74 0000175d 00000001 00000001 000010c8 01 00',
    )
    const fields = describeMmtpPacket(bytes, 0, bytes.length)
    const value = (name: string): string | undefined => fields.find((field) => field.name === name)?.value
    expect(value('packet_id')).toBe('35')
    expect(value('TB')).toBe('1')
    expect(value('FT')).toBe('2')
    expect(value('offset')).toBe('4296')
    for (let end = 0; end < bytes.length; end++) describeMmtpPacket(bytes, 0, end)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (random) => void describeMmtpPacket(random, 0, random.length)),
    )
  })
})

type Unit = { movieFragment: number; sampleNumber: number; offset: number; itemId: number; data: string }

function unitsOf(payload: MpuPayload, bytes: Uint8Array): Unit[] {
  const units: Unit[] = []
  while (payload.next(bytes) > 0) {
    const { movieFragment, sampleNumber, offset, itemId, dataStart, dataEnd } = payload
    units.push({ movieFragment, sampleNumber, offset, itemId, data: bytesToHex(bytes.subarray(dataStart, dataEnd)) })
  }
  return units
}

describe('MPU payloads', () => {
  it('are read like the reference examples', () => {
    const bytes = hexToBytes('0016 2c 74 0000175d 00000001 00000001 000010c8 01 00 aabb')
    const payload = new MpuPayload()
    expect(payload.read(bytes, 0, bytes.length)).toBe(0)
    expect(payload).toMatchObject({
      fragmentType: 2,
      timed: true,
      indicator: 2,
      aggregated: false,
      fragmentCounter: 116,
    })
    expect(payload.mpuSequence).toBe(5981)
    expect(unitsOf(payload, bytes)).toEqual([
      { movieFragment: 1, sampleNumber: 1, offset: 4296, itemId: 0, data: 'aabb' },
    ])
    const units: MpuUnit[] = [
      {
        kind: 'timed',
        movieFragment: 1,
        sampleNumber: 1,
        offset: 4296,
        priority: 1,
        dependencyCounter: 0,
        data: hexToBytes('aabb'),
      },
    ]
    const header = { fragmentType: 2, timed: true, indicator: 2, fragmentCounter: 116, mpuSequence: 5981 }
    expect(bytesToHex(serialiseMpuPayload(header, units, false))).toBe(bytesToHex(bytes))
  })

  it('are read unit by unit, aggregated units and items', () => {
    const header = { fragmentType: 2, timed: false, indicator: 0, fragmentCounter: 0, mpuSequence: 7 }
    const units: MpuUnit[] = [
      { kind: 'item', itemId: 1, data: hexToBytes('01') },
      { kind: 'item', itemId: 2, data: hexToBytes('0203') },
    ]
    const bytes = serialiseMpuPayload(header, units, true)
    const payload = new MpuPayload()
    expect(payload.read(bytes, 0, bytes.length)).toBe(0)
    expect(unitsOf(payload, bytes).map(({ itemId, data }) => [itemId, data])).toEqual([
      [1, '01'],
      [2, '0203'],
    ])
    expect(() => serialiseMpuPayload(header, units, false)).toThrow(CodecError)
    expect(() => serialiseMpuPayload(header, [{ kind: 'metadata', data: new Uint8Array(65_530) }], false)).toThrow(
      CodecError,
    )
  })

  it.each([
    ['0016 2c 74 0000', MPU_FAULT.truncated],
    ['0016 3c 74 0000175d', MPU_FAULT.type],
    ['0016 2c 74 0000175d', MPU_FAULT.length],
    ['0002 2c 74 0000175d', MPU_FAULT.length],
    ['0006 2d 74 0000175d', MPU_FAULT.aggregation],
  ])('refuse %s', (hex, fault) => {
    const bytes = hexToBytes(hex)
    expect(new MpuPayload().read(bytes, 0, bytes.length)).toBe(fault)
    expect(mpuFaultName(fault)).toMatch(/^mmtp-mpu-/)
  })

  it('are never read past their end', () => {
    const payload = new MpuPayload()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (random) => {
        if (payload.read(random, 0, random.length) !== 0) return
        let step = payload.next(random)
        for (; step > 0; step = payload.next(random)) {
          expect(payload.dataStart).toBeLessThanOrEqual(payload.dataEnd)
          expect(payload.dataEnd).toBeLessThanOrEqual(random.length)
        }
        if (step < 0) expect(mpuFaultName(-step)).not.toContain('fault')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('hint samples', () => {
  it('are recognised by their box and sample number', () => {
    // Off air: the first sample of MPU 5982.
    const bytes = hexToBytes('00000000 01 00000001 00000001 01 00 00000008 0002c589 0000000b 6d756c69 000000')
    const hint = parseHintSample(bytes)
    expect(hint.hint).toEqual({
      sequence: 0,
      trackRefIndex: 1,
      movieFragment: 1,
      sampleNumber: 1,
      priority: 1,
      dependencyCounter: 0,
      offset: 8,
      length: 0x2c589,
    })
    expect(bytesToHex(serialiseHintSample(hint.hint))).toBe(bytesToHex(bytes))
    expect(hintBytesAt(bytes, 0, bytes.length, 1, 1)).toBe(34)
    expect(hintBytesAt(bytes, 0, bytes.length, 1, 2)).toBe(0)
    for (let end = 0; end < bytes.length; end++)
      expect(() => parseHintSample(bytes.subarray(0, end))).toThrow(CodecError)
  })
})

describe('signalling payloads', () => {
  it('carry one message, a fragment, or several messages', () => {
    for (const hex of ['3c01 00200100 00', '7c05 aabb', '3d00 0002 aabb 0001 cc', '3f00 00000002 aabb']) {
      const bytes = hexToBytes(hex)
      const payload = parseSignallingPayload(bytes, 0, bytes.length)
      expect(bytesToHex(serialiseSignallingPayload(payload))).toBe(bytesToHex(bytes))
    }
    const both = hexToBytes('3d00 0002 aabb 0001 cc')
    expect(parseSignallingPayload(both, 0, both.length).parts.map((part) => bytesToHex(part))).toEqual(['aabb', 'cc'])
    for (const hex of ['3c', '3d00 0003 aabb', '3f00 0000', '7d00 0001 aa'])
      expect(() => parseSignallingPayload(hexToBytes(hex), 0, hexToBytes(hex).length)).toThrow(CodecError)
    const many = new Uint8Array(2 + 2 * 1000)
    many[0] = 0x3d
    expect(() => parseSignallingPayload(many, 0, many.length)).toThrowError(
      expect.objectContaining({ code: 'mmtp-si-too-many' }),
    )
  })
})

describe('messages', () => {
  it('have the length width of their kind, and end with the payload', () => {
    const hrbm = parseMmtMessage(hexToBytes('0204 01 86a0 00003e80 0000 0000 0000 0000'))
    expect(hrbm).toMatchObject({ name: 'HRBM', version: 1, claimed: 0x86a0 })
    expect(hrbm.body.length).toBe(12)
    expect(messageValues(hrbm)).toMatchObject({ length: 0x86a0, length_there: 12 })
    for (const [id, name] of [
      [0, 'PA'],
      [1, 'MPI'],
      [0x10, 'MPI'],
      [0x11, 'MPT'],
      [0x20, 'MPT'],
      [0x0203, 'AL_FEC'],
      [0x020e, 'LDC'],
      [0x8100, 'MA3'],
      [0xf337, 'SCTE-35'],
      [0x7777, 'MMT-0x7777'],
    ] as const) {
      expect(messageName(id)).toBe(name)
      const bytes = serialiseMmtMessage(id, 3, hexToBytes('aabbcc'))
      expect(parseMmtMessage(bytes)).toMatchObject({ id, name, version: 3, claimed: 3 })
    }
    // The signed message of A/331:2019, with either width.
    expect(parseMmtMessage(hexToBytes('8101 01 00000002 aabb')).claimed).toBe(2)
    expect(parseMmtMessage(hexToBytes('8101 01 0002 aabb')).claimed).toBe(2)
    const signed = messageValues(parseMmtMessage(hexToBytes('8101 01 0002 aabb')))
    expect(signed).toMatchObject({ name: 'SIGNED-MA3', body: 'aabb' })
    const splice = messageValues(parseMmtMessage(hexToBytes('f337 01 0011 ffff fc000c aabbccddeeff001122334455')))
    expect(splice.splice_info_section).toBe('fc000caabbccddeeff001122334455')
  })

  it('list the tables of a PA message', () => {
    const tables = [
      { tableId: 0x20, version: 1, bytes: hexToBytes(MPT) },
      { tableId: 0x80, version: 2, bytes: hexToBytes('80 02 0001 aa') },
    ]
    const body = serialisePaBody(tables)
    expect(parsePaBody(body)).toEqual(tables)
    for (let end = 0; end < 9; end++) expect(() => parsePaBody(body.subarray(0, end))).toThrow(CodecError)
    for (let end = 9; end < body.length; end++) {
      const faults = new EntryFaults()
      const read = parsePaBody(body.subarray(0, end), faults)
      expect(read).toEqual(tables.slice(0, read.length))
      expect(faults.listed).toMatchObject([{ path: `table[${read.length + 1}]` }])
    }
  })

  it('list the tables of a PA message that says it has none, up to its end', () => {
    const tables = [
      { tableId: 0x20, version: 1, bytes: hexToBytes(MPT) },
      { tableId: 0x80, version: 2, bytes: hexToBytes('80 02 0001 aa') },
    ]
    const body = Uint8Array.from([0, ...tables.flatMap(({ bytes }) => [...bytes])])
    for (const padding of [0, 1, 3, 4, 9]) {
      const faults = new EntryFaults()
      expect(parsePaBody(Uint8Array.from([...body, ...new Uint8Array(padding)]), faults)).toEqual(tables)
      expect(faults.count).toBe(0)
    }
    for (let end = 2; end < body.length; end++) {
      const faults = new EntryFaults()
      const read = parsePaBody(body.subarray(0, end), faults)
      expect(read).toEqual(tables.slice(0, read.length))
      const between = end === 1 + (tables[0]?.bytes.length ?? 0)
      expect(faults.listed).toMatchObject(between ? [] : [{ path: `table[${read.length + 1}]` }])
    }
    expect(parsePaBody(Uint8Array.from([0]))).toEqual([])
  })

  it('carry ATSC content, packed or not', () => {
    const content = utf8('<BundleDescriptionMMT/>')
    for (const compression of [1, 2]) {
      const body = serialiseAtsc3Body({
        serviceId: asServiceId(1001),
        contentType: 1,
        contentVersion: 4,
        compression,
        uri: 'usbd.xml',
        content,
      })
      expect(parseAtsc3Body(body, 1000)).toEqual({
        serviceId: 1001,
        contentType: 1,
        contentName: 'USBD',
        contentVersion: 4,
        compression,
        uri: 'usbd.xml',
        content,
      })
    }
    const bomb = serialiseAtsc3Body({
      serviceId: asServiceId(1),
      contentType: 99,
      contentVersion: 0,
      compression: 2,
      uri: '',
      content: new Uint8Array(100_000),
    })
    expect(() => parseAtsc3Body(bomb, 10_000)).toThrowError(expect.objectContaining({ code: 'gzip-too-large' }))
    expect(parseAtsc3Body(bomb, 100_000).contentName).toBe('MA3-99')
  })
})

describe('MP tables', () => {
  it('are read and written as on air', () => {
    for (const hex of [MPT, SUBSET]) {
      const bytes = hexToBytes(hex)
      const table = parseMpTable(bytes)
      expect(bytesToHex(serialiseMpTable(hex === SUBSET ? { ...table, mode: table.mode } : table)).slice(10)).toBe(
        bytesToHex(bytes).slice(10),
      )
    }
    const complete = parseMpTable(hexToBytes(MPT))
    expect(complete.assets.map((asset) => [identifierText(asset.identifier), asset.type, asset.locations])).toEqual([
      ['11'.repeat(16), 'hev1', [{ type: 0, packetId: 0x23 }]],
      ['22'.repeat(16), 'mp4a', [{ type: 0, packetId: 0x24 }]],
    ])
    expect(mpTableValues(complete)).toMatchObject({ MMT_package_id: 'ATEME_MMT_1' })
    const [asset] = parseMpTable(hexToBytes(SUBSET)).assets
    expect(asset?.clock).toEqual({ relationId: 0, timescale: 90_000 })
    expect(asset?.descriptors[0]).toMatchObject({
      kind: 'mpu-timestamp',
      timestamps: [{ mpuSequence: 5981, seconds: 0xdfc2b047, fraction: 0xfae147ff }],
    })
    expect(mpTableValues(parseMpTable(hexToBytes(SUBSET)))).toMatchObject({
      assets: [{ descriptors: [{ timestamps: [{ MPU_presentation_time: '2018-12-17T23:31:19.980000Z' }] }] }],
    })
  })

  it('have every location, identifier and width of descriptor', () => {
    const described = (tag: number, length: number) =>
      ({ kind: 'other', tag, name: null, bytes: new Uint8Array(length).fill(7) }) as const
    const table: MpTable = {
      tableId: 0x11,
      version: 3,
      mode: 2,
      packageId: utf8('package'),
      descriptors: hexToBytes('aabb'),
      rest: new Uint8Array(0),
      assetCount: 2,
      assets: [
        {
          identifier: { kind: 'urls', urls: ['http://a.example/x', 'b'] },
          type: 'avc1',
          isDefault: true,
          clock: { relationId: 1, timescale: null },
          locations: [
            { type: 0, packetId: 17 },
            { type: 1, source: '10.0.0.1', destination: '239.1.2.3', port: 5000, packetId: 18 },
            { type: 2, source: '2001:db8::1', destination: 'ff3e::1', port: 5001, packetId: 19 },
            { type: 3, networkId: 1, transportStreamId: 2, pid: 0x100 },
            { type: 4, source: '2001:db8::1', destination: 'ff3e::1', port: 5002, pid: 0x101 },
            { type: 5, url: 'http://b.example/y' },
          ],
          descriptors: [described(0x8001, 3), described(0x4001, 300), described(0x7001, 5)],
          unreadDescriptors: new Uint8Array(0),
        },
        {
          identifier: { kind: 'other', type: 3, bytes: utf8('rep-1') },
          type: 'stpp',
          isDefault: false,
          clock: null,
          locations: [],
          descriptors: [],
          unreadDescriptors: hexToBytes('0001ff'),
        },
      ],
    }
    const bytes = serialiseMpTable(table)
    expect(parseMpTable(bytes)).toEqual(table)
    expect(mpTableValues(parseMpTable(bytes)).assets).toHaveLength(2)
    // An unknown location type: the rest is kept as bytes and written back.
    const unknown = parseMpTable(hexToBytes(MPT.replace('01 00 0024', '01 77 0024')))
    expect(unknown.assets).toHaveLength(1)
    expect(unknown.rest.length).toBe(36)
    expect(bytesToHex(serialiseMpTable(unknown))).toBe(bytesToHex(hexToBytes(MPT.replace('01 00 0024', '01 77 0024'))))
  })
})

describe('truncated and random input', () => {
  const parsers: readonly [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
    ['MP table', hexToBytes(MPT), (bytes) => mpTableValues(parseMpTable(bytes))],
    ['MP subset table', hexToBytes(SUBSET), (bytes) => mpTableValues(parseMpTable(bytes))],
    ['message', serialiseMmtMessage(0x20, 1, hexToBytes(MPT)), (bytes) => messageValues(parseMmtMessage(bytes))],
    ['PA', serialisePaBody([{ tableId: 0x20, version: 1, bytes: hexToBytes(MPT) }]), parsePaBody],
    ['signalling', hexToBytes('3d00 0002 aabb 0001 cc'), (bytes) => parseSignallingPayload(bytes, 0, bytes.length)],
    [
      'MA3',
      serialiseAtsc3Body({
        serviceId: asServiceId(1),
        contentType: 1,
        contentVersion: 1,
        compression: 2,
        uri: 'u',
        content: utf8('x'),
      }),
      (bytes) => parseAtsc3Body(bytes, 1000),
    ],
  ]
  it.each(parsers)('throws only CodecError in %s', (_, bytes, parse) => {
    const guarded = (input: Uint8Array): void => {
      try {
        parse(input)
      } catch (thrown) {
        if (!(thrown instanceof CodecError)) throw thrown
      }
    }
    for (let end = 0; end < bytes.length; end++) guarded(bytes.subarray(0, end))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      guarded(flipped)
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), guarded), { numRuns: 1000 })
  })
})
