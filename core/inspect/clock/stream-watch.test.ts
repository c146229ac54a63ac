import { expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import { type ChannelFacts, PAUSE_US } from '../../flow/facts.ts'
import { type Finding, placeAt } from '../../flow/findings.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { ObjectColumns } from '../columns/object-columns.ts'
import { AnnouncedMedia } from '../losses/announced-media.ts'
import { clockLimits } from '../rules/clock.ts'
import { Judge } from '../rules/judge.ts'
import { StreamWatch } from './stream-watch.ts'

const S = 1_000_000
const START = 1_700_000_000 * S

/** A flow that tests send packets on. */
class SentFlow {
  readonly flow = null
  readonly protocol = 'route'
  readonly serviceId = asServiceId(1)
  readonly inner = false
  readonly firstTimeUs = START
  packets = 0
  bytes = 0
  lastTimeUs = START
  pausedUntilUs = 0

  packet(timeUs: number): void {
    if (timeUs - this.lastTimeUs > PAUSE_US) this.pausedUntilUs = timeUs
    this.lastTimeUs = timeUs
    this.packets++
  }
}

/** A watched stream of one flow; times in seconds of the stream. */
class Watched {
  readonly flow = new SentFlow()
  readonly findings: Finding[] = []
  readonly watch: StreamWatch
  /** How often it looked at the flows. */
  looks = 0
  #nowUs = START

  constructor(live = false, channels: readonly ChannelFacts[] = []) {
    const judge = new Judge(() => undefined)
    const columns = new ObjectColumns(false, 16)
    const { flow } = this
    const flows = () => {
      this.looks++
      return [flow]
    }
    const parts = { services: [], channels, media: new AnnouncedMedia(), columns }
    const stream = {
      ...parts,
      get flows() {
        return flows()
      },
    }
    const options = { live, asksLls: false, shiftUs: () => 0 }
    this.watch = new StreamWatch(stream, clockLimits(judge), (finding) => void this.findings.push(finding), options)
  }

  /** A packet every `every` seconds until then, and a look every tenth of a second. */
  send(until: number, every: number): this {
    let next = this.#nowUs + every * S
    for (; this.#nowUs < START + until * S; this.#nowUs += S / 10) {
      for (; next <= this.#nowUs; next += every * S) this.flow.packet(next)
      this.watch.look(this.#nowUs)
    }
    return this
  }

  /** Nothing until then, with looks. */
  silent(until: number): this {
    return this.send(until, Number.POSITIVE_INFINITY)
  }

  /** The clock is not looked at until then. */
  jump(until: number): this {
    this.#nowUs = START + until * S
    return this
  }

  kinds(): string[] {
    return this.findings.map(({ kind, timeUs }) => `${kind} ${Math.round((timeUs - START) / (S / 10)) / 10}`)
  }
}

it('looks at a capture once a second, and as soon as anything is due', () => {
  const watched = new Watched().send(60, 0.1)
  expect(watched.looks).toBeLessThanOrEqual(61)
  watched.silent(62.8)
  expect(watched.kinds()).toEqual([])
  // The limit of three seconds passes between two of its looks.
  expect(watched.silent(63.1).kinds()).toEqual(['signalGone 59.9'])
  const live = new Watched(true).send(60, 0.1)
  expect(live.looks).toBeGreaterThanOrEqual(600)
})

it('notices an outage at the time of the last packet, and its end', () => {
  const watched = new Watched().send(10, 0.1).silent(20).send(22, 0.1)
  expect(watched.kinds()).toEqual(['signalGone 9.9', 'signalBack 20.1'])
  const [gone] = watched.findings
  expect(gone).toMatchObject({ outage: { limitUs: 3 * S, lengthUs: expect.closeTo(10.2 * S, -5) } })
})

it('learns the pauses of a sender that sends in bursts', () => {
  const watched = new Watched().send(60, 2.9).silent(66).send(70, 0.1)
  expect(watched.kinds()).toEqual(['signalGone 58', 'signalBack 66.1'])
  expect(watched.findings[0]).toMatchObject({ outage: { limitUs: expect.closeTo(5.8 * S, -5) } })
})

it('does not blame the signal for a computer that slept', () => {
  expect(new Watched(true).send(10, 0.1).jump(300).send(310, 0.1).kinds()).toEqual([])
  // In a capture time passes with its packets.
  expect(new Watched(false).send(10, 0.1).jump(300).send(310, 0.1).kinds()).toHaveLength(2)
})

it('waits for a source that broke off and is opened again', () => {
  const watched = new Watched(true).send(10, 0.1)
  const { watch } = watched
  watch.source({ kind: 'sourceBroke', source: 'http://tuner', reason: 'it ended', ...placeAt(START + 10 * S, 0) })
  watched.silent(40)
  watch.source({ kind: 'sourceBack', source: 'http://tuner', seconds: 30, ...placeAt(START + 40 * S, 0) })
  expect(watched.send(50, 0.1).kinds()).toEqual([])
  expect(watched.silent(60).kinds()).toEqual(['signalGone 49.9'])
})

it('counts what the clock of a capture passes over, and not what it jumps ahead', () => {
  const shortened = new Watched().send(10, 0.1)
  shortened.watch.skipped(START + 10 * S, 60 * S)
  expect(shortened.silent(11).send(12, 0.1).kinds()).toEqual(['signalGone 9.9', 'signalBack 11.1'])
  expect(shortened.findings[1]).toMatchObject({ outage: { lengthUs: expect.closeTo(61.2 * S, -5) } })
  const late = new Watched().send(10, 0.1)
  late.watch.skipped(START + 10 * S, -8 * S)
  expect(late.jump(18).send(20, 0.1).kinds()).toEqual([])
})

it('looks at no channel of which no announced media came, however many there are', () => {
  let reads = 0
  const channel = { index: 0, serviceId: asServiceId(1), closed: false, packets: 0 } as ChannelFacts
  const counted = new Proxy(channel, {
    get: (facts, key) => {
      reads++
      return Reflect.get(facts, key, facts)
    },
  })
  const watched = new Watched(
    true,
    Array.from({ length: 1000 }, () => counted),
  )
  for (let at = 0; at < 1000; at++)
    watched.watch.objectBegun({ kind: 'media', channel: at, firstTimeUs: START, index: at } as FlowObject)
  reads = 0
  watched.send(10, 0.1)
  expect(watched.looks).toBeGreaterThanOrEqual(100)
  expect(reads).toBe(0)
})
