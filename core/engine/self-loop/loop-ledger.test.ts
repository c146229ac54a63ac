import { describe, expect, it } from 'vitest'
import { hashOf, hexText } from '#platform'
import { asToi, asTsi } from '../../contract/ids.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { RouteObject } from '../../send/route-object.ts'
import { LoopLedger } from './loop-ledger.ts'

const GROUP = '239.0.0.1'
const PORT = 6000
const DESTINATION = `${GROUP}:${PORT}`
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A ledger whose clock and joins are moved by hand. */
function ledger() {
  const state = { nowUs: 10_000_000, joinedUs: 0 as number | null }
  const made = new LoopLedger(
    () => state.nowUs,
    () => state.joinedUs,
  )
  const send = (toi: number, text: string, out = true) => {
    const object = new RouteObject(asTsi(10), asToi(toi), 8, bytesOf(text), 1472)
    made.begun(GROUP, PORT, object)
    if (!out) return
    while (!object.done) object.next(new Uint8Array(1472))
    made.out(object)
  }
  /** @param atUs of its arrival, from now */
  const arrived = (toi: number, atUs = 0, more: Partial<FlowObject> = {}): FlowObject =>
    ({
      destination: DESTINATION,
      carrier: { kind: 'lct', tsi: asTsi(10), toi: asToi(toi), codepoint: 8, instance: 0 },
      index: toi,
      name: `${toi}.m4s`,
      firstTimeUs: state.nowUs,
      lastTimeUs: state.nowUs + atUs,
      received: 0,
      missing: () => [],
      state: 'complete',
      ...more,
    }) as FlowObject
  const receive = (toi: number, text: string, atUs = 0) =>
    made.received(arrived(toi, atUs), hexText(hashOf('sha256', bytesOf(text))))
  const states = () => made.snapshot().objects.map(({ toi, state: was }) => `${toi} ${was}`)
  return { made, state, send, arrived, receive, states }
}

describe('objects that come back', () => {
  it('are equal with the same bytes, with their delay, and late beyond a limit', () => {
    const { made, send, receive, states } = ledger()
    send(1, 'one')
    send(2, 'two')
    send(3, 'three')
    receive(1, 'one', 1000)
    receive(2, 'two', 700_000)
    receive(3, 'other')
    expect(states()).toEqual(['1 equal', '2 late', '3 differs'])
    const { delayUs, channels, objects } = made.snapshot()
    expect(delayUs).toEqual({ median: 700_000, p95: 700_000, longest: 700_000 })
    expect(channels).toMatchObject([{ destination: DESTINATION, tsi: 10, counts: { equal: 1, late: 1, differs: 1 } }])
    expect(objects[0]).toMatchObject({ name: '1.m4s', sizeBytes: 3, delayUs: 1000, index: 1 })
  })

  it('are one object where they are sent again unchanged, and others where they change', () => {
    const { made, send, receive, states } = ledger()
    send(1, 'playlist')
    receive(1, 'playlist')
    send(1, 'playlist')
    send(1, 'changed')
    expect(states()).toEqual(['1 equal', '1 coming'])
    expect(made.snapshot().objects[0]).toMatchObject({ transmissions: 2 })
    receive(1, 'changed')
    expect(states()).toEqual(['1 equal', '1 equal'])
  })

  it('are repaired where what lacked was fetched', () => {
    const { made, send, arrived, states } = ledger()
    send(4, 'four')
    made.incomplete(arrived(4, 0, { state: 'partial', received: 1, missing: () => [[1, 4]] }))
    expect(states()).toEqual(['4 incomplete'])
    expect(made.snapshot().objects[0]?.missingBytes).toBe(3)
    made.repaired(4, hexText(hashOf('sha256', bytesOf('four'))))
    expect(states()).toEqual(['4 equal'])
  })

  it('are strange where they were not sent', () => {
    const { made, receive } = ledger()
    receive(9, 'nine')
    expect(made.snapshot()).toMatchObject({ strange: 1, objects: [] })
  })
})

describe('objects that do not come back', () => {
  it('are lost after a while, or at once when nothing can come any more', () => {
    const { made, state, send, states } = ledger()
    send(1, 'one')
    expect(states()).toEqual(['1 coming'])
    expect(made.isSettled).toBe(false)
    state.nowUs += 3_100_000
    send(2, 'two')
    expect(states()).toEqual(['1 lost', '2 coming'])
    made.settle()
    expect(states()).toEqual(['1 lost', '2 lost'])
    expect(made.isSettled).toBe(true)
  })

  it('were sent before their group was joined, and count again when they are repeated', () => {
    const { state, send, receive, states } = ledger()
    state.joinedUs = null
    send(1, 'one')
    expect(states()).toEqual(['1 unheard'])
    state.nowUs += 1000
    state.joinedUs = state.nowUs
    expect(states()).toEqual(['1 unheard'])
    send(1, 'one')
    expect(states()).toEqual(['1 coming'])
    receive(1, 'one')
    expect(states()).toEqual(['1 equal'])
  })

  it('are cut off where sending or reception ended within them', () => {
    const { made, send, arrived, states } = ledger()
    send(1, 'one')
    send(2, 'two', false)
    made.incomplete(arrived(1, 0, { state: 'truncated' }))
    expect(states()).toEqual(['1 cut', '2 coming'])
    made.end()
    expect(states()).toEqual(['1 cut', '2 cut'])
  })

  it('stay counted when there are too many to be kept', () => {
    const { made, send, receive } = ledger()
    for (let toi = 1; toi <= 5000; toi++) {
      send(toi, String(toi))
      receive(toi, String(toi), toi)
    }
    const { counts, objects } = made.snapshot()
    expect(counts).toMatchObject({ equal: 5000, coming: 0 })
    expect(objects).toHaveLength(160)
    expect(objects.at(-1)?.toi).toBe(5000)
  })
})
