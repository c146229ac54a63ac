import { describe, expect, it } from 'vitest'
import { TestContext } from '../testing/test-channel.ts'
import { TestSession, testFlow } from '../testing/test-session.ts'

const TARGET = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
const A = testFlow()
const B = { ...testFlow(), id: 1, sourceAddress: '10.0.0.2' }
const fill = (byte: number, length = 3000): Uint8Array => new Uint8Array(length).fill(byte)
const STSID = new TextEncoder().encode(
  '<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>',
)

function session(): TestSession {
  const made = new TestSession(TARGET)
  made.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, STSID)
  return made
}

/** Bytes of the files that were handed on, as the set of the values in each. */
function filesOf(made: TestSession): [string, number[], number][] {
  made.close()
  return made.files
    .filter(({ name }) => name.endsWith('.m4s'))
    .map(({ name, lease }) => [name, [...new Set(lease.bytes)], lease.bytes.length])
}
const rulesOf = ({ alarms }: TestSession): string[] =>
  alarms.map(({ rule }) => rule).filter((rule) => !rule.endsWith('-BITS'))

describe('two senders on one group and TSI', () => {
  /** Packets of both in turn. */
  function interleaved(made: TestSession, toi: number, a: Uint8Array, b: Uint8Array): void {
    for (let offset = 0; offset < a.length; offset += 1000) {
      made.send({ tsi: 10, toi, offset, length: a.length, payload: a.subarray(offset, offset + 1000) }, A)
      made.send({ tsi: 10, toi, offset, length: b.length, payload: b.subarray(offset, offset + 1000) }, B)
    }
  }

  it('never become one file, and are told once', () => {
    const made = session()
    for (let toi = 1; toi <= 5; toi++) interleaved(made, toi, fill(1), fill(2))
    expect(filesOf(made)).toEqual([1, 2, 3, 4, 5].map((toi) => [`${toi}.m4s`, [1], 3000]))
    expect(rulesOf(made)).toEqual(['TWO-SENDERS'])
    expect(made.alarms.at(-1)?.text).toContain('239.255.1.1:5000 (10.0.0.1, 10.0.0.2)')
  })

  it('never become one file where the first one lost what the second one sends', () => {
    const made = session()
    made.send({ tsi: 10, toi: 7, offset: 0, length: 3000, payload: fill(1, 1000) }, A)
    made.send({ tsi: 10, toi: 7, offset: 1000, length: 3000, payload: fill(2, 1000) }, B)
    made.send({ tsi: 10, toi: 7, offset: 2000, length: 3000, payload: fill(1, 1000) }, A)
    expect(filesOf(made)).toEqual([])
    expect(made.lost.map(({ missing }) => missing.call(made.lost[0]))).toEqual([[[1000, 2000]]])
  })

  it('do not take the names of each other', () => {
    const made = session()
    const other = new TextEncoder().encode(new TextDecoder().decode(STSID).replace('$TOI$', 'b-$TOI$'))
    made.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, other, 1000, B)
    made.sendObject({ tsi: 10, toi: 1 }, fill(1), 1000, A)
    made.sendObject({ tsi: 10, toi: 1 }, fill(2), 1000, B)
    expect(filesOf(made)).toEqual([['1.m4s', [1], 3000]])
    expect(rulesOf(made)).toEqual(['TWO-SENDERS'])
  })

  it('are silent where both send the same stream, and mend the losses of each other', () => {
    const made = session()
    for (let toi = 1; toi <= 5; toi++) interleaved(made, toi, fill(toi), fill(toi))
    made.send({ tsi: 10, toi: 6, offset: 0, length: 2000, payload: fill(6, 1000) }, A)
    made.send({ tsi: 10, toi: 6, offset: 1000, length: 2000, payload: fill(6, 1000) }, B)
    expect(filesOf(made)).toEqual([...[1, 2, 3, 4, 5].map((toi) => [`${toi}.m4s`, [toi], 3000]), ['6.m4s', [6], 2000]])
    expect(rulesOf(made)).toEqual([])
  })

  it('follow each other where the first one falls silent', () => {
    const made = session()
    made.sendObject({ tsi: 10, toi: 1 }, fill(1), 1000, A)
    made.send({ tsi: 10, toi: 2, offset: 0, length: 3000, payload: fill(1, 1000) }, A)
    made.pass(5000)
    for (const toi of [2, 3]) made.sendObject({ tsi: 10, toi }, fill(2), 1000, B)
    expect(filesOf(made)).toEqual([
      ['1.m4s', [1], 3000],
      ['2.m4s', [2], 3000],
      ['3.m4s', [2], 3000],
    ])
    expect(rulesOf(made)).not.toContain('TWO-SENDERS')
  })
})

