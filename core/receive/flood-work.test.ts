import { describe, expect, it } from 'vitest'
import { floods } from '../testing/floods.ts'
import { TestSession } from '../testing/test-session.ts'

const SEED = 20261129
const DATAGRAMS = 2000
/** 20 000 a second. */
const INTERVAL_US = 50
const LIMITS = { memoryBytes: 32 << 20 }

describe('a flood of 20 000 datagrams a second', { timeout: 300_000 }, () => {
  it.each(floods(SEED).map((flood) => [flood.name, flood] as const))(
    'of %s is read within bounds, and raises alarms that count',
    (_, flood) => {
      let tableBytes = 0
      const session = new TestSession([{ kind: 'discover' }], {}, LIMITS, {}, undefined, {
        llsTable: ({ body }) => {
          tableBytes += body?.length ?? 0
        },
        slsFragment: (_service, { bytes }) => {
          tableBytes += bytes.length
        },
      })
      for (let number = 0; number < DATAGRAMS; number++) {
        const { flow, bytes } = flood.datagram(number)
        session.timeUs += INTERVAL_US
        session.receiver.datagram(flow, bytes, 0, bytes.length, session.timeUs, number + 1)
        if (session.receiver.usedBytes > LIMITS.memoryBytes) break
      }
      session.pass(2000)
      // 16 MB at once, then 8 MB a second, for a tenth of a second and two of silence.
      expect(tableBytes).toBeLessThan(34 << 20)
      expect(session.receiver.usedBytes).toBeLessThanOrEqual(LIMITS.memoryBytes)
      expect(session.alarms.some(({ rule }) => rule === 'INTERNAL')).toBe(false)
      expect(session.alarms.filter(({ rule }) => rule.startsWith('LIMIT-')).length).toBeLessThan(40)
      session.close()
      expect(session.receiver.usedBytes).toBe(0)
    },
  )

  it('is the same for the same seed', () => {
    const first = floods(3).map(({ datagram }) => [datagram(0), datagram(1)])
    const second = floods(3).map(({ datagram }) => [datagram(0), datagram(1)])
    expect(first).toEqual(second)
    expect(floods(4)[0]?.datagram(0)).not.toEqual(first[0]?.[0])
  })
})
