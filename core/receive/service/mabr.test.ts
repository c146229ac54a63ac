import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ReceiveSpec } from '../../contract/session-spec.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import type { Presentation } from '../../ingest/presentation.ts'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { GATEWAY_CONFIGURATION_URI, MABR_CONTENT_TYPE } from '../../protocol/mabr/configuration.ts'
import { toiOfAlarm, tsiOf } from '../../testing/carriers.ts'
import { type Datagram, duplicated, interleaved, play, shuffled, withLoss } from '../../testing/datagrams.ts'
import { FluteSender } from '../../testing/flute-sender.ts'
import { MABR_PORT, type MabrOptions, mabrCapture } from '../../testing/mabr-capture.ts'
import { DEMO_FOLDER, demoDash, demoHls, FIXTURE_ADDRESS, FIXTURE_START_US } from '../../testing/make-fixtures.ts'
import { seededBelow } from '../../testing/seeded.ts'
import { content, TestSession } from '../../testing/test-session.ts'

const MABR: ReceiveTarget = { kind: 'mabr', address: FIXTURE_ADDRESS, port: MABR_PORT }
const BASE = 'tag:mabr.example.2026.service/'

let dash: Presentation
let hls: Presentation
beforeAll(async () => {
  dash = await demoDash()
  hls = await demoHls()
})

