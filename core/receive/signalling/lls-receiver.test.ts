import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import type { JsonObject, ReportSignature } from '../../contract/report.ts'
import type { LlsTableFact } from '../../flow/facts.ts'
import { LLS_ADDRESS, LLS_PORT } from '../../protocol/lls/lls-table.ts'
import { makeIdentity, signCms, type TestIdentity } from '../../testing/signing.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const lls = testFlow(LLS_ADDRESS, LLS_PORT, 7)
const datagram = (tableId: number, version: number, body: Uint8Array, group = 1): Uint8Array =>
  Uint8Array.from([tableId, group, 0, version, ...body])
const slt = (services: string, bsid = 1) => `<SLT bsid="${bsid}">${services}</SLT>`
const SLT = slt(
  '<Service serviceId="5" shortServiceName="FIVE"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.1.1.5" slsDestinationUdpPort="5005"/></Service>',
)

/** A session on the LLS that stores the reported tables, like the log. */
class LlsSession extends TestSession {
  readonly tables: (Omit<LlsTableFact, 'values'> & { values: JsonObject | null; count: number })[] = []

  constructor() {
    super({ kind: 'atsc' }, { services: 'none' }, {}, {}, undefined, {
      llsTable: (table: LlsTableFact) => void this.tables.push({ ...table, values: table.values, count: 1 }),
      llsRepeated: (key: number) => {
        for (const table of this.tables) if (table.key === key) table.count++
      },
      llsSignature: (key: number, signature: ReportSignature) => {
        for (const [index, table] of this.tables.entries())
          if (table.key === key) this.tables[index] = { ...table, signature }
      },
    })
  }

  override timeUs = 1_795_255_200e6 // 2026-11-21

  lls(tableId: number, version: number, body: string | Uint8Array, group = 1): void {
    this.datagram(datagram(tableId, version, typeof body === 'string' ? gzip(utf8(body)) : body, group), lls)
  }

  get named(): string[] {
    return this.tables.map((table) => `${table.name} v${table.version} x${table.count}`)
  }
}

function signedBody(
  tables: [number, number, Uint8Array][],
  signer: TestIdentity,
  certificates?: TestIdentity[],
): Uint8Array {
  const signed = Uint8Array.from([
    tables.length,
    ...tables.flatMap(([id, version, payload]) => [id, version, payload.length >> 8, payload.length & 255, ...payload]),
  ])
  const signature = signCms(signed, signer, certificates === undefined ? {} : { certificates })
  return Uint8Array.from([...signed, signature.length >> 8, signature.length & 255, ...signature])
}

/** A CertificationData of A/360: the signature is over the ToBeSignedData element. */
function certificationData(signer: TestIdentity, certificates: TestIdentity[], current: TestIdentity): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const toBeSigned =
    `<ToBeSignedData OCSPRefresh="PT20H">${certificates.map((each) => `<Certificates>\n${base64(each.der)}\n</Certificates>`).join('')}` +
    `<CurrentCert>${base64(current.keyId)}</CurrentCert></ToBeSignedData>`
  return `<CertificationData xmlns="x">${toBeSigned}<CMSSignedData>${base64(signCms(utf8(toBeSigned), signer))}</CMSSignedData></CertificationData>`
}

