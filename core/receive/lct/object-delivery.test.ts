import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import type { LimitHit } from '../../flow/findings.ts'
import { FDT_DEFAULTS, parseFdt } from '../../protocol/flute/fdt.ts'
import { TestContext } from '../../testing/test-channel.ts'
import { content } from '../../testing/test-session.ts'
import { ObjectDelivery } from './object-delivery.ts'
import { Takers } from './takers.ts'

function delivering(...options: ConstructorParameters<typeof TestContext>) {
  const test = new TestContext(...options)
  const session = {
    takers: new Takers(),
    fulls: 0,
    limits: [] as string[],
    ending() {},
    manifestAmongFiles() {},
    full() {
      session.fulls++
    },
    limitReached: ({ limit }: LimitHit) => void session.limits.push(limit),
  }
  return { test, session, delivery: new ObjectDelivery(test.context, session) }
}

/** A table that names the objects of these TOIs `<toi>.bin`. */
function table(tois: readonly number[]) {
  const files = tois.map((toi) => `<File Content-Location="${toi}.bin" TOI="${toi}"/>`).join('')
  return parseFdt(new TextEncoder().encode(`<FDT-Instance Expires="4294944000">${files}</FDT-Instance>`))
}

describe('delivery of a session', () => {
  it('delivers objects with a name and a service, and keeps the rest in order', () => {
    const { test, delivery } = delivering()
    const channel = test.channel(10, null)
    channel.names.addTable(table([1, 2]), 0)
    for (const toi of [1, 2]) delivery.complete(channel, test.object(channel, toi, content(10, toi)), 0)
    expect(test.files).toEqual([])
    channel.serviceId = asServiceId(7)
    delivery.drain(1)
    expect(test.files.map(({ serviceId, name, lane }) => [serviceId, name, lane])).toEqual([
      [7, '1.bin', 'tsi10'],
      [7, '2.bin', 'tsi10'],
    ])
    delivery.drain(2)
    expect(test.files).toHaveLength(2)
    expect(test.context.pool.used).toBe(0)
  })

  it('delivers each object once, whenever its name arrives', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('object' as const), toi: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('name' as const), toi: fc.integer({ min: 1, max: 9 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { test, delivery } = delivering()
        const channel = test.channel(10, 1)
        const sent: number[] = []
        const named = new Set<number>()
        steps.forEach(({ kind, toi }, at) => {
          if (kind === 'object') {
            delivery.complete(channel, test.object(channel, toi, content(20, at)), at)
            sent.push(toi)
          } else {
            named.add(toi)
            channel.names.addTable(table([toi]), at)
            delivery.drain(at)
          }
        })
        const expected = sent.filter((toi) => named.has(toi)).map((toi) => `${toi}.bin`)
        expect(test.files.map(({ name }) => name).sort()).toEqual(expected.sort())
        delivery.deliverWaiting()
        expect(test.files).toHaveLength(sent.length)
        expect(test.context.pool.used).toBe(0)
      }),
    )
  })

  it('asks takers first, each for its own objects', () => {
    const { test, session, delivery } = delivering()
    const taken: string[] = []
    session.takers.objects.set('any', ({ toi }) => {
      taken.push(`any ${toi}`)
      return toi === 3
    })
    session.takers.objects.set('signalling', ({ toi }) => {
      taken.push(`signalling ${toi}`)
      return true
    })
    session.takers.objects.set('table', ({ toi }) => {
      taken.push(`table ${toi}`)
      return true
    })
    session.takers.files.set('manifest', ({ name }) => name === '5.bin')
    const nobodys = test.channel(10, null)
    const own = test.channel(10, 1)
    own.names.addTable(table([4, 5]), 0)
    delivery.complete(nobodys, test.object(nobodys, 3, content(10)), 0)
    delivery.complete(test.channel(0, 1), test.object(test.channel(0, 1), 9, content(10)), 0)
    for (const toi of [0, 4, 5]) delivery.complete(own, test.object(own, toi, content(10)), 0)
    expect(taken).toEqual(['any 3', 'any 9', 'signalling 9', 'any 0', 'table 0', 'any 4', 'any 5'])
    expect(test.files.map(({ name }) => name)).toEqual(['4.bin'])
    expect(test.context.pool.used).toBe(0)
  })

  it('reports a full quarantine, and gives the oldest an invented name', () => {
    const { test, session, delivery } = delivering({}, { quarantineObjects: 2 })
    const channel = test.channel(10, 1)
    for (const toi of [1, 2, 3]) delivery.complete(channel, test.object(channel, toi, content(10)), 0)
    expect(session.fulls).toBe(1)
    expect(test.files).toEqual([])
    delivery.trim(0)
    expect(test.files.map(({ name }) => name)).toEqual(['tsi-10/toi-1.bin'])
    expect(session.limits).toEqual(['quarantine'])
  })

  it('delivers repeats only where configured', () => {
    for (const keepRepeats of [true, false]) {
      const { test, delivery } = delivering({ keepRepeats })
      const channel = test.channel(10, 1)
      channel.names.addTable(table([1]), 0)
      const object = test.object(channel, 1, content(10))
      delivery.complete(channel, object, 0)
      const done = { signalling: false, index: object.index, key: 1 } as Parameters<typeof delivery.repeated>[1]
      delivery.repeated(channel, done, false, 500)
      delivery.repeated(channel, done, true, 1000)
      expect(test.files.map(({ lastTimeUs }) => lastTimeUs)).toEqual(keepRepeats ? [1000, 1000] : [1000])
      expect(test.files).toHaveLength(keepRepeats ? 2 : 1)
    }
  })

  it('reports a lost object, and delivers it where corrupt ones are kept', () => {
    for (const keepCorrupt of [true, false]) {
      const { test, delivery } = delivering({ keepCorrupt })
      const channel = test.channel(10, 1)
      channel.names.addTable({ ...FDT_DEFAULTS, ...table([1]) }, 0)
      const object = test.object(channel, 1, content(10))
      object.length = 20
      object.state = 'partial'
      object.countedLost = 10
      delivery.lost(channel, object)
      expect(test.lost).toEqual([object])
      expect(test.alarms.map(({ rule }) => rule)).toEqual(['OBJ-LOSS'])
      expect(test.files.map(({ complete, missing }) => [complete, missing])).toEqual(
        keepCorrupt ? [[false, [[10, 20]]]] : [],
      )
    }
  })
})
