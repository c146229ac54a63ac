import { describe, expect, it } from 'vitest'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { qualityLabel } from './player-adapter.ts'
import { type Arrivals, clockText, LONG_WAIT_MS, refusalText, serviceToPlay, waitText } from './player-model.ts'
import { bufferedAhead } from './video-facts.ts'

const playable = { kind: 'dash', url: 'http://127.0.0.1/x.mpd', live: false, codecs: [] } as const
const service = (id: number, can: boolean) => ({ id, playable: can ? playable : null }) as unknown as ServiceSnapshot

describe('service to play', () => {
  const services = [service(1, false), service(2, true), service(3, true)]
  const picked = (asked: number | null, selected: number | null) => serviceToPlay(services, asked, selected)?.id

  it('is the requested one, then the selected one, whether or not it can be played, then the first playable one', () => {
    expect([picked(3, 2), picked(null, 3), picked(null, null), picked(null, 1)]).toEqual([3, 3, 2, 1])
  })

  it('stays the requested one when it cannot be played', () => {
    expect(picked(1, 3)).toBe(1)
  })

  it('is the selected one when none can be played, or null', () => {
    expect(serviceToPlay([service(1, false), service(4, false)], null, 4)?.id).toBe(4)
    expect(serviceToPlay([], null, 4)).toBeNull()
  })
})

describe('words', () => {
  it('writes positions as clocks', () => {
    expect([0, 9.9, 65, 3725, -0.4, -12.6].map(clockText)).toEqual(['0:00', '0:09', '1:05', '1:02:05', '0:00', '−0:12'])
  })

  it('says of a long wait what came meanwhile, and nothing else', () => {
    const came = { notPlayable: null, segmentAgeMs: 900 }
    const said = (phase: 'loading' | 'stalled', live: boolean, arrivals: Arrivals, waitedMs = 44_000) =>
      waitText({ phase, live }, waitedMs, arrivals)
    expect(said('stalled', true, came, LONG_WAIT_MS - 1)).toBeNull()
    expect(said('stalled', true, came)).toBe('Whole segments come, but none that goes on from here, for 44 s')
    expect(said('stalled', true, { ...came, segmentAgeMs: 45_000 })).toBe('No complete segments for 44 s')
    expect(said('loading', true, came)).toBe('Nothing of it could be decoded in 44 s')
    expect(said('loading', true, { ...came, segmentAgeMs: 50_000 })).toBe('No whole segment has come for 50 s')
    const notPlayable = 'No media segment has arrived.'
    expect(said('loading', true, { notPlayable, segmentAgeMs: null }, 3000)).toBe(notPlayable)
  })

  it('quotes the gateway without markup', () => {
    expect(refusalText(503, 'Service Unavailable', '<h1>expected</h1>\n in 2 s')).toBe(
      'The gateway answered 503 Service Unavailable: expected in 2 s.',
    )
    expect(refusalText(404, '', '')).toBe('The gateway answered 404.')
  })

  it('labels renditions by height and rate', () => {
    expect([qualityLabel(720, '1.2 Mb/s'), qualityLabel(0, '96.0 kb/s')]).toEqual(['720p 1.2 Mb/s', '96.0 kb/s'])
  })
})

describe('buffer', () => {
  const ranges = (...pairs: [number, number][]) => ({
    length: pairs.length,
    start: (at: number) => pairs[at]?.[0] ?? 0,
    end: (at: number) => pairs[at]?.[1] ?? 0,
  })

  it('counts across gaps that a player jumps, without others and the past', () => {
    expect(bufferedAhead(ranges([0, 4], [4.1, 8], [9, 12]), 2)).toBe(6)
    expect(bufferedAhead(ranges([0, 4]), 5)).toBe(0)
    expect(bufferedAhead(ranges(), 5)).toBe(0)
  })
})
