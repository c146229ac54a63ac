import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { ServiceFacts } from '../flow/facts.ts'
import type { FlowFile, FlowObject } from '../flow/objects.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { ObserverTee } from '../flow/tee.ts'
import type { Alarm } from '../inspect/rules/alarm.ts'
import { Judge } from '../inspect/rules/judge.ts'
import { toiOf, tsiOf } from '../testing/carriers.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { receiveCapture } from '../testing/receive-capture.ts'
import { Receiver } from './receiver.ts'

const captures = fileURLToPath(new URL('../../../shared/captures/', import.meta.url))
const present = existsSync(captures)

type Run = {
  files: Map<string, string>
  kinds: Map<string, string>
  services: Map<number, ServiceFacts>
  objects: FlowObject[]
  alarms: Alarm[]
  usedBytes: number
}

async function receive(name: string, target: ReceiveTarget, keepCorrupt = false): Promise<Run> {
  const run: Run = { files: new Map(), kinds: new Map(), services: new Map(), objects: [], alarms: [], usedBytes: -1 }
  const sink = {
    whole(file: FlowFile): void {
      const path = `service${file.serviceId}/${file.name}`
      run.files.set(path, createHash('sha256').update(file.lease.bytes).digest('hex'))
      run.kinds.set(path, file.kind)
    },
  }
  const judge = new Judge((alarm) => void run.alarms.push(alarm))
  const observer = new ObserverTee({
    serviceChanged: (service) => void run.services.set(service.id, service),
    objectBegun: (object) => void run.objects.push(object),
    found: (finding) => judge.found(finding),
  })
  const receive = { ...DEFAULT_RECEIVE, services: 'all' as const, keepCorrupt }
  const receiver = new Receiver({ targets: [target], receive }, sink, observer)
  await receiveCapture(`${captures}${name}.pcap`, receiver)
  run.usedBytes = receiver.usedBytes
  return run
}

const route: ReceiveTarget = { kind: 'route', address: '225.1.1.0', port: 6000 }
const mabr: ReceiveTarget = { kind: 'mabr', address: '225.1.1.0', port: 6000 }
const cases: [string, ReceiveTarget][] = [
  ['mabr-dash', { kind: 'discover' }],
  ['mabr-dash', mabr],
  ['route-dash', { kind: 'discover' }],
  ['route-dash', route],
  ['route-hls', { kind: 'discover' }],
  ['route-hls', route],
  ['route-ll', { kind: 'discover' }],
  ['route-ll', route],
  ['route-loss', { kind: 'discover' }],
  ['route-loss', route],
  ['route-raptorq', { kind: 'discover' }],
  ['route-raptorq', route],
  ['atsc-korean', { kind: 'discover' }],
  ['atsc-korean', { kind: 'atsc' }],
  ['atsc-us-two-services', { kind: 'discover' }],
  ['atsc-us-two-services', { kind: 'atsc' }],
]

describe.skipIf(!present)('captures with a list of what is in them (where ../shared is)', () => {
  it.each(cases)('%s as %o has exactly its files', async (name, target) => {
    const run = await receive(name, target)
    const expected = JSON.parse(readFileSync(`${captures}${name}.expected.json`, 'utf8')) as {
      files: { path: string; sha256: string }[]
    }
    const wanted = new Map(expected.files.map((file) => [file.path, file.sha256]))
    expect([...run.files.keys()].sort()).toEqual([...wanted.keys()].sort())
    for (const [path, sha256] of wanted) expect(run.files.get(path), path).toBe(sha256)
    expect(run.usedBytes).toBe(0)
    // GPAC sets the bits of changed fragments only in TOIs of packages.
    const others = run.alarms.filter(({ rule }) => rule !== 'OBJ-LOSS' && rule !== 'SLS-TOI-BITS')
    expect(others).toEqual([])
    for (const alarm of run.alarms) if (alarm.rule === 'SLS-TOI-BITS') expect(alarm.severity).toBe('info')
  })

  it('has the media of a whole American station, and its application', async () => {
    const run = await receive('offair-ksnv', { kind: 'atsc' })
    const { files } = JSON.parse(readFileSync(`${captures}offair-ksnv.expected.json`, 'utf8')) as {
      files: { path: string; sha256: string }[]
    }
    expect(files.length).toBeGreaterThan(10)
    for (const { path, sha256 } of files) expect(run.files.get(path), path).toBe(sha256)
    expect([...run.files.keys()]).toContain('service5004/index.html')
  })

  it('distinguishes manifests, playlists, init and media segments', async () => {
    const { kinds } = await receive('route-hls', route)
    expect(kinds.get('service1/live.m3u8')).toBe('manifest')
    expect(kinds.get('service1/live_1.m3u8')).toBe('playlist')
    expect(kinds.get('service1/src_dash_track1_init.mp4')).toBe('init')
    expect(kinds.get('service1/src_dash_track1_3.m4s')).toBe('media')
  })

  it('ends objects with lost packets as incomplete, with their missing ranges', async () => {
    const run = await receive('route-loss', route)
    const partial = run.objects.filter((object) => object.state === 'partial')
    expect(partial.map((object) => toiOf(object))).toContain(60060 * 2)
    expect(partial).toHaveLength(11)
    const first = partial.find((object) => toiOf(object) === 0)
    expect(first?.missing()).toEqual([
      [167968, 169416],
      [214304, 215752],
    ])
    expect(run.alarms.filter((alarm) => alarm.rule === 'OBJ-LOSS')).toHaveLength(11)
  })

  it('keeps all 40 files of the lossy capture where corrupt ones are kept, like GPAC', async () => {
    const { files } = await receive('route-loss', route, true)
    expect(files.size).toBe(40)
  })

  it('lists the five services of the off-air capture and names ESG objects by their in-band tables', async () => {
    const run = await receive('offair-mmt-and-esg', { kind: 'discover' })
    const services = [...run.services.values()].map(({ id, name, protocol, category }) => [
      id,
      name,
      protocol,
      category,
    ])
    expect(services).toEqual([
      [1001, 'ATEME MMT 1', 'mmtp', 1],
      [1002, 'ATEME MMT 2', 'mmtp', 1],
      [1003, 'ATEME MMT 3', 'mmtp', 1],
      [1004, 'ATEME MMT 4', 'mmtp', 1],
      [5009, 'ESG', 'route', 4],
    ])
    const video = run.services.get(1001)?.mmtp?.find((each) => each.packetId === 35)
    expect(video).toMatchObject({ type: 'mpu', lost: 0 })
    // MPUs have a test of their own.
    expect([...run.files.keys()].filter((name) => !name.endsWith('.mp4')).sort()).toEqual([
      'service5009/sgdd_1244',
      'service5009/sgdu_long_2228',
      'service5009/sgdu_long_2230',
      'service5009/sgdu_service_schedule_4487',
      'service5009/sgdu_short_3229',
    ])
    const named = run.objects.filter((object) => tsiOf(object) === 4 && object.name !== null)
    expect(named.map((object) => object.name)).toContain('x37E-PAuwH1nVIsqjRuJw70c6-tbAOR6OVpiT6Ktsf0.png')
    expect(run.usedBytes).toBe(0)
  })
})
