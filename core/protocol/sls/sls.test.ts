import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { asServiceId, asToi, asTsi } from '../../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS, type Fdt } from '../flute/fdt.ts'
import { ENVELOPE_ITEM_DEFAULTS, parseEnvelope, serialiseEnvelope } from './envelope.ts'
import { fragmentType, SLS_MEDIA_TYPE } from './fragment-type.ts'
import { parseStsid, type Stsid, type StsidChannel, serialiseStsid } from './s-tsid.ts'
import { describeSlsToi, parseSlsToi, slsToi } from './sls-toi.ts'
import { parseUsbd, serialiseUsbd, type Usbd } from './usbd.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value)
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }).filter((each) => each.trim() === each)
const nothing = fc.constant([])

const efdt: Fdt = {
  ...FDT_DEFAULTS,
  version: 0,
  fileTemplate: '1_$TOI$.m4s',
  instanceExpiresNtp: 4294944000,
  maxTransportSize: 304176,
  files: [{ ...FDT_FILE_DEFAULTS, toi: asToi(4294967295), contentLocation: '1_.mp4' }],
}
const channel: StsidChannel = {
  tsi: asTsi(10),
  bandwidthKbps: 668,
  startTime: null,
  endTime: null,
  source: {
    realTime: true,
    minBufferKb: null,
    efdt,
    media: [{ repId: '1', contentType: 'video', lang: null, startup: false, ratings: [], otherAttributes: [] }],
    aeaIds: [],
    payloads: [
      {
        codepoint: 128,
        formatId: 1,
        fragmentation: 0,
        inOrder: true,
        sourceFecPayloadId: 0,
        fecParams: null,
        otherAttributes: [],
      },
    ],
    otherAttributes: [],
  },
  repair: null,
  otherAttributes: [],
}
const stsid: Stsid = {
  sessions: [
    {
      sourceAddress: '127.0.0.1',
      destinationAddress: '225.1.1.0',
      destinationPort: 6000,
      channels: [channel],
      otherAttributes: [],
    },
  ],
  otherAttributes: [],
}

