import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { asTsi } from '../../contract/ids.ts'
import {
  fecEncodingId,
  isConfigurationUri,
  type MabrConfiguration,
  type MabrTransportSession,
  mabrProtocol,
  mabrProtocolIdentifier,
} from './configuration.ts'
import { parseMabrConfiguration } from './configuration-parser.ts'
import { serialiseMabrConfiguration } from './configuration-writer.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** GPAC's document, shortened to one media session. */
const GPAC = `<?xml version="1.0" encoding="UTF-8"?>
<MulticastGatewayConfiguration xmlns="urn:dvb:metadata:MulticastSessionConfiguration:2023">
<MulticastGatewayConfigurationTransportSession transportSecurity="integrity">
<TransportProtocol protocolIdentifier="urn:dvb:metadata:cs:MulticastTransportProtocolCS:2019:FLUTE" protocolVersion="1"/>
<EndpointAddress>
<NetworkDestinationGroupAddress>225.1.1.0</NetworkDestinationGroupAddress>
<TransportDestinationPort>6000</TransportDestinationPort>
<MediaTransportSessionIdentifier>1</MediaTransportSessionIdentifier>
</EndpointAddress>
<BitRate average="739904" maximum="739904"/>
<ObjectCarousel aggregateTransportSize="3194">
</ObjectCarousel>
</MulticastGatewayConfigurationTransportSession>
<MulticastSession serviceIdentifier="gpac.io:dvb-mabr:service:0" contentPlaybackAvailabilityOffset="PT4S">
<PresentationManifestLocator manifestId="m" contentType="application/dash+xml" transportObjectURI="tag:x/manifest.mpd"></PresentationManifestLocator>
<MulticastTransportSession sessionIdleTimeout="60000" transportSecurity="none" id="10" transmissionMode="resource">
<TransportProtocol protocolIdentifier="urn:dvb:metadata:cs:MulticastTransportProtocolCS:2019:FLUTE" protocolVersion="1"/>
<EndpointAddress>
<NetworkDestinationGroupAddress>225.1.1.0</NetworkDestinationGroupAddress>
<TransportDestinationPort>6001</TransportDestinationPort>
</EndpointAddress>
<ServiceComponentIdentifier xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" manifestIdRef="m" xsi:type="DASHComponentIdentifierType" periodIdentifier="1" adaptationSetIdentifier="1" representationIdentifier="1"/>
</MulticastTransportSession>
</MulticastSession>
</MulticastGatewayConfiguration>`

/** All elements of the schema with prefixes, and some unknown ones. */
const FULL = `<c:MulticastServerConfiguration xmlns:c="urn:dvb:metadata:MulticastSessionConfiguration:2024" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" schemaVersion="2" validityPeriod="PT1H" validUntil="2026-11-21T12:00:00Z" extra="1">
 <c:MulticastSession serviceIdentifier="urn:s">
  <c:PresentationManifestLocator manifestId="h" contentType="application/vnd.apple.mpegurl" contentPlaybackPathPattern="/live/*">http://o/live.m3u8</c:PresentationManifestLocator>
  <c:MulticastGatewaySessionReporting><c:ReportingLocator proportion="0.5" period="PT1M">http://r/</c:ReportingLocator></c:MulticastGatewaySessionReporting>
  <c:MulticastTransportSession id="a" serviceClass="gold" start="2026-11-21T11:00:00Z" duration="PT2H" contentIngestMethod="pull" transmissionMode="chunked" tags="t">
   <c:TransportProtocol protocolIdentifier="urn:dvb:metadata:cs:MulticastTransportProtocolCS:2022:ROUTE" protocolVersion="1"/>
   <c:EndpointAddress><c:NetworkSourceAddress>10.0.0.1</c:NetworkSourceAddress><c:NetworkDestinationGroupAddress>232.1.1.1</c:NetworkDestinationGroupAddress><c:TransportDestinationPort>5000</c:TransportDestinationPort><c:MediaTransportSessionIdentifier>7</c:MediaTransportSessionIdentifier></c:EndpointAddress>
   <c:EndpointAddress><c:NetworkDestinationGroupAddress>232.1.1.2</c:NetworkDestinationGroupAddress><c:TransportDestinationPort>5002</c:TransportDestinationPort></c:EndpointAddress>
   <c:EndpointAddress><c:TransportDestinationPort>5002</c:TransportDestinationPort></c:EndpointAddress>
   <c:BitRate average="1000" maximum="2000"/>
   <c:ForwardErrorCorrectionParameters><c:SchemeIdentifier>urn:ietf:rmt:fec:encoding:6</c:SchemeIdentifier><c:OverheadPercentage>20</c:OverheadPercentage><c:EndpointAddress><c:NetworkDestinationGroupAddress>232.1.1.1</c:NetworkDestinationGroupAddress><c:TransportDestinationPort>5001</c:TransportDestinationPort></c:EndpointAddress></c:ForwardErrorCorrectionParameters>
   <c:UnicastRepairParameters transportObjectBaseURI="tag:x/" transportObjectReceptionTimeout="50" fixedBackOffPeriod="10" randomBackOffPeriod="20"><c:BaseURL>http://r1/</c:BaseURL><c:BaseURL relativeWeight="0">http://r2/</c:BaseURL></c:UnicastRepairParameters>
   <c:ServiceComponentIdentifier xsi:type="c:HLSComponentIdentifierType" manifestIdRef="h" mediaPlaylistLocator="v.m3u8"/>
   <c:ServiceComponentIdentifier xsi:type="c:GenericComponentIdentifierType" componentIdentifier="x"/>
   <c:ObjectCarousel aggregateTransportSize="10" aggregateContentSize="9"><c:PresentationManifests serviceIdRef="urn:s"/><c:InitSegments serviceIdRef="urn:s" transportSessionIdRef="a" targetAcquisitionLatency="PT1S"/><c:ResourceLocator revalidationPeriod="PT1S">http://o/logo.png</c:ResourceLocator></c:ObjectCarousel>
   <c:Novelty a="1"><c:Inner>text</c:Inner></c:Novelty>
  </c:MulticastTransportSession>
 </c:MulticastSession>
</c:MulticastServerConfiguration>`

