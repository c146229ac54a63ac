import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { type Datagram, pcapOf, withLoss } from '../testing/datagrams.ts'
import { FluteSender } from '../testing/flute-sender.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import { type Ended, routescope, TestFolder, treeOf } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const START_US = 1_700_000_000_000_000
let sent: readonly Datagram[]
beforeAll(async () => {
  sent = await routeFixture()
})

const write = (name: string, datagrams: readonly Datagram[]): string => folder.write(name, pcapOf(datagrams))

const receive = (capture: string, out: string): Promise<Ended> =>
  routescope(['receive', '--capture', capture, '--out', folder.at(out)])

/** What `inspect --json` found, and its status. */
async function inspected(capture: string): Promise<{ readonly status: number | null; readonly report: Report }> {
  const { status, stdout } = await routescope(['inspect', '--json', capture])
  return { status, report: JSON.parse(stdout) as Report }
}

const objectsOf = ({ services }: Report) =>
  services.flatMap(({ sessions }) => sessions.flatMap(({ channels }) => channels.flatMap(({ objects }) => objects)))

const isOf = (tsi: number, toi: number) => (datagram: Datagram) => {
  const { header } = parseLctHeader(datagram.bytes)
  return header.tsi === tsi && header.toi === toi
}

describe('a capture without errors', () => {
  it('ends inspect with status 0', async () => {
    const { status, report } = await inspected(write('whole.pcap', sent))
    expect(status).toBe(0)
    expect(report.alarms.filter(({ severity }) => severity !== 'info')).toEqual([])
  })

  it('that begins and ends inside objects lost nothing: they have states of their own', async () => {
    const cut = sent.slice(Math.round(sent.length * 0.28), Math.round(sent.length * 0.83))
    const { status, report } = await inspected(write('cut.pcap', cut))
    expect(status).toBe(0)
    const states = objectsOf(report).map(({ state }) => state)
    expect(states).toContain('joined')
    expect(states).toContain('truncated')
    expect(states).not.toContain('partial')
    expect(report.totals.losses).toEqual(
      Object.fromEntries(Object.keys(report.totals.losses).map((cause) => [cause, { objects: 0, bytes: 0 }])),
    )
    expect(report.alarms.filter(({ severity }) => severity !== 'info')).toEqual([])
    const { status: received, stderr } = await receive(folder.at('cut.pcap'), 'cut')
    expect(received).toBe(0)
    expect(stderr).toMatch(/0 incomplete, \d+ cut off by the beginning or end, /)
  })

  it('that ends inside an object with a hole has lost that hole, and nothing behind it', async () => {
    const video = sent.flatMap((datagram, at) => (isOf(10, 3)(datagram) ? [at] : []))
    const [hole = 0, end = 0] = [video[4], video[9]]
    const { report } = await inspected(
      write(
        'hole.pcap',
        sent.slice(0, end).filter((_, at) => at !== hole),
      ),
    )
    const damaged = objectsOf(report).filter(({ state }) => state === 'partial')
    expect(damaged.map(({ toi }) => toi)).toEqual([3])
    const lost = report.services[0]?.sessions[0]?.channels.find(({ tsi }) => tsi === 10)?.lost ?? 0
    expect(lost).toBeGreaterThan(0)
    expect(lost).toBeLessThan(1500)
  })
})

describe('a capture with errors', () => {
  it('ends inspect with status 3, after the report', async () => {
    const capture = write('lossy.pcap', withLoss(sent, 0.02, 3))
    const { status, report } = await inspected(capture)
    expect(status).toBe(3)
    expect(report.alarms.some(({ severity }) => severity === 'error')).toBe(true)
    const text = await routescope(['inspect', capture])
    expect(text.status).toBe(3)
    expect(text.stdout).toContain('OBJ-LOSS')
  })
})

describe('receive', () => {
  it('ends with status 3 where no file was delivered, and counts what was announced', async () => {
    const sender = new FluteSender({ digest: 'none' })
    const file = { toi: 1, name: 'a.bin', contentType: 'application/octet-stream', bytes: new Uint8Array(5000) }
    const { status, stderr } = await receive(write('table.pcap', sender.table([file], START_US, false)), 'table')
    expect(status).toBe(3)
    expect(stderr).toContain('1 announced had not come yet, 0 files')
    expect(treeOf(folder.at('table'))).toEqual([])
  })

  it('ends with status 3 where something announced never came', async () => {
    const without = sent.filter((datagram) => !isOf(10, 3)(datagram))
    const { status, stderr } = await receive(write('absent.pcap', without), 'absent')
    expect(status).toBe(3)
    expect(stderr).toContain('1 announced never came')
  })
})