describe('S-TSID', () => {
  it('is written in the US flavour with the names that receivers compare', () => {
    const written = text(serialiseStsid(stsid, 'us'))
    expect(written).toContain(
      '<FDT-Instance afdt:efdtVersion="0" afdt:fileTemplate="1_$TOI$.m4s" Expires="4294944000" afdt:maxTransportSize="304176">',
    )
    expect(written).toContain('<fdt:File Content-Location="1_.mp4" TOI="4294967295"/>')
    expect(written).toContain('<RS dIpAddr="225.1.1.0" dPort="6000" sIpAddr="127.0.0.1">')
    expect(parseStsid(written)).toEqual(stsid)
  })

  it('is written in the Korean flavour, which has no Expires and no size', () => {
    const written = text(serialiseStsid(stsid, 'korean'))
    expect(written).toMatch(
      /<EFDT version="0">\s*<FileTemplate>1_\$TOI\$\.m4s<\/FileTemplate>\s*<FDTParameters>\s*<fdt:File /,
    )
    const source = parseStsid(written).sessions[0]?.channels[0]?.source
    expect(source?.efdt).toEqual({ ...efdt, instanceExpiresNtp: null, maxTransportSize: null })
  })

  it('reads the minimal one off air', () => {
    const parsed = parseStsid(
      '<S-TSID xmlns="x"><RS sIpAddr="172.16.200.1" dIpAddr="239.255.20.9" dPort="52009"><LS tsi="1" startTime="2018-09-01T00:00:00Z" endTime="2035-12-31T23:59:59Z"><SrcFlow rt="false"><Payload codePoint="0" formatId="1"/></SrcFlow></LS></RS></S-TSID>',
    )
    expect(parsed.sessions[0]?.channels[0]).toMatchObject({
      tsi: 1,
      bandwidthKbps: null,
      endTime: '2035-12-31T23:59:59Z',
      source: {
        efdt: null,
        media: [],
        payloads: [{ codepoint: 0, formatId: 1, inOrder: true, sourceFecPayloadId: 0 }],
      },
    })
  })

  it('leaves addresses null where the SLT has them', () => {
    expect(parseStsid('<S-TSID><RS><LS tsi="1"/></RS></S-TSID>').sessions[0]).toMatchObject({
      sourceAddress: null,
      destinationAddress: null,
      destinationPort: null,
      channels: [{ tsi: 1, source: null, repair: null }],
    })
  })

  it('keeps a repair flow as written, under either name', () => {
    for (const name of ['RepairFlow', 'RprFlow']) {
      const flow = `<${name} rt="true"><FECParameters maximumDelay="5000" overhead="10" fecOTI="00"><ProtectedObject tsi="10" fecTransportObjectSize="1"/></FECParameters></${name}>`
      const parsed = parseStsid(`<S-TSID><RS><LS tsi="11">${flow}</LS></RS></S-TSID>`)
      const repair = parsed.sessions[0]?.channels[0]?.repair
      expect(repair?.protectedTsis).toEqual([10])
      expect(repair?.element.children[0]?.attributes[0]).toEqual({
        name: 'maximumDelay',
        local: 'maximumDelay',
        value: '5000',
      })
      expect(parseStsid(serialiseStsid(parsed, 'us'))).toEqual(parsed)
    }
  })

  it('reads a repair flow in the form of the schema and of the text', () => {
    const repair = (flow: string) =>
      parseStsid(`<S-TSID><RS><LS tsi="11">${flow}</LS></RS></S-TSID>`).sessions[0]?.channels[0]?.repair
    const written = repair(
      '<RepairFlow><FECParameters maximumDelay="5000" overhead="10" minBuffSize="20000000" fecOTI="000000000000000000000000">' +
        '<ProtectedObject tsi="10" sourceTOI="2*TOI+1" fecTransportObjectSize="892"/><ProtectedObject tsi="20" sourceTOI="20"/>' +
        '<ProtectedObject tsi="30"><SourceTOI x="3" y="4"/></ProtectedObject><ProtectedObject sourceTOI="TOI-1" sessionDescription="dport=7" more="x"/>' +
        '</FECParameters></RepairFlow>',
    )
    expect(written?.parameters).toEqual({
      maximumDelayMs: 5000,
      overheadPercent: 10,
      minBufferSize: 20000000,
      fecOti: '000000000000000000000000',
      otherAttributes: [],
    })
    expect(written?.protectedTsis).toEqual([10, 20, 30])
    expect(written?.protectedObjects).toMatchObject([
      { tsi: 10, sourceToi: { x: 2, y: 1 }, fecTransportObjectSize: 892 },
      { tsi: 20, sourceToi: { x: 0, y: 20 }, fecTransportObjectSize: null },
      { tsi: 30, sourceToi: { x: 3, y: 4 } },
      { tsi: null, sourceToi: null, sessionDescription: 'dport=7', otherAttributes: [{ name: 'more' }] },
    ])
    expect(repair('<RprFlow fecOTI="aa"/>')?.parameters.fecOti).toBe('aa')
  })

  it('reads ratings and alert media of a flow, and keeps unknown attributes', () => {
    const source = parseStsid(
      '<S-TSID><RS><LS tsi="1"><SrcFlow><ContentInfo><MediaInfo repId="v" role="x"><ContentRating value="1,\'TV-PG\'"/>' +
        '<ContentRating schemeIdUri="s" value="2"/></MediaInfo><AEAMedia><AEAId>a1</AEAId><AEAId>a2</AEAId></AEAMedia></ContentInfo>' +
        '<Payload codePoint="128" formatId="4" frag="1" order="false" srcFecPayloadId="1" fecParams="00" extra="1"/></SrcFlow></LS></RS></S-TSID>',
    ).sessions[0]?.channels[0]?.source
    expect(source?.media[0]?.ratings).toEqual([
      { scheme: 'tag:atsc.org,2016:carating:1', value: "1,'TV-PG'" },
      { scheme: 's', value: '2' },
    ])
    expect(source?.media[0]?.otherAttributes).toMatchObject([{ name: 'role', value: 'x' }])
    expect(source?.aeaIds).toEqual(['a1', 'a2'])
    expect(source?.payloads[0]).toMatchObject({ formatId: 4, inOrder: false, sourceFecPayloadId: 1, fecParams: '00' })
    expect(source?.payloads[0]?.otherAttributes).toMatchObject([{ name: 'extra' }])
  })

  it('leaves out channels, sessions, payloads and files that cannot be used, and names them', () => {
    const text = `<S-TSID>
 <RS dPort="no"><LS tsi="1"/></RS>
 <RS><LS/><LS tsi="x"/><LS tsi="10"><SrcFlow>
  <EFDT><FDT-Instance><File TOI="1" Content-Location="a"/><File TOI="-" Content-Location="b"/></FDT-Instance></EFDT>
  <Payload codePoint="8" formatId="1"/><Payload codePoint="300"/>
 </SrcFlow></LS></RS></S-TSID>`
    const faults = new EntryFaults()
    const { sessions } = parseStsid(text, faults)
    expect(sessions).toMatchObject([
      { channels: [{ tsi: 10, source: { efdt: { files: [{ toi: 1 }] }, payloads: [{ codepoint: 8 }] } }] },
    ])
    expect(faults.listed).toMatchObject([
      { path: 'RS[1]', reason: expect.stringContaining('RS@dPort is "no"') },
      { path: 'RS[2]/LS[1]', reason: expect.stringMatching(/^line 3, column \d+: LS has no @tsi$/) },
      { path: 'RS[2]/LS[2]', reason: expect.stringContaining('LS@tsi is "x"') },
      { path: 'RS[2]/LS[3]/File[2]', reason: expect.stringContaining('File@TOI is "-"') },
      { path: 'RS[2]/LS[3]/Payload[2]', reason: expect.stringContaining('Payload@codePoint is "300"') },
    ])
  })

  it('refuses an unexpected root', () => {
    expect(() => parseStsid('<MPD/>')).toThrow('expected S-TSID, got MPD')
  })

  it('is read back as written', () => {
    const arbitrary: fc.Arbitrary<Stsid> = fc.record({
      sessions: fc.array(
        fc.record({
          sourceAddress: maybe(fc.ipV4()),
          destinationAddress: maybe(fc.ipV4()),
          destinationPort: maybe(fc.nat(65535)),
          channels: fc.array(
            fc.record({
              tsi: fc.nat().map(asTsi),
              bandwidthKbps: maybe(fc.nat()),
              startTime: maybe(words),
              endTime: maybe(words),
              source: maybe(
                fc.record({
                  realTime: fc.boolean(),
                  minBufferKb: maybe(fc.nat()),
                  efdt: maybe(fc.constantFrom(efdt, FDT_DEFAULTS)),
                  media: fc.array(
                    fc.record({
                      repId: words,
                      contentType: maybe(words),
                      lang: maybe(words),
                      startup: fc.boolean(),
                      ratings: fc.array(fc.record({ scheme: words, value: maybe(words) }), { maxLength: 2 }),
                      otherAttributes: nothing,
                    }),
                    { maxLength: 2 },
                  ),
                  aeaIds: fc.array(words, { maxLength: 2 }),
                  payloads: fc.array(
                    fc.record({
                      codepoint: fc.nat(255),
                      formatId: fc.integer({ min: 1, max: 4 }),
                      fragmentation: fc.nat(2),
                      inOrder: fc.boolean(),
                      sourceFecPayloadId: fc.nat(2),
                      fecParams: maybe(fc.constant('00aa')),
                      otherAttributes: nothing,
                    }),
                    { maxLength: 2 },
                  ),
                  otherAttributes: nothing,
                }),
              ),
              repair: fc.constant(null),
              otherAttributes: nothing,
            }),
            { maxLength: 3 },
          ),
          otherAttributes: fc.constantFrom([], [{ name: 'odd', local: 'odd', value: '<&>' }]),
        }),
        { maxLength: 2 },
      ),
      otherAttributes: nothing,
    })
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(parseStsid(serialiseStsid(value, 'us'))).toEqual(value)
      }),
    )
  })
})

