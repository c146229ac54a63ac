import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { MulticastSender } from '../socket/multicast-sender.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { mabrCapture } from '../testing/mabr-capture.ts'
import { DEMO_FOLDER, demoDash, FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { livePart, sessionOf } from '../testing/session-of.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'

const LOOPBACK = '127.0.0.1'
const ADDRESS = '239.255.82.94'
const folder = new TestFolder()
const engine = new Engine({ tempDir: folder.path, defaultDumpDir: '', demoDir: DEMO_FOLDER, version: '0' })
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(async () => {
  await engine.close()
  folder.remove()
})

it('mabr:// joins the configuration, then the sessions it names, and serves their files as one service', async () => {
  const port = 20_000 + 2 * Math.floor(Math.random() * 15_000)
  const window = new TestWindow(engine)
  const source = livePart('source', `mabr://${ADDRESS}:${port}`, { interfaces: [LOOPBACK], services: 'all' })
  const spec = sessionOf([source, { id: 'gateway', kind: 'gateway', listen: `${LOOPBACK}:0` }])
  const { sessionId } = await window.call('startSession', spec)
  await window.call('watchSession', sessionId)
  const joined = (): string[] => window.snapshot(sessionId)?.source.sockets.map(({ destination }) => destination) ?? []
  await window.until(() => joined().length > 0)
  expect(joined()).toEqual([`${ADDRESS}:${port}`])

  const sender = await MulticastSender.open({ interface: LOOPBACK, ttl: 0 })
  closing.push(() => sender.close())
  const datagrams = await mabrCapture(await demoDash(), { address: ADDRESS, port, segments: 2 })
  const configuration = datagrams.filter((each) => each.port === port && each.timeUs === FIXTURE_START_US)
  const carousel = setInterval(() => send(sender, configuration), 100)
  try {
    await window.until(() => joined().includes(`${ADDRESS}:${port + 1}`))
    for (let round = 0; (window.snapshot(sessionId)?.services[1]?.playable ?? null) === null || round === 0; round++) {
      send(
        sender,
        datagrams.filter((datagram) => datagram.port !== port),
      )
      const seen = window.data('sections').length
      await window.until(() => window.data('sections').length > seen)
    }
    await window.until(() => (window.snapshot(sessionId)?.totals.complete ?? 0) >= 13)
  } finally {
    clearInterval(carousel)
  }
  const [configured, service] = window.snapshot(sessionId)?.services ?? []
  expect(configured).toMatchObject({ id: 0, protocol: 'flute', playable: null })
  expect(service).toMatchObject({ id: 1, protocol: 'flute', name: 'urn:example:mabr:service' })
  const manifest = service?.playable?.url ?? ''
  expect(await (await fetch(manifest)).text()).toContain('<MPD')
  // Its initialisation segments arrived with the configuration, as service 0.
  for (const name of ['video-init.mp4', 'video-1.m4s', 'audio-2.m4s']) {
    const reply = await fetch(new URL(name, manifest))
    expect(reply.status, name).toBe(200)
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(readFileSync(join(DEMO_FOLDER, name)))
  }
})

function send(sender: MulticastSender, datagrams: readonly Datagram[]): void {
  for (const { address, port, bytes } of datagrams) sender.send(address, port, bytes)
}