describe('the configuration document', () => {
  it("reads GPAC's document", () => {
    const configuration = parseMabrConfiguration(GPAC)
    expect(configuration).toMatchObject({
      root: 'MulticastGatewayConfiguration',
      namespace: 'urn:dvb:metadata:MulticastSessionConfiguration:2023',
      schemaVersion: null,
      configurationSessions: [
        {
          transportSecurity: 'integrity',
          endpoints: [{ source: null, group: '225.1.1.0', port: 6000, tsi: 1 }],
          averageBitRate: 739_904,
          carousels: [{ transportBytes: 3194, contentBytes: null, items: [] }],
        },
      ],
      sessions: [
        {
          serviceIdentifier: 'gpac.io:dvb-mabr:service:0',
          availabilityOffset: 'PT4S',
          manifests: [{ manifestId: 'm', transportObjectUri: 'tag:x/manifest.mpd', url: '' }],
          transports: [
            {
              id: '10',
              idleTimeoutMs: 60_000,
              transmissionMode: 'resource',
              endpoints: [{ group: '225.1.1.0', port: 6001, tsi: null }],
              components: [{ kind: 'dash', representation: '1', adaptationSet: '1', period: '1' }],
            },
          ],
        },
      ],
    })
    expect(mabrProtocol(configuration.sessions[0]?.transports[0]?.protocolIdentifier ?? null)).toBe('flute')
  })

  it('reads all elements of the schema, and keeps unknown ones', () => {
    const { sessions, ...root } = parseMabrConfiguration(utf8(FULL))
    expect(root).toMatchObject({
      root: 'MulticastServerConfiguration',
      schemaVersion: 2,
      validityPeriod: 'PT1H',
      validUntil: '2026-11-21T12:00:00Z',
      otherAttributes: [{ local: 'extra', value: '1' }],
    })
    const [session] = sessions
    expect(session?.others.map(({ name }) => name)).toEqual(['c:MulticastGatewaySessionReporting'])
    expect(session?.manifests[0]).toMatchObject({ url: 'http://o/live.m3u8', playbackPathPattern: '/live/*' })
    const transport = session?.transports[0] as MabrTransportSession
    expect(transport.endpoints).toEqual([
      { source: '10.0.0.1', group: '232.1.1.1', port: 5000, tsi: 7 },
      { source: null, group: '232.1.1.2', port: 5002, tsi: null },
    ])
    expect(transport.fec).toEqual([
      {
        scheme: 'urn:ietf:rmt:fec:encoding:6',
        overheadPercent: 20,
        endpoints: [{ source: null, group: '232.1.1.1', port: 5001, tsi: null }],
      },
    ])
    expect(fecEncodingId(transport.fec[0]?.scheme ?? '')).toBe(6)
    expect(transport.repair).toMatchObject({
      objectBaseUri: 'tag:x/',
      receptionTimeoutMs: 50,
      fixedBackoffMs: 10,
      randomBackoffMs: 20,
      baseUrls: [
        { url: 'http://r1/', weight: 1 },
        { url: 'http://r2/', weight: 0 },
      ],
    })
    expect(transport.components).toMatchObject([
      { kind: 'hls', manifestId: 'h', playlist: 'v.m3u8' },
      { kind: 'generic', component: 'x' },
    ])
    expect(transport.carousels).toMatchObject([
      {
        transportBytes: 10,
        contentBytes: 9,
        items: [
          { kind: 'manifests', serviceIdRef: 'urn:s' },
          { kind: 'init', transportSessionIdRef: 'a' },
          { kind: 'resource', revalidationPeriod: 'PT1S', url: 'http://o/logo.png' },
        ],
      },
    ])
    expect(transport.others).toMatchObject([{ name: 'c:Novelty', children: [{ name: 'c:Inner', text: 'text' }] }])
  })

  it('refuses another document', () => {
    expect(() => parseMabrConfiguration('<MPD/>')).toThrow(expect.objectContaining({ code: 'mabr-root' }))
  })

  it('throws CodecError when truncated anywhere', () => {
    const bytes = utf8(GPAC)
    for (let end = 0; end < bytes.length; end++) {
      expect(() => parseMabrConfiguration(bytes.subarray(0, end))).toThrow(CodecError)
    }
  })

  it('throws only CodecError for random bytes', () => {
    const whole = utf8(FULL)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: whole.length - 1 }), (noise, at) => {
        const damaged = whole.slice()
        damaged.set(noise.subarray(0, damaged.length - at), at)
        for (const bytes of [noise, damaged]) {
          try {
            parseMabrConfiguration(bytes)
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(CodecError)
          }
        }
      }),
    )
  })

  it('is read back as written', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        expect(parseMabrConfiguration(serialiseMabrConfiguration(configuration))).toEqual(configuration)
      }),
    )
  })
})

