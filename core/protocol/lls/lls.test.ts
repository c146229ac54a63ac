import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { hexToBytes } from '../../bytes/hex.ts'
import { asServiceId } from '../../contract/ids.ts'
import { LLS_TABLE, type LlsTable, llsTableName, parseLlsTable, serialiseLlsTable } from './lls-table.ts'
import { parseSignedMultiTable, serialiseSignedMultiTable, unfoldTable } from './signed-multi-table.ts'
import { parseSlt, SLT_SERVICE_DEFAULTS, type Slt, type SltService, serialiseSlt } from './slt.ts'
import { parseSystemTime, type SystemTime, serialiseSystemTime, utcLocalOffsetSeconds } from './system-time.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const nothing = fc.constant([])
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value)
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }).filter((each) => each.trim() === each)

describe('LLS table', () => {
  it('reads header and body, with a file name in the gzip header as on air', () => {
    const gz = gzip(utf8('<SLT/>'))
    const named = Uint8Array.from([
      ...gz.subarray(0, 3),
      0x08,
      ...gz.subarray(4, 10),
      ...utf8('slt.xml\0'),
      ...gz.subarray(10),
    ])
    const table = parseLlsTable(Uint8Array.from([1, 1, 0, 2, ...named]))
    expect(table).toEqual({ tableId: 1, groupId: 1, groupCount: 1, version: 2, body: utf8('<SLT/>'), compressed: true })
  })

  it('is read back as written', () => {
    const table: fc.Arbitrary<LlsTable> = fc.record({
      tableId: fc.nat(255),
      groupId: fc.nat(255),
      groupCount: fc.integer({ min: 1, max: 256 }),
      version: fc.nat(255),
      body: fc.uint8Array({ maxLength: 200 }).filter((body) => body[0] !== 0x1f),
      compressed: fc.boolean(),
    })
    fc.assert(
      fc.property(table, (value) => {
        expect(parseLlsTable(serialiseLlsTable(value))).toEqual(value)
      }),
    )
  })

  it('refuses short, large and damaged tables', () => {
    for (let length = 0; length < 4; length++) expect(() => parseLlsTable(new Uint8Array(length))).toThrow(CodecError)
    const bomb = serialiseLlsTable({
      tableId: 1,
      groupId: 0,
      groupCount: 1,
      version: 1,
      body: new Uint8Array(1 << 20),
      compressed: true,
    })
    expect(() => parseLlsTable(bomb, 1000)).toThrow('unpack to more than 1000')
    for (let length = 6; length < 40; length++)
      expect(() => parseLlsTable(bomb.subarray(0, length))).toThrow(CodecError)
  })

  it('names the tables of the standard', () => {
    expect([1, 3, 0xfe, 7].map(llsTableName)).toEqual(['SLT', 'SystemTime', 'SignedMultiTable', 'LLS 0x07'])
  })

  it('unwraps a signed table, and nothing nested', () => {
    const slt = gzip(utf8('<SLT/>'))
    const body = Uint8Array.from([2, 1, 5, 0, slt.length, ...slt, 0xff, 1, 0, 2, 0xaa, 0xbb, 0, 3, 1, 2, 3])
    const wrapper = {
      tableId: LLS_TABLE.signedMultiTable,
      groupId: 4,
      groupCount: 2,
      version: 9,
      body,
      compressed: false,
    }
    const { tables, signature, signedBytes } = parseSignedMultiTable(wrapper)
    expect(tables.map((each) => unfoldTable(each))).toMatchObject([
      { tableId: 1, groupId: 4, groupCount: 2, version: 5, body: utf8('<SLT/>'), compressed: true },
      { tableId: 0xff, version: 1, body: hexToBytes('aabb'), compressed: false },
    ])
    expect(signedBytes).toEqual(body.subarray(0, body.length - 5))
    expect(signature).toEqual(hexToBytes('010203'))
    for (let end = 0; end < body.length; end++) {
      expect(() => parseSignedMultiTable({ ...wrapper, body: body.subarray(0, end) })).toThrow(CodecError)
    }
    const faults = new EntryFaults()
    const nested = { ...wrapper, body: hexToBytes('02 fe 00 0001 aa ff 01 0001 bb 0000') }
    expect(parseSignedMultiTable(nested, faults).tables).toMatchObject([{ tableId: 0xff, payload: hexToBytes('bb') }])
    expect(faults.listed).toEqual([{ path: 'payload[1]', reason: 'a SignedMultiTable inside a SignedMultiTable' }])
  })
})

