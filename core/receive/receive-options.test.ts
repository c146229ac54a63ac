import { describe, expect, it } from 'vitest'
import type { ReceiveSpec } from '../contract/session-spec.ts'
import { toiOf, tsiOf } from '../testing/carriers.ts'
import { content, TestSession } from '../testing/test-session.ts'

const TARGET = { kind: 'route', address: '239.255.1.1', port: 5000 } as const

/** States of all objects, by TSI and TOI. */
function states(session: TestSession): string[] {
  return session.objects.map((object) => `${tsiOf(object)}/${toiOf(object)} ${object.state}`)
}

describe('--tsi', () => {
  it('rebuilds only that TSI and the signalling, and counts the rest', () => {
    const session = new TestSession(TARGET, { onlyTsi: 20 })
    for (const tsi of [0, 10, 20, 30]) session.sendObject({ tsi, toi: 1 }, content(2500))
    session.close()
    expect(states(session)).toEqual(['0/1 complete', '20/1 complete'])
    expect(session.channels.map((channel) => [tsiOf(channel), channel.packets])).toEqual([
      [0, 3],
      [10, 3],
      [20, 3],
      [30, 3],
    ])
  })
})

describe('--no-reorder', () => {
  /** Object 1 without its second packet, object 2, then the late packet. */
  function late(receive: Partial<ReceiveSpec>, ms: number): TestSession {
    const session = new TestSession(TARGET, receive)
    session.send({ tsi: 10, toi: 1, offset: 0, length: 2000, payload: content(1000) })
    session.sendObject({ tsi: 10, toi: 2 }, content(1000))
    session.pass(ms)
    session.send({ tsi: 10, toi: 1, offset: 1000, length: 2000, payload: content(1000, 2) })
    return session
  }

  it('ends an object as soon as another TOI of its TSI begins', () => {
    expect(states(late({ reorder: false }, 0))).toEqual(['10/1 partial', '10/2 complete'])
  })

  it('is not the default: a late packet completes its object', () => {
    expect(states(late({ reorder: true }, 0))).toEqual(['10/1 complete', '10/2 complete'])
  })

  it('does not touch other TSIs', () => {
    const session = new TestSession(TARGET, { reorder: false })
    session.send({ tsi: 10, toi: 1, offset: 0, length: 2000, payload: content(1000) })
    session.sendObject({ tsi: 20, toi: 7 }, content(1000))
    session.send({ tsi: 10, toi: 1, offset: 1000, length: 2000, payload: content(1000, 2) })
    expect(states(session)).toEqual(['10/1 complete', '20/7 complete'])
  })
})

describe('--reorder-ms', () => {
  function stateAfter(reorderMs: number, ms: number): string | undefined {
    const session = new TestSession(TARGET, { reorderMs })
    session.send({ tsi: 10, toi: 1, offset: 0, length: 2000, payload: content(1000) })
    session.sendObject({ tsi: 10, toi: 2 }, content(1000))
    session.pass(ms)
    return session.objects[0]?.state
  }

  it('is the wait of an incomplete object after a newer one began', () => {
    expect(stateAfter(500, 400)).toBe('receiving')
    expect(stateAfter(500, 600)).toBe('partial')
    expect(stateAfter(2000, 600)).toBe('receiving')
    expect(stateAfter(0, 100)).toBe('partial')
  })
})

describe('--detect-loops', () => {
  /** Rows of a run that plays TOIs `first`, `first + step` …, then the first ones again. */
  function rows(detectLoops: ReceiveSpec['detectLoops'], step: number, count: number, back = 0): number {
    const session = new TestSession(TARGET, { detectLoops })
    // Named by a table: only media can show a loop.
    session.sendObject({ tsi: 10, toi: 0, codepoint: 1 }, EFDT)
    const send = (index: number) => session.sendObject({ tsi: 10, toi: 1 + index * step }, content(100, index))
    for (let index = 0; index < count; index++) send(index)
    const before = session.objects.length
    send(back)
    return session.objects.length - before
  }
  const EFDT = new TextEncoder().encode(
    '<FDT-Instance xmlns="urn:ietf:params:xml:ns:fdt" xmlns:afdt="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/ATSC-FDT/1.0/" Expires="4294944000" afdt:efdtVersion="0" afdt:fileTemplate="v_$TOI$.m4s"/>',
  )

  it('on: a TOI more than 100 below the last starts the content again, as in GPAC', () => {
    expect(rows('on', 1, 102)).toBe(1)
    expect(rows('on', 1, 101)).toBe(0)
    expect(rows('on', 60, 3)).toBe(1)
  })

  it('auto: it must also be more than four steps below', () => {
    expect(rows('auto', 1, 102)).toBe(1)
    expect(rows('auto', 60, 3)).toBe(0)
    expect(rows('auto', 60, 6)).toBe(1)
  })

  it('off: a known object is a repeat, however far back', () => {
    expect(rows('off', 1, 400)).toBe(0)
    expect(rows('off', 60, 30)).toBe(0)
  })
})