describe('USBD', () => {
  it('reads names with and without the xml prefix, and a root without bundle', () => {
    const usbd = parseUsbd(
      '<BundleDescriptionROUTE><UserServiceDescription serviceId="1"><Name lang="eng">ALPHA</Name><Name xml:lang="fr">ALEPH</Name><ServiceLanguage>en</ServiceLanguage><DeliveryMethod><BroadcastAppService><BasePattern>1_</BasePattern></BroadcastAppService><UnicastAppService><BasePattern>u_</BasePattern></UnicastAppService></DeliveryMethod></UserServiceDescription></BundleDescriptionROUTE>',
    )
    expect(usbd).toEqual({
      serviceId: 1,
      serviceStatus: true,
      names: [
        { lang: 'eng', text: 'ALPHA' },
        { lang: 'fr', text: 'ALEPH' },
      ],
      languages: ['en'],
      basePatterns: ['1_'],
      unicastPatterns: ['u_'],
      otherAttributes: [],
    })
    expect(parseUsbd('<x><UserServiceDescription serviceId="5009"/></x>')).toMatchObject({ serviceId: 5009, names: [] })
    expect(
      parseUsbd(
        '<bundleDescription><userServiceDescription><name>K</name></userServiceDescription></bundleDescription>',
      ),
    ).toMatchObject({ serviceId: null, names: [{ lang: null, text: 'K' }] })
    expect(() => parseUsbd('<MPD/>')).toThrow(CodecError)
  })

  it('is read back as written', () => {
    const arbitrary: fc.Arbitrary<Usbd> = fc.record({
      serviceId: maybe(fc.nat(65535).map(asServiceId)),
      serviceStatus: fc.boolean(),
      names: fc.array(fc.record({ lang: maybe(fc.constantFrom('eng', 'kor')), text: words }), { maxLength: 2 }),
      languages: fc.array(words, { maxLength: 2 }),
      basePatterns: fc.array(words, { maxLength: 3 }),
      unicastPatterns: fc.array(words, { maxLength: 3 }),
      otherAttributes: nothing,
    })
    fc.assert(
      fc.property(arbitrary, (value) => {
        expect(parseUsbd(serialiseUsbd(value))).toEqual(value)
      }),
    )
  })
})

