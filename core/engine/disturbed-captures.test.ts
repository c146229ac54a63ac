import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINK_TYPE } from '../capture/link-types.ts'
import type { FlowFile } from '../flow/objects.ts'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { Receiver } from '../receive/receiver.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { protectedSession } from '../testing/fec-fixture.ts'
import { mabrCapture } from '../testing/mabr-capture.ts'
import {
  atscFixture,
  demoDash,
  hlsFixture,
  lowLatency,
  routeFixture,
  twoServicesFixture,
} from '../testing/make-fixtures.ts'
import { mmtpCapture } from '../testing/mmtp-capture.ts'
import { drop, duplicate, flipBits, joinPcap, type PcapRecords, reorder, splitPcap } from '../testing/pcap-records.ts'
import { receiveCapture } from '../testing/receive-capture.ts'
import { ethernetFrames, ipPacketsFrom, pcapOfFrames } from '../testing/reencapsulate.ts'
import { seeded } from '../testing/seeded.ts'

const captures = fileURLToPath(new URL('../../../shared/captures/', import.meta.url))
const oracle = fileURLToPath(new URL('../../../shared/tools/oracle.py', import.meta.url))
const names = existsSync(captures)
  ? readdirSync(captures)
      .filter((name) => name.endsWith('.pcap'))
      .map((name) => name.slice(0, -5))
  : []

/** Our own broadcasts, for checkouts without captures beside them. */
const FIXTURES: Record<string, () => Promise<Datagram[]>> = {
  'the demo as DASH': routeFixture,
  'the demo as HLS': hlsFixture,
  'the demo in Korean ATSC signalling': () => atscFixture('korean'),
  'two services': twoServicesFixture,
  'the demo at low latency': async () => lowLatency(await routeFixture()),
  'the demo with repair flows': async () => protectedSession(await routeFixture(), { symbolBytes: 512, overhead: 0.2 }),
  'the demo by DVB-MABR': async () => mabrCapture(await demoDash()),
  'the demo by MMTP': async () => mmtpCapture(),
}

let dir = ''
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'routescope-disturbed-'))
  for (const [name, make] of Object.entries(FIXTURES)) {
    const frames = ethernetFrames(ipPacketsFrom(await make()))
    writeFileSync(join(dir, `${name}.pcap`), pcapOfFrames(frames, LINK_TYPE.ethernet))
  }
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Path of an undisturbed capture. */
const original = (name: string): string => (name in FIXTURES ? join(dir, `${name}.pcap`) : `${captures}${name}.pcap`)

async function receive(file: string, fec = true, target: ReceiveTarget = { kind: 'discover' }) {
  const files = new Map<string, string>()
  const columns = new SessionColumns({ hash: true })
  const receiver = new Receiver(
    { targets: [target], receive: { ...DEFAULT_RECEIVE, services: 'all', fec } },
    {
      whole: (received: FlowFile) =>
        void files.set(
          `service${received.serviceId}/${received.name}`,
          createHash('sha256').update(received.lease.bytes).digest('hex'),
        ),
    },
    columns,
  )
  await receiveCapture(file, receiver)
  return { files, columns, usedBytes: receiver.usedBytes }
}

/** Files of the undisturbed capture; with the expected hashes where a list beside the capture has them. */
async function wanted(name: string): Promise<Map<string, string>> {
  const { files } = await receive(original(name))
  const list = `${captures}${name}.expected.json`
  if (!existsSync(list)) return files
  const listed = JSON.parse(readFileSync(list, 'utf8')) as { files: { path: string; sha256: string }[] }
  for (const { path, sha256 } of listed.files) expect(files.get(path), path).toBe(sha256)
  return files
}

const CHANGES: readonly [string, (capture: PcapRecords) => PcapRecords][] = [
  ['reordered within 50 packets', (capture) => reorder(capture, 50, seeded(50))],
  ['with 5 % of its packets twice', (capture) => duplicate(capture, 0.05, seeded(5))],
]

function disturbed(name: string, change: (capture: PcapRecords) => PcapRecords): string {
  const file = join(dir, 'disturbed.pcap')
  writeFileSync(file, joinPcap(change(splitPcap(readFileSync(original(name))))))
  return file
}

