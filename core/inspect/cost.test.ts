import { describe, expect, it } from 'vitest'
import type { ReportSource } from '../contract/report.ts'
import type { ChannelFacts } from '../flow/facts.ts'
import { SpacedLooks } from '../flow/spaced-looks.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { Receiver } from '../receive/receiver.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { HOSTILE_KINDS, hostileDatagrams, SLOW_STEP_US } from '../testing/hostile-captures.ts'
import { HOSTILE_ADDRESS, HOSTILE_PORT } from '../testing/hostile-kind.ts'
import { FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { SessionColumns } from './session-columns.ts'

const SOURCE: ReportSource = { kind: 'capture', name: 'x.pcap', firstTime: 1, lastTime: 2 }
const EXTRA = { frames: 9, udp: 8, bytes: 7, fragmentsDropped: 0 }
const DATAGRAMS = 5000

/** Columns that count how often anything of a channel is looked at. */
class CountedColumns extends SessionColumns {
  looks = 0
  channelCount = 0

  override channelSeen(channel: ChannelFacts): void {
    this.channelCount++
    super.channelSeen(
      new Proxy(channel, {
        get: (facts, key) => {
          this.looks++
          return Reflect.get(facts, key, facts)
        },
      }),
    )
  }
}

function received(name: string): CountedColumns {
  const kind = HOSTILE_KINDS.find((each) => each.name === name)
  if (kind === undefined) throw new RangeError(name)
  const columns = new CountedColumns({ hash: false })
  const receiver = new Receiver(
    { targets: [{ kind: 'discover' }], receive: { ...DEFAULT_RECEIVE, services: 'all' } },
    { holds: false, whole: () => {} },
    columns,
  )
  const flows = new FlowTable()
  hostileDatagrams(kind, 1, DATAGRAMS).forEach(({ address, bytes }, index) => {
    const flow = flows.byText('192.0.2.1', address ?? HOSTILE_ADDRESS, 5000, HOSTILE_PORT)
    const timeUs = FIXTURE_START_US + index * SLOW_STEP_US
    receiver.datagram(flow, bytes, 0, bytes.length, timeUs, index + 1)
    columns.sample(timeUs, receiver.arrivedBytes)
  })
  return columns
}

describe('what many channels cost', () => {
  it('grows with what arrives where each packet is a step of time, and in a report with their number', () => {
    const columns = received('200 ROUTE sessions')
    expect(columns.channelCount).toBeGreaterThan(3000)
    // Each channel looked at for each packet would be ten thousands.
    expect(columns.looks / DATAGRAMS).toBeLessThan(1000)
    columns.looks = 0
    const report = columns.views.report(SOURCE, EXTRA)
    expect(report.services.length).toBeGreaterThan(100)
    expect(columns.looks).toBeLessThan(100 * columns.channelCount)
  })
})

describe('SpacedLooks', () => {
  it('allows as many things as steps of time do, whatever their number', () => {
    for (const things of [0, 10, 100, 101, 5000]) {
      const looks = new SpacedLooks(100)
      let looked = 0
      for (let step = 0; step < 1000; step++) if (looks.due(things, 0)) looked += things
      expect(looked).toBeLessThanOrEqual(100_000)
      expect(looked).toBeGreaterThanOrEqual(Math.min(1000 * things, 50_000))
    }
  })

  it('allows for everything in each step where enough arrives', () => {
    const looks = new SpacedLooks(100)
    for (let step = 1; step < 100; step++) expect(looks.due(5000, step * 100_000)).toBe(true)
  })
})
