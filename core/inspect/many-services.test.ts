import { expect, it, vi } from 'vitest'
import { gzip } from '#platform'
import type { ReportSource } from '../contract/report.ts'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { ListReading } from '../receive/signalling/list-reading.ts'
import { TestSession, testFlow } from '../testing/test-session.ts'
import { StartupLog } from './report/startup-log.ts'
import { SessionColumns } from './session-columns.ts'

const SOURCE: ReportSource = { kind: 'capture', name: 'x.pcap', firstTime: 1, lastTime: 2 }
const EXTRA = { frames: 9, udp: 8, bytes: 7, fragmentsDropped: 0 }

it('lists 10 000 services, receives as many sessions as the limit allows, and reports the others', () => {
  const columns = new SessionColumns({ hash: false })
  const session = new TestSession({ kind: 'atsc' }, {}, { sessions: 20 }, {}, undefined, columns)
  const datagram = longList()
  // It is read and applied with the next ticks: all at once would keep everything else waiting.
  for (let turn = 0; turn < 20; turn++) session.datagram(datagram, testFlow(LLS_ADDRESS, LLS_PORT, 9))
  const listed = [session.services.size]
  for (let turn = 0; turn < 80; turn++) {
    session.pass(100)
    listed.push(session.services.size)
  }
  expect(listed[0]).toBe(0)
  const mostAtOnce = Math.max(...listed.map((count, at) => count - (listed[at - 1] ?? 0)))
  expect(mostAtOnce).toBeGreaterThan(500)
  expect(mostAtOnce).toBeLessThan(1500)
  expect(columns.views.services(() => null)).toHaveLength(10_000)
  expect(columns.views.services(() => null)[9_999]).toMatchObject({ id: 9_999, name: 'S9999', state: 'announced' })
  expect(session.alarms.map((alarm) => alarm.rule)).toEqual(['LIMIT-SESSIONS'])
  expect(columns.views.signalling()).toMatchObject([{ type: 'SLT', count: 20 }])
})

it('is read and applied to its end in turns, where nothing more comes', () => {
  const columns = new SessionColumns({ hash: false })
  const session = new TestSession({ kind: 'atsc' }, {}, { sessions: 20 }, {}, undefined, columns)
  session.datagram(longList(), testFlow(LLS_ADDRESS, LLS_PORT, 9))
  const listed = [0]
  while (session.receiver.readOn(session.timeUs)) listed.push(session.services.size)
  expect(session.services.size).toBe(10_000)
  expect(Math.max(...listed.map((count, at) => count - (listed[at - 1] ?? 0)))).toBeLessThan(1500)
  session.close()
  expect(session.receiver.readOn(session.timeUs)).toBe(false)
  // Who wants to know whether there are any need not make all.
  const [first] = columns.views.eachService()
  expect(first).toEqual(columns.views.services(() => null)[0])
})

it('is reported a few services at a time, in the same words as at once', () => {
  const columns = new SessionColumns({ hash: false })
  const session = new TestSession({ kind: 'atsc' }, {}, { sessions: 20 }, {}, undefined, columns)
  session.datagram(longList(2000), testFlow(LLS_ADDRESS, LLS_PORT, 9))
  while (session.receiver.readOn(session.timeUs));
  session.close()
  const made = vi.spyOn(StartupLog.prototype, 'of')
  const pieces: string[] = []
  const read = vi.spyOn(ListReading.prototype, 'readOn')
  let before = 0
  let most = 0
  let readBefore = 0
  let mostRead = 0
  for (const piece of columns.views.reportPieces(SOURCE, EXTRA)) {
    pieces.push(piece)
    most = Math.max(most, made.mock.calls.length - before)
    before = made.mock.calls.length
    mostRead = Math.max(mostRead, read.mock.calls.length - readBefore)
    readBefore = read.mock.calls.length
  }
  made.mockRestore()
  read.mockRestore()
  expect(before).toBe(2000)
  expect(most).toBeLessThan(200)
  // The list itself is parsed in turns, too, with a piece of the text between any two.
  expect(readBefore).toBeGreaterThan(2)
  expect(mostRead).toBe(1)
  expect(pieces.join('')).toBe(`${JSON.stringify(columns.views.report(SOURCE, EXTRA), null, 1)}\n`)
})

/** A datagram with a list of so many services. */
function longList(length = 10_000): Uint8Array {
  const services = Array.from(
    { length },
    (_, index) =>
      `<Service serviceId="${index}" shortServiceName="S${index}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.${index >> 8}.${index & 255}" slsDestinationUdpPort="5000"/></Service>`,
  )
  return Uint8Array.from([1, 1, 0, 1, ...gzip(new TextEncoder().encode(`<SLT bsid="1">${services.join('')}</SLT>`))])
}
