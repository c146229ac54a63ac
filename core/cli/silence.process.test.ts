import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { ReportAlarm } from '../contract/report.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { FIXTURE_PORT, FIXTURE_START_US, liveFixture, twoServicesFixture } from '../testing/make-fixtures.ts'
import { routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const SECOND_US = 1_000_000
const S = (seconds: number): number => FIXTURE_START_US + seconds * SECOND_US

/** Without what comes between two times, seconds of the broadcast. */
function cut(sent: readonly Datagram[], from: number, to: number, of = (_: Datagram): boolean => true): Datagram[] {
  return sent.filter((each) => !of(each) || each.timeUs < S(from) || each.timeUs >= S(to))
}

let written = 0
function captureOf(sent: readonly Datagram[]): string {
  const file = folder.at(`${++written}.pcap`)
  writeFileSync(file, pcapOf(sent))
  return file
}

async function alarmsOf(capture: string, ...options: string[]): Promise<readonly ReportAlarm[]> {
  const { stdout } = await routescope(['inspect', '--json', ...options, capture])
  return (JSON.parse(stdout) as { alarms: ReportAlarm[] }).alarms
}

const silences = (alarms: readonly ReportAlarm[]) =>
  alarms.filter(({ rule }) => /^(SIGNAL-GONE|SERVICE-SILENT)$/.test(rule))
const lastBefore = (sent: readonly Datagram[], s: number): number =>
  Math.max(...sent.filter(({ timeUs }) => timeUs < S(s)).map(({ timeUs }) => timeUs)) / 1e6
const firstFrom = (sent: readonly Datagram[], s: number): number =>
  Math.min(...sent.filter(({ timeUs }) => timeUs >= S(s)).map(({ timeUs }) => timeUs)) / 1e6

describe('a signal that stops', () => {
  it('is one outage with its start, end and length, at any pace', async () => {
    const live = await liveFixture(66)
    const sent = cut(live, 4, 64)
    const [start, end] = [lastBefore(sent, 4), firstFrom(sent, 64)]
    const seconds = String(Math.round((end - start) * 1000) / 1000)
    const capture = captureOf(sent)
    const alarms = silences(await alarmsOf(capture))
    expect(alarms.map(({ rule, severity, time }) => [rule, severity, time])).toEqual([
      ['SIGNAL-GONE', 'error', start],
      ['SIGNAL-GONE', 'info', end],
    ])
    expect(alarms[0]?.text).toMatch(
      /no packet since 00:00:03.\d{3} UTC, more than 3 s; back at 00:01:04.\d{3} UTC, after /,
    )
    for (const { text } of alarms) expect(text).toContain(`${seconds} s`)
    // In real time the gap is played as 1 s.
    const report = folder.at('real.json')
    await routescope(['receive', '--capture', capture, '--pace', 'real', '--report', report])
    const played = silences((JSON.parse(readFileSync(report, 'utf8')) as { alarms: ReportAlarm[] }).alarms)
    expect(played.map(({ rule, severity }) => [rule, severity])).toEqual(
      alarms.map(({ rule, severity }) => [rule, severity]),
    )
    for (const { text } of played) expect(text).toContain(`${seconds} s`)
  })

  it('is none where a pause is short, nor at the end of a capture', async () => {
    expect(silences(await alarmsOf(captureOf(cut(await liveFixture(12), 6, 8.5))))).toEqual([])
    expect(silences(await alarmsOf(captureOf(cut(await liveFixture(20), 8, 30))))).toEqual([])
  })
})

describe('a service that stops while others are sent', () => {
  const second = ({ port }: Datagram): boolean => port === FIXTURE_PORT + 1

  it('is silent from its last packet to the next', async () => {
    const sent = cut(await twoServicesFixture(), 3, 9, second)
    const own = sent.filter(second)
    expect(silences(await alarmsOf(captureOf(sent)))).toEqual([
      expect.objectContaining({ rule: 'SERVICE-SILENT', severity: 'error', service: 2, time: lastBefore(own, 3) }),
      expect.objectContaining({ rule: 'SERVICE-SILENT', severity: 'info', service: 2, time: firstFrom(own, 9) }),
    ])
  })

  it('is not blamed for a pause of the whole signal', async () => {
    const alarms = silences(await alarmsOf(captureOf(cut(await twoServicesFixture(), 3, 9))))
    expect(alarms.map(({ rule }) => rule)).toEqual(['SIGNAL-GONE', 'SIGNAL-GONE'])
  })
})

describe('a session that its sender closes (A flag)', () => {
  /** The last packets before a time, of each TSI that is chosen, have the A flag (RFC 5651 5.1). */
  function closed(sent: readonly Datagram[], before: number, of: (tsi: number, datagram: Datagram) => boolean) {
    const last = new Map<string, Datagram>()
    for (const each of sent) {
      if (each.timeUs >= S(before) || each.bytes[0] === undefined || each.bytes[0] >> 4 !== 1) continue
      const tsi = Number(parseLctHeader(each.bytes).header.tsi)
      if (of(tsi, each)) last.set(`${each.port} ${tsi}`, each)
    }
    const closing = new Set(last.values())
    return sent.map((each) => {
      if (!closing.has(each)) return each
      const bytes = each.bytes.slice()
      bytes[1] = (bytes[1] as number) | 2
      return { ...each, bytes }
    })
  }

  const wrong = (alarms: readonly ReportAlarm[]) =>
    alarms.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule)

  it('is over, and not gone, also when another one begins later', async () => {
    const live = closed(await liveFixture(66), 4, (tsi) => tsi !== 0)
    const alarms = await alarmsOf(captureOf(cut(live, 4, 64)))
    expect(silences(alarms)).toEqual([])
    expect(wrong(alarms)).toEqual([])
    expect(alarms.filter(({ rule }) => rule === 'SESSION-CLOSED').length).toBeGreaterThan(0)
  })

  it('is no silent service while others are sent', async () => {
    const second = ({ port }: Datagram): boolean => port === FIXTURE_PORT + 1
    const sent = cut(await twoServicesFixture(), 3, 9, second)
    const alarms = await alarmsOf(captureOf(closed(sent, 3, (tsi, each) => tsi !== 0 && second(each))))
    expect(silences(alarms)).toEqual([])
  })

  it('does not excuse the channels that it did not close', async () => {
    const live = closed(await liveFixture(20), 4, (tsi) => tsi === 10)
    const alarms = silences(await alarmsOf(captureOf(cut(live, 4, 12))))
    expect(alarms.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['SIGNAL-GONE', 'error'],
      ['SIGNAL-GONE', 'info'],
    ])
  })
})