describe('SignedMultiTable', () => {
  it('is read back as written, with the signature over its tables', () => {
    const table = fc.record({
      tableId: fc.nat(255).filter((id) => id !== LLS_TABLE.signedMultiTable),
      version: fc.nat(255),
      payload: fc.uint8Array({ maxLength: 700 }),
    })
    const wrapper = fc.record({
      groupId: fc.nat(255),
      groupCount: fc.integer({ min: 1, max: 256 }),
      version: fc.nat(255),
    })
    fc.assert(
      fc.property(wrapper, fc.array(table, { maxLength: 5 }), fc.uint8Array(), (head, tables, signature) => {
        let signed: Uint8Array | null = null
        const bytes = serialiseSignedMultiTable(head, tables, (each) => {
          signed = each
          return signature
        })
        const outer = parseLlsTable(bytes)
        expect(outer).toMatchObject({ ...head, tableId: LLS_TABLE.signedMultiTable, compressed: false })
        const read = parseSignedMultiTable(outer)
        expect(read.tables.map(({ tableId, version, payload }) => ({ tableId, version, payload }))).toEqual(tables)
        expect([read.signedBytes, read.signature]).toEqual([signed, signature])
      }),
    )
  })

  it('takes no table that its length cannot tell', () => {
    const head = { groupId: 0, groupCount: 1, version: 1 }
    const large = { tableId: 1, version: 1, payload: new Uint8Array(65_536) }
    expect(() => serialiseSignedMultiTable(head, [large], () => new Uint8Array(0))).toThrow(RangeError)
  })
})

describe('SLT', () => {
  it("uses the standard's defaults, and keeps unknown attributes", () => {
    const slt = parseSlt(
      '<SLT xmlns="x" bsid="50 51"><SLTInetUrl urlType="1">http://a</SLTInetUrl>' +
        '<Service serviceId="1001" shortServiceName="ATEME MMT 1" later="x"><BroadcastSvcSignaling slsProtocol="2" slsDestinationIpAddress="239.255.10.1" slsDestinationUdpPort="51001"/><OtherBsid type="2">7 8</OtherBsid></Service>' +
        '<Service serviceId="2"><SimulcastTSID simulcastMajorChannelNo="5">77</SimulcastTSID><SvcInetUrl urlType="2">u</SvcInetUrl></Service></SLT>',
    )
    expect(slt.bsids).toEqual([50, 51])
    expect(slt.services[0]).toEqual({
      ...SLT_SERVICE_DEFAULTS,
      serviceId: 1001,
      serviceCategory: 0,
      shortServiceName: 'ATEME MMT 1',
      signalling: {
        slsProtocol: 2,
        majorVersion: 1,
        minorVersion: 0,
        destinationAddress: '239.255.10.1',
        destinationPort: 51001,
        sourceAddress: null,
        otherAttributes: [],
      },
      otherBsids: [{ type: 2, bsids: [7, 8] }],
      otherAttributes: [{ name: 'later', local: 'later', value: 'x' }],
    })
    expect(slt.services[1]).toMatchObject({
      signalling: null,
      simulcastTsid: { tsid: 77, major: 5, minor: null },
      inetUrls: [{ urlType: 2, url: 'u' }],
    })
  })

  it('leaves out services without a usable id, and signalling without an address, and names them', () => {
    const text = `<SLT>
<Service serviceId="1"><BroadcastSvcSignaling slsDestinationIpAddress="239.1.1.1" slsDestinationUdpPort="5000"/></Service>
<Service/>
<Service serviceId="x"/>
<Service serviceId="70000"/>
<Service serviceId="2"><BroadcastSvcSignaling slsDestinationIpAddress="239.1.1.2" slsDestinationUdpPort="y"/></Service>
<Service serviceId="3"><BroadcastSvcSignaling slsDestinationUdpPort="5000"/></Service>
</SLT>`
    const faults = new EntryFaults()
    expect(parseSlt(text, faults).services).toMatchObject([
      { serviceId: 1, signalling: { destinationPort: 5000 } },
      { serviceId: 2, signalling: null },
      { serviceId: 3, signalling: null },
    ])
    expect(faults.listed).toMatchObject([
      { path: 'Service[2]', reason: 'line 3, column 10: Service has no @serviceId' },
      { path: 'Service[3]', reason: expect.stringContaining('Service@serviceId is "x"') },
      { path: 'Service[4]', reason: expect.stringContaining('"70000", not a number up to 65535') },
      { path: 'Service[5]/BroadcastSvcSignaling', reason: expect.stringContaining('slsDestinationUdpPort is "y"') },
      { path: 'Service[6]/BroadcastSvcSignaling', reason: expect.stringContaining('has no @slsDestinationIpAddress') },
    ])
  })

  it('names the place of an error', () => {
    expect(() => parseSlt('<SLT>\n<Service></SLT>')).toThrow('line 2, column')
    expect(() => parseSlt('<SystemTime/>')).toThrow('expected SLT, got SystemTime')
    expect(parseSlt('<SLT/>')).toMatchObject({ bsids: [], services: [] })
  })

  it('is read back as written', () => {
    const u16 = fc.nat(65535)
    const service: fc.Arbitrary<SltService> = fc.record({
      serviceId: u16.map(asServiceId),
      globalServiceId: maybe(words),
      sltSvcSeqNum: fc.nat(255),
      protected: fc.boolean(),
      majorChannelNo: maybe(fc.nat(999)),
      minorChannelNo: maybe(fc.nat(999)),
      serviceCategory: fc.nat(255),
      shortServiceName: maybe(words),
      hidden: fc.boolean(),
      broadbandAccessRequired: fc.boolean(),
      essential: maybe(fc.boolean()),
      drmSystemIds: fc.array(
        fc.uuid().map((id) => `urn:uuid:${id}`),
        { maxLength: 2 },
      ),
      hideInGuide: fc.boolean(),
      configuration: maybe(fc.constantFrom('Broadcast', 'Broadband')),
      capabilities: maybe(words),
      simulcastTsid: maybe(fc.record({ tsid: maybe(u16), major: maybe(u16), minor: maybe(u16) })),
      inetUrls: fc.array(fc.record({ urlType: maybe(fc.nat(9)), url: fc.webUrl() }), { maxLength: 2 }),
      otherBsids: fc.array(fc.record({ type: maybe(fc.nat(2)), bsids: fc.array(u16, { maxLength: 3 }) }), {
        maxLength: 2,
      }),
      signalling: maybe(
        fc.record({
          slsProtocol: fc.constantFrom(1, 2),
          majorVersion: fc.nat(9),
          minorVersion: fc.nat(9),
          destinationAddress: fc.ipV4(),
          destinationPort: u16,
          sourceAddress: maybe(fc.ipV4()),
          otherAttributes: nothing,
        }),
      ),
      otherAttributes: fc.constantFrom([], [{ name: 'later', local: 'later', value: 'a "b"' }]),
    })
    const slt: fc.Arbitrary<Slt> = fc.record({
      bsids: fc.array(u16, { maxLength: 3 }),
      capabilities: maybe(words),
      inetUrls: nothing,
      services: fc.array(service, { maxLength: 3 }),
      otherAttributes: nothing,
    })
    fc.assert(
      fc.property(slt, (value) => {
        expect(parseSlt(serialiseSlt(value))).toEqual(value)
      }),
    )
  })
})

