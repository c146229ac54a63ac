import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { SessionSpec } from '../contract/session-spec.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { MulticastSender } from '../socket/multicast-sender.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { TestServer } from '../testing/test-server.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'
import { specForDemo } from './spec/session-specs.ts'

/** A sender at real pace, a lossy path, a server with the files, and a player at the gateway. */
const folder = new TestFolder()
const fileOf = (name: string): Buffer => readFileSync(join(DEMO_FOLDER, name))
const send = MulticastSender.prototype.send
const VIDEO_TSI = 10
const FILE_MODE = 8

let engine: Engine
let window: TestWindow
let server: TestServer
beforeEach(async () => {
  engine = new Engine({ tempDir: folder.path, defaultDumpDir: '', demoDir: DEMO_FOLDER, version: '0' })
  window = new TestWindow(engine)
  const names = readdirSync(DEMO_FOLDER).filter((name) => /\.(mpd|mp4|m4s)$/.test(name))
  server = await TestServer.open(Object.fromEntries(names.map((name) => [`/${name}`, new Uint8Array(fileOf(name))])))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await engine.close()
  await server.close()
})
afterAll(() => folder.remove())

/** Loses every third packet of the first video segment, and the whole third segment. @returns TOIs as they appear */
function loseOnTheWay(): number[] {
  const tois: number[] = []
  const packet = new LctPacket()
  let count = 0
  vi.spyOn(MulticastSender.prototype, 'send').mockImplementation(function (
    this: MulticastSender,
    address,
    port,
    bytes,
  ) {
    packet.read(bytes, 0, bytes.length)
    if (packet.tsi === VIDEO_TSI && packet.codepoint === FILE_MODE) {
      if (!tois.includes(packet.toi)) tois.push(packet.toi)
      const segment = tois.indexOf(packet.toi)
      if (segment === 2 || (segment === 0 && count++ % 3 === 1)) return
    }
    send.call(this, address, port, bytes)
  })
  return tois
}

it('a live segment that lost packets is served as it was sent, and so is one that never arrived', async () => {
  const lost = loseOnTheWay()
  const demo = specForDemo()
  const spec: SessionSpec = {
    ...demo,
    parts: [
      // Sent once, so that the segments are those of the files.
      ...demo.parts.map((part) => (part.kind === 'presentation' ? { ...part, loop: 1 } : part)),
      { id: 'repair', kind: 'repair', mode: 'http', urls: [server.url] },
    ],
  }
  const { sessionId } = await window.call('startSession', spec)
  await window.call('watchSession', sessionId)
  const repaired = () => window.snapshot(sessionId)?.alarms.filter(({ rule }) => rule === 'OBJ-REPAIRED') ?? []
  await window.until(() => repaired().length >= 2)

  const manifest = window.snapshot(sessionId)?.services[0]?.playable?.url ?? ''
  for (const number of [1, 3]) {
    const reply = await fetch(new URL(`video-${number}.m4s`, manifest))
    expect(reply.status).toBe(200)
    expect(Buffer.from(await reply.arrayBuffer()).equals(fileOf(`video-${number}.m4s`))).toBe(true)
  }
  expect(lost.length).toBeGreaterThan(3)
  expect(server.seen.filter(({ path }) => path === '/video-3.m4s').map(({ range }) => range)).toEqual([null])
  const ranges = server.seen.filter(({ path }) => path === '/video-1.m4s').map(({ range }) => range)
  expect(ranges.length).toBeGreaterThan(0)
  expect(ranges).not.toContain(null)
  expect(window.snapshot(sessionId)?.repair).toMatchObject({ done: 2, failed: 0 })
  expect(window.snapshot(sessionId)?.losses.network.objects).toBe(0)
  const before = window.snapshot(sessionId)?.services.map(({ loss }) => loss.total.before.lost.bytes) ?? []
  expect(Math.max(...before)).toBeGreaterThan(0)
})
