import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { OptionValue } from '../contract/session-spec.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { mabrCapture } from '../testing/mabr-capture.ts'
import { DEMO_FOLDER, demoDash, FIXTURE_ADDRESS, FIXTURE_START_US, routeFixture } from '../testing/make-fixtures.ts'
import { openedSession } from '../testing/opened-session.ts'
import { sha256, TestFolder, treeOf } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { TestServer } from '../testing/test-server.ts'

/** `--repair http` for announced objects of which no packet arrived. */
const folder = new TestFolder()
const originals = readdirSync(DEMO_FOLDER).filter((name) => /\.(mpd|mp4|m4s)$/.test(name))
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))
let server: TestServer
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  server = await TestServer.open(Object.fromEntries(originals.map((name) => [`/${name}`, bytesOf(name)])))
})
afterEach(async () => {
  server.seen.length = 0
  for (const close of closing.splice(0)) await close()
})
afterAll(async () => {
  await server.close()
  folder.remove()
})

let runs = 0
/** Reads a capture into a folder. */
async function received(datagrams: readonly Datagram[], repair: Readonly<Record<string, OptionValue>> = {}, loop = 1) {
  const file = folder.at(`${++runs}.pcap`)
  const dir = folder.at(`out-${runs}`)
  writeFileSync(file, pcapOf(datagrams))
  const { session } = await openedSession(
    [
      { id: 'a', kind: 'capture', files: [file], services: 'all', loop },
      { id: 'repair', kind: 'repair', mode: 'http', urls: [server.url], ...repair },
      { id: 'f', kind: 'folder', dir },
    ],
    { sessionDir: folder.at(`session-${runs}`) },
  )
  closing.push(() => session.close())
  session.run()
  await session.done
  expect(session.problems()).toEqual([])
  return { files: treeOf(dir), alarms: session.snapshot().alarms, report: session.contents.report() }
}

/** Without the n-th objects of a channel that are media segments. */
function withoutObjects(datagrams: readonly Datagram[], tsi: number, numbers: readonly number[]): Datagram[] {
  const tois: number[] = []
  return datagrams.filter(({ bytes }) => {
    const packet = new LctPacket()
    if (packet.read(bytes, 0, bytes.length) !== 0 || packet.tsi !== tsi || packet.codepoint !== 8) return true
    if (!tois.includes(packet.toi)) tois.push(packet.toi)
    return !numbers.includes(tois.indexOf(packet.toi))
  })
}

const whole =
  (service: number, base = '') =>
  (name: string) => ({
    path: `service${service}/${base}${name}`,
    size: bytesOf(name).length,
    sha256: sha256(bytesOf(name)),
  })

it('fetches segments that never arrived, whole, and still reports the loss', async () => {
  const lossy = withoutObjects(await routeFixture(), 10, [3, 4])
  const { files, alarms, report } = await received(lossy)
  expect(files).toEqual(originals.map(whole(1)).sort((a, b) => (a.path < b.path ? -1 : 1)))
  expect(server.seen.map(({ path, range }) => [path, range])).toEqual([
    ['/video-4.m4s', null],
    ['/video-5.m4s', null],
  ])
  expect(alarms.filter(({ rule }) => rule === 'OBJ-REPAIRED').map(({ text }) => text)).toEqual([
    expect.stringMatching(/^video-4\.m4s \(TSI 10\): never arrived; its \d+ bytes fetched from http:/),
    expect.stringContaining('video-5.m4s'),
  ])
  expect(alarms.some(({ rule }) => rule === 'TOI-GAP')).toBe(true)
  expect(report.services[0]?.sessions[0]?.channels.find(({ tsi }) => tsi === 10)?.missingObjects).toBe(2)
})

it('fetches nothing where no object is absent', async () => {
  const lossy = withoutObjects(await routeFixture(), 10, [3])
  const plain = await received(lossy, { mode: 'strict', urls: [] })
  expect(plain.files).toHaveLength(originals.length - 1)
  const nowhere = await received(lossy, { urls: [] })
  expect(nowhere.files).toHaveLength(originals.length - 1)
  expect(nowhere.alarms.some(({ rule }) => rule === 'OBJ-UNREPAIRED')).toBe(false)
  expect(server.seen).toEqual([])
})