const REPAIR = {
  objectBaseUri: BASE,
  receptionTimeoutMs: 50,
  fixedBackoffMs: 10,
  randomBackoffMs: 20,
  baseUrls: [
    { url: 'http://a/', weight: 2 },
    { url: 'http://b/', weight: 0 },
  ],
  otherAttributes: [],
  others: [],
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Digests of the demo's files by `serviceN/name`. */
function demo(wanted: RegExp, service: number, base = BASE): [string, string][] {
  return readdirSync(DEMO_FOLDER)
    .filter((name) => wanted.test(name))
    .map((name) => [`service${service}/${base}${name}`, sha256(readFileSync(join(DEMO_FOLDER, name)))])
}
const sorted = (files: [string, string][]): [string, string][] => files.sort(([a], [b]) => (a < b ? -1 : 1))
const wholeDash = (): [string, string][] => sorted([...demo(/\.(mpd|m4s)$/, 1), ...demo(/\.mp4$/, 0)])

function run(
  datagrams: readonly Datagram[],
  target: ReceiveTarget = MABR,
  receive: Partial<ReceiveSpec> = {},
): TestSession & { digests(): [string, string][] } {
  const session = new TestSession(target, receive)
  play(datagrams, session.receiver)
  session.timeUs = datagrams.at(-1)?.timeUs ?? 0
  session.close()
  const digests = (): [string, string][] => {
    const files = new Map(
      session.files.map((file) => [`service${file.serviceId}/${file.name}`, sha256(file.lease.bytes)]),
    )
    return sorted([...files])
  }
  return Object.assign(session, { digests })
}

const problems = (session: TestSession): string[] =>
  session.alarms.filter(({ severity }) => severity !== 'info').map(({ rule, text }) => `${rule}: ${text}`)

describe('a DVB-MABR service', () => {
  const variants: [string, Partial<MabrOptions>][] = [
    ['as GPAC sends it', {}],
    [
      'with 32-bit ids, EXT_FTI on every packet and several source blocks',
      {
        sender: { shortIds: false, sizes: 'fti', blockSymbols: 7 },
      },
    ],
    ['with several source blocks that only the table describes', { sender: { blockSymbols: 16 } }],
    ['with gzip tables and SHA-256', { sender: { gzipTable: true, digest: 'sha-256' } }],
    ['with each table after its data', { tableLast: true }],
    ['with each table after its data, sizes in EXT_FTI', { tableLast: true, sender: { sizes: 'fti' } }],
    ['in chunks, the last of which says so', { chunkBytes: 9000 }],
    ['in chunks, ended by an empty object', { chunkBytes: 9000, chunksEnd: 'empty' }],
    ['in chunks before their tables', { chunkBytes: 9000, tableLast: true }],
    ['with endpoints that name no TSI', { namesTsi: false }],
    ['on the port of its configuration', { onePort: true }],
    ['with TOIs that go round', { firstToi: 65_530 }],
  ]

  it.each(variants)('arrives whole %s', async (_, options) => {
    for (const target of [MABR, { kind: 'discover' } as const]) {
      const session = run(await mabrCapture(dash, options), target)
      expect(session.digests()).toEqual(wholeDash())
      expect(problems(session)).toEqual([])
      expect(session.malformed).toEqual([])
      expect(session.receiver.usedBytes).toBe(0)
      expect(
        [...session.services.values()].map(({ id, protocol, sharesFilesOf }) => [id, protocol, sharesFilesOf]),
      ).toEqual([
        [0, 'flute', null],
        [1, 'flute', 0],
      ])
      expect(session.services.get(1)?.manifest).toMatchObject({ kind: 'dash', name: `${BASE}manifest.mpd` })
    }
  })

  it('arrives whole from reordered packets, some twice', async () => {
    const datagrams = shuffled(duplicated(await mabrCapture(dash), 0.05), 50)
    const session = run(datagrams)
    expect(session.digests()).toEqual(wholeDash())
    // Some were late enough to be incomplete for a while.
    for (const { lost, incomplete } of session.channels) expect([lost, incomplete]).toEqual([0, 0])
  })

  it('arrives with manifest and init segments in its media sessions', async () => {
    const session = run(await mabrCapture(dash, { inBand: true }))
    expect(session.digests()).toEqual(sorted(demo(/\.(mpd|m4s|mp4)$/, 1)))
    expect(session.files.filter(({ name }) => name.endsWith('.mpd'))).toHaveLength(1)
    expect(session.files.find(({ name }) => name.endsWith('video-init.mp4'))?.kind).toBe('init')
    expect(problems(session)).toEqual([])
  })

  it('arrives as HLS with its child playlists', async () => {
    const session = run(await mabrCapture(hls))
    expect(session.digests()).toEqual(sorted([...demo(/\.(m3u8|m4s)$/, 1), ...demo(/\.mp4$/, 0)]))
    expect(session.services.get(1)?.manifest).toMatchObject({ kind: 'hls', name: `${BASE}master.m3u8` })
    const kinds = new Map(session.files.map(({ name, kind }) => [name.slice(BASE.length), kind]))
    expect([kinds.get('master.m3u8'), kinds.get('video.m3u8'), kinds.get('video-1.m4s')]).toEqual([
      'manifest',
      'playlist',
      'media',
    ])
  })

  it('arrives by ROUTE', async () => {
    const session = run(await mabrCapture(dash, { transport: 'route' }))
    expect(session.digests()).toEqual(sorted(demo(/\.(mpd|m4s|mp4)$/, 1, '')))
    expect([...session.services.values()].map(({ id, protocol }) => [id, protocol])).toEqual([
      [0, 'flute'],
      [1, 'route'],
    ])
    expect(problems(session)).toEqual([])
  })

  it('has the objects of its sessions, where each track and the S-TSID have one of their own', async () => {
    const session = run(await mabrCapture(dash, { transport: 'route', split: true }))
    expect(session.digests()).toEqual(sorted(demo(/\.(mpd|m4s|mp4)$/, 1, '')))
    expect(problems(session)).toEqual([])
  })

  it('is configured by ROUTE', async () => {
    for (const transport of ['flute', 'route'] as const) {
      const datagrams = await mabrCapture(dash, { configuration: 'route', transport })
      for (const target of [MABR, { kind: 'discover' } as const]) {
        const session = run(datagrams, target)
        const media = session.digests().filter(([name]) => /^service1.*m4s$/.test(name))
        expect(media).toEqual(sorted(demo(/\.m4s$/, 1, transport === 'route' ? '' : BASE)))
        expect(session.services.get(0)).toMatchObject({ protocol: 'route', name: 'Gateway configuration' })
        expect(session.services.get(1)).toMatchObject({ protocol: transport, manifest: { kind: 'dash' } })
        expect(problems(session)).toEqual([])
      }
    }
  })

  it('finds the role of each channel', async () => {
    const session = run(await mabrCapture(dash))
    expect(session.channels.map((each) => [tsiOf(each), each.role, each.representation, each.serviceId])).toEqual([
      [1, 'signaling', null, 0],
      [10, 'video', 'video', 1],
      [20, 'audio', 'audio', 1],
    ])
    const types = new Set(session.fragments.map(({ type, service }) => `${service} ${type}`))
    expect([...types].sort()).toEqual(['0 FDT', '0 MABR', '1 FDT', '1 MPD'])
  })

  it('shows a chunked segment as one object that grows', async () => {
    const seen = new Map<string, number[]>()
    const session = new TestSession(
      MABR,
      {},
      {},
      {
        begun(object) {
          const lengths: number[] = []
          seen.set(object.name ?? '', lengths)
          object.watch(() => void lengths.push(object.prefixBytes()))
        },
      },
    )
    play(await mabrCapture(dash, { chunkBytes: 9000 }), session.receiver)
    const lengths = seen.get(`${BASE}video-1.m4s`) ?? []
    expect(lengths.slice(0, 4)).toEqual([9000, 18_000, 27_000, 36_000])
    expect([...seen.keys()].filter((name) => name.includes('#'))).toEqual([])
    expect(seen.size).toBe(24 + 2)
  })

  it('reports the missing bytes of a segment with a lost chunk', async () => {
    const datagrams = await mabrCapture(dash, { chunkBytes: 9000, segments: 3 })
    // All of the second chunk of the first video segment: its table and its data.
    const isLost = ({ bytes, port }: Datagram): boolean => port === MABR_PORT + 1 && bytes[9] === 10 && bytes[11] === 2
    const session = run(
      datagrams.filter((datagram) => !isLost(datagram)),
      MABR,
      { keepCorrupt: true },
    )
    expect(problems(session)).toEqual([expect.stringContaining(`SEG-LOSS: ${BASE}video-1.m4s`)])
    const file = session.files.find(({ name }) => name.endsWith('video-1.m4s'))
    expect(file).toMatchObject({ complete: false, missing: [[9000, 18_000]] })
    expect(session.lost.map(({ name }) => name)).toEqual([`${BASE}video-1.m4s`])
  })

  it('keeps the received bytes of a damaged chunk in its segment', async () => {
    const datagrams = await mabrCapture(dash, { chunkBytes: 9000, segments: 3 })
    const isLost = ({ bytes, port }: Datagram): boolean =>
      port === MABR_PORT + 1 && bytes[9] === 10 && bytes[11] === 2 && bytes[15] === 3
    const rest = datagrams.filter((datagram) => !isLost(datagram))
    const session = run(rest, MABR, { keepCorrupt: true })
    expect(problems(session)).toEqual([expect.stringContaining('1000 bytes missing in 1 range, first at 12000')])
    expect(session.files.filter(({ complete }) => !complete)).toMatchObject([
      { name: `${BASE}video-1.m4s`, missing: [[12_000, 13_000]] },
    ])
    expect(run(rest).files.filter(({ name }) => name.endsWith('video-1.m4s'))).toEqual([])
  })

  it('reports every lost byte', async () => {
    const sent = await mabrCapture(dash)
    const session = run(withLoss(sent, 0.01, 7))
    const partial = session.objects.filter(({ state }) => state === 'partial')
    expect(partial.length).toBeGreaterThan(3)
    for (const object of partial) {
      for (const [from, to] of object.missing()) expect(from % 1000 === 0 && to > from).toBe(true)
    }
    const whole = new Set(wholeDash().map(([name, digest]) => `${name} ${digest}`))
    for (const [name, digest] of session.digests()) expect(whole).toContain(`${name} ${digest}`)
  })

  it('is joined only where it is wanted', async () => {
    const datagrams = await mabrCapture(dash)
    const config = { address: FIXTURE_ADDRESS, port: MABR_PORT }
    const idle = { afterMs: 60_000, services: [1], generation: 1 }
    const media = { address: FIXTURE_ADDRESS, port: MABR_PORT + 1, idle }
    for (const services of ['none', 'scan', [2]] as const) {
      const session = run(datagrams, MABR, { services })
      expect(session.wanted).toEqual([config])
      expect(session.services.get(1)).toMatchObject({ joined: false, name: 'urn:example:mabr:service' })
      expect(session.files).toEqual([])
    }
    for (const services of ['first', 'all', [1]] as const) {
      const session = run(datagrams, MABR, { services })
      expect(session.wanted).toEqual([config, media])
      expect(session.digests()).toEqual(wholeDash())
    }
    expect(run(datagrams, { kind: 'discover' }, { services: [2] }).services.size).toBe(2)
  })

  it('is joined for the senders of its endpoints, except for the configuration', async () => {
    const sourcesOf = async (source: string, options: Partial<MabrOptions> = {}) =>
      run(await mabrCapture(dash, { source, segments: 1, ...options })).wanted
    const config = { address: FIXTURE_ADDRESS, port: MABR_PORT }
    const idle = { afterMs: 60_000, services: [1], generation: 1 }
    const media = { address: FIXTURE_ADDRESS, port: MABR_PORT + 1, idle }
    expect(await sourcesOf('10.1.2.3')).toEqual([config, { ...media, sources: ['10.1.2.3'] }])
    expect(await sourcesOf('10.1.2.3', { transport: 'route' })).toEqual([config, { ...media, sources: ['10.1.2.3'] }])
    // No address of a sender; and the sender of the configuration is unknown.
    for (const none of ['239.1.1.1', '0.0.0.0', 'origin.example'])
      expect(await sourcesOf(none)).toEqual([config, media])
    expect(await sourcesOf('10.1.2.3', { onePort: true })).toEqual([config])
  })

  it('is not joined where the configuration names no group', async () => {
    for (const namedGroup of ['127.0.0.1', '224.0.0.251', 'tracker.example']) {
      const session = run(await mabrCapture(dash, { namedGroup, segments: 1 }))
      expect(session.wanted).toEqual([{ address: FIXTURE_ADDRESS, port: MABR_PORT }])
      expect(problems(session).filter((text) => text.startsWith('SIG-ADDRESS: The gateway configuration'))).toEqual([
        expect.stringContaining(`names ${namedGroup}:${MABR_PORT + 1}, which`),
      ])
    }
  })

  it('reports a session that is not on air, with its configured sender', async () => {
    const carousel = (await mabrCapture(dash, { source: '10.1.2.3' })).filter(({ port }) => port === MABR_PORT)
    const text = (tsi: number): string =>
      `MABR-CONFIG: The configuration names TSI ${tsi} at ${FIXTURE_ADDRESS}:${MABR_PORT + 1}, without packets for 10 s; it names 10.1.2.3 as the sender`
    expect(problems(run(carousel))).toEqual([text(10), text(20)])
  })

  it('keeps its numbers beside an SLT, whichever arrives first', async () => {
    const mabr = await mabrCapture(dash, { segments: 2 })
    const at = mabr[mabr.length >> 1]?.timeUs ?? 0
    const slt = (timeUs: number): Datagram => {
      const service = (id: number) =>
        `<Service serviceId="${id}" shortServiceName="S${id}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.9.9" slsDestinationUdpPort="${5000 + id}"/></Service>`
      const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1">${service(1)}${service(2)}</SLT>`
      return { address: '224.0.23.60', port: 4937, timeUs, bytes: Uint8Array.from([1, 0, 0, 1, ...gzipSync(xml)]) }
    }
    const numbers = (session: TestSession): [number, string | null][] =>
      [...session.services.values()]
        .map(({ id, name }): [number, string | null] => [id, name])
        .sort(([a], [b]) => a - b)
    const names = (session: TestSession): string[] => session.files.map(({ serviceId, name }) => `${serviceId} ${name}`)
    const config = 'Gateway configuration'
    const media = 'urn:example:mabr:service'

    const before = run([slt(FIXTURE_START_US - 1), ...mabr], { kind: 'discover' })
    expect(numbers(before)).toEqual([
      [1, 'S1'],
      [2, 'S2'],
      [65_536, config],
      [65_537, media],
    ])
    const alone = run(mabr, { kind: 'discover' })
    const after = run(interleaved(mabr, [slt(at), slt(at + 1000)]), { kind: 'discover' })
    expect(numbers(after)).toEqual([
      [0, config],
      [1, media],
      [2, 'S2'],
      [65_536, 'S1'],
    ])
    expect(after.gone).toEqual([])
    expect(names(after)).toEqual(names(alone))
    expect(after.alarms.map(({ rule, service, text }) => [rule, service, text])).toEqual([
      ['SLT-NUMBER', 65_536, `Service 1 of the SLT has the number 65536 here: ${media} had that number first`],
    ])
  })

  it('is received from the middle on without a loss before', async () => {
    const datagrams = (await mabrCapture(dash)).filter(({ timeUs }) => timeUs > FIXTURE_START_US + 3_000_000)
    // The first packets of a segment are missing, with its table.
    const cut = datagrams.findIndex(({ port }) => port !== MABR_PORT)
    const session = run([...datagrams.slice(0, cut), ...datagrams.slice(cut + 5)])
    expect(problems(session)).toEqual([])
    expect(session.channels.reduce((sum, { lost }) => sum + lost, 0)).toBe(0)
    expect(session.digests().length).toBeGreaterThan(18)
  })

  it('lists its repair servers', async () => {
    const session = run(await mabrCapture(dash, { repair: REPAIR, segments: 1 }))
    const common = { stripBase: BASE, fixedBackoffMs: 10, randomBackoffMs: 20, afterMs: 50 }
    expect(session.services.get(1)?.repairServers).toEqual([
      { url: 'http://a/', weight: 2, ...common },
      { url: 'http://b/', weight: 0, ...common },
    ])
  })

  it('continues where a new configuration leaves it unchanged', async () => {
    const before = await mabrCapture(dash)
    const after = await mabrCapture(dash, { repair: REPAIR, namesTsi: true, sender: { digest: 'sha-256' } })
    const half = FIXTURE_START_US + 12_000_000
    const session = run([
      ...before.filter(({ timeUs }) => timeUs < half),
      ...after.filter(({ timeUs, port }) => timeUs >= half && port === MABR_PORT),
      ...before.filter(({ timeUs, port }) => timeUs >= half && port !== MABR_PORT),
    ])
    expect(session.gone).toEqual([])
    expect(session.wanted[1]?.idle?.generation).toBe(2)
    expect(session.channels.filter((channel) => tsiOf(channel) === 10)).toHaveLength(1)
    expect(session.digests().filter(([name]) => name.endsWith('.m4s'))).toHaveLength(24)
  })

  it('follows services that appear, end and move', () => {
    const sender = new FluteSender({ port: MABR_PORT })
    const configure = (session: TestSession, services: readonly (readonly [string, number])[]): void => {
      const bytes = new TextEncoder().encode(
        `<MulticastGatewayConfiguration>${services
          .map(
            ([name, port]) =>
              `<MulticastSession serviceIdentifier="${name}"><MulticastTransportSession><TransportProtocol protocolIdentifier="urn:dvb:metadata:cs:MulticastTransportProtocolCS:2022:FLUTE"/><EndpointAddress><NetworkDestinationGroupAddress>239.1.1.1</NetworkDestinationGroupAddress><TransportDestinationPort>${port}</TransportDestinationPort></EndpointAddress></MulticastTransportSession></MulticastSession>`,
          )
          .join('')}</MulticastGatewayConfiguration>`,
      )
      const file = { toi: 1, name: GATEWAY_CONFIGURATION_URI, contentType: MABR_CONTENT_TYPE, bytes }
      session.timeUs += 1000
      play([...sender.table([file], session.timeUs), ...sender.object(file, session.timeUs)], session.receiver, flows)
    }
    const flows = new FlowTable()
    const services = (session: TestSession): unknown[] =>
      [...session.services.values()].map(({ id, name, joined, destination }) => [id, name, joined, destination])
    const session = new TestSession(MABR)
    const media = new FluteSender({ address: '239.1.1.1', port: 9001, tsi: 7 })
    const file = (toi: number, seed: number) => ({
      toi,
      name: `${toi}.m4s`,
      contentType: 'video/mp4',
      bytes: content(3000, seed),
    })
    configure(session, [
      ['a', 9001],
      ['b', 9002],
    ])
    const half = media.object(file(1, 1), session.timeUs)
    play([...media.table([file(1, 1)], session.timeUs), ...half.slice(0, 1)], session.receiver, flows)
    configure(session, [
      ['c', 9003],
      ['a', 9001],
    ])
    expect(services(session)).toEqual([
      [0, 'Gateway configuration', true, `${FIXTURE_ADDRESS}:${MABR_PORT}`],
      [1, 'a', true, '239.1.1.1:9001'],
      [2, 'b', false, '239.1.1.1:9002'],
      [3, 'c', true, '239.1.1.1:9003'],
    ])
    expect(session.wanted.map(({ port }) => port)).toEqual([MABR_PORT, 9001, 9003])
    // Objects under way continue.
    play(half.slice(1), session.receiver, flows)
    expect(session.files.map(({ serviceId, name }) => [serviceId, name])).toEqual([[1, '1.m4s']])
    configure(session, [['a', 9005]])
    expect(session.wanted.map(({ port }) => port)).toEqual([MABR_PORT, 9005])
    const moved = new FluteSender({ address: '239.1.1.1', port: 9005, tsi: 7 })
    play(
      [...moved.table([file(2, 2)], session.timeUs), ...moved.object(file(2, 2), session.timeUs)],
      session.receiver,
      flows,
    )
    expect(session.files.map(({ serviceId, name }) => [serviceId, name])).toEqual([
      [1, '1.m4s'],
      [1, '2.m4s'],
    ])
    expect(problems(session)).toEqual([])
  })

  it('reports a missing configuration', () => {
    const sender = new FluteSender({ port: MABR_PORT })
    const file = { toi: 5, name: 'a.bin', contentType: 'application/octet-stream', bytes: content(3000) }
    const session = run([...sender.table([file], FIXTURE_START_US), ...sender.object(file, FIXTURE_START_US)])
    expect(session.alarms.map(({ rule }) => rule)).toEqual(['MABR-CONFIG'])
    expect(session.files.map(({ name, serviceId }) => [serviceId, name])).toEqual([[0, 'a.bin']])
  })

  it('ignores other objects than configurations', () => {
    const sender = new FluteSender({ port: MABR_PORT })
    const bytes = new TextEncoder().encode('<MulticastGatewayConfiguration')
    const file = { toi: 1, name: GATEWAY_CONFIGURATION_URI, contentType: MABR_CONTENT_TYPE, bytes }
    const session = run([...sender.table([file], FIXTURE_START_US), ...sender.object(file, FIXTURE_START_US)])
    expect(session.alarms.map(({ rule }) => rule)).toEqual(['MABR-XML', 'MABR-CONFIG'])
  })
})

describe('a FLUTE session without DVB-MABR', () => {
  const text = { contentType: 'text/plain' }

  it('is found in a capture, with its files', () => {
    const sender = new FluteSender({ tsi: 3 })
    const a = { ...text, toi: 1, name: 'http://host/a.txt', bytes: content(2500) }
    const b = { ...text, toi: 2, name: 'b.txt', bytes: content(10) }
    const at = FIXTURE_START_US
    const session = run([...sender.table([a, b], at), ...sender.object(a, at), ...sender.object(b, at)], {
      kind: 'discover',
    })
    expect([...session.services.values()].map(({ id, protocol }) => [id, protocol])).toEqual([[1, 'flute']])
    expect(session.files.map(({ name, lease }) => [name, lease.bytes])).toEqual([
      [a.name, a.bytes],
      [b.name, b.bytes],
    ])
    expect(session.fragments).toMatchObject([{ type: 'FDT', version: 1, service: 1 }])
    expect(problems(session)).toEqual([])
  })

  it('does not deliver an object that contradicts its digest, except as corrupt where kept', () => {
    const sender = new FluteSender()
    const file = { ...text, toi: 1, name: 'a.txt', bytes: content(2500) }
    const other = { ...file, bytes: content(2500, 2) }
    const at = FIXTURE_START_US
    const datagrams = [...sender.table([file], at), ...sender.object(other, at)]
    const strict = run(datagrams, { kind: 'discover' })
    expect(strict.files).toEqual([])
    expect(strict.alarms.map((alarm) => [alarm.rule, toiOfAlarm(alarm)])).toEqual([['OBJ-MD5', 1]])
    expect(strict.channels[0]).toMatchObject({ complete: 1, incomplete: 1, lost: 0 })
    const [kept] = run(datagrams, { kind: 'discover' }, { keepCorrupt: true }).files
    expect(kept).toMatchObject({ name: 'a.txt', complete: false, missing: [], lease: { bytes: other.bytes } })
    // The next round of the carousel is correct.
    const healed = run([...datagrams, ...sender.object(file, at + 1000)], { kind: 'discover' })
    expect(healed.files.map(({ lease }) => lease.bytes)).toEqual([file.bytes])
  })

  it('checks the digest also where the table arrives last', () => {
    const sender = new FluteSender({ sizes: 'fti', digest: 'sha-256' })
    const file = { ...text, toi: 1, name: 'a.txt', bytes: content(2500) }
    const other = { ...file, bytes: content(2500, 2) }
    const at = FIXTURE_START_US
    const session = run([...sender.object(other, at), ...sender.table([file], at + 1)], { kind: 'discover' })
    expect(session.files).toEqual([])
    expect(session.alarms.map(({ rule }) => rule)).toEqual(['OBJ-MD5'])
  })

  it('distinguishes files that use the same TOI in turn', () => {
    const sender = new FluteSender()
    const at = FIXTURE_START_US
    const files = [1, 2, 3].map((seed) => ({ ...text, toi: 9, name: `${seed}.txt`, bytes: content(1500, seed) }))
    const session = run(
      files.flatMap((file, index) => [...sender.table([file], at + index), ...sender.object(file, at + index)]),
      { kind: 'discover' },
    )
    expect(session.files.map(({ name, lease }) => [name, lease.bytes])).toEqual(
      files.map(({ name, bytes }) => [name, bytes]),
    )
  })

  it('delivers an object without bytes', () => {
    const sender = new FluteSender()
    const file = { ...text, toi: 1, name: 'empty.txt', bytes: new Uint8Array(0) }
    const at = FIXTURE_START_US
    const session = run([...sender.table([file], at), ...sender.object(file, at)], { kind: 'discover' })
    expect(session.files.map(({ name, lease }) => [name, lease.bytes.length])).toEqual([['empty.txt', 0]])
  })

  it('reports packets without any table', () => {
    const sender = new FluteSender()
    const session = run(sender.object({ toi: 4, bytes: content(5000) }, FIXTURE_START_US), { kind: 'discover' })
    expect(session.files).toEqual([])
    expect(problems(session)).toEqual([expect.stringContaining('FDT: ')])
  })

  it('assembles an object whose table was lost, with the layout of earlier files, without a name', () => {
    const sender = new FluteSender()
    const at = FIXTURE_START_US
    const [a, b, c] = [1, 2, 3].map((toi) => ({ ...text, toi, name: `${toi}.txt`, bytes: content(2500, toi) }))
    if (a === undefined || b === undefined || c === undefined) throw new RangeError()
    const session = run(
      [
        ...sender.table([a], at),
        ...sender.object(a, at),
        ...sender.object(b, at + 1000),
        ...sender.table([c], at + 2000),
        ...sender.object(c, at + 2000),
      ],
      { kind: 'discover' },
    )
    expect(problems(session)).toEqual([
      expect.stringMatching(/^FDT: TOI 2 of TSI 1 .* came whole \(2500 bytes in 3 packets\)/),
    ])
    expect(session.files.map(({ name, lease }) => [name, lease.bytes])).toEqual([
      ['1.txt', a.bytes],
      ['3.txt', c.bytes],
      ['tsi-1/toi-2.bin', b.bytes],
    ])
    expect(session.channels[0]?.packets).toBe(9 + 2)
  })

  it('bounds the memory of undescribed packets', () => {
    const sender = new FluteSender()
    const flood = Array.from({ length: 6000 }, (_, toi) =>
      sender.object({ toi: 1 + (toi % 60_000), bytes: content(1500) }, FIXTURE_START_US),
    ).flat()
    const session = run(flood, { kind: 'discover' })
    expect(session.alarms.map(({ rule }) => rule)).toContain('LIMIT-QUARANTINE')
    expect(session.receiver.usedBytes).toBe(0)
  })
})

describe('damaged FLUTE', () => {
  it('loses only damaged objects', async () => {
    const sent = await mabrCapture(dash, { chunkBytes: 9000, segments: 2, sender: { sizes: 'fti', gzipTable: true } })
    const random = seededBelow(1)
    for (let round = 0; round < 20; round++) {
      const damaged = sent.map((datagram) => {
        if (random(4) > 0) return datagram
        const bytes = datagram.bytes.slice(0, random(8) === 0 ? random(datagram.bytes.length + 1) : undefined)
        // Most flips are in the header, where they matter.
        for (let flips = random(4); flips > 0 && bytes.length > 0; flips--) {
          const at = random(random(2) === 0 ? Math.min(60, bytes.length) : bytes.length)
          bytes[at] = (bytes[at] as number) ^ (1 << random(8))
        }
        return { ...datagram, bytes }
      })
      const session = run(damaged, round % 2 === 0 ? MABR : { kind: 'discover' }, { keepCorrupt: true })
      expect(session.alarms.filter(({ rule }) => rule === 'INTERNAL')).toEqual([])
      expect(session.malformed).not.toContain('internal')
      expect(session.receiver.usedBytes).toBe(0)
    }
  })

  it('refuses a table that inflates beyond the bound', () => {
    const sender = new FluteSender({ gzipTable: true })
    const name = 'x'.repeat(200)
    const files = Array.from({ length: 400 }, (_, toi) => ({
      toi: toi + 1,
      name: `${name}${toi}`,
      contentType: 'text/plain',
      bytes: new Uint8Array(0),
    }))
    const session = new TestSession({ kind: 'discover' }, {}, { unpackedBytes: 10_000 })
    play(sender.table(files, FIXTURE_START_US), session.receiver)
    session.close()
    expect(session.alarms.map(({ rule, text }) => [rule, /gzip-too-large/.test(text)])).toEqual([['FDT-XML', true]])
  })
})