describe('repair packets', () => {
  it('are taken of a new sender once the first one is silent', () => {
    const channel = new TestContext().channel(15, 1)
    const at = 1_000_000_000
    expect(channel.admitsOther('10.0.0.1', at)).toBe(true)
    expect(channel.admitsOther('10.0.0.2', at + 1)).toBe(false)
    expect(channel.admitsOther('10.0.0.1', at + 2_900_000)).toBe(true)
    expect(channel.admitsOther('10.0.0.2', at + 5_000_000)).toBe(false)
    expect(channel.admitsOther('10.0.0.2', at + 6_000_000)).toBe(true)
    expect(channel.admitsOther('10.0.0.1', at + 6_000_001)).toBe(false)
  })
})

describe('a sender that begins again in the middle of an object', () => {
  it('gives the object of its new transmission, whole, and the change is told', () => {
    const made = session()
    for (const offset of [0, 1000]) made.send({ tsi: 10, toi: 1, offset, length: 3000, payload: fill(1, 1000) })
    made.sendObject({ tsi: 10, toi: 1 }, fill(2))
    expect(filesOf(made)).toEqual([['1.m4s', [2], 3000]])
    expect(rulesOf(made)).toContain('OBJ-CHANGED')
  })

  it('keeps the beginning that both transmissions have', () => {
    const made = session()
    const first = Uint8Array.from([...fill(9, 1000), ...fill(1, 2000)])
    const second = Uint8Array.from([...fill(9, 1000), ...fill(2, 2000)])
    for (const offset of [0, 1000])
      made.send({ tsi: 10, toi: 1, offset, length: 3000, payload: first.subarray(offset, offset + 1000) })
    made.sendObject({ tsi: 10, toi: 1 }, second)
    expect(filesOf(made)).toEqual([['1.m4s', [9, 2], 3000]])
  })

  it('takes no bytes for received that neither transmission brought, nor those that only the first one did', () => {
    for (const firstHas of [true, false]) {
      const made = session()
      const first = Uint8Array.from([...fill(9, 3000), ...fill(1, 2000)])
      const second = Uint8Array.from([...fill(9, 3000), ...fill(2, 2000)])
      const send = (bytes: Uint8Array, offsets: readonly number[]): void => {
        for (const offset of offsets)
          made.send({ tsi: 10, toi: 1, offset, length: 5000, payload: bytes.subarray(offset, offset + 1000) })
      }
      send(first, firstHas ? [0, 1000, 3000] : [0, 2000, 3000])
      send(second, [0, 2000, 3000, 4000])
      expect(filesOf(made)).toEqual([])
    }
  })

  it('is silent where a carousel repeats the same bytes', () => {
    const made = session()
    for (const offset of [0, 2000]) made.send({ tsi: 10, toi: 1, offset, length: 3000, payload: fill(1, 1000) })
    made.sendObject({ tsi: 10, toi: 1 }, fill(1))
    expect(filesOf(made)).toEqual([['1.m4s', [1], 3000]])
    expect(rulesOf(made)).not.toContain('OBJ-CHANGED')
  })
})
