import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Choices, choiceName, commandOptions } from '../contract/choices.ts'
import type { OptionRow } from '../contract/option-row.ts'
import { readOption } from '../contract/option-values.ts'
import type { PartSpec } from '../contract/session-spec.ts'
import { type Datagram, pcapOf, withLoss } from '../testing/datagrams.ts'
import { broadcastOf, DEMO_FOLDER, demoDash, FIXTURE_PORT, routeFixture } from '../testing/make-fixtures.ts'
import { TestFolder, treeOf } from '../testing/program.ts'
import { capturePart, livePart, partsFor, sessionOf } from '../testing/session-of.ts'
import { Engine } from './engine.ts'
import { GATEWAY_PART } from './parts/gateway-options.ts'
import { MULTICAST_PART } from './parts/multicast-options.ts'
import { RECEIVER_PART } from './parts/receiver-options.ts'
import { REPAIR_PART } from './parts/repair-options.ts'
import { PART_DESCRIPTIONS } from './registry.ts'
import { completePart } from './spec/part-spec.ts'
import { specForSources } from './spec/session-specs.ts'
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

/** A capture with its chosen options, and the parts for the other choices. */
function capture(choices: Choices, file = 'whole.pcap'): PartSpec[] {
  const chosen: Choices = { services: 'all', ...choices }
  return [capturePart('source', [folder.at(file)], chosen), ...partsFor(chosen)]
}

/** Receives a capture to a folder, as `receive --out` does. @returns paths in it, and how many files were delivered */
async function received(choices: Choices, file?: string): Promise<{ paths: string[]; files: number }> {
  const out = folder.at(`out${++runs}`)
  const session = await engine.start(sessionOf(capture({ ...choices, out }, file)))
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

  it('--names: the same files by a template', async () => {
    const plain = (await received({})).paths
    const named = (await received({ names: 'ATSC$ServiceID$_rec/$File$' })).paths
    expect(named).toEqual(plain.map((path) => path.replace('service1/', 'ATSC1_rec/')).sort())
    const counted = (await received({ names: 'rec/$num$' })).paths
    expect(counted).toHaveLength(plain.length)
    expect(counted.filter((path) => /^rec\/\d+\.m4s$/.test(path))).toHaveLength(segments(plain).length)
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
    const session = await engine.start(specForSources([folder.at('whole.pcap')], { cachedSegments: 2 }))
    await session.done
    const { baseUrl = '' } = session.snapshot().gateways[0] ?? {}
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
    const sources = ['later.pcap', 'whole.pcap'].map((file) => {
      return capturePart(file, [folder.at(file)], { services: 'all' })
    })
    const session = await engine.start(sessionOf([...sources, ...partsFor({ out })]))
    await session.done
    const paths = treeOf(out).map(({ path }) => path)
    expect(new Set(paths.map((path) => path.split('/')[0]))).toEqual(new Set(['service1', 'service2']))
    expect(session.contents.report().source).toMatchObject({ kind: 'capture' })
    expect(session.contents.report().services).toHaveLength(2)
    expect(session.summary()).toMatchObject({ packets: sent.length + later.length, incomplete: 0 })
  })

  it('that differ in pace are refused', async () => {
    const other = capturePart('other', [folder.at('whole.pcap')], { services: 'all', pace: 'real' })
    await expect(engine.start(sessionOf([...capture({}), other]))).rejects.toMatchObject({
      error: { code: 'bad-spec', message: expect.stringContaining('pace') },
    })
  })

  it('read fast have no time in common with a multicast', async () => {
    const live = livePart('live', 'route://239.255.82.90:6000', { interfaces: ['127.0.0.1'] })
    await expect(engine.start(sessionOf([live, ...capture({})]))).rejects.toMatchObject({ error: { code: 'bad-spec' } })
  })
})

/** Groups of options that are not about receiving. */
const OTHER_GROUPS: readonly string[] = ['Serving', 'Capture', 'Recording']

