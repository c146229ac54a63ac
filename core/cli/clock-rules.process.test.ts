import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import type { ReportAlarm } from '../contract/report.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { LLS_ADDRESS, LLS_TABLE } from '../protocol/lls/lls-table.ts'
import { firstVersion } from '../send/table-version.ts'
import { type Datagram, interleaved, pcapOf } from '../testing/datagrams.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { type LiveDemoOptions, liveDemo } from '../testing/live-demo.ts'
import { MABR_PORT, mabrCapture } from '../testing/mabr-capture.ts'
import {
  broadcastOf,
  demoDash,
  demoHls,
  FIXTURE_PORT,
  FIXTURE_START_US,
  routeFixture,
  twoServicesFixture,
} from '../testing/make-fixtures.ts'
import { routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const S = (seconds: number): number => FIXTURE_START_US + seconds * 1_000_000
let written = 0

/** Errors and warnings of a capture, and other alarms of these rules. */
async function alarmsOf(sent: readonly Datagram[], ...also: string[]): Promise<readonly ReportAlarm[]> {
  const file = folder.at(`${++written}.pcap`)
  writeFileSync(file, pcapOf(sent))
  const { stdout } = await routescope(['inspect', '--json', file])
  const { alarms } = JSON.parse(stdout) as { alarms: ReportAlarm[] }
  return alarms.filter(({ rule, severity }) => severity !== 'info' || also.includes(rule))
}

const rules = (alarms: readonly ReportAlarm[]): string[] => alarms.map(({ rule, severity }) => `${rule} ${severity}`)

/** A live service, as ATSC. */
const live = async (seconds: number, change = {}, presentation = demoDash()): Promise<Datagram[]> =>
  broadcastOf(await presentation, { scheme: 'atsc', loop: true, ...change }, seconds)

const isLls = ({ address }: Datagram): boolean => address === LLS_ADDRESS
const table = (datagram: Datagram): number => (isLls(datagram) ? (datagram.bytes[0] as number) : -1)
const tsi = (datagram: Datagram): number => (isLls(datagram) ? -1 : Number(parseLctHeader(datagram.bytes).header.tsi))
const between = ({ timeUs }: Datagram, from: number, to: number): boolean => timeUs >= S(from) && timeUs < S(to)

/** A packet whose sender does not say that it closes the session. */
function withoutA(datagram: Datagram): Uint8Array {
  const bytes = datagram.bytes.slice()
  if (!isLls(datagram)) bytes[1] = (bytes[1] as number) & ~2
  return bytes
}

describe('tables that come too seldom', () => {
  it('an SLT and a SystemTime that do not come for more than 5 s', async () => {
    const sent = await live(20)
    const without = (id: number) => sent.filter((each) => table(each) !== id || !between(each, 4, 11))
    const [slt] = await alarmsOf(without(LLS_TABLE.slt))
    expect(slt).toMatchObject({ rule: 'LLS-SLT-INTERVAL', severity: 'error', time: S(3) / 1e6 })
    expect(slt?.text).toBe('SLT of group 0 did not come for 8 s; it is to come every 5 s at least')
    expect(rules(await alarmsOf(without(LLS_TABLE.systemTime)))).toEqual(['LLS-ST-INTERVAL error'])
  })

  it('an SLT every two seconds is noted, and one lost SLT is nothing', async () => {
    const sent = await live(16)
    const second = ({ timeUs }: Datagram): number => Math.round((timeUs - FIXTURE_START_US) / 1e6)
    const half = sent.filter((each) => table(each) !== LLS_TABLE.slt || second(each) % 2 === 0)
    const [slow] = await alarmsOf(half, 'LLS-SLT-SLOW')
    expect(slow).toMatchObject({ rule: 'LLS-SLT-SLOW', severity: 'info' })
    expect(slow?.text).toBe('SLT of group 0 comes every 2 s; once in 1 s is better')
    expect(
      await alarmsOf(
        sent.filter((each) => table(each) !== LLS_TABLE.slt || second(each) !== 7),
        'LLS-SLT-SLOW',
      ),
    ).toEqual([])
  })

  it('signalling of a service that does not come, or comes every two seconds', async () => {
    const sent = await live(20)
    const gone = await alarmsOf(sent.filter((each) => tsi(each) !== 0 || !between(each, 4, 11)))
    expect([...new Set(rules(gone))]).toEqual(['SLS-INTERVAL error'])
    expect(gone.map(({ text }) => text.split(' did')[0]).sort()).toEqual([
      'MPD manifest.mpd',
      'S-TSID stsid.xml',
      'USBD usbd.xml',
    ])
    const second = ({ timeUs }: Datagram): number => Math.round((timeUs - FIXTURE_START_US) / 1e6)
    const slow = await alarmsOf(sent.filter((each) => tsi(each) !== 0 || second(each) % 2 === 0))
    expect([...new Set(rules(slow))]).toEqual(['SLS-INTERVAL warning'])
    expect(slow[0]?.text).toContain('comes every 2 s; once in 1 s is right')
  })

  it('a service that the SLT names and nobody sends', async () => {
    const sent = await twoServicesFixture()
    const second = ({ port }: Datagram): boolean => port === FIXTURE_PORT + 1
    const [none] = await alarmsOf(sent.filter((each) => !second(each)))
    expect(none).toMatchObject({ rule: 'SLS-PRESENT', severity: 'error', service: 2 })
    expect(none?.text).toContain(`no packet came to 239.255.1.1:${FIXTURE_PORT + 1} within 5 s`)
    const unsignalled = await alarmsOf(sent.filter((each) => !second(each) || tsi(each) !== 0))
    expect(unsignalled.find(({ rule }) => rule === 'SLS-PRESENT')?.text).toContain('no signalling (TSI 0 of')
  })

  it('an LLS that was asked for and does not come', async () => {
    const file = folder.at('route.pcap')
    writeFileSync(file, pcapOf(await routeFixture()))
    const report = folder.at('atsc.json')
    await routescope(['receive', 'atsc://', '--capture', file, '--report', report])
    const { stdout } = await routescope(['inspect', '--json', file])
    expect(stdout).not.toContain('LLS-PRESENT')
    const asked = JSON.parse(readFileSync(report, 'utf8')) as {
      alarms: ReportAlarm[]
    }
    expect(asked.alarms.filter(({ rule }) => rule === 'LLS-PRESENT')).toMatchObject([{ severity: 'error' }])
  })

  it('a manifest that was repeated as an object of its own', async () => {
    const sent = await mabrCapture(await demoDash())
    const cut = sent.filter((each) => each.port !== MABR_PORT || each.timeUs < S(4))
    const alarms = await alarmsOf(cut)
    expect(alarms.find(({ rule }) => rule === 'MPD-INTERVAL')).toMatchObject({ severity: 'warning' })
    expect(alarms.find(({ rule }) => rule === 'MPD-INTERVAL')?.text).toContain('has not come since 00:00:03')
  })
})

describe('segments without decode time', () => {
  it('are one alarm for each TSI, with the first of them', async () => {
    const demo = await live(6)
    const without = demo.map((each) => {
      const at = tsi(each) === 10 ? Buffer.from(each.bytes).indexOf('tfdt') : -1
      return at < 0
        ? each
        : { ...each, bytes: Uint8Array.from(each.bytes, (byte, of) => 'free'.charCodeAt(of - at) || byte) }
    })
    const alarms = (await alarmsOf(without)).filter(({ rule }) => rule === 'SEG-TFDT')
    expect(alarms).toMatchObject([{ severity: 'error', tsi: 10, toi: 1 }])
    expect(alarms[0]?.text).toContain('video-1.m4s (TSI 10, TOI 1) has no decode time (tfdt)')
    expect(alarms[0]?.count).toBeGreaterThan(1)
  })
})

describe('tables that change under one version', () => {
  const changed = (first: readonly Datagram[], then: readonly Datagram[], seconds: number): Datagram[] =>
    interleaved(
      first.filter(({ timeUs }) => timeUs < S(seconds)),
      then.filter(({ timeUs }) => timeUs >= S(seconds)),
    )

  it('an S-TSID', async () => {
    const demo = await demoDash()
    const fewer = { ...demo, tracks: demo.tracks.slice(0, 1) }
    const sent = changed(await live(12), await live(12, {}, Promise.resolve(fewer)), 6)
    const versions = (await alarmsOf(sent)).filter(({ rule }) => rule === 'SLS-VERSION')
    expect(versions.map(({ severity, service }) => [severity, service])).toEqual([
      ['error', 1],
      ['error', 1],
    ])
    expect(versions.map(({ text }) => text.split(':')[0])).toEqual([
      `USBD usbd.xml changed, its version is still ${firstVersion(FIXTURE_START_US)}`,
      `S-TSID stsid.xml changed, its version is still ${firstVersion(FIXTURE_START_US)}`,
    ])
  })

  it('an MPD whose AdaptationSets or start change while it goes on, which players hold for fixed', async () => {
    const demo = await demoDash()
    const edited = (from: string, to: string): Promise<typeof demo> => {
      const text = new TextDecoder().decode(demo.manifest?.bytes)
      expect(text).toContain(from)
      const bytes = new TextEncoder().encode(text.replace(from, to))
      const manifest = demo.manifest === null ? null : { ...demo.manifest, bytes, mpd: parseMpd(bytes) }
      return Promise.resolve({ ...demo, manifest })
    }
    const updates = async (later: readonly Datagram[]): Promise<(string | number | null)[][]> =>
      (await alarmsOf(changed(await live(24), later, 4)))
        .filter(({ rule }) => rule === 'MPD-UPDATE')
        .map(({ severity, service, text }) => [severity, service, text.split(':')[0] ?? ''])
    expect(await updates(await live(24, {}, edited('<AdaptationSet id="1"', '<AdaptationSet id="7"')))).toEqual([
      ['error', 1, 'manifest.mpd changed the AdaptationSets of Period 0 from 0, 1 to 0, 7'],
    ])
    expect(await updates(await live(24))).toEqual([])
  })

  it('an SLT, once for each version', async () => {
    const sent = changed(await live(12), await live(12, { serviceName: 'Other' }), 6)
    const versions = (await alarmsOf(sent)).filter(({ rule }) => rule === 'LLS-VERSION')
    expect(versions).toMatchObject([{ severity: 'error', time: S(6) / 1e6 }])
    expect(versions[0]?.text).toContain('SLT of group 0 changed, its version is still 1')
  })

  it('that take turns are one alarm with their number: SLS, SLT, FDT', async () => {
    const demo = await demoDash()
    const [one, other] = [await live(10), await live(10, { serviceName: 'Other' })]
    const fewer = await live(10, {}, Promise.resolve({ ...demo, tracks: demo.tracks.slice(0, 1) }))
    const odd = ({ timeUs }: Datagram): boolean => Math.floor((timeUs - FIXTURE_START_US) / 1e6) % 2 === 1
    const inTurn = (of: (each: Datagram) => boolean, others: readonly Datagram[]): Datagram[] =>
      interleaved(
        one.filter((each) => !of(each) || !odd(each)),
        others.filter((each) => of(each) && odd(each)),
      )
    const changes = (alarms: readonly ReportAlarm[], rule: string) =>
      alarms.filter((each) => each.rule === rule).map(({ text, count }) => [text.split(/[,:]/)[0], count])
    expect(changes(await alarmsOf(inTurn((each) => tsi(each) === 0, fewer)), 'SLS-VERSION')).toEqual([
      ['USBD usbd.xml changed 9 times', 9],
      ['S-TSID stsid.xml changed 9 times', 9],
    ])
    const isSlt = (each: Datagram): boolean => table(each) === LLS_TABLE.slt
    expect(changes(await alarmsOf(inTurn(isSlt, other)), 'LLS-VERSION')).toEqual([
      ['SLT of group 0 changed 9 times', 9],
    ])
    const file = { toi: 1, name: 'a.bin', contentType: 'application/octet-stream', bytes: new Uint8Array(3000) }
    const instances = Array.from({ length: 6 }, (_, at) =>
      new FluteSender({ digest: 'none', expiresNtp: 4_294_944_000 + (at % 2) }).table([file], S(at), false),
    )
    const flute = [...instances.flat(), ...new FluteSender({ digest: 'none' }).object(file, S(0) + 1000)]
    expect(changes(await alarmsOf(interleaved(flute)), 'FDT')).toEqual([
      ['FDT instance 1 of TSI 1 changed 5 times while valid', 5],
    ])
  })

  it('but not the tables of two stations in one capture', async () => {
    const other = await live(8, { bsid: 801, serviceName: 'Other', serviceId: asServiceId(2), port: FIXTURE_PORT + 2 })
    const alarms = await alarmsOf(interleaved(await live(8), other))
    expect(alarms.filter(({ rule }) => rule === 'LLS-VERSION')).toEqual([])
  })
})

describe('a sender of ours', () => {
  it('that begins again with other content has new versions: nothing changed under a known one', async () => {
    const [dash, hls] = [await demoDash(), await demoHls()]
    const options = { scheme: 'atsc', serviceName: 'Other' } as const
    const first = await broadcastOf(dash, { scheme: 'atsc' })
    const startUs = (first.at(-1)?.timeUs ?? 0) + 1_300_000
    const second = await broadcastOf(hls, options, Number.POSITIVE_INFINITY, startUs)
    const alarms = await alarmsOf([...first, ...second])
    expect(alarms.map(({ rule }) => rule).filter((rule) => /VERSION|FDT/.test(rule))).toEqual([])
  })

  it('with inputs of different lengths closes each at its end, which is no alarm', async () => {
    const demo = await demoDash()
    const tracks = demo.tracks.map((track) => ({ ...track, segments: track.segments.slice(0, 3) }))
    const service = { serviceName: 'x', address: '239.255.1.1' }
    const sent = await broadcastOf(
      [
        { ...service, serviceId: asServiceId(1), port: FIXTURE_PORT, presentation: demo },
        { ...service, serviceId: asServiceId(2), port: FIXTURE_PORT + 1, presentation: { ...demo, tracks } },
      ],
      { scheme: 'atsc' },
    )
    const shortUs = sent.filter(({ port }) => port === FIXTURE_PORT + 1).at(-1)?.timeUs ?? 0
    expect((sent.at(-1)?.timeUs ?? 0) - shortUs).toBeGreaterThan(10_000_000)
    expect(rules(await alarmsOf(sent, 'SESSION-CLOSED'))).toEqual(Array(6).fill('SESSION-CLOSED info'))
    // A receiver that joins later is not told of a service that is over.
    const later = sent.filter(({ timeUs }) => timeUs > shortUs + 2_000_000)
    expect(rules(await alarmsOf(later, 'SESSION-CLOSED'))).toEqual(Array(3).fill('SESSION-CLOSED info'))
    const open = sent.map((each) => ({ ...each, bytes: withoutA(each) }))
    expect(rules(await alarmsOf(open))).not.toEqual([])
  })
})

describe('media', () => {
  it('that an MPD announces and no TSI carries', async () => {
    const demo = await demoDash()
    const [first] = demo.tracks
    if (first === undefined) throw new Error('the demo has no track')
    const sent = await live(12, {}, Promise.resolve({ ...demo, tracks: [first] }))
    const alarms = await alarmsOf(sent)
    expect(rules(alarms)).toEqual(['STSID-MPD-MATCH error'])
    expect(alarms[0]?.text).toMatch(/^manifest.mpd announces representations? .+, which no TSI carries$/)
  })

  it('of which one of several bit rates is on air: a warning, since a player may choose the other', async () => {
    const demo = await demoDash()
    if (demo.manifest === null) throw new Error('the demo has no manifest')
    const text = new TextDecoder().decode(demo.manifest.bytes)
    const [video = ''] = /<Representation id="video"[\s\S]*?<\/Representation>/.exec(text) ?? []
    const low = video.replace('id="video"', 'id="low"').replace('bandwidth="329000"', 'bandwidth="9000"')
    const bytes = new TextEncoder().encode(text.replace(video, `${video}${low}`))
    const manifest = { ...demo.manifest, bytes, mpd: parseMpd(bytes) }
    const alarms = await alarmsOf(await live(12, {}, Promise.resolve({ ...demo, manifest })))
    expect(rules(alarms)).toEqual(['STSID-MPD-MATCH warning'])
    expect(alarms[0]?.text).toBe('manifest.mpd announces representation low, which no TSI carries')
  })

  it('of a TSI that stops while its service goes on, and comes back', async () => {
    const sent = (await live(24)).filter((each) => tsi(each) !== 20 || !between(each, 6, 15))
    const alarms = (await alarmsOf(sent, 'RATE-DROP')).filter(({ rule }) => rule === 'RATE-DROP')
    expect(alarms.map(({ severity, tsi }) => [severity, tsi])).toEqual([
      ['error', 20],
      ['info', 20],
    ])
    expect(alarms[0]?.text).toMatch(
      /^TSI 20 has stopped while its service goes on: .*; back at .* UTC, after [\d.]+ s$/,
    )
  })

  it('of a TSI that the S-TSID declares and nobody sends', async () => {
    const alarms = await alarmsOf((await live(14)).filter((each) => tsi(each) !== 20))
    expect(alarms.find(({ rule }) => rule === 'STSID-TSI')).toMatchObject({ severity: 'error', tsi: 20 })
  })

  it('that comes after its availability is one alarm for each TSI, an error where it is more than a segment', async () => {
    const sent = await live(16)
    const delayed = (byS: number): Datagram[] =>
      interleaved(sent.map((each) => (tsi(each) > 0 ? { ...each, timeUs: each.timeUs + byS * 1e6 } : each)))
    const late = (await alarmsOf(delayed(0.8))).filter(({ rule }) => rule === 'SEG-LATE')
    const veryLate = (await alarmsOf(delayed(5))).filter(({ rule }) => rule === 'SEG-LATE')
    expect(late.map(({ tsi, severity }) => [tsi, severity]).sort()).toEqual([
      [10, 'warning'],
      [20, 'warning'],
    ])
    expect(late[0]?.text).toMatch(/^\d segments of TSI \d0 came after their availability start, \S+ by 0\.\d+ s$/)
    expect(veryLate.map(({ severity }) => severity)).toEqual(['error', 'error'])
    expect(veryLate[0]?.text).toContain(', more than a segment (')
  })

  it.each<[string, Partial<LiveDemoOptions>]>([
    ['at once', { lateS: () => 0 }],
    [
      'after up to a segment, as slow servers and lists that are read now and then give it',
      { lateS: (at) => (at % 3) * 0.9 },
    ],
    ['always three segments late', { lateS: () => 6 }],
    ['from an origin whose clock is 7 s ahead', { clockS: 7 }],
    ['available early, by its MPD', { mpd: '<BaseURL availabilityTimeOffset="INF"></BaseURL>' }],
  ])('of a live presentation that is sent on is announced when receivers have it: coming %s', async (_, options) => {
    const sent = await liveDemo(options, { scheme: 'atsc' })
    expect(await alarmsOf(sent)).toEqual([])
  })

  it('of a live presentation that is sent on over DVB-MABR is announced so as well', async () => {
    for (const protocol of ['flute', 'route'] as const)
      expect(await alarmsOf(await liveDemo({}, { scheme: 'mabr', mabr: { protocol } }))).toEqual([])
  })

  it('that is healthy raises nothing, as DASH, HLS, in a loop, and over FLUTE', async () => {
    expect(await alarmsOf(await live(30), 'SESSION-CLOSED')).toEqual([])
    expect(await alarmsOf(await live(30, {}, demoHls()))).toEqual([])
    expect(await alarmsOf(await routeFixture())).toEqual([])
    expect(await alarmsOf(await twoServicesFixture())).toEqual([])
    expect(await alarmsOf(await mabrCapture(await demoDash()))).toEqual([])
  })
})
