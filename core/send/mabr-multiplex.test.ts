import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asServiceId, asToi, asTsi } from '../contract/ids.ts'
import type { Presentation } from '../ingest/presentation.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { symbolOffset } from '../protocol/flute/fec-oti.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import type { MabrConfiguration } from '../protocol/mabr/configuration.ts'
import { parseMabrConfiguration } from '../protocol/mabr/configuration-parser.ts'
import type { Datagram } from '../testing/datagrams.ts'
import {
  broadcastOf,
  DEMO_FOLDER,
  demoDash,
  demoHls,
  FIXTURE_ADDRESS,
  FIXTURE_OPTIONS,
  FIXTURE_PORT,
  FIXTURE_START_US,
} from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import { Broadcaster, type BroadcastOptions } from './broadcaster.ts'
import type { PacketOut } from './emitter.ts'
import { FluteObject } from './flute-object.ts'

const TARGET = { kind: 'mabr', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const BASE = 'urn:routescope:mabr:service'
const original = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))

const sent = (content: Presentation, options: Partial<BroadcastOptions> = {}, seconds?: number): Promise<Datagram[]> =>
  broadcastOf(content, { scheme: 'mabr', ...options }, seconds)

/** Names of the received files without folder and base, with what differs from the demo's file of that name. */
function names({ files }: Received): { all: string[]; different: string[] } {
  const all: string[] = []
  const different: string[] = []
  for (const [path, bytes] of files) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    all.push(name)
    if (name.startsWith('urn:dvb:')) continue
    if (Buffer.compare(bytes, original(name)) !== 0) different.push(name)
  }
  return { all: all.sort(), different }
}

/** Alarms but that sessions ended. */
const troubles = ({ alarms }: Received): unknown[] => alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED')

const media = (last: number): string[] =>
  ['audio', 'video'].flatMap((track) => [
    `${track}-init.mp4`,
    ...Array.from({ length: last }, (_, at) => `${track}-${at + 1}.m4s`),
  ])

