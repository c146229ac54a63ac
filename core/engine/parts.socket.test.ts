import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LinkSpec, LogSpec, PartSpec } from '../contract/session-spec.ts'
import { MulticastSender } from '../socket/multicast-sender.ts'
import { playCapture } from '../testing/capture-play.ts'
import { pcapOf } from '../testing/datagrams.ts'
import { freePort } from '../testing/free-port.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { TestFolder, treeOf } from '../testing/program.ts'
import { testPacket } from '../testing/test-session.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'
import type { Session } from './session.ts'

/** Several parts of a kind in one session, and sources with separate links. */
const LOOPBACK = '127.0.0.1'
const GROUPS = ['239.255.82.101', '239.255.82.102'] as const
const folder = new TestFolder()
const closing: (() => Promise<void>)[] = []
let engine: Engine
let capture: PartSpec

beforeAll(async () => {
  const file = folder.at('demo.pcap')
  writeFileSync(file, pcapOf(await routeFixture()))
  capture = { id: 'source', kind: 'capture', files: [file], services: 'all' }
})
beforeEach(() => {
  engine = new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
})
afterEach(async () => {
  await engine.close()
  for (const close of closing.splice(0)) await close()
})
afterAll(() => folder.remove())

function start(parts: readonly PartSpec[], links: readonly string[] = [], log: LogSpec = {}): Promise<Session> {
  const linked: LinkSpec[] = links.map((text) => {
    const [from = '', to = ''] = text.split(' > ')
    return { from, to }
  })
  return engine.start({
    format: 'routescope-session',
    version: 2,
    parts,
    log,
    ...(linked.length === 0 ? {} : { links: linked }),
  })
}

async function ended(parts: readonly PartSpec[], links: readonly string[] = []): Promise<Session> {
  const session = await start(parts, links)
  await session.done
  expect(session.problems()).toEqual([])
  return session
}

const media = (dir: string) => treeOf(dir).filter(({ path }) => path.endsWith('.m4s'))
it('uploads have no packets: a recording of them is refused before it has a file', async () => {
  const session = await start([
    { id: 'in', kind: 'http-uploads', address: 'put://127.0.0.1:0/' },
    { id: 'kept', kind: 'store' },
  ])
  const file = folder.at('uploads.pcapng')
  await expect(session.startRecording(file, {}, folder.path)).rejects.toThrow('without packets to record')
  expect(existsSync(file)).toBe(false)
})

describe('several of a kind', () => {
  it('two gateways serve the same files on two ports, from one store', async () => {
    const gateway = (id: string): PartSpec => ({ id, kind: 'gateway', listen: `${LOOPBACK}:0` })
    const session = await ended([capture, gateway('g'), gateway('h')])
    const urls = session.all('gateway').map(({ baseUrl }) => baseUrl)
    expect(new Set(urls).size).toBe(2)
    const manifests = await Promise.all(urls.map(async (url) => (await fetch(`${url}/service1/manifest.mpd`)).text()))
    expect(manifests[0]).toContain('<MPD')
    expect(manifests[1]).toBe(manifests[0])
    expect(session.all('store')).toHaveLength(1)
  })

  it('a gateway that keeps fewer segments has a store of its own', async () => {
    const gateway = (id: string, maxSegments: number): PartSpec => ({
      id,
      kind: 'gateway',
      listen: `${LOOPBACK}:0`,
      maxSegments,
    })
    const session = await ended([capture, gateway('all', 0), gateway('few', 2)])
    const listed = await Promise.all(
      session.all('gateway').map(async ({ baseUrl }) => (await fetch(`${baseUrl}/service1/`)).text()),
    )
    const counts = listed.map((page) => new Set(page.match(/[\w-]+\.m4s/g)).size)
    expect(counts[0]).toBeGreaterThan(10)
    expect(counts[1]).toBeLessThan(counts[0] as number)
  })

  it('two stores keep as much as their options allow, and are dumped by their names', async () => {
    const session = await ended([
      capture,
      { id: 'all', kind: 'store' },
      { id: 'few', kind: 'store', maxSegments: 2, memoryBytes: 1 << 20 },
    ])
    await session.dump(folder.at('all'), '', 'all')
    await session.dump(folder.at('few'), '', 'few')
    const whole = media(folder.at('all'))
    expect(whole).toHaveLength(24)
    expect(media(folder.at('few')).length).toBeLessThan(whole.length)
    expect(existsSync(folder.at('few', 'report.json'))).toBe(true)
  })

  it('two folders, and two recorders of one source', async () => {
    await ended([
      capture,
      { id: 'x', kind: 'folder', dir: folder.at('x') },
      { id: 'y', kind: 'folder', dir: folder.at('y'), maxSegments: 2 },
      { id: 'whole', kind: 'recorder', file: folder.at('whole.pcapng') },
      { id: 'cut', kind: 'recorder', file: folder.at('cut.pcapng'), snapBytes: 64 },
    ])
    expect(media(folder.at('x'))).toHaveLength(24)
    expect(media(folder.at('y')).length).toBeLessThan(24)
    const whole = (await playCapture([folder.at('whole.pcapng')])).datagrams
    expect(whole).toHaveLength((await routeFixture()).length)
    expect(readFileSync(folder.at('cut.pcapng')).length).toBeLessThan(readFileSync(folder.at('whole.pcapng')).length)
  })

  it('two broadcasts of one presentation write a capture each', async () => {
    const air = (id: string, url: string): PartSpec => ({ id, kind: 'broadcast', url, pace: 'fast' })
    const session = await ended(
      [
        { id: 'programme', kind: 'presentation', input: `${DEMO_FOLDER}/manifest.mpd` },
        air('one', 'route://239.255.1.1:6000'),
        air('two', 'route://239.255.1.2:7000'),
        { id: 'first', kind: 'recorder', file: folder.at('one.pcapng') },
        { id: 'second', kind: 'recorder', file: folder.at('two.pcapng') },
      ],
      ['one > first', 'two > second'],
    )
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) => (await playCapture([folder.at(`${name}.pcapng`)])).datagrams),
    )
    const to = (played: typeof one) => new Set((played ?? []).map(({ destination }) => destination))
    expect(to(one)).toEqual(new Set(['239.255.1.1:6000']))
    expect(to(two)).toEqual(new Set(['239.255.1.2:7000']))
    expect(one?.length).toBe(two?.length)
    expect(session.all('broadcast').map(({ packets }) => packets)).toEqual([one?.length, two?.length])
  })
})