describe('LLS tables', () => {
  it('are all decoded, in any spelling', () => {
    const session = new LlsSession()
    session.lls(1, 1, SLT)
    session.lls(
      2,
      1,
      '<RatingRegionTables><RatingRegionTable regionIdentifier="1"><RegionIdText><Text lang="en">US</Text></RegionIdText></RatingRegionTable></RatingRegionTables>',
    )
    session.lls(3, 1, '<SystemTime currentUtcOffset="37" utcLocalOffset="-PT5H" leap61="true"/>')
    session.lls(
      4,
      1,
      '<AEAT><AEA aeaId="a1" issuer="i" audience="public" aeaType="alert" priority="4" wakeup="true"><Header effective="e" expires="x"><EventCode type="SAME">TOR</EventCode><EventDesc xml:lang="en">Tornado</EventDesc><Location type="FIPS">006037</Location></Header><AEAText xml:lang="en">Run</AEAText><LiveMedia bsid="1" serviceId="5"><ServiceName xml:lang="en">Five</ServiceName></LiveMedia><Media xml:lang="en" url="map.png" contentType="image/png" contentLength="9" mediaDesc="map" extra="1"/></AEA></AEAT>',
    )
    session.lls(
      5,
      1,
      '<OnScreenMessageNotification><KeepScreenClear bsid="1" ServiceId="5" kscFlag="false" notificationDuration="PT3M"/></OnScreenMessageNotification>',
    )
    session.lls(7, 1, '<DRCT><Channel frequency="650"/></DRCT>')
    session.lls(0xff, 3, Uint8Array.of(1, 2, 3))
    session.lls(0x40, 3, '<Other><A b="1">x</A><A/></Other>')
    const values = Object.fromEntries(session.tables.map((table) => [table.name, table.values]))
    expect(Object.keys(values)).toEqual([
      'SLT',
      'RRT',
      'SystemTime',
      'AEAT',
      'OnscreenMessageNotification',
      'DRCT',
      'UserDefined',
      'LLS 0x40',
    ])
    expect(values.SLT).toMatchObject({
      bsids: [1],
      services: [{ serviceId: 5, signalling: { destinationPort: 5005 } }],
    })
    expect(values.RRT).toEqual({
      RatingRegionTables: {
        RatingRegionTable: { regionIdentifier: '1', RegionIdText: { Text: { lang: 'en', text: 'US' } } },
      },
    })
    expect(values.SystemTime).toMatchObject({ currentUtcOffset: 37, leap61: true, utcLocalOffsetSeconds: -18000 })
    expect(values.AEAT).toMatchObject({
      alerts: [
        {
          aeaId: 'a1',
          priority: 4,
          wakeup: true,
          effective: 'e',
          eventCode: { type: 'SAME', code: 'TOR' },
          eventDescriptions: [{ lang: 'en', text: 'Tornado' }],
          locations: [{ type: 'FIPS', area: '006037' }],
          texts: [{ lang: 'en', text: 'Run' }],
          liveMedia: { bsid: 1, serviceId: 5 },
          media: [{ url: 'map.png', contentLength: 9, otherAttributes: { extra: '1' } }],
        },
      ],
    })
    expect(values.OnscreenMessageNotification).toMatchObject({
      keepScreenClear: [{ bsid: 1, serviceId: 5, kscFlag: false, notificationDuration: 'PT3M' }],
    })
    expect(values.DRCT).toEqual({ DRCT: { Channel: { frequency: '650' } } })
    expect(values.UserDefined).toBeNull()
    expect(values['LLS 0x40']).toEqual({ Other: { A: [{ b: '1', text: 'x' }, ''] } })
    expect(session.alarms).toEqual([])
    expect(session.tables.at(-2)?.raw).toEqual(Uint8Array.of(0xff, 1, 0, 3, 1, 2, 3))
  })

  it('are listed and reported where they cannot be read', () => {
    const session = new LlsSession()
    session.lls(4, 1, '<AEAT><AEA></AEAT>')
    session.lls(5, 1, Uint8Array.of(1, 2, 3))
    session.lls(6, 1, '<SLT/>')
    session.lls(3, 1, Uint8Array.of(0x1f, 0x8b, 8, 0, 0))
    expect(session.named).toEqual([
      'AEAT v1 x1',
      'OnscreenMessageNotification v1 x1',
      'CertificationData v1 x1',
      'SystemTime v1 x1',
    ])
    expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['LLS-XML', 'LLS-XML', 'LLS-XML', 'LLS-GZIP'])
  })

  it('keep the services of one stream while another one changes', () => {
    const session = new LlsSession()
    const one = (id: number, bsid: number) => slt(`<Service serviceId="${id}" shortServiceName="S${id}"/>`, bsid)
    session.lls(1, 1, one(1, 10))
    session.lls(1, 1, one(2, 20))
    session.lls(1, 2, one(3, 20))
    expect([...session.services.keys()]).toEqual([1, 2, 3])
    // The former list is sent again: it counts again, but is no new table.
    session.lls(1, 1, one(2, 20))
    expect(session.named).toEqual(['SLT v1 x1', 'SLT v1 x2', 'SLT v2 x1'])
  })
})