async function givesTheSame(name: string, change: (capture: PcapRecords) => PcapRecords): Promise<void> {
  const { files } = await receive(disturbed(name, change))
  const expected = await wanted(name)
  expect(expected.size).toBeGreaterThan(3)
  expect([...files.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [path, sha256] of expected) expect(files.get(path), path).toBe(sha256)
}

describe('broadcasts as networks disturb them', () => {
  for (const [what, change] of CHANGES) {
    it.each(Object.keys(FIXTURES))(`%s, ${what}, gives the same files`, (name) => givesTheSame(name, change))
  }
})

describe.skipIf(names.length === 0)('captures as networks disturb them (where ../shared is)', () => {
  for (const [what, change] of CHANGES) {
    it.each(names)(`%s, ${what}, gives the same files`, (name) => givesTheSame(name, change))
  }
})

/** Captures whose services only an SLT or a gateway configuration names, and the target of `receive` and `gateway` for each. */
const NAMED_BY_SIGNALLING: Readonly<Record<string, ReceiveTarget>> = {
  'the demo in Korean ATSC signalling': { kind: 'atsc' },
  'two services': { kind: 'atsc' },
  'the demo by MMTP': { kind: 'atsc' },
  'atsc-korean': { kind: 'atsc' },
  'atsc-us-two-services': { kind: 'atsc' },
}

const named = Object.keys(NAMED_BY_SIGNALLING).filter((name) => name in FIXTURES || names.includes(name))

describe('captures whose media arrive before the tables that name them', () => {
  it.each(named)('%s gives the same files where signalling alone names what to receive', async (name) => {
    const expected = await wanted(name)
    for (let seed = 1; seed <= 6; seed++) {
      const file = disturbed(name, (capture) => reorder(capture, 25, seeded(seed)))
      const { files } = await receive(file, true, NAMED_BY_SIGNALLING[name])
      expect(Object.fromEntries(files), `seed ${seed}`).toEqual(Object.fromEntries(expected))
    }
  })
})

/** Bytes of the link, IP and UDP headers, which stay unchanged so that the payload reaches our parsers. */
const HEADERS = 42

async function survives(name: string, share: number, intact: number): Promise<void> {
  for (let seed = 1; seed <= 4; seed++) {
    const file = disturbed(name, (capture) => flipBits(capture, share, intact, seeded(seed)))
    const { columns, usedBytes } = await receive(file)
    const { alarms, totals } = columns.views.report(
      { kind: 'capture', name, firstTime: null, lastTime: null },
      { frames: 0, udp: 0, bytes: 0, malformed: 0, fragmentsDropped: 0 },
    )
    expect(alarms.filter((alarm) => alarm.rule === 'INTERNAL')).toEqual([])
    expect(totals.malformed + alarms.length).toBeGreaterThan(0)
    expect(usedBytes).toBe(0)
  }
}

describe('captures with flipped bits are read to their end, and their errors are reported', () => {
  it.each(Object.keys(FIXTURES))('%s, one packet in ten', (name) => survives(name, 0.1, HEADERS))
  it.each(Object.keys(FIXTURES))('%s, every packet', (name) => survives(name, 1, HEADERS))
})

describe.skipIf(names.length === 0)(
  'real captures with flipped bits are read to their end (where ../shared is)',
  () => {
    it.each(names)('%s, one packet in ten', (name) => survives(name, 0.1, HEADERS))
    it.each(names)('%s, every packet, headers and all', (name) => survives(name, 1, 0))
  },
)

type OracleObject = { dst: string; tsi: number; toi: number; total: number | null; missing: [number, number][] }

describe.skipIf(names.length === 0)('captures that lost 1 % of their packets (where ../shared is)', () => {
  it.each(names)('%s: every missing byte range is named', async (name) => {
    const file = disturbed(name, (capture) => drop(capture, 0.01, seeded(1)))
    const flags = name.startsWith('mabr') ? ['--flute'] : []
    const python = spawnSync('python3', [oracle, file, ...flags], { encoding: 'utf8', maxBuffer: 1 << 28 })
    expect(python.status, python.stderr).toBe(0)
    const read = JSON.parse(python.stdout) as { objects: OracleObject[] }
    // Repair flows would restore what the network lost, and the oracle knows none.
    const { columns } = await receive(file, false)
    const report = columns.views.report(
      { kind: 'capture', name, firstTime: null, lastTime: null },
      { frames: 0, udp: 0, bytes: 0, malformed: 0, fragmentsDropped: 0 },
    )
    const mine = new Map<string, (readonly (readonly [number, number])[])[]>()
    for (const service of report.services) {
      for (const session of service.sessions) {
        for (const channel of session.channels) {
          for (const object of channel.objects) {
            const key = `${session.destination} ${channel.tsi} ${object.toi}`
            mine.set(key, [...(mine.get(key) ?? []), object.missing])
          }
        }
      }
    }
    let compared = 0
    for (const object of read.objects) {
      if (object.total === null) continue
      compared++
      const key = `${object.dst} ${object.tsi} ${object.toi}`
      expect(mine.get(key), key).toContainEqual(object.missing)
    }
    // The oracle knows the length of FLUTE objects only where packets carry EXT_FTI.
    expect(compared).toBeGreaterThan(name.startsWith('mabr') ? 2 : 10)
  })
})
