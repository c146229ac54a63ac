import { describe, expect, it } from 'vitest'
import { parseLctHeader } from '../../protocol/lct/header.ts'
import { type Datagram, shuffled, withLoss } from '../../testing/datagrams.ts'
import { lossyObjects, protectedSession } from '../../testing/fec-fixture.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT, routeFixture } from '../../testing/make-fixtures.ts'
import { receiveAll } from '../../testing/receive-all.ts'

const target = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const

/** Loses media packets, except the first of each flow: packets before the start of reception are no loss. */
function lossyMedia(datagrams: readonly Datagram[], probability: number, seed: number): Datagram[] {
  const begun = new Set<number>()
  const keep = datagrams.filter(({ bytes }) => {
    const { tsi, toi } = parseLctHeader(bytes).header
    const first = !begun.has(tsi)
    begun.add(tsi)
    return first || tsi === 0 || toi >= 0xffff_fff0
  })
  const kept = new Set(keep)
  const survivors = new Set(
    withLoss(
      datagrams.filter((datagram) => !kept.has(datagram)),
      probability,
      seed,
    ),
  )
  return datagrams.filter((datagram) => kept.has(datagram) || survivors.has(datagram))
}

/** True of what our sender sends, and no trouble. */
const TOLD: ReadonlySet<string> = new Set(['SLS-TOI-BITS', 'SESSION-CLOSED'])

describe("our sender's session with repair flows", () => {
  it.each([
    [1024, 0.5],
    [512, 0.4],
    [188, 0.4],
  ])('comes out whole with packets lost and overtaken, symbols of %i bytes', async (symbolBytes, overhead) => {
    const plain = await routeFixture()
    const sent = protectedSession(plain, { symbolBytes, overhead })
    const whole = receiveAll(plain, target)
    for (const seed of [1, 2]) {
      const lossy = shuffled(lossyMedia(sent, 0.04, seed), 16, seed)
      const got = receiveAll(lossy, target)
      expect(got.alarms.filter(({ rule }) => !TOLD.has(rule))).toEqual([])
      expect([...got.files.keys()].sort()).toEqual([...whole.files.keys()].sort())
      for (const [name, bytes] of whole.files) {
        expect(Buffer.compare(got.files.get(name) ?? new Uint8Array(0), bytes), name).toBe(0)
      }
      expect(got.lost).toEqual([])
      // Without the repair packets it would not.
      const without = lossy.filter(({ bytes }) => ((bytes[0] as number) & 2) !== 0)
      expect(receiveAll(without, target).lost.length).toBeGreaterThan(3)
    }
  })
})

describe('objects made for the bench', () => {
  it('need FEC, and are completed by it', () => {
    const sent = lossyObjects(3, 100_000, 1448, 20)
    const got = receiveAll(sent, target)
    expect([...got.files.keys()]).toEqual(['service1/1.m4s', 'service1/2.m4s', 'service1/3.m4s'])
    expect(got.lost).toEqual([])
    const without = sent.filter(({ bytes }) => ((bytes[0] as number) & 2) !== 0)
    expect(receiveAll(without, target).files.size).toBe(0)
  })
})
