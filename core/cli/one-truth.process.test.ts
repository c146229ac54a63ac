import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report, ReportAlarm } from '../contract/report.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { type Datagram, duplicated, pcapOf, withLoss } from '../testing/datagrams.ts'
import { flutePacket } from '../testing/flute-packets.ts'
import { type FluteFile, FluteSender } from '../testing/flute-sender.ts'
import { FIXTURE_START_US, hlsFixture, routeFixture, withoutObjects } from '../testing/make-fixtures.ts'
import { routescope, TestFolder } from '../testing/program.ts'
import { content } from '../testing/test-session.ts'

/* Whatever tells of a broadcast tells the same: the report for programs, the one for people, that of a reception, its log, and the status. */

const folder = new TestFolder()
afterAll(() => folder.remove())

let dash: readonly Datagram[]
let hls: readonly Datagram[]
beforeAll(async () => {
  dash = await routeFixture()
  hls = await hlsFixture()
})

const at = (ms: number): number => FIXTURE_START_US + ms * 1000
const file = (toi: number, name: string, bytes: Uint8Array): FluteFile => ({
  toi,
  name,
  contentType: 'text/plain',
  bytes,
})
const A = file(1, 'a.bin', content(3000))
const B = file(2, 'b.bin', content(900))
const symbol = ({ toi, bytes }: FluteFile, esi: number, ms: number): Datagram =>
  flutePacket(at(ms), { toi, esi, data: bytes.subarray(esi * 1000, esi * 1000 + 1000) })
const whole = (one: FluteFile, ms: number): Datagram[] =>
  Array.from({ length: Math.ceil(one.bytes.length / 1000) }, (_, esi) => symbol(one, esi, ms + esi))
const table = (files: readonly FluteFile[], ms: number): Datagram[] =>
  new FluteSender({ digest: 'none' }).table(files, at(ms))
const later = (sent: readonly Datagram[], us: number): Datagram[] =>
  sent.map((each) => ({ ...each, timeUs: each.timeUs + us }))
const isOf = (tsi: number, toi: number) => (each: Datagram) => {
  const { header } = parseLctHeader(each.bytes)
  return header.tsi === tsi && header.toi === toi
}

const SICK: Readonly<Record<string, () => readonly Datagram[]>> = {
  'lost packets': () => withLoss(dash, 0.03, 7),
  'lost packets of HLS, others twice': () => duplicated(withLoss(hls, 0.02, 3), 0.1),
  'a segment that never came': () => withoutObjects(dash, ['10/4']),
  'the end of a segment lost': () => dash.filter((each, index) => !isOf(20, 5)(each) || index % 4 === 0),
  'silence for nine seconds': () => [...dash.slice(0, 300), ...later(dash.slice(300), 9_000_000)],
  'a sender that begins again': () => [...dash.slice(0, 400), ...later(dash, 24_000_000)],
  'signalling that is lost': () => dash.filter((each) => !isOf(0, 0x8002_0001)(each) && each.bytes[3] !== 0),
  'noise between packets': () => [
    ...dash.slice(0, 50),
    { ...(dash[50] as Datagram), bytes: content(40) },
    ...dash.slice(51),
  ],
  'a table that contradicts itself': () => [
    ...table([A, B], 0),
    ...whole(A, 10).slice(0, 2),
    ...table([file(1, 'a.bin', content(5000)), B], 20),
    ...whole(A, 30).slice(2),
    ...whole(B, 40),
  ],
  'symbols of another size': () => [
    ...table([A], 0),
    ...[0, 1, 2].map((esi) => flutePacket(at(10 + esi), { toi: 1, esi, data: content(1400) })),
  ],
  'a symbol that has no place': () => [
    ...table([B], 0),
    flutePacket(at(5), { toi: 2, esi: 9, data: content(500) }),
    ...whole(B, 10),
  ],
  'a manifest that lacks everything': () => {
    const mpd = file(1, 'm.mpd', new TextEncoder().encode('<MPD/>'))
    return [...table([mpd, B], 0), ...whole(mpd, 10), ...whole(B, 20)]
  },
}

/** What all are to tell of an alarm. */
const facts = ({ rule, severity, count, time, text, cause, service, tsi, toi }: ReportAlarm) => ({
  ...{ rule, severity, count, time, text, cause, service, tsi, toi },
})
/** What the log could say when it began. */
const head = (text: string): string => text.replace(/(?: \(frame \d+\)|; back at ).*$/, '')

describe('a sick broadcast', () => {
  it.each(Object.keys(SICK))('is told alike by all that tell of it: %s', async (name) => {
    const capture = folder.at(`${name}.pcap`)
    writeFileSync(capture, pcapOf(SICK[name]?.() ?? []))
    const [out, reportFile] = [folder.at(name), folder.at(`${name}.json`)]
    const [json, text, reception] = await Promise.all([
      routescope(['inspect', '--json', capture]),
      routescope(['inspect', capture]),
      routescope(['receive', '--capture', capture, '--out', out, '--report', reportFile, '--log', 'all@info']),
    ])
    const report = JSON.parse(json.stdout) as Report
    const received = JSON.parse(readFileSync(reportFile, 'utf8')) as Report
    expect(report.alarms).not.toEqual([])
    expect(received.alarms.map(facts)).toEqual(report.alarms.map(facts))
    expect(received.totals.loss).toEqual(report.totals.loss)
    expect(received.services.map(({ notPlayable }) => notPlayable)).toEqual(
      report.services.map(({ notPlayable }) => notPlayable),
    )

    const printed = text.stdout.split('\nAlarms\n')[1] ?? ''
    expect(printed.match(/^ {2}(?:error|warning|info) /gm)).toHaveLength(report.alarms.length)
    for (const alarm of report.alarms) {
      expect(printed).toContain(`${alarm.rule}: ${alarm.text}`)
      if (alarm.count > 1) continue
      const line = reception.stderr.split('\n').find((one) => one.includes(head(alarm.text)))
      expect(line, alarm.text).toContain(alarm.severity)
    }

    const isSick = report.alarms.some(({ severity }) => severity === 'error')
    expect([json.status, text.status]).toEqual(isSick ? [3, 3] : [0, 0])
    const objects = report.services.flatMap(({ sessions }) =>
      sessions.flatMap(({ channels }) => channels.flatMap((channel) => channel.objects)),
    )
    const complete = objects.filter((each) => each.complete).length
    expect(reception.stderr).toContain(`: ${complete} of ${objects.length} objects complete`)
    for (const { id, notPlayable } of report.services) {
      const said = notPlayable === null ? 'playable after' : `not playable: ${lowered(notPlayable)}`
      expect(reception.stderr).toContain(`Service ${id}: ${said}`)
    }
  })
})

const lowered = (sentence: string): string => sentence[0]?.toLowerCase() + sentence.slice(1).replace(/\.$/, '')
