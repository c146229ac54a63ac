import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { MmtpPacket } from '../protocol/mmtp/mmtp-packet.ts'
import { firstVersion } from '../send/table-version.ts'
import { toiOf, tsiOf } from './carriers.ts'
import { type Datagram, duplicated, interleaved, pcapOf, shuffled, withLoss } from './datagrams.ts'
import { ghostDash } from './hostile-manifests.ts'
import {
  atscFixture,
  DEMO_FOLDER,
  demoDash,
  FIXTURE_ADDRESS,
  FIXTURE_PORT,
  FIXTURE_START_US,
  hlsFixture,
  liveFixture,
  lowLatency,
  routeFixture,
  twoServicesFixture,
  withoutObjects,
} from './make-fixtures.ts'
import { ESG_SERVICE, mmtpFlow, nrtService } from './off-air.ts'
import { receiveAll } from './receive-all.ts'

const ROUTE: ReceiveTarget = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT }
const ATSC: ReceiveTarget = { kind: 'atsc' }
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Digests of the demo's files, as `serviceN/name`. */
function demoFiles(service: number, wanted: RegExp): [string, string][] {
  return readdirSync(DEMO_FOLDER)
    .filter((name) => wanted.test(name))
    .map((name): [string, string] => [`service${service}/${name}`, sha256(readFileSync(join(DEMO_FOLDER, name)))])
    .sort()
}
const DASH = /\.(mpd|mp4|m4s)$/
const HLS = /\.(m3u8|mp4|m4s)$/
const digests = (files: ReadonlyMap<string, Uint8Array>): [string, string][] =>
  [...files].map(([name, bytes]): [string, string] => [name, sha256(bytes)]).sort()

describe('our sender, through our receiver', () => {
  it('arrives object by object over route://', async () => {
    const { files, order, lost } = receiveAll(await routeFixture(), ROUTE)
    expect(digests(files)).toEqual(demoFiles(1, DASH))
    expect(order.length).toBe(files.size)
    expect(lost).toEqual([])
  })

  it('arrives as HLS, playlists included', async () => {
    expect(digests(receiveAll(await hlsFixture(), ROUTE).files)).toEqual(demoFiles(1, HLS))
  })

  it.each(['us', 'korean'] as const)('arrives over atsc://, %s', async (flavour) => {
    expect(digests(receiveAll(await atscFixture(flavour), ATSC).files)).toEqual(demoFiles(1001, DASH))
  })

  it('arrives as two services', async () => {
    const { files } = receiveAll(await twoServicesFixture(), ATSC)
    expect(digests(files)).toEqual([...demoFiles(1, DASH), ...demoFiles(2, HLS)].sort())
  })

  it('arrives in any order, with repeats', async () => {
    const sent = await routeFixture()
    const mixed = duplicated(shuffled(sent, 24, 5), 0.3, 40, 6)
    expect(mixed.length).toBeGreaterThan(sent.length)
    expect(digests(receiveAll(mixed, ROUTE).files)).toEqual(demoFiles(1, DASH))
  })

  it('arrives in low-latency form, with lengths only in the last packet', async () => {
    const sent = await routeFixture()
    const pieces = lowLatency(sent)
    expect(pieces.length).toBeGreaterThan(2 * sent.length)
    expect(digests(receiveAll(pieces, ROUTE).files)).toEqual(demoFiles(1, DASH))
  })

  it('delivers only whole files when packets are lost', async () => {
    const { files, lost } = receiveAll(withLoss(await routeFixture(), 0.01, 3), ROUTE)
    const whole = new Map(demoFiles(1, DASH))
    for (const [name, digest] of digests(files)) expect(whole.get(name)).toBe(digest)
    expect(lost.length).toBeGreaterThan(0)
    expect(files.size + new Set(lost.map((object) => `${tsiOf(object)}/${toiOf(object)}`)).size).toBe(whole.size)
  })

  it('continues as a live service when looped', async () => {
    const { files } = receiveAll(await liveFixture(60), ROUTE)
    expect(files.has('service1/video-29.m4s')).toBe(true)
    expect(files.has('service1/audio-29.m4s')).toBe(true)
    const first = new Map(demoFiles(1, /-[1-9]\.m4s$/))
    for (const [name, digest] of first) expect(sha256(files.get(name) ?? new Uint8Array())).toBe(digest)
    expect(new TextDecoder().decode(files.get('service1/manifest.mpd'))).toContain('type="dynamic"')
  })

  it('arrives in the off-air form, named by the table at TOI 0, beside an MMTP flow', () => {
    const files = [
      { name: 'esg/schedule.xml', contentType: 'application/xml', bytes: new TextEncoder().encode('<Schedule/>') },
      { name: 'esg/logo.png', contentType: 'image/png', bytes: new Uint8Array(13_568).fill(7) },
    ]
    const received = receiveAll(interleaved(nrtService(files), mmtpFlow(100)), ATSC).files
    for (const file of files) expect(received.get(`service${ESG_SERVICE}/${file.name}`)).toEqual(file.bytes)
  })
})

describe('mmtpFlow', () => {
  it('is read as MMTP', () => {
    const packet = new MmtpPacket()
    const read = mmtpFlow(8).map(({ bytes }) => {
      expect(packet.read(bytes, 0, bytes.length)).toBe(0)
      return [packet.packetId, packet.sequence, packet.counter]
    })
    expect(read.slice(0, 5)).toEqual([
      [0x23, 1000, 5000],
      [0x23, 1001, 5001],
      [0x23, 1002, 5002],
      [0x24, 1000, 5003],
      [0x23, 1003, 5004],
    ])
  })
})

type OracleObject = { tsi: number; toi: number; complete: boolean; sha256: string | null }
const oracle = join(__dirname, '..', '..', '..', 'shared', 'tools', 'oracle.py')
const hasOracle = existsSync(oracle) && spawnSync('python3', ['--version']).status === 0

describe.skipIf(!hasOracle)(
  `our sender, read by an independent tool${hasOracle ? '' : ' (skipped: no oracle.py or python3)'}`,
  () => {
    const read = (datagrams: readonly Datagram[]): { lls: Record<string, number>; objects: OracleObject[] } => {
      const folder = mkdtempSync(join(tmpdir(), 'routescope-oracle-'))
      try {
        const file = join(folder, 'sent.pcap')
        writeFileSync(file, pcapOf(datagrams))
        const run = spawnSync('python3', [oracle, file], { encoding: 'utf8', maxBuffer: 1 << 26 })
        expect(run.stderr).toBe('')
        return JSON.parse(run.stdout)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }

    it('is complete with the digests of the files', async () => {
      const { objects, lls } = read(await atscFixture())
      expect(Object.keys(lls).sort()).toEqual([`1/${firstVersion(FIXTURE_START_US)}`, '3/1'])
      expect(objects.every((object) => object.complete)).toBe(true)
      const media = objects.filter((object) => object.tsi > 0).map((object) => object.sha256)
      expect(media.sort()).toEqual(
        demoFiles(1, /\.(mp4|m4s)$/)
          .map(([, digest]) => digest)
          .sort(),
      )
    })
  },
)

it('leaves objects out whole, and lists a representation that is not sent', async () => {
  const all = await routeFixture()
  const left = withoutObjects(all, ['10/3'])
  expect(all.length - left.length).toBeGreaterThan(40)
  expect(withoutObjects(left, ['10/3'])).toHaveLength(left.length)
  const { manifest } = ghostDash(await demoDash())
  expect(new TextDecoder().decode(manifest?.bytes)).toContain('id="ghost"')
})
