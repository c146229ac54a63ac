import { afterEach, expect, it } from 'vitest'
import { MulticastSender } from '../../socket/multicast-sender.ts'
import type { Datagram } from '../../testing/datagrams.ts'
import { mabrCapture } from '../../testing/mabr-capture.ts'
import { demoDash, FIXTURE_START_US } from '../../testing/make-fixtures.ts'
import { openedSession } from '../../testing/opened-session.ts'
import { TestFolder } from '../../testing/program.ts'

const LOOPBACK = '127.0.0.1'
const GROUP = '239.255.82.99'
const S = 1_000_000

const folder = new TestFolder()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  folder.remove()
})

it('leaves a media session of DVB-MABR after sessionIdleTimeout, and joins it again when a player asks', async () => {
  const port = 20_000 + 2 * Math.floor(Math.random() * 15_000)
  const media = `${GROUP}:${port + 1}`
  let nowUs = Date.now() * 1000
  const { session, lines } = await openedSession(
    [
      { id: 'a', kind: 'multicast', url: `mabr://${GROUP}:${port}`, interfaces: [LOOPBACK] },
      { id: 'g', kind: 'gateway', listen: `${LOOPBACK}:0` },
    ],
    { nowUs: () => nowUs, sessionDir: folder.at('session') },
  )
  const sender = await MulticastSender.open({ interface: LOOPBACK, ttl: 0 })
  closing.push(() => sender.close())
  closing.push(() => session.close())
  session.run()
  const send = (datagrams: readonly Datagram[]): void => {
    for (const each of datagrams) sender.send(each.address, each.port, each.bytes)
  }
  const source = () => session.snapshot().source
  const joined = (): string[] => source().sockets.map(({ destination }) => destination)
  const until = async (reached: () => boolean, again: () => void = () => undefined): Promise<void> => {
    while (!reached()) {
      again()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  const datagrams = await mabrCapture(await demoDash(), { address: GROUP, port, segments: 1 })
  const configuration = datagrams.filter((each) => each.port === port && each.timeUs === FIXTURE_START_US)
  await until(
    () => joined().includes(media),
    () => send(configuration),
  )
  const { baseUrl } = session.snapshot().gateways[0] ?? { baseUrl: '' }
  const ask = async (name: string) => (await fetch(`${baseUrl}/service1/tag:mabr.example.2026.service/${name}`)).status
  await until(
    () => session.snapshot().totals.complete >= 6,
    () => send(datagrams),
  )
  await until(
    () => source().left.length > 0,
    () => {
      nowUs += 5 * S
      send(configuration)
    },
  )
  expect(source().left).toEqual([{ destination: media, reason: 'silent for 60 s' }])
  await until(() => !joined().includes(media))
  expect(lines).toContain(`Left ${media}: silent for 60 s`)
  // The manifest arrived with the configuration: asking for it joins nothing.
  expect(await ask('manifest.mpd')).toBe(200)
  expect(source().left).toHaveLength(1)
  expect(await ask('video-1.m4s')).toBe(200)
  await until(() => joined().includes(media))
  expect(source().left).toEqual([])
  expect(lines.some((line) => line.startsWith(`Joined ${media} again:`))).toBe(true)
})
