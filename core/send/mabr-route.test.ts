import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { mabrProtocol } from '../protocol/mabr/configuration.ts'
import { parseMabrConfiguration } from '../protocol/mabr/configuration-parser.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastOf, DEMO_FOLDER, demoDash, demoHls, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import type { SplitMode } from './split-endpoints.ts'

const TARGET = { kind: 'mabr', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const ROUTE = { scheme: 'mabr', mabr: { protocol: 'route' } } as const
const original = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))

/** Paths of the received files, with those that differ from the demo's. */
function paths({ files }: Received): { all: string[]; different: string[] } {
  const all = [...files.keys()].sort()
  const name = (path: string): string => path.slice(path.indexOf('/') + 1)
  const different = all.filter((path) => Buffer.compare(files.get(path) as Uint8Array, original(name(path))) !== 0)
  return { all, different }
}

/** Names of the demo's files of one service. */
const demo = (service: number, ...manifests: readonly string[]): string[] =>
  [
    ...['audio', 'video'].flatMap((track) => [
      `${track}-init.mp4`,
      ...Array.from({ length: 12 }, (_, at) => `${track}-${at + 1}.m4s`),
    ]),
    ...manifests,
  ].map((name) => `service${service}/${name}`)

const troubles = ({ alarms }: Received): unknown[] => alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED')

/** The first configuration that was sent. */
function configurationOf(datagrams: readonly Datagram[]) {
  const first = datagrams.find(({ port, bytes }) => port === FIXTURE_PORT && parseLctHeader(bytes).header.toi === 1)
  if (first === undefined) throw new Error('no configuration was sent')
  return parseMabrConfiguration(first.bytes.subarray(parseLctHeader(first.bytes).headerBytes + 4))
}

describe('a DVB-MABR broadcast over ROUTE', () => {
  it.each<[string, typeof demoDash, SplitMode, readonly string[]]>([
    ['DASH', demoDash, 'off', ['manifest.mpd']],
    ['DASH on ports of its own', demoDash, 'all', ['manifest.mpd']],
    ['DASH on groups of its own', demoDash, 'mcast', ['manifest.mpd']],
    ['HLS', demoHls, 'off', ['audio.m3u8', 'master.m3u8', 'video.m3u8']],
  ])('of %s is received whole, without an alarm', async (_, content, split, manifests) => {
    const received = receiveAll(await broadcastOf(await content(), { ...ROUTE, split }), TARGET)
    expect(paths(received)).toEqual({ all: demo(1, ...manifests).sort(), different: [] })
    expect(troubles(received)).toEqual([])
    expect(received.lost).toEqual([])
  })

  it('of a folder has its files', async () => {
    const received = receiveAll(await broadcastOf(await loadPresentation(DEMO_FOLDER), ROUTE), TARGET)
    expect(paths(received).different).toEqual([])
    expect(paths(received).all).toHaveLength(30)
    expect(troubles(received)).toEqual([])
  })

  it('of several services has one configuration, and each on its port', async () => {
    const service = { serviceName: 'Demo', address: FIXTURE_ADDRESS }
    const datagrams = await broadcastOf(
      [
        { ...service, serviceId: asServiceId(5), port: FIXTURE_PORT + 1, presentation: await demoDash() },
        { ...service, serviceId: asServiceId(7), port: FIXTURE_PORT + 2, presentation: await demoHls() },
      ],
      ROUTE,
    )
    const received = receiveAll(datagrams, TARGET)
    expect(paths(received)).toEqual({
      all: [...demo(1, 'manifest.mpd'), ...demo(2, 'audio.m3u8', 'master.m3u8', 'video.m3u8')].sort(),
      different: [],
    })
    expect(troubles(received)).toEqual([])
  })

  it('in a loop goes on with new manifests', async () => {
    const received = receiveAll(await broadcastOf(await demoHls(), { ...ROUTE, loop: true }, 61), TARGET)
    expect(received.order).toContain('service1/video-30.m4s')
    expect(received.order.filter((path) => path === 'service1/video.m3u8').length).toBeGreaterThanOrEqual(20)
    expect(troubles(received)).toEqual([])
  })

  it('says so in its configuration, with what each representation is sent by', async () => {
    const { configurationSessions, sessions } = configurationOf(
      await broadcastOf(await demoDash(), {
        ...{ scheme: 'mabr', mtu: 9000, sourceAddress: '192.0.2.7' },
        mabr: { protocol: 'route', sourceSpecific: true, repair: { baseUrls: ['http://a/'], afterMs: 70 } },
      }),
    )
    const of = ({ protocolIdentifier, endpoints }: (typeof configurationSessions)[number]): unknown[] => [
      mabrProtocol(protocolIdentifier),
      ...endpoints.map(({ source, group, port, tsi }) => [source, group, port, tsi]),
    ]
    expect(configurationSessions.map(of)).toEqual([
      ['flute', ['192.0.2.7', FIXTURE_ADDRESS, 6000, 1]],
      ['route', ['192.0.2.7', FIXTURE_ADDRESS, 6001, 0]],
    ])
    const transports = sessions[0]?.transports ?? []
    expect(transports.map(of)).toEqual([
      ['route', ['192.0.2.7', FIXTURE_ADDRESS, 6001, 10]],
      ['route', ['192.0.2.7', FIXTURE_ADDRESS, 6001, 20]],
    ])
    expect(transports.map(({ components }) => components[0]?.representation)).toEqual(['video', 'audio'])
    expect(transports[0]?.repair).toMatchObject({ receptionTimeoutMs: 70, baseUrls: [{ url: 'http://a/', weight: 1 }] })
  })
})