describe('identifiers', () => {
  it('name a protocol by their last component, in any edition', () => {
    expect(mabrProtocol(mabrProtocolIdentifier('route'))).toBe('route')
    expect(mabrProtocol('urn:dvb:metadata:cs:MulticastTransportProtocolCS:2022:FLUTE')).toBe('flute')
    expect(mabrProtocol('urn:dvb:metadata:cs:MulticastTransportProtocolCS:2022:MSync.RTP')).toBe('other')
    expect(mabrProtocol(null)).toBe('other')
    expect(isConfigurationUri('urn:dvb:metadata:cs:MulticastTransportObjectTypeCS:2023:gateway-configuration')).toBe(
      true,
    )
    expect(isConfigurationUri('gateway-configuration')).toBe(false)
    expect(fecEncodingId('none')).toBeNull()
  })
})

const text = fc.stringMatching(/^[A-Za-z0-9:/._&<"' -]{1,20}$/).map((value) => value.trim() || 'x')
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null })
const none = { otherAttributes: fc.constant([]), others: fc.constant([]) }
const endpoints = fc.array(
  fc.record({
    source: optional(fc.ipV4()),
    group: fc.ipV4(),
    port: fc.integer({ min: 1, max: 65535 }),
    tsi: optional(fc.nat().map(asTsi)),
  }),
  { maxLength: 2 },
)
const transports: fc.Arbitrary<MabrTransportSession> = fc.record({
  id: optional(text),
  serviceClass: optional(text),
  start: optional(text),
  duration: optional(text),
  contentIngestMethod: optional(text),
  transmissionMode: optional(text),
  transportSecurity: optional(text),
  idleTimeoutMs: optional(fc.nat()),
  tags: optional(text),
  protocolIdentifier: optional(text),
  protocolVersion: optional(text),
  endpoints,
  averageBitRate: optional(fc.nat()),
  maximumBitRate: optional(fc.nat()),
  fec: fc.array(fc.record({ scheme: text, overheadPercent: optional(fc.nat()), endpoints }), { maxLength: 1 }),
  repair: optional(
    fc.record({
      objectBaseUri: optional(text),
      receptionTimeoutMs: optional(fc.nat()),
      fixedBackoffMs: fc.nat(),
      randomBackoffMs: fc.nat(),
      baseUrls: fc.array(fc.record({ url: text, weight: fc.nat() }), { maxLength: 2 }),
      ...none,
    }),
  ),
  components: fc.array(
    fc.record({
      kind: fc.constantFrom('dash' as const, 'hls' as const, 'generic' as const),
      manifestId: optional(text),
      period: optional(text),
      adaptationSet: optional(text),
      representation: optional(text),
      playlist: optional(text),
      component: optional(text),
      ...none,
    }),
    { maxLength: 2 },
  ),
  carousels: fc.array(
    fc.record({
      transportBytes: optional(fc.nat()),
      contentBytes: optional(fc.nat()),
      items: fc.array(
        fc.record({
          kind: fc.constantFrom('manifests' as const, 'init' as const, 'resource' as const),
          serviceIdRef: optional(text),
          transportSessionIdRef: optional(text),
          revalidationPeriod: optional(text),
          url: fc.oneof(text, fc.constant('')),
          ...none,
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 1 },
  ),
  ...none,
})
const configurations: fc.Arbitrary<MabrConfiguration> = fc.record({
  root: fc.constantFrom('MulticastGatewayConfiguration' as const, 'MulticastServerConfiguration' as const),
  namespace: text,
  schemaVersion: optional(fc.nat()),
  validityPeriod: optional(text),
  validUntil: optional(text),
  configurationSessions: fc.array(transports, { maxLength: 1 }),
  sessions: fc.array(
    fc.record({
      serviceIdentifier: text,
      availabilityOffset: optional(text),
      manifests: fc.array(
        fc.record({
          manifestId: text,
          contentType: optional(text),
          transportObjectUri: optional(text),
          playbackPathPattern: optional(text),
          url: fc.oneof(text, fc.constant('')),
          ...none,
        }),
        { maxLength: 2 },
      ),
      transports: fc.array(transports, { maxLength: 2 }),
      ...none,
    }),
    { maxLength: 2 },
  ),
  ...none,
})
