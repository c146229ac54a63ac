import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { PcapngBlocks } from '../testing/capture-builder.ts'
import { type Datagram, pcapngOf, pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, hlsFixture, liveFixture, routeFixture } from '../testing/make-fixtures.ts'
import { TestFolder } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { TestWindow } from '../testing/test-window.ts'
import { Engine } from './engine.ts'

const folder = new TestFolder()
let engine: Engine
let window: TestWindow
let runs = 0
let sent: Datagram[]

beforeAll(async () => {
  sent = await routeFixture()
})
beforeEach(() => {
  engine = new Engine({
    tempDir: folder.at(`temporary-${++runs}`),
    defaultDumpDir: folder.at('dumps'),
    demoDir: DEMO_FOLDER,
    version: '0',
  })
  window = new TestWindow(engine)
})
afterEach(() => engine.close())
afterAll(() => folder.remove())

async function reportOf(bytes: Uint8Array, name = 'x.pcapng'): Promise<Report> {
  writeFileSync(folder.at(name), bytes)
  const { sessionId } = await window.call('openSession', { sources: [folder.at(name)], choices: {} })
  await window.call('watchSession', sessionId)
  await window.ended(sessionId)
  const report = await window.call('report', sessionId)
  expect(reportFaults(report)).toEqual([])
  return report
}

/** Alarms about losses, without those about what was done then. */
const lossesIn = (report: Report) =>
  report.alarms.filter(({ rule }) => ['OBJ-LOSS', 'TOI-GAP', 'HOST-DROP'].includes(rule))

const lct = (datagram: Datagram): LctPacket => {
  const packet = new LctPacket()
  expect(packet.read(datagram.bytes, 0, datagram.bytes.length)).toBe(0)
  return packet
}

/** Positions of the packets of one media channel's `number`-th object, in order of sending. */
function objectAt(datagrams: readonly Datagram[], tsi: number, number: number): number[] {
  const tois = new Map<number, number[]>()
  datagrams.forEach((datagram, at) => {
    const packet = lct(datagram)
    if (packet.tsi !== tsi || packet.codepoint !== 8) return
    const list = tois.get(packet.toi) ?? []
    tois.set(packet.toi, list)
    list.push(at)
  })
  return [...tois.values()][number] ?? []
}

const without = (datagrams: readonly Datagram[], lost: readonly number[]): Datagram[] =>
  datagrams.filter((_, at) => !lost.includes(at))

const blocks = new PcapngBlocks('little')
const drops = (code: number, count: bigint): number[] => blocks.option(code, blocks.bytes().u64(count).list)

describe('packets missing from a capture', () => {
  it('were lost before this computer where the capture reports no drops', async () => {
    const lost = objectAt(sent, 10, 2).slice(3, 5)
    const report = await reportOf(pcapOf(without(sent, lost)), 'x.pcap')
    expect(report.totals).toMatchObject({ hostDrops: null, eventLoopLagMs: null })
    expect(report.totals.losses).toMatchObject({
      network: { objects: 1 },
      host: { objects: 0 },
      sender: { objects: 0 },
    })
    expect(lossesIn(report)).toMatchObject([
      {
        rule: 'OBJ-LOSS',
        cause: 'network',
        causeText: 'before this computer',
        evidence: 'its packets are not in the capture, which counts no drops',
      },
    ])
  })

  it('were lost by the capturing computer where the packet that follows counts drops', async () => {
    const [first, second] = [objectAt(sent, 10, 2), objectAt(sent, 10, 6)]
    const lost = [first[3] as number, second[4] as number]
    const report = await reportOf(pcapngOf(without(sent, lost), new Map([[lost[0] as number, drops(4, 1n)]]), []))
    expect(report.totals).toMatchObject({ hostDrops: 1, captureDrops: 1 })
    expect(report.totals.losses).toMatchObject({
      capture: { objects: 1 },
      host: { objects: 0 },
      network: { objects: 1 },
    })
    expect(lossesIn(report).map(({ rule, cause }) => [rule, cause])).toEqual([
      ['OBJ-LOSS', 'capture'],
      ['HOST-DROP', 'capture'],
      ['OBJ-LOSS', 'network'],
    ])
  })

  it('were lost by it where its final statistics explain all of them, else by an unknown cause', async () => {
    const lost = objectAt(sent, 10, 2).slice(3, 5)
    const kept = without(sent, lost)
    const enough = await reportOf(pcapngOf(kept, new Map(), blocks.statistics(0, drops(5, 2n))))
    expect(enough.totals.losses).toMatchObject({ capture: { objects: 1 }, network: { objects: 0 } })
    expect(enough.alarms.find(({ rule }) => rule === 'OBJ-LOSS')).toMatchObject({
      cause: 'capture',
      causeText: 'the computer that made the capture',
    })
    const few = await reportOf(pcapngOf(kept, new Map(), blocks.statistics(0, drops(5, 1n))))
    expect(few.totals.losses).toMatchObject({ host: { objects: 0 }, unknown: { objects: 1 }, network: { objects: 0 } })
  })

  it('were never sent where a whole segment is missing and nothing around it', async () => {
    const report = await reportOf(pcapOf(without(sent, objectAt(sent, 10, 4))), 'x.pcap')
    expect(report.totals.losses).toMatchObject({
      sender: { objects: 1 },
      network: { objects: 0 },
      unknown: { objects: 0 },
    })
    const channels = report.services[0]?.sessions[0]?.channels
    expect(channels?.map(({ tsi, missingObjects }) => [tsi, missingObjects])).toContainEqual([10, 1])
    expect(lossesIn(report)).toMatchObject([{ rule: 'TOI-GAP', tsi: 10, cause: 'sender' }])
  })
})

describe('an undamaged stream', () => {
  it('raises nothing, however its segments are named, and reports when it could be played', async () => {
    for (const datagrams of [sent, await hlsFixture(), await liveFixture(20)]) {
      const report = await reportOf(pcapOf(datagrams), 'x.pcap')
      expect(lossesIn(report)).toEqual([])
      const { startup } = report.services[0] ?? {}
      expect(startup?.join).toBe(report.source.firstTime)
      expect(startup?.playable).toBeGreaterThan(startup?.firstMedia ?? 0)
    }
  })
})

describe('an HLS stream', () => {
  it('misses a segment that its playlist lists', async () => {
    const hls = await hlsFixture()
    const report = await reportOf(pcapOf(without(hls, objectAt(hls, 10, 4))), 'x.pcap')
    expect(lossesIn(report)).toMatchObject([{ rule: 'TOI-GAP', tsi: 10 }])
  })
})