describe('a DVB-MABR broadcast', () => {
  it('of DASH is received whole, without an alarm', async () => {
    const received = receiveAll(await sent(await demoDash()), TARGET)
    expect(names(received)).toEqual({ all: [...media(12), 'manifest.mpd'].sort(), different: [] })
    expect(troubles(received)).toEqual([])
  })

  it('of HLS has its playlists', async () => {
    const received = receiveAll(await sent(await demoHls()), TARGET)
    const all = [...media(12), 'audio.m3u8', 'master.m3u8', 'video.m3u8'].sort()
    expect(names(received)).toEqual({ all, different: [] })
    expect(troubles(received)).toEqual([])
  })

  it('of a folder has its files', async () => {
    const received = receiveAll(await sent(await loadPresentation(DEMO_FOLDER)), TARGET)
    const { all, different } = names(received)
    expect(different).toEqual([])
    expect(all).toEqual([...media(12), 'audio.m3u8', 'manifest.mpd', 'master.m3u8', 'video.m3u8'].sort())
    expect(troubles(received)).toEqual([])
  })

  it.each([
    ['DASH', demoDash, 'manifest.mpd', 1],
    ['HLS', demoHls, 'video.m3u8', 20],
  ] as const)('of %s in a loop goes on, and renews what names the segments', async (_, content, manifest, least) => {
    const received = receiveAll(await sent(await content(), { loop: true }, 61), TARGET)
    const all = received.order.map((path) => path.slice(path.lastIndexOf('/') + 1))
    expect(all).toContain('video-30.m4s')
    expect(all).toContain('audio-30.m4s')
    const versions = received.order.filter((path) => path.endsWith(`/${manifest}`))
    expect(versions.length).toBeGreaterThanOrEqual(least)
    expect(troubles(received)).toEqual([])
  })

  it('of several services has one configuration, and each on its port', async () => {
    const service = { serviceName: 'Demo', address: FIXTURE_ADDRESS }
    const datagrams = await broadcastOf(
      [
        { ...service, serviceId: asServiceId(5), port: FIXTURE_PORT + 1, presentation: await demoDash() },
        { ...service, serviceId: asServiceId(7), port: FIXTURE_PORT + 2, presentation: await demoHls() },
      ],
      { scheme: 'mabr' },
    )
    expect([...new Set(datagrams.map(({ port }) => port))].sort()).toEqual([6000, 6001, 6002])
    const received = receiveAll(datagrams, TARGET)
    expect(troubles(received)).toEqual([])
    const paths = [...received.files.keys()]
    expect(paths).toContain(`service1/${BASE}:5/video-12.m4s`)
    expect(paths).toContain(`service2/${BASE}:7/video-12.m4s`)
  })

  it.each(['flute', 'route'] as const)('by %s gives gateways time to join before the media', async (protocol) => {
    const datagrams = await sent(await demoDash(), { mabr: { protocol }, leadUs: 1_000_000 })
    const tsiOf = (bytes: Uint8Array): number => parseLctHeader(bytes).header.tsi
    const media = datagrams.filter(({ port, bytes }) => port !== FIXTURE_PORT && tsiOf(bytes) !== 0)
    expect(datagrams[0]).toMatchObject({ port: FIXTURE_PORT, timeUs: FIXTURE_START_US })
    expect(media[0]?.timeUs).toBe(FIXTURE_START_US + 1_000_000)
    const received = receiveAll(datagrams, TARGET)
    expect(names(received).different).toEqual([])
    expect(names(received).all).toContain('video-1.m4s')
  })

  it('closes each session with its last packets', async () => {
    const closing = new Set<string>()
    for (const { port, bytes } of await sent(await demoDash())) {
      const { tsi, closeSession } = parseLctHeader(bytes).header
      const session = `${port} ${tsi}`
      // Nothing goes on after a session was closed.
      if (closeSession) closing.add(session)
      else expect(closing).not.toContain(session)
    }
    expect([...closing].sort()).toEqual(['6000 1', '6001 10', '6001 20'])
  })

  it('says where each representation is', async () => {
    const datagrams = await sent(await demoDash(), { mtu: 9000 })
    const { sessions } = configuration(datagrams)
    expect(sessions.map(({ manifests }) => manifests[0]?.transportObjectUri)).toEqual([`${BASE}:1/manifest.mpd`])
    expect(
      sessions[0]?.transports.map(({ endpoints, components }) => [endpoints[0]?.tsi, components[0]?.representation]),
    ).toEqual([
      [10, 'video'],
      [20, 'audio'],
    ])
  })

  it('in band has manifest, playlists and initialisation segments before each segment only', async () => {
    for (const [content, own] of [
      [await demoDash(), ['manifest.mpd']],
      [await demoHls(), ['audio.m3u8', 'master.m3u8', 'video.m3u8']],
    ] as const) {
      const datagrams = await sent(content, { mabr: { inBand: true }, mtu: 9000 })
      const received = receiveAll(datagrams, TARGET)
      expect(names(received)).toEqual({ all: [...media(12), ...own].sort(), different: [] })
      expect(troubles(received)).toEqual([])
      const tables = datagrams.filter(({ port, bytes }) => port === FIXTURE_PORT && toiOf(bytes) === 0)
      expect(latin1(tables[0]?.bytes ?? new Uint8Array()).split('Content-Location=')).toHaveLength(2)
      const [service] = configuration(datagrams).sessions
      expect(service?.transports.map(({ carousels }) => carousels[0]?.items.map(({ kind }) => kind))).toEqual([
        ['manifests', 'init'],
        ['manifests', 'init'],
      ])
    }
  })

  it('in band and in a loop renews what names the segments', async () => {
    const received = receiveAll(await sent(await demoHls(), { loop: true, mabr: { inBand: true } }, 61), TARGET)
    const all = received.order.map((path) => path.slice(path.lastIndexOf('/') + 1))
    expect(all).toContain('video-30.m4s')
    expect(all.filter((name) => name === 'video.m3u8').length).toBeGreaterThanOrEqual(20)
    expect(troubles(received)).toEqual([])
  })

  it('with ports for each track is received whole', async () => {
    const datagrams = await sent(await demoDash(), { split: 'all' })
    expect([...new Set(datagrams.map(({ port }) => port))].sort()).toEqual([6000, 6002, 6003])
    const received = receiveAll(datagrams, TARGET)
    expect(names(received)).toEqual({ all: [...media(12), 'manifest.mpd'].sort(), different: [] })
    expect(troubles(received)).toEqual([])
  })

  it('names its only sender, and where bytes that lack are fetched, where it is told to', async () => {
    const repair = { baseUrls: ['http://a/', 'http://b/'], afterMs: 70 }
    const mabr = { sourceSpecific: true, repair }
    const { configurationSessions, sessions } = configuration(
      await sent(await demoDash(), { mabr, mtu: 9000, sourceAddress: '192.0.2.7' }),
    )
    const all = [...configurationSessions, ...(sessions[0]?.transports ?? [])]
    expect(all.map(({ endpoints }) => endpoints[0]?.source)).toEqual(['192.0.2.7', '192.0.2.7', '192.0.2.7'])
    expect(sessions[0]?.transports[1]?.repair).toMatchObject({
      objectBaseUri: `${BASE}:1/`,
      receptionTimeoutMs: 70,
      baseUrls: [{ url: 'http://a/' }, { url: 'http://b/' }],
    })
  })

  it.each([
    ['none', 0, 0],
    ['meta', 4, 0],
    ['all', 4, 24],
  ] as const)('has digests of %s', async (digests, ofTables, ofMedia) => {
    const datagrams = await sent(await demoDash(), { mabr: { digests }, mtu: 9000 })
    const tables = datagrams.filter(({ bytes }) => toiOf(bytes) === 0)
    const digestsAt = (port: number): number[] =>
      tables.filter((one) => one.port === port).map(({ bytes }) => latin1(bytes).split('Content-MD5=').length - 1)
    expect(digestsAt(FIXTURE_PORT)[0]).toBe(ofTables)
    expect(digestsAt(FIXTURE_PORT + 1).reduce((sum, count) => sum + count)).toBe(ofMedia)
    expect(troubles(receiveAll(datagrams, TARGET))).toEqual([])
  })

  it('begins again after a machine slept, without a burst', async () => {
    const broadcaster = new Broadcaster(
      { ...FIXTURE_OPTIONS, scheme: 'mabr', pace: 'real', loop: true },
      await demoDash(),
      FIXTURE_START_US,
    )
    const times: number[] = []
    const out: PacketOut = { packet: (_address, _port, _bytes, timeUs) => times.push(timeUs) > 0 }
    const awakeUs = FIXTURE_START_US + 3_600_000_000
    await broadcaster.prepare(FIXTURE_START_US)
    broadcaster.send(FIXTURE_START_US, out)
    const before = times.length
    await broadcaster.prepare(awakeUs)
    broadcaster.send(awakeUs, out)
    // One round of the configuration at most, not 3600.
    expect(times.length - before).toBeLessThan(4 * before)
  })
})