describe('signed LLS tables', () => {
  const root = makeIdentity('Root')
  const issuing = makeIdentity('Issuing', root)
  const signer = makeIdentity('Broadcaster', issuing)
  const tables = (version = 1): [number, number, Uint8Array][] => [
    [1, 4, gzip(utf8(SLT))],
    [3, version, gzip(utf8(`<SystemTime currentUtcOffset="37" ptpPrepend="${version}"/>`))],
  ]

  it('are used as if each had arrived alone, with the verdict on each', () => {
    const session = new LlsSession()
    session.lls(0xfe, 9, signedBody(tables(), signer, [signer, issuing, root]))
    expect(
      session.tables.map(({ name, version, signed, signature }) => [name, version, signed, signature?.verdict]),
    ).toEqual([
      ['SignedMultiTable', 9, false, 'good'],
      ['SLT', 4, true, 'good'],
      ['SystemTime', 1, true, 'good'],
    ])
    expect(session.tables[0]?.values).toMatchObject({
      tables: [
        { tableId: 1, name: 'SLT', version: 4 },
        { tableId: 3, name: 'SystemTime', version: 1 },
      ],
    })
    expect(session.tables[0]?.signature?.chain).toEqual(['CN=Broadcaster', 'CN=Issuing', 'CN=Root'])
    expect(session.services.get(5)?.name).toBe('FIVE')
    // The same again, and one with only a new SystemTime.
    session.lls(0xfe, 9, signedBody(tables(), signer, [signer, issuing, root]))
    session.lls(0xfe, 10, signedBody(tables(2), signer, [signer, issuing, root]))
    expect(session.named).toEqual([
      'SignedMultiTable v9 x2',
      'SLT v4 x3',
      'SystemTime v1 x2',
      'SignedMultiTable v10 x1',
      'SystemTime v2 x1',
    ])
    expect(session.alarms).toEqual([])
  })

  it('are bad after a change of any byte, but used', () => {
    const good = signedBody(tables(), signer, [signer])
    const session = new LlsSession()
    const changed = good.slice()
    // In the version of the first table, which remains readable.
    changed[2] = 5
    session.lls(0xfe, 9, changed)
    expect(session.tables.map((table) => table.signature?.verdict)).toEqual(['bad', 'bad', 'bad'])
    expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['LLS-SIGNED'])
    expect(session.services.get(5)?.name).toBe('FIVE')
    for (let at = 0; at < good.length; at += 3) {
      const other = new LlsSession()
      const flipped = good.slice()
      flipped[at] = (flipped[at] as number) ^ 0x10
      other.lls(0xfe, 9, flipped)
      const signedPart = at < good.length - signCms(new Uint8Array(0), signer, { certificates: [signer] }).length
      if (signedPart) expect(other.tables[0]?.signature?.verdict, `byte ${at}`).not.toBe('good')
    }
  })

  it('find their certificate in CertificationData, before or after', () => {
    const data = certificationData(signer, [issuing, signer], signer)
    for (const order of ['before', 'after'] as const) {
      const session = new LlsSession()
      if (order === 'before') session.lls(6, 1, data)
      session.lls(0xfe, 9, signedBody(tables(), signer))
      const signed = () => session.tables.filter((table) => table.name !== 'CertificationData')
      if (order === 'after') {
        expect(signed().map((table) => table.signature?.verdict)).toEqual(['unchecked', 'unchecked', 'unchecked'])
        session.lls(6, 1, data)
      }
      expect(signed().map((table) => table.signature?.verdict)).toEqual(['good', 'good', 'good'])
      expect(signed()[0]?.signature?.text).toContain('issued by CN=Root, whose certificate is not available')
      const table = session.tables.find((each) => each.name === 'CertificationData')
      expect(table?.signature).toMatchObject({ verdict: 'good', signer: 'CN=Broadcaster' })
      expect(table?.values).toMatchObject({
        ocspRefresh: 'PT20H',
        currentCert: Buffer.from(signer.keyId).toString('hex'),
        certificates: [
          { subject: 'CN=Issuing', validTo: '2040-01-01T00:00:00.000000Z' },
          { subject: 'CN=Broadcaster', issuer: 'CN=Issuing', key: 'EC prime256v1' },
        ],
      })
    }
  })

  it('report the end of certificates, by stream time', () => {
    const session = new LlsSession()
    const expired = makeIdentity('Expired', root, { validTo: '2025-02-03T00:00:00Z' })
    const ending = makeIdentity('Ending', root, { validTo: '2026-12-01T00:00:00Z' })
    const early = makeIdentity('Early', root, { validFrom: '2027-01-01T00:00:00Z' })
    session.lls(6, 1, certificationData(expired, [expired, ending, early, signer], expired))
    session.lls(0xfe, 9, signedBody(tables(), expired))
    expect(session.alarms.map(({ rule, severity, text }) => [rule, severity, text])).toEqual([
      ['LLS-CDT', 'warning', 'The certificate of CN=Expired expired on 2025-02-03'],
      ['LLS-CDT', 'warning', 'The certificate of CN=Ending expires on 2026-12-01'],
      ['LLS-CDT', 'warning', 'The certificate of CN=Early is not valid before 2027-01-01'],
    ])
    expect(session.tables.at(-1)?.signature).toMatchObject({
      verdict: 'good',
      text: expect.stringContaining('had expired when this was received'),
      validTo: 1738540800,
    })
  })

  it('accept a table signed by OpenSSL', () => {
    // Made once with `openssl cms -sign -binary -keyid` over the bytes before signature_length; the certificate is inside.
    const body = new Uint8Array(readFileSync(new URL('../../testing/signed-multi-table.bin', import.meta.url)))
    const session = new LlsSession()
    session.datagram(body, lls)
    expect(session.tables.map(({ name, signature }) => [name, signature?.verdict])).toEqual([
      ['SignedMultiTable', 'good'],
      ['SLT', 'good'],
      ['SystemTime', 'good'],
    ])
    expect(session.tables[0]?.signature?.signer).toBe('CN=Vector Broadcaster')
    const changed = body.slice()
    changed[20] = (changed[20] as number) ^ 1
    const other = new LlsSession()
    other.datagram(changed, lls)
    expect(other.tables[0]?.signature?.verdict).toBe('bad')
  })
})

