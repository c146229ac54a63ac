import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkReceiveOption, readReceiveOption, receiveSpecOf } from '../contract/receive-choices.ts'
import { RECEIVE_OPTIONS, type ReceiveChoices, type ReceiveOption } from '../contract/receive-options.ts'
import { DEFAULT_RECEIVE } from '../contract/session-spec.ts'
import type { CaptureSource, SessionSpec1, SinkSpec } from '../contract/session-spec-1.ts'
import { type Datagram, pcapOf, withLoss } from '../testing/datagrams.ts'
import { broadcastOf, DEMO_FOLDER, demoDash, FIXTURE_PORT, routeFixture } from '../testing/make-fixtures.ts'
import { TestFolder, treeOf } from '../testing/program.ts'
import { Engine } from './engine.ts'
import { specForCapture, specForUrl } from './spec/session-specs.ts'
import { parseSessionSpec } from './spec/spec.ts'

const folder = new TestFolder()
let sent: readonly Datagram[]
let engine: Engine
let runs = 0

beforeAll(async () => {
  sent = await routeFixture()
  writeFileSync(folder.at('whole.pcap'), pcapOf(sent))
  writeFileSync(folder.at('lossy.pcap'), pcapOf(withLoss(sent, 0.02, 3)))
})
beforeEach(() => {
  engine = new Engine({
    tempDir: folder.at('tmp'),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
})
afterEach(() => engine.close())
afterAll(() => folder.remove())

function capture(choices: ReceiveChoices, file = 'whole.pcap'): CaptureSource {
  const receive = receiveSpecOf(choices, 'all')
  return { id: 'source', kind: 'capture', files: [folder.at(file)], pace: 'fast', loop: 1, receive }
}

const spec = (sources: SessionSpec1['sources'], sinks: readonly SinkSpec[]): SessionSpec1 => ({
  format: 'routescope-session',
  version: 1,
  sources,
  sinks,
})

/** Receives a capture to a folder, as `receive --out` does. @returns paths in it, and how many files were delivered */
async function received(choices: ReceiveChoices, file?: string): Promise<{ paths: string[]; files: number }> {
  const out = folder.at(`out${++runs}`)
  const { maxSegments = 0, splitTsi = false } = choices
  const sink: SinkSpec = { id: 'folder', kind: 'folder', dir: out, maxSegments, splitTsi }
  const session = await engine.start(spec([capture(choices, file)], [sink]))
  await session.done
  expect(session.failure()).toBeNull()
  return { paths: treeOf(out).map(({ path }) => path), files: session.summary().files }
}

const segments = (paths: readonly string[]): string[] => paths.filter((path) => path.endsWith('.m4s'))

describe('what is written', () => {
  it('--out: every file as serviceN/NAME', async () => {
    const { paths } = await received({})
    expect(paths).toContain('service1/manifest.mpd')
    expect(paths.every((path) => path.startsWith('service1/'))).toBe(true)
    expect(segments(paths).length).toBeGreaterThan(8)
  })

  it('--max-segments: the newest of each representation', async () => {
    const all = segments((await received({})).paths)
    const kept = segments((await received({ maxSegments: 2 })).paths)
    const representations = new Set(all.map((path) => path.replace(/\d+\.m4s$/, '')))
    expect(kept).toHaveLength(2 * representations.size)
    for (const path of kept) expect(all).toContain(path)
  })

  it('--split-tsi: a folder for each TSI, the same files', async () => {
    const plain = (await received({})).paths
    const { paths } = await received({ splitTsi: true })
    expect(paths.every((path) => /^service1\/tsi\d+\//.test(path))).toBe(true)
    expect(paths.map((path) => path.replace(/tsi\d+\//, '')).sort()).toEqual(plain)
    expect(paths).toContain('service1/tsi0/manifest.mpd')
    expect(new Set(paths.map((path) => path.split('/')[1])).size).toBeGreaterThan(2)
  })

  it('--keep-corrupt: also what stayed incomplete, as NAME.partial', async () => {
    const without = (await received({ repair: 'none' }, 'lossy.pcap')).paths
    expect(without.some((path) => path.endsWith('.partial'))).toBe(false)
    const { paths } = await received({ repair: 'none', keepCorrupt: true }, 'lossy.pcap')
    const partial = paths.filter((path) => path.endsWith('.partial'))
    expect(partial.length).toBeGreaterThan(0)
    expect(paths.filter((path) => !path.endsWith('.partial'))).toEqual(without)
  })

  it('--keep-repeats: a file again each time it is repeated', async () => {
    const once = await received({})
    const again = await received({ keepRepeats: true })
    expect(again.paths).toEqual(once.paths)
    expect(again.files).toBeGreaterThan(once.files)
  })
})

describe('--cached-segments', () => {
  it('keeps the newest of each representation in the store and the gateway', async () => {
    const session = await engine.start(specForCapture([folder.at('whole.pcap')], 'fast', { cachedSegments: 2 }))
    await session.done
    const { baseUrl = '' } = session.snapshot().gateway ?? {}
    const names = segments((await received({})).paths).sort()
    const statuses = await Promise.all(
      names.map(async (name) => [name.replace(/\d+\.m4s$/, ''), (await fetch(`${baseUrl}/${name}`)).status] as const),
    )
    for (const representation of new Set(statuses.map(([of]) => of))) {
      const own = statuses.filter(([of]) => of === representation).map(([, status]) => status)
      expect(own.filter((status) => status === 200)).toHaveLength(2)
      expect(own.filter((status) => status === 410)).toHaveLength(own.length - 2)
    }
  })
})

describe('several captures', () => {
  it('are played one after the other as one, whatever their order in time', async () => {
    const other = await broadcastOf(await demoDash(), { port: FIXTURE_PORT + 1 })
    const later = other.map((one) => ({ ...one, timeUs: one.timeUs + 3_600_000_000 }))
    writeFileSync(folder.at('later.pcap'), pcapOf(later))
    const out = folder.at('both')
    const sources = [
      { ...capture({}, 'later.pcap'), id: 'b' },
      { ...capture({}), id: 'a' },
    ]
    const sink: SinkSpec = { id: 'folder', kind: 'folder', dir: out, maxSegments: 0, splitTsi: false }
    const session = await engine.start(spec(sources, [sink]))
    await session.done
    const paths = treeOf(out).map(({ path }) => path)
    expect(new Set(paths.map((path) => path.split('/')[0]))).toEqual(new Set(['service1', 'service2']))
    expect(session.report().source).toMatchObject({ kind: 'capture' })
    expect(session.report().services).toHaveLength(2)
    expect(session.summary()).toMatchObject({ packets: sent.length + later.length, incomplete: 0 })
  })

  it.each([
    ['pace', { pace: 'real' as const }],
    ['receive.keepCorrupt', { receive: receiveSpecOf({ keepCorrupt: true }, 'all') }],
  ])('that differ in %s do not go together', async (what, change) => {
    const sources = [capture({}), { ...capture({}), id: 'other', ...change }]
    await expect(engine.start(spec(sources, []))).rejects.toMatchObject({
      error: { code: 'bad-spec', message: expect.stringContaining(what) },
    })
  })

  it('read fast have no time in common with a multicast', async () => {
    const [live] = specForUrl('route://239.255.82.90:6000', { interfaces: ['127.0.0.1'] }).sources
    if (live === undefined) throw new Error('no source')
    const sources = [{ ...live, id: 'live' }, capture({})]
    await expect(engine.start(spec(sources, []))).rejects.toMatchObject({ error: { code: 'bad-spec' } })
  })
})

describe('the table', () => {
  const rows: readonly ReceiveOption[] = RECEIVE_OPTIONS

  it('has defaults that are those of a session', () => {
    expect(receiveSpecOf({}, DEFAULT_RECEIVE.services)).toEqual(DEFAULT_RECEIVE)
    for (const row of rows) {
      if (row.standard !== null) expect(checkReceiveOption(row, row.standard), row.option).toMatchObject({ ok: true })
      const below = /^source\.receive\.(.+)$/.exec(row.path)?.[1]?.split('.') ?? []
      let value: unknown = DEFAULT_RECEIVE
      for (const name of below) value = (value as Record<string, unknown> | undefined)?.[name]
      if (below.length > 0 && row.type.kind !== 'list') expect(value ?? null, row.option).toEqual(row.standard)
    }
  })

  it('carries the settings of --repair, --repair-url, --repair-connections, --repair-merge, --repair-min, --repair-order and --fec', () => {
    const choices: ReceiveChoices = {
      repair: 'http',
      repairUrls: ['http://127.0.0.1:1/'],
      repairConnections: 4,
      repairMergeBytes: 500,
      repairMinPercent: 0,
      repairOrder: 'deps',
      fec: false,
    }
    expect(receiveSpecOf(choices, 'all')).toMatchObject({
      fec: false,
      repair: {
        mode: 'http',
        urls: ['http://127.0.0.1:1/'],
        connections: 4,
        mergeBytes: 500,
        minReceivedPercent: 0,
        order: 'deps',
      },
    })
    // Who names a server wants it asked, unless they say otherwise.
    expect(receiveSpecOf({ repairUrls: ['http://a/'] }, 'all').repair.mode).toBe('http')
    expect(receiveSpecOf({ repairUrls: ['http://a/'], repair: 'strict' }, 'all').repair.mode).toBe('strict')
  })

  it('reads and writes a saved session with every option set', () => {
    const all: ReceiveChoices = {
      services: [1, 5009],
      timeoutS: 2.5,
      keepAlive: true,
      interfaces: ['127.0.0.1', 'lo'],
      sourceAddresses: ['10.0.0.1'],
      excludeSourceAddresses: ['2001:db8::1'],
      bufferBytes: 4096,
      keepCorrupt: true,
      keepRepeats: true,
      onlyTsi: 10,
      reorder: false,
      reorderMs: 250,
      detectLoops: 'on',
      fec: false,
      repair: 'http',
      repairUrls: ['http://127.0.0.1:1/'],
      repairConnections: 4,
      repairMergeBytes: 0,
      repairMinPercent: 100,
      repairOrder: 'partial',
      out: 'dump',
      maxSegments: 4,
      splitTsi: true,
      cachedSegments: 8,
      fullSegments: true,
      lowLatency: false,
      dynamicSelection: false,
      statsMs: -1000,
    }
    expect(Object.keys(all).sort()).toEqual(rows.map((row) => row.key).sort())
    const made = specForUrl('atsc:// mabr://239.255.1.1:6000', all)
    expect(parseSessionSpec(JSON.parse(JSON.stringify(made)), 'spec')).toEqual(made)
    expect(made.sources[0]).toMatchObject({
      interfaces: ['127.0.0.1', 'lo'],
      bufferBytes: 4096,
      receive: { reorder: false },
    })
    expect(() =>
      parseSessionSpec({ ...made, sources: [{ ...made.sources[0], receive: { reorderMs: -1 } }] }, 's'),
    ).toThrow('s.sources[0].receive.reorderMs must be a whole number from 0')
    expect(() => specForUrl('atsc://', { reorderMs: -1 })).toThrow('--reorder-ms must be a whole number from 0')
    expect(() => specForUrl('atsc://', { nonsense: 1 } as ReceiveChoices)).toThrow('nonsense is no option')
  })

  it('reads what people type: seconds and milliseconds, sizes, lists', () => {
    const read = (key: string, text: string): unknown => {
      const reading = readReceiveOption(rows.find((row) => row.key === key) as ReceiveOption, text)
      return reading.ok ? reading.value : reading.problem
    }
    expect(['10', '2.5', '500ms', '2s'].map((text) => read('timeoutS', text))).toEqual([10, 2.5, 0.5, 2])
    expect(['524288', '512K', '4M'].map((text) => read('bufferBytes', text))).toEqual([524_288, 524_288, 4 << 20])
    expect(read('services', ' 1, 5009')).toEqual([1, 5009])
    for (const [key, text] of [
      ['timeoutS', 'soon'],
      ['timeoutS', '-1'],
      ['bufferBytes', '12'],
      ['services', 'some'],
      ['sourceAddresses', '10.0.0.300'],
      ['repairUrls', 'ftp://x'],
      ['repairMinPercent', '101'],
      ['detectLoops', 'maybe'],
    ] as const)
      expect(read(key, text), `${key} ${text}`).toMatch(/^must be /)
  })
})
