import { gzipSync } from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import type { PartSpec } from '../../contract/session-spec.ts'
import { MulticastSender } from '../../socket/multicast-sender.ts'
import { freePort } from '../../testing/free-port.ts'
import { openedSession } from '../../testing/opened-session.ts'
import { TestFolder } from '../../testing/program.ts'
import { testPacket } from '../../testing/test-session.ts'

/** `--no-dynamic-selection`: a service with a group for each of two representations, and one player. */
const LOOPBACK = '127.0.0.1'
const SLS_GROUP = '239.255.82.93'
const LOW_GROUP = '239.255.82.94'
const HIGH_GROUP = '239.255.82.95'
const S = 1_000_000

const folder = new TestFolder()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  folder.remove()
})

/** The SLS: an MPD of two representations, and the destination of each. */
function signalling(port: number): Uint8Array {
  const rs = (group: string, tsi: number, name: string) =>
    `<RS dIpAddr="${group}" dPort="${port}"><LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="${name}-$TOI$.m4s"/></EFDT><ContentInfo><MediaInfo repId="${name}" contentType="video"/></ContentInfo></SrcFlow></LS></RS>`
  const stsid = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/">${rs(LOW_GROUP, 10, 'low')}${rs(HIGH_GROUP, 20, 'high')}</S-TSID>`
  const representation = (name: string) => `<Representation id="${name}" bandwidth="1"/>`
  const mpd = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" minBufferTime="PT1S"><Period id="1" start="PT0S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="$RepresentationID$-$Number$.m4s" timescale="1" duration="2" startNumber="1"/>${representation('low')}${representation('high')}</AdaptationSet></Period></MPD>`
  const part = (type: string, name: string, text: string) =>
    `--b\r\nContent-Type: ${type}\r\nContent-Location: ${name}\r\n\r\n${text}\r\n`
  const parts = part('application/dash+xml', 'live.mpd', mpd) + part('application/route-s-tsid+xml', 'stsid.xml', stsid)
  const text = `Content-Type: multipart/related; type="application/dash+xml"; boundary="b"\r\n\r\n${parts}--b--\n`
  const bytes = new Uint8Array(gzipSync(text))
  return testPacket({ tsi: 0, toi: 0x8006_0001, codepoint: 3, length: bytes.length, payload: bytes })
}

async function running(parts: readonly PartSpec[]) {
  const port = await freePort()
  let nowUs = Date.now() * 1000
  const multicast = { id: 'a', kind: 'multicast', url: `route://${SLS_GROUP}:${port}`, interfaces: [LOOPBACK] }
  const { session, lines } = await openedSession([multicast, ...parts], {
    nowUs: () => nowUs,
    sessionDir: folder.at('session'),
  })
  const sender = await MulticastSender.open({ interface: LOOPBACK, ttl: 0 })
  closing.push(() => sender.close())
  closing.push(() => session.close())
  session.run()
  const joined = (): string[] =>
    session
      .snapshot()
      .source.sockets.map(({ destination }) => destination.split(':')[0] as string)
      .sort()
  /** Repeats an action until it has had its effect. */
  const until = async (reached: () => boolean, again: () => void = () => undefined) => {
    while (!reached()) {
      again()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const segment = (group: string, tsi: number) => {
    sender.send(group, port, testPacket({ tsi, toi: 1, length: 3, closeObject: true, payload: Uint8Array.of(1, 2, 3) }))
  }
  await until(
    () => joined().length === 3 && session.snapshot().channels.length === 3,
    () => {
      sender.send(SLS_GROUP, port, signalling(port))
      segment(LOW_GROUP, 10)
      segment(HIGH_GROUP, 20)
    },
  )
  const { baseUrl } = session.snapshot().gateways[0] ?? { baseUrl: '' }
  const ask = async (name: string) => (await fetch(`${baseUrl}/service1/${name}`)).status
  const pass = (us: number): void => {
    nowUs += us
  }
  return { session, lines, joined, until, ask, pass }
}

const GATEWAY: PartSpec = { id: 'g', kind: 'gateway', listen: `${LOOPBACK}:0` }
const ALL = [SLS_GROUP, LOW_GROUP, HIGH_GROUP]

it('leaves the group that no player asks for, without calling that a loss, and joins it again when one does', async () => {
  const { session, lines, joined, until, ask, pass } = await running([GATEWAY])
  expect(joined()).toEqual(ALL)
  for (let second = 0; second < 14; second += 2) {
    expect(await ask('low-1.m4s')).toBe(200)
    pass(2 * S)
  }
  await until(() => joined().length === 2)
  expect(joined()).toEqual([SLS_GROUP, LOW_GROUP])
  expect(lines.some((line) => line.startsWith(`Left ${HIGH_GROUP}:`))).toBe(true)
  expect(await ask('high-1.m4s')).toBe(200)
  await until(() => joined().length === 3)
  expect(joined()).toEqual(ALL)
  expect(session.snapshot().alarms.filter(({ rule }) => rule === 'OBJ-LOSS')).toEqual([])
})

it.each([
  ['--no-dynamic-selection', [{ ...GATEWAY, dynamicSelection: false }]],
  ['a store keeps all files', [GATEWAY, { id: 's', kind: 'store', memoryBytes: 1 << 20 }]],
] as [string, PartSpec[]][])('leaves nothing where %s', async (_, sinks) => {
  // The session ends after 20 s of silence: by then players were checked, too.
  const { session, joined, ask, pass } = await running([{ id: 'r', kind: 'receiver', timeoutS: 20 }, ...sinks])
  let over = false
  void session.done.then(() => {
    over = true
  })
  while (!over) {
    await ask('low-1.m4s')
    pass(2 * S)
  }
  expect(joined()).toEqual(ALL)
})
