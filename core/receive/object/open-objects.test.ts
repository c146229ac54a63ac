import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asServiceId, asToi, asTsi } from '../../contract/ids.ts'
import { ReportedEvents, TestContext } from '../../testing/test-channel.ts'
import { content } from '../../testing/test-session.ts'
import { KnownObjects } from './known-objects.ts'
import type { ReceiveLimits } from './limits.ts'
import { type CountedHome, OpenObjects } from './open-objects.ts'
import { SIZE_SOURCE, TransportObject } from './transport-object.ts'

const SIZE = 1000
const WHOLE = content(SIZE)

/** The objects of one media channel, and the reports about them. */
class Opened {
  readonly context
  readonly events = new ReportedEvents<CountedHome>()
  readonly home: CountedHome = {
    index: 0,
    destination: '239.255.1.1:5000',
    tsi: asTsi(10),
    serviceId: asServiceId(1),
    role: 'video',
    representation: null,
    lost: 0,
    complete: 0,
    incomplete: 0,
    cutOff: 0,
    fec: { healed: 0, recovered: 0 },
    repairWaitUs: 0,
    loops: 0,
    toisGoRound: false,
    isBack: false,
    packetBytes: SIZE,
  }
  readonly open: OpenObjects<CountedHome>

  constructor(limits: Partial<ReceiveLimits> = {}, reorder = true) {
    this.context = new TestContext({ reorder, reorderMs: 500 }, limits).context
    this.open = new OpenObjects(this.context, this.events, this.home, new KnownObjects(this.context))
  }

  begin(toi: number, timeUs: number): TransportObject {
    const { context, home } = this
    const numbers = { index: toi, key: toi, toi: asToi(toi), wideToi: null, instance: 0 }
    const object = new TransportObject(home, context.pool, { ...numbers, codepoint: 8, timeUs, frame: 1 })
    object.kind = 'media'
    object.length = SIZE
    object.sizeSource = SIZE_SOURCE.extension
    this.open.add(object, timeUs, 1)
    return object
  }

  take(object: TransportObject, from: number, to: number, timeUs: number): void {
    const added = object.take(from, WHOLE, from, to)
    object.lastTimeUs = timeUs
    if (added > 0 && object.state !== 'receiving') this.open.resume(object)
    if (object.whole) this.open.finish(object, timeUs)
  }
}