describe('a FLUTE object', () => {
  it.each([
    ['of one block', 1000, 10],
    ['of more symbols than ids', 70_001 * 4, 4],
    ['of three blocks', 140_000 * 4 - 3, 4],
    ['that is empty', 0, 10],
  ])('%s has each symbol at its place', (_, size, symbolBytes) => {
    const bytes = Uint8Array.from({ length: size }, (__, at) => (at * 7 + (at >> 8)) & 0xff)
    const fields = { tsi: asTsi(10), toi: asToi(3), bytes, symbolBytes, extensions: [], closes: 'object' } as const
    const object = new FluteObject(fields)
    const packet = new Uint8Array(100)
    const rebuilt = new Uint8Array(size)
    const closing: boolean[] = []
    const layout = {
      ...{ encodingId: 0, transferLength: size, symbolLength: symbolBytes, maxSourceBlock: 65_535 },
      ...{ sourceBlocks: -1, subBlocks: 1, alignment: 1, symbolIdBits: 8 },
    }
    while (!object.done) {
      const length = object.next(packet)
      const { header, headerBytes } = parseLctHeader(packet.subarray(0, length))
      const view = new DataView(packet.buffer)
      const at = symbolOffset(layout, view.getUint16(headerBytes), view.getUint16(headerBytes + 2), 0)
      rebuilt.set(packet.subarray(headerBytes + 4, length), at)
      closing.push(header.closeObject && !header.closeSession)
    }
    expect(Buffer.compare(rebuilt, bytes)).toBe(0)
    expect(closing).toEqual([...closing.slice(1).fill(false), true])
  })
})

/** The first configuration, in one packet. */
function configuration(datagrams: readonly Datagram[]): MabrConfiguration {
  const first = datagrams.find(({ port, bytes }) => port === FIXTURE_PORT && toiOf(bytes) === 1)
  if (first === undefined) throw new Error('no configuration was sent')
  return parseMabrConfiguration(first.bytes.subarray(parseLctHeader(first.bytes).headerBytes + 4))
}

function toiOf(bytes: Uint8Array): number {
  return parseLctHeader(bytes).header.toi
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