describe('several presentations of one broadcast', () => {
  const input = `${DEMO_FOLDER}/manifest.mpd`
  const sent = (url: string, ...own: readonly object[]) =>
    start([
      ...own.map((options, at): PartSpec => ({ id: `p${at}`, kind: 'presentation', input, ...options })),
      { id: 'air', kind: 'broadcast', url, pace: 'fast', serviceId: 5, serviceName: 'First' },
      { id: 'kept', kind: 'recorder', file: folder.at('several.pcapng') },
    ])

  it('are its services, with their own ids and names or the next free ones', async () => {
    await (await sent('atsc://', {}, { serviceId: 6, serviceName: 'Mine' }, {})).done
    const received = await ended([{ ...capture, files: [folder.at('several.pcapng')] }])
    expect(received.contents.report().services.map(({ id, name, destination }) => [id, name, destination])).toEqual([
      [5, 'First', '239.255.2.1:6000'],
      [6, 'Mine', '239.255.2.1:6001'],
      [7, 'Svc 7', '239.255.2.1:6002'],
    ])
  })

  it.each([
    ['a service id twice', 'atsc://', [{ serviceId: 9 }, { serviceId: 9 }], /Two inputs of air have the service id 9/],
    ['an address without an SLT', 'route://239.255.1.1:6000', [{}, {}], /air has 2 inputs, and a route:\/\/ address/],
    ['no ports left', 'atsc://239.255.2.1:65535', [{}, {}], /not 2 ports from 65535/],
  ])('are refused for %s', async (_, url, own, message) => {
    await expect(sent(url, ...own)).rejects.toMatchObject({
      error: { code: 'bad-spec', message: expect.stringMatching(message) },
    })
  })
})