describe('objects of a channel', () => {
  it('are reported once when whole, and then not open any more', () => {
    const opened = new Opened()
    const object = opened.begin(1, 0)
    opened.take(object, 0, 400, 1000)
    opened.take(object, 400, SIZE, 2000)
    expect(opened.events.reported).toEqual(['whole 1'])
    expect(opened.home).toMatchObject({ complete: 1, incomplete: 0, lost: 0 })
    expect(opened.open.size).toBe(0)
  })

  it('are lost where they contradict their digest', () => {
    const opened = new Opened()
    opened.events.corrupt.add(1)
    opened.take(opened.begin(1, 0), 0, SIZE, 1000)
    expect(opened.events.reported).toEqual(['partial 1'])
    expect(opened.home).toMatchObject({ complete: 0, incomplete: 1, lost: 0 })
  })

  it('end incomplete once the reorder time has passed since the next began, and not before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000 }), (laterUs) => {
        const opened = new Opened()
        opened.take(opened.begin(1, 0), 0, 400, 0)
        opened.begin(2, 1000)
        opened.open.tick(1000 + laterUs)
        expect(opened.events.reported).toEqual(laterUs < 500_000 ? [] : ['partial 1'])
        opened.open.close(1000 + laterUs)
      }),
    )
  })

  it('wait longer for repair packets', () => {
    const opened = new Opened()
    Object.assign(opened.home, { repairWaitUs: 900_000 })
    opened.take(opened.begin(1, 0), 0, 400, 0)
    opened.begin(2, 1000)
    opened.open.tick(800_000)
    expect(opened.events.reported).toEqual([])
    opened.open.tick(900_000)
    expect(opened.events.reported).toEqual(['partial 1'])
  })

  it('end at once where packets are configured to be in order', () => {
    const opened = new Opened({}, false)
    opened.take(opened.begin(1, 0), 0, 400, 0)
    opened.begin(2, 1000)
    expect(opened.events.reported).toEqual(['partial 1'])
    expect(opened.open.get(1)).toBeUndefined()
  })

  it('heal with late bytes, and their loss is subtracted', () => {
    const opened = new Opened()
    const object = opened.begin(1, 0)
    opened.take(object, 0, 400, 0)
    opened.begin(2, 1000)
    opened.open.tick(501_000)
    expect(opened.home).toMatchObject({ incomplete: 1, lost: 600 })
    opened.take(object, 400, SIZE, 502_000)
    expect(opened.events.reported).toEqual(['partial 1', 'whole 1'])
    expect(opened.home).toMatchObject({ complete: 1, incomplete: 0, lost: 0 })
  })

  it('have no loss where only bytes sent before reception are missing', () => {
    const opened = new Opened()
    const object = opened.begin(1, 0)
    object.joinedAt = 600
    opened.take(object, 600, SIZE, 0)
    opened.open.lose(object, 'partial', 1000)
    expect(opened.events.reported).toEqual(['joined 1'])
    expect(opened.home.lost).toBe(0)
  })

  it('make room for the newest: an ended one is dropped before one being received', () => {
    const opened = new Opened({ openObjects: 2 })
    opened.begin(1, 0)
    const held = opened.begin(2, 0)
    opened.open.lose(held, 'partial', 10)
    opened.open.makeRoom(20, 1)
    expect([...opened.open.values()].map(({ toi }) => toi)).toEqual([1])
    opened.begin(3, 25)
    opened.open.makeRoom(30, 1)
    expect(opened.events.reported).toEqual(['partial 2', 'limit open-objects', 'partial 1'])
    expect([...opened.open.values()].map(({ toi }) => toi)).toEqual([3])
  })

  it('make room in all channels for the newest: the oldest of any channel is dropped', () => {
    const opened = new Opened({ openObjectsInAll: 2 })
    opened.begin(1, 0)
    opened.begin(2, 0)
    opened.open.makeRoom(20, 1)
    expect(opened.events.reported).toEqual(['limit open-objects', 'partial 1'])
    expect([...opened.open.values()].map(({ toi }) => toi)).toEqual([2])
  })

  it('start again where TOIs go far back', () => {
    const opened = new Opened()
    opened.begin(10_000, 0)
    opened.begin(10_001, 1000)
    opened.begin(1, 2000)
    expect(opened.events.reported).toEqual(['back 10001 1'])
    opened.open.startOver(2000, 3000)
    expect(opened.events.reported.slice(1)).toEqual(['truncated 10000', 'truncated 10001'])
    expect(opened.home.loops).toBe(1)
  })

  it('leave no memory behind, and consistent counters, for any packets', () => {
    const step = fc.record({
      toi: fc.integer({ min: 1, max: 6 }),
      from: fc.integer({ min: 0, max: 9 }),
      parts: fc.integer({ min: 1, max: 10 }),
      afterMs: fc.integer({ min: 0, max: 400 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const opened = new Opened({ openObjects: 3 })
        const seen = new Set<number>()
        let timeUs = 0
        for (const { toi, from, parts, afterMs } of steps) {
          timeUs += afterMs * 1000
          opened.open.tick(timeUs)
          let object = opened.open.get(toi)
          if (object === undefined) {
            if (seen.has(toi)) continue
            seen.add(toi)
            opened.open.makeRoom(timeUs, 1)
            object = opened.begin(toi, timeUs)
          }
          opened.take(object, from * 100, Math.min(SIZE, (from + parts) * 100), timeUs)
        }
        opened.open.close(timeUs)
        const whole = opened.events.reported.filter((event) => event.startsWith('whole')).length
        expect(opened.home.complete).toBe(whole)
        expect(opened.home.complete + opened.home.incomplete + opened.home.cutOff).toBe(seen.size)
        expect(opened.home.lost).toBeGreaterThanOrEqual(0)
        expect(opened.open.size).toBe(0)
      }),
    )
  })
})
