import { describe, expect, it } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import type { Presentation } from '../ingest/presentation.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { LLS_ADDRESS } from '../protocol/lls/lls-table.ts'
import { type Datagram, DatagramList } from '../testing/datagrams.ts'
import {
  DEMO_FOLDER,
  demoDash,
  demoHls,
  FIXTURE_ADDRESS,
  FIXTURE_OPTIONS,
  FIXTURE_PORT,
  FIXTURE_START_US,
} from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { Broadcaster, type BroadcastOptions } from './broadcaster.ts'
import { CLOSING_PACKETS, CLOSING_REST_US } from './emitter.ts'

/** The packets of a broadcast that is closed after some time. */
async function closedAfter(
  content: Presentation,
  options: Partial<BroadcastOptions>,
  seconds: number,
): Promise<{ before: readonly Datagram[]; after: readonly Datagram[]; closedUs: number }> {
  const list = new DatagramList()
  const broadcaster = new Broadcaster(
    { ...FIXTURE_OPTIONS, serviceId: asServiceId(1), ...options },
    content,
    FIXTURE_START_US,
  )
  const closedUs = FIXTURE_START_US + seconds * 1e6
  let before = -1
  for (let at = broadcaster.next(); at < Number.POSITIVE_INFINITY; at = broadcaster.next()) {
    if (at > closedUs && before < 0) {
      before = list.datagrams.length
      broadcaster.close(closedUs)
      continue
    }
    await broadcaster.prepare(at)
    broadcaster.send(at, list)
  }
  return { before: list.datagrams.slice(0, before), after: list.datagrams.slice(before), closedUs }
}

/** Of each channel, the A flags of its packets. */
function closeFlags(datagrams: readonly Datagram[]): Map<string, boolean[]> {
  const lct = new LctPacket()
  const flags = new Map<string, boolean[]>()
  for (const { address, port, bytes } of datagrams) {
    if (address === LLS_ADDRESS) continue
    lct.read(bytes, 0, bytes.length)
    const key = `${address}:${port} ${lct.tsi}`
    flags.set(key, [...(flags.get(key) ?? []), lct.closeSession])
  }
  return flags
}

const target = (scheme: 'route' | 'mabr') => ({ kind: scheme, address: FIXTURE_ADDRESS, port: FIXTURE_PORT }) as const
const BOTH = ['route', 'mabr'] as const
const CONTENTS = [
  ['DASH', demoDash],
  ['HLS', demoHls],
  ['a folder', () => loadPresentation(DEMO_FOLDER)],
] as const

describe.each(BOTH)('a broadcast over %s:// that is closed', (scheme) => {
  it.each(CONTENTS)(
    'ends the objects of %s on their way and closes every session: nothing is lost',
    async (_, load) => {
      const { before, after } = await closedAfter(await load(), { scheme, loop: true }, 5.3)
      const flags = closeFlags([...before, ...after])
      expect(flags.size).toBeGreaterThan(1)
      for (const own of flags.values()) {
        const first = own.indexOf(true)
        expect(first).toBeGreaterThanOrEqual(0)
        expect(own.slice(first).every((closes) => closes)).toBe(true)
      }
      expect(closeFlags(before).size).toBe(flags.size)
      expect([...closeFlags(before).values()].flat()).not.toContain(true)
      const { lost, alarms } = receiveAll([...before, ...after], target(scheme))
      expect(lost).toEqual([])
      expect(new Set(alarms.map(({ rule }) => rule))).toEqual(new Set(['SESSION-CLOSED']))
    },
  )

  it('cuts an object whose rest would take too long, and tells it with several packets', async () => {
    const dash = await demoDash()
    // Segments of 40 s.
    for (const each of dash.tracks.flatMap(({ segments }) => segments))
      Object.assign(each, { startUs: 20 * each.startUs, durationUs: 20 * each.durationUs })
    const { after, closedUs } = await closedAfter(dash, { scheme }, 5.3)
    const media = [...closeFlags(after)].filter(([key]) => / [12]0$/.test(key))
    expect(media).toHaveLength(2)
    for (const [, own] of media) expect(own.at(-1)).toBe(true)
    const [, video = []] = media.find(([key]) => / 10$/.test(key)) ?? []
    expect(video.slice(0, CLOSING_PACKETS)).toEqual(Array.from({ length: CLOSING_PACKETS }, () => true))
    expect(video.length).toBeLessThanOrEqual(CLOSING_PACKETS + 1)
    expect((after.at(-1)?.timeUs ?? 0) - closedUs).toBeLessThan(CLOSING_REST_US)
  })
})
