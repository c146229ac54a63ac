import { afterEach, beforeEach, expect, it } from 'vitest'
import type { SessionSnapshot } from '../contract/snapshot.ts'
import { MulticastSender } from '../socket/multicast-sender.ts'
import { freePort } from '../testing/free-port.ts'
import { TestFolder } from '../testing/program.ts'
import { livePart, sessionOf } from '../testing/session-of.ts'
import { content, testPacket } from '../testing/test-session.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'

const GROUP = '239.255.77.31'
const CUT = 1200
const STSID =
  '<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="1" fileTemplate="$TOI$.m4s"/></EFDT><ContentInfo><MediaInfo repId="v" contentType="video"/></ContentInfo></SrcFlow></LS></RS></S-TSID>'

let folder: TestFolder
let engine: Engine
let window: TestWindow
let sender: MulticastSender
let port: number
let sessionId: string
let sent = 0

beforeEach(async () => {
  folder = new TestFolder()
  engine = new Engine({ tempDir: folder.path, defaultDumpDir: folder.at('dumps'), demoDir: folder.path, version: '0' })
  window = new TestWindow(engine)
  sent = 0
  sender = await MulticastSender.open({ interface: '127.0.0.1', ttl: 0 })
  port = await freePort()
})
afterEach(async () => {
  await sender.close()
  await engine.close()
  folder.remove()
})

/** Listens with a socket that queues about a dozen packets, and sends the signalling. */
async function listen(): Promise<void> {
  const on = { services: 'all', interfaces: ['127.0.0.1'], bufferBytes: 16_384 } as const
  const store = { id: 'store', kind: 'store', memoryBytes: 1 << 20 }
  const spec = sessionOf([livePart('air', `route://${GROUP}:${port}`, on), store])
  sessionId = (await window.call('startSession', spec)).sessionId
  await window.call('watchSession', sessionId)
  const bytes = new TextEncoder().encode(STSID)
  sent++
  sender.send(GROUP, port, testPacket({ tsi: 0, toi: 1, codepoint: 3, payload: bytes, length: bytes.length }))
  await complete(1)
}

/** Sends a whole segment at once, before anything can be read, without the packets listed. */
function segment(toi: number, packets: number, left: readonly number[] = []): void {
  const bytes = content(packets * CUT, toi)
  for (let at = 0; at < packets; at++) {
    if (left.includes(at)) continue
    const payload = bytes.subarray(at * CUT, (at + 1) * CUT)
    sent++
    sender.send(GROUP, port, testPacket({ tsi: 10, toi, offset: at * CUT, payload, length: bytes.length }))
  }
}

const complete = (count: number): Promise<void> =>
  window.until(() => (window.snapshot(sessionId)?.totals.complete ?? 0) >= count)

async function lossOf(toi: number): Promise<SessionSnapshot> {
  const found = () => window.snapshot(sessionId)?.alarms.some(({ rule, toi: of }) => rule === 'OBJ-LOSS' && of === toi)
  await window.until(() => found() === true)
  return window.snapshot(sessionId) as SessionSnapshot
}

/** Keeps the event loop busy, as a computing program does. */
function keepBusy(): void {
  const until = performance.now() + 150
  while (performance.now() < until);
}

it.skipIf(process.platform !== 'linux')(
  'packets this computer drops while it is busy are called its own loss (Linux only)',
  async () => {
    await listen()
    segment(1, 5)
    await complete(2)
    // The queue is full with a dozen packets, mostly before the reading thread wakes up; where it kept up, another segment follows.
    let toi = 2
    segment(toi, 3000)
    keepBusy()
    await window.until(() => {
      const { hostDrops, totals } = window.snapshot(sessionId) as SessionSnapshot
      if ((hostDrops ?? 0) > 0) return true
      if (totals.packets === sent) segment(++toi, 3000)
      return false
    })
    await sender.drained()
    // The event loop is timed only some time after the start, so keep it busy until that shows.
    await window.until(() => {
      if ((window.snapshot(sessionId)?.eventLoopLagMs ?? 0) > 100) return true
      keepBusy()
      return false
    })
    segment(toi + 1, 5)
    await complete(toi + 1)
    const snapshot = await lossOf(toi)
    expect(snapshot.source.sockets[0]?.droppedByHost).toBeGreaterThan(0)
    expect(snapshot.hostDrops).toBe(snapshot.source.sockets[0]?.droppedByHost)
    expect(snapshot.alarms.find(({ rule }) => rule === 'OBJ-LOSS')).toMatchObject({
      toi,
      cause: 'host',
      text: expect.stringContaining('cause: this computer (its socket dropped'),
    })
    expect(snapshot.losses).toMatchObject({ host: { objects: 1 }, network: { objects: 0 } })

    await window.call('stopSession', sessionId)
    const report = await window.call('report', sessionId)
    expect(report.totals.hostDrops).toBe(snapshot.hostDrops)
    expect(report.totals.losses.host.bytes).toBeGreaterThanOrEqual(CUT)
    expect(report.alarms.filter(({ rule }) => rule === 'HOST-DROP')[0]?.text).toMatch(
      /dropped \d+ packets to 239.255.77.31/,
    )
    const { startup } = report.services[0] ?? {}
    expect(startup?.join).toBeLessThanOrEqual(startup?.firstPacket ?? 0)
  },
)

it.skipIf(process.platform !== 'linux')(
  'packets that never reached the socket are called the network’s (Linux only)',
  async () => {
    await listen()
    segment(1, 5, [2])
    await sender.drained()
    segment(2, 5)
    await complete(2)
    const snapshot = await lossOf(1)
    expect(snapshot.hostDrops).toBe(0)
    expect(snapshot.losses).toMatchObject({ host: { objects: 0 }, network: { objects: 1, bytes: CUT } })
  },
)