describe('LLS that is an attack', () => {
  it('is bounded where the version increments with every packet', () => {
    const session = new LlsSession()
    for (let packet = 0; packet < 20_000; packet++) {
      session.lls(
        3,
        packet & 255,
        utf8(`<SystemTime currentUtcOffset="37" ptpPrepend="${packet & 0xffff}" x="${packet}"/>`),
      )
    }
    // One packet a millisecond: the first 2048, and then 512 a second.
    expect(session.tables.length).toBeGreaterThan(2048)
    expect(session.tables.length).toBeLessThan(2048 + 512 * 21)
    expect(session.malformed.filter((code) => code === 'lls-storm').length).toBe(20_000 - session.tables.length)
    expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['LIMIT-LLS'])
  })

  it('is bounded where the table lists 10 000 services, repeatedly', () => {
    const session = new LlsSession()
    const services = Array.from(
      { length: 10_000 },
      (_, index) =>
        `<Service serviceId="${index}" shortServiceName="S${index}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.${index >> 8}.${index & 255}" slsDestinationUdpPort="5000"/></Service>`,
    )
    session.lls(1, 1, slt(services.join('')))
    for (let turn = 0; turn < 45; turn++) session.pass(100)
    expect(session.services.size).toBe(10_000)
    for (let version = 2; version < 60; version++) session.lls(1, version, slt(services.join(''), version))
    expect(session.services.size).toBe(10_000)
    expect(session.malformed.filter((code) => code === 'lls-storm').length).toBeGreaterThan(0)
  })

  it('does not inflate bombs, expand entities or accept endless attributes', () => {
    const session = new LlsSession()
    session.lls(1, 1, gzip(new Uint8Array(20 << 20)))
    session.lls(4, 1, '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><AEAT>&y;</AEAT>')
    session.lls(
      5,
      1,
      `<OnscreenMessageNotification ${Array.from({ length: 5000 }, (_, index) => `a${index}=""`).join(' ')}/>`,
    )
    session.lls(2, 1, `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`)
    expect(session.alarms.map((alarm) => alarm.text.match(/\(([a-z-]+)\)/)?.[1])).toEqual([
      'gzip-too-large',
      'xml-syntax',
      'xml-too-many',
      'xml-too-deep',
    ])
  })
})