describe('SystemTime', () => {
  it('reads the forms off air and of GPAC, with different namespaces', () => {
    for (const head of [
      '<SystemTime',
      '<SystemTime xmlns="http://www.atsc.org/XMLSchemas/ATSC3/Delivery/SYSTIME/1.0/"',
      '<x:SystemTime xmlns:x="urn"',
    ]) {
      expect(parseSystemTime(`${head} currentUtcOffset="37" utcLocalOffset="-PT5H" dsStatus="false"/>`)).toMatchObject({
        currentUtcOffset: 37,
        utcLocalOffset: '-PT5H',
        ptpPrepend: 0,
        dsStatus: false,
        dsDayOfMonth: null,
      })
    }
    expect(parseSystemTime('<SystemTime currentUtcOffset="-1"/>').currentUtcOffset).toBe(-1)
    expect(() => parseSystemTime('<SLT/>')).toThrow(CodecError)
  })

  it('is read back as written', () => {
    const time: fc.Arbitrary<SystemTime> = fc.record({
      currentUtcOffset: maybe(fc.integer({ min: -32768, max: 32767 })),
      ptpPrepend: fc.nat(65535),
      leap59: fc.boolean(),
      leap61: fc.boolean(),
      utcLocalOffset: maybe(fc.constantFrom('PT0H', '-PT5H')),
      dsStatus: fc.boolean(),
      dsDayOfMonth: maybe(fc.nat(31)),
      dsHour: maybe(fc.nat(24)),
      otherAttributes: nothing,
    })
    fc.assert(
      fc.property(time, (value) => {
        expect(parseSystemTime(serialiseSystemTime(value))).toEqual(value)
      }),
    )
  })

  it.each([
    ['-PT5H', -18000],
    ['PT0H', 0],
    ['PT5H30M', 19800],
    ['P1DT1S', 86401],
    ['5 hours', null],
  ])('%s is %s seconds', (duration, seconds) => {
    expect(utcLocalOffsetSeconds(duration)).toBe(seconds)
  })
})