describe('sources with separate links', () => {
  it('have a receiver each, and fill the folder they are linked to', async () => {
    const ports = [await freePort(), await freePort()]
    const sources = GROUPS.map((group, at) => ({
      id: `source${at}`,
      kind: 'multicast',
      url: `route://${group}:${ports[at]}`,
      interfaces: [LOOPBACK],
    }))
    const folders = ['one', 'two'].map((id) => ({ id, kind: 'folder', dir: folder.at(`apart-${id}`) }))
    const session = await start([...sources, ...folders], ['source0 > one', 'source1 > two'])
    const sender = await MulticastSender.open({ interface: LOOPBACK, ttl: 0 })
    closing.push(() => sender.close())
    const totals = () => session.all('totals').map(({ objects }) => objects)
    while (totals().some((objects) => objects === 0)) {
      for (const [at, group] of GROUPS.entries())
        sender.send(
          group,
          ports[at] as number,
          testPacket({ tsi: 10 + at, toi: 1, length: 3, closeObject: true, payload: Uint8Array.of(1, 2, 3) }),
        )
      await new Promise((resolve) => setImmediate(resolve))
    }
    const [first, second] = session.sections().flatMap(({ part, section }) => (section.name === 'totals' ? [part] : []))
    await session.stop()
    expect(first).not.toBe(second)
    expect(session.contents.report(first ?? '').services.map(({ destination }) => destination)).toEqual([
      `${GROUPS[0]}:${ports[0]}`,
    ])
    expect(session.contents.report('two').services).toEqual(session.contents.report(second ?? '').services)
    const view = session.contents.queryObjects({ filter: '', sort: { column: 'toi', descending: false } }, 'two')
    expect(session.contents.objectRows(view.viewId, 0, 1, 'two')).toMatchObject([
      { destination: `${GROUPS[1]}:${ports[1]}` },
    ])
  })

  it('captures with a folder each: it has the files of its capture', async () => {
    const sent = await routeFixture()
    const half = folder.at('half.pcap')
    writeFileSync(half, pcapOf(sent.slice(0, Math.floor(sent.length / 2))))
    const other: PartSpec = { id: 'other', kind: 'capture', files: [half], services: 'all' }
    await ended(
      [
        capture,
        other,
        { id: 'x', kind: 'folder', dir: folder.at('whole') },
        { id: 'y', kind: 'folder', dir: folder.at('half') },
      ],
      ['source > x', 'other > y'],
    )
    expect(media(folder.at('whole'))).toHaveLength(24)
    const some = media(folder.at('half')).length
    expect(some).toBeGreaterThan(0)
    expect(some).toBeLessThan(24)
  })

  it('a store takes the objects of one receiver', async () => {
    const other: PartSpec = { ...capture, id: 'other' }
    const parts: PartSpec[] = [
      capture,
      other,
      { id: 'kept', kind: 'store' },
      { id: 'x', kind: 'folder', dir: folder.at('two') },
    ]
    await expect(start(parts, ['source > kept', 'other > kept', 'other > x'])).rejects.toMatchObject({
      error: { code: 'bad-spec', message: expect.stringContaining('kept takes the objects of one receiver') },
    })
  })
})

describe('a session', () => {
  it('is a demo only where it sends the presentation of the program', async () => {
    const port = await freePort()
    const url = `route://${GROUPS[0]}:${port}`
    const session = await start([
      { id: 'listen', kind: 'multicast', url, interfaces: [LOOPBACK] },
      { id: 'programme', kind: 'presentation', input: `${DEMO_FOLDER}/manifest.mpd`, loop: 0 },
      { id: 'air', kind: 'broadcast', url },
      { id: 'out', kind: 'multicast-out', interface: LOOPBACK },
    ])
    expect(session.all('broadcast')).toHaveLength(1)
    const demoOf = (of: Session): unknown =>
      of.sections().flatMap(({ section }) => (section.name === 'session' ? [section.read()] : []))[0]
    expect(demoOf(session)).toMatchObject({ demo: false })
    const window = new TestWindow(engine)
    const { sessionId } = await window.call('openSession', { sources: ['demo:'], choices: {} })
    expect(demoOf(engine.session(sessionId))).toMatchObject({ demo: true })
  })

  it('has log levels of its own', async () => {
    const lines: string[] = []
    engine.logger.listen(({ topic, level, text }) => lines.push(`${topic}@${level} ${text}`))
    const quiet = await start([capture], [], { all: 'error' })
    await quiet.done
    expect(lines).toEqual([])
    const loud = await start([capture], [], { all: 'error', route: 'debug' })
    await loud.done
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.every((line) => line.startsWith('route@'))).toBe(true)
    lines.length = 0
    await (await start([capture], [], { all: 'error' })).done
    expect(lines).toEqual([])
  })

  it('sends a window the changed sections, and nothing more once it has ended', async () => {
    const window = new TestWindow(engine)
    const { id: sessionId } = await start([capture, { id: 'kept', kind: 'store' }])
    await window.call('watchSession', sessionId)
    const { totals } = await window.ended(sessionId)
    await window.until(() => window.rows(sessionId).size === totals.objects)
    const seen = new Map<string, number>()
    for (const { changes } of window.data('sections'))
      for (const { part, section, version } of changes) {
        const key = `${part} ${section}`
        expect(version).toBeGreaterThan(seen.get(key) ?? -1)
        seen.set(key, version)
      }
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining(['null session', 'source source', 'receiver totals', 'receiver channels', 'kept store']),
    )
    const before = window.data('sections').length
    // A second window is served after the first: its event shows that the first had its turn.
    const second = new TestWindow(engine)
    await second.call('watchSession', sessionId)
    await second.ended(sessionId)
    expect(window.data('sections').length).toBe(before)
  })
})