it('does not ask for objects sent before listening, nor for objects that a loop leaves out', async () => {
  const sent = await routeFixture()
  const late = sent.filter(({ timeUs }) => timeUs > FIXTURE_START_US + 8_000_000)
  await received(late, {}, 2)
  // Only objects that the beginning cut off.
  expect(server.seen.filter(({ range }) => range === null)).toEqual([])
})

it('reports an object that neither arrived nor could be fetched, once its time is over', async () => {
  const lossy = withoutObjects(await routeFixture(), 10, [3])
  const { alarms, files } = await received(lossy, { urls: [`${server.url}elsewhere/`] })
  expect(files).toHaveLength(originals.length - 1)
  expect(alarms.filter(({ rule }) => rule === 'OBJ-UNREPAIRED').map(({ text }) => text)).toEqual([
    'video-4.m4s (TSI 10): never arrived, nor by HTTP: HTTP 404',
  ])
})

it('fetches objects that the manifest names and whose FDT was lost from the servers of DVB-MABR', async () => {
  const base = 'tag:mabr.example.2026.service/'
  const sent = await mabrCapture(await demoDash(), {
    repair: {
      objectBaseUri: base,
      receptionTimeoutMs: 50,
      fixedBackoffMs: 10,
      randomBackoffMs: 20,
      baseUrls: [{ url: server.url, weight: 1 }],
      otherAttributes: [],
      others: [],
    },
  })
  // The third segment arrives without its table, the sixth not at all.
  const lossy = sent.filter(({ bytes, port }) => {
    const packet = new LctPacket()
    if (port === sent[0]?.port || packet.read(bytes, 0, bytes.length) !== 0 || packet.tsi !== 10) return true
    return packet.toi !== 6 && !(packet.toi === 0 && isTableOf(bytes, 3)) && !(packet.toi === 0 && isTableOf(bytes, 6))
  })
  expect(lossy.length).toBeLessThan(sent.length)
  const { files, report } = await received(lossy, { urls: [], allow: ['127.0.0.1'] })
  expect(reportFaults(report)).toEqual([])
  expect(report.services.map(({ repairServers }) => repairServers)).toEqual([
    [],
    [{ url: server.url, weight: 1, objectBase: base, after: 0.05, fixedBackoff: 0.01, randomBackoff: 0.02 }],
  ])
  const media = originals.filter((name) => name.endsWith('.m4s'))
  expect(files.filter(({ path }) => path.endsWith('.m4s'))).toEqual(
    media.map(whole(1, base)).sort((a, b) => (a.path < b.path ? -1 : 1)),
  )
  expect(server.seen.map(({ path }) => path)).toEqual(['/video-3.m4s', '/video-6.m4s'])
})

it('fetches a file that a table lists and that never arrives while others repeat', async () => {
  const sender = new FluteSender({ address: FIXTURE_ADDRESS })
  const names = ['video-init.mp4', 'audio-init.mp4', 'manifest.mpd']
  const files = names.map((name, index) => ({
    toi: index + 1,
    name,
    contentType: name.endsWith('.mpd') ? 'application/dash+xml' : 'video/mp4',
    bytes: bytesOf(name),
  }))
  const datagrams: Datagram[] = []
  for (let round = 0; round < 30; round++) {
    const timeUs = FIXTURE_START_US + round * 1_000_000
    datagrams.push(...sender.table(files, timeUs, round > 0))
    for (const file of files.slice(0, 2)) datagrams.push(...sender.object(file, timeUs))
  }
  const { files: written } = await received(datagrams)
  expect(written).toEqual([...names].sort().map(whole(1)))
  expect(server.seen.map(({ path }) => path)).toEqual(['/manifest.mpd'])
})

function isTableOf(bytes: Uint8Array, number: number): boolean {
  return Buffer.from(bytes).includes(`video-${number}.m4s`)
}