describe('envelope', () => {
  it('reads items without type or version, as on air', () => {
    expect(
      parseEnvelope('<metadataEnvelope><item metadataURI="a" version="0"/><item/></metadataEnvelope>').items,
    ).toEqual([{ ...ENVELOPE_ITEM_DEFAULTS, uri: 'a', version: 0, contentType: null }])
    expect(() => parseEnvelope('<a/>')).toThrow(CodecError)
  })

  it('is read back as written', () => {
    const items = [
      { ...ENVELOPE_ITEM_DEFAULTS, uri: 'usbd.xml', version: 3, contentType: SLS_MEDIA_TYPE.us.usbd },
      {
        ...ENVELOPE_ITEM_DEFAULTS,
        uri: 'a&b',
        version: null,
        contentType: null,
        validFrom: '2026-11-21T00:00:00Z',
        validUntil: '2027-01-01T00:00:00Z',
      },
    ]
    expect(parseEnvelope(serialiseEnvelope({ items })).items).toEqual(items)
    expect(text(serialiseEnvelope({ items }))).toContain(
      '<item metadataURI="usbd.xml" version="3" contentType="application/route-usd+xml"/>',
    )
  })
})

describe('SLS TOI', () => {
  it('decodes the examples of the standard and of captures', () => {
    expect(describeSlsToi(asToi(0x80470003))).toBe('gzip, HELD, MPD, S-TSID, USBD, version 3')
    expect(describeSlsToi(asToi(0x00030000))).toBe('S-TSID, USBD, version 0')
    expect(describeSlsToi(asToi(0x80020001))).toBe('gzip, S-TSID, version 1')
    expect(slsToi({ gzip: true, mpd: true, stsid: true, version: 257 })).toBe(0x80060001)
  })

  it('converts both ways', () => {
    const bit = fc.boolean()
    const fields = fc.record({
      gzip: bit,
      rsat: bit,
      dwd: bit,
      held: bit,
      apd: bit,
      mpd: bit,
      stsid: bit,
      usbd: bit,
      version: fc.nat(255),
    })
    fc.assert(
      fc.property(fields, (value) => {
        expect(parseSlsToi(slsToi(value))).toEqual(value)
      }),
    )
  })
})

describe('fragmentType', () => {
  it.each([
    ['application/route-s-tsid+xml; charset=utf-8', '<S-TSID/>', 'S-TSID'],
    ['text/xml', '<?xml version="1.0"?><!-- x --><MPD xmlns="y">', 'MPD'],
    ['APPLICATION/VND.APPLE.MPEGURL', '', 'HLS'],
    ['', '#EXTM3U\n', 'HLS'],
    ['application/s-tsid', 'cut', 'S-TSID'],
    ['application/mbms-user-service-description+xml', '<BundleDescriptionROUTE>', 'USBD'],
    ['application/mbms-envelope+xml', '<e:metadataEnvelope/>', 'ENVELOPE'],
    ['constructor', '<constructor/>', 'UNKNOWN'],
    ['', '<AssociatedProcedureDescription/>', 'APD'],
  ])('%j with %j is %s', (contentType, body, type) => {
    expect(fragmentType(contentType, utf8(body))).toBe(type)
  })
})