describe('the table', () => {
  const rows = commandOptions(PART_DESCRIPTIONS, 'gateway')

  it('has defaults that are those of a session', () => {
    expect(completePart(RECEIVER_PART, { id: 'r', kind: 'receiver' })).toEqual({
      ...{ id: 'r', kind: 'receiver', keepAlive: false, keepCorrupt: false, keepRepeats: false, reorder: true },
      ...{ reorderMs: 500, detectLoops: 'auto', fec: true, statsMs: 0 },
    })
    expect(completePart(REPAIR_PART, { id: 'r', kind: 'repair' })).toEqual({
      ...{ id: 'r', kind: 'repair', mode: 'strict', connections: 1, mergeBytes: 10_000, minReceivedPercent: 20 },
      ...{ order: 'none', keepCorrupt: false },
    })
    expect(completePart(GATEWAY_PART, { id: 'g', kind: 'gateway', listen: ':0' })).toEqual({
      ...{ id: 'g', kind: 'gateway', listen: ':0', cors: 'auto', maxSegments: 0, fullSegments: false },
      ...{ lowLatency: true, ffmpeg: 'auto', watchPictures: false, playAtOnce: false, dynamicSelection: true },
    })
    expect(completePart(MULTICAST_PART, { id: 'm', kind: 'multicast', url: 'atsc://' })).toEqual({
      ...{ id: 'm', kind: 'multicast', url: 'atsc://', services: 'first', bufferBytes: 16_777_216 },
    })
  })

  it('carries the settings of --repair, --repair-url, --repair-allow, --repair-connections, --repair-merge, --repair-min, --repair-order and --fec', () => {
    const choices: Choices = {
      repair: 'http',
      repairUrls: ['http://127.0.0.1:1/'],
      repairAllow: ['router.lan'],
      repairConnections: 4,
      repairMergeBytes: 500,
      repairMinPercent: 0,
      repairOrder: 'deps',
      fec: false,
    }
    expect(partsFor(choices)).toEqual([
      { id: 'receiver', kind: 'receiver', fec: false },
      {
        id: 'repair',
        kind: 'repair',
        mode: 'http',
        urls: ['http://127.0.0.1:1/'],
        allow: ['router.lan'],
        connections: 4,
        mergeBytes: 500,
        minReceivedPercent: 0,
        order: 'deps',
      },
    ])
    // A named server implies `http` where no other mode is chosen.
    const modeOf = (repair: Choices): unknown => completePart(REPAIR_PART, partsFor(repair)[0] as PartSpec)
    expect(modeOf({ repairUrls: ['http://a/'] })).toMatchObject({ mode: 'http' })
    expect(modeOf({ repairUrls: ['http://a/'], repair: 'none' })).toMatchObject({ mode: 'none' })
  })

  it('reads and writes a saved session with every option set', () => {
    const all: Choices = {
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
      repairAllow: ['router.lan'],
      repairConnections: 4,
      repairMergeBytes: 0,
      repairMinPercent: 100,
      repairOrder: 'partial',
      names: 'rec$ServiceID$/$num$',
      out: 'dump',
      maxSegments: 4,
      splitTsi: true,
      push: ['http://127.0.0.1:1/live/'],
      pushPost: true,
      pushHeaders: ['X-A,b'],
      pushSegments: 3,
      pushTimeout: 4.5,
      pushConnections: 2,
      pushWhole: true,
      pushEnds: true,
      originListen: '127.0.0.1:1',
      originPath: '/live.mpd',
      originFolder: 'live',
      originSegments: -3,
      originHold: 1.5,
      cachedSegments: 8,
      fullSegments: true,
      lowLatency: false,
      ffmpeg: '/usr/bin/ffmpeg',
      watchPictures: true,
      dynamicSelection: false,
      profile: 'dvb-mabr',
      statsMs: -1000,
    }
    const named = [...commandOptions(PART_DESCRIPTIONS, 'receive'), ...commandOptions(PART_DESCRIPTIONS, 'gateway')]
    const received = named.filter(({ group, option }) => option !== null && !OTHER_GROUPS.includes(group))
    // They choose another source than an address.
    const ofInterface: Choices = { captureInterface: 'lo', captureFilter: 'udp port 6000' }
    const chosen = [...Object.keys(all), ...Object.keys(ofInterface)].sort()
    expect(chosen).toEqual([...new Set(received.map(choiceName))].sort())
    const { interfaces: _, sourceAddresses: __, excludeSourceAddresses: ___, bufferBytes: ____, ...objects } = all
    const captured = specForSources(['interface:lo'], { ...objects, captureFilter: 'udp port 6000' })
    expect(parseSessionSpec(JSON.parse(JSON.stringify(captured)), 'spec')).toEqual(captured)
    expect(captured.parts[0]).toMatchObject({ kind: 'interface', interface: 'interface:lo', filter: 'udp port 6000' })
    const made = specForSources(['atsc://', 'mabr://239.255.1.1:6000'], all)
    expect(parseSessionSpec(JSON.parse(JSON.stringify(made)), 'spec')).toEqual(made)
    expect(made.parts[0]).toMatchObject({ interfaces: ['127.0.0.1', 'lo'], bufferBytes: 4096 })
    expect(made.parts.map(({ id }) => id)).toEqual([
      'source1',
      'source2',
      'receiver',
      'repair',
      'folder',
      'push',
      'gateway',
      'http-origin',
      'store',
    ])
    expect(() => parseSessionSpec({ ...made, parts: [{ id: 'r', kind: 'receiver', reorderMs: -1 }] }, 's')).toThrow(
      's.parts[0].reorderMs must be a whole number from 0',
    )
    expect(() => specForSources(['atsc://'], { reorderMs: -1 })).toThrow('--reorder-ms must be a whole number from 0')
    expect(() => specForSources(['atsc://'], { nonsense: 1 })).toThrow('nonsense is no option')
  })

  it('reads what people type: seconds and milliseconds, sizes, lists', () => {
    const read = (key: string, text: string): unknown => {
      const reading = readOption(rows.find((row) => choiceName(row) === key) as OptionRow, text)
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
