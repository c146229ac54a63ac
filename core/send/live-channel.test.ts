import { describe, expect, it } from 'vitest'
import { asToi, asTsi } from '../contract/ids.ts'
import { GrowingBody } from '../ingest/growing-body.ts'
import type { LiveSegment, LiveTrack } from '../ingest/presentation.ts'
import { DatagramList } from '../testing/datagrams.ts'
import { PacketSender } from './emitter.ts'
import { LiveChannel, WAITING_US } from './live-channel.ts'
import { RouteCarrier } from './live-route-carrier.ts'

const SECOND = 1_000_000

/** A track whose segments of 1 s come so much later than announced, s. */
class LateTrack implements LiveTrack {
  readonly repId = 'v'
  readonly contentType = 'video'
  readonly lang = null
  readonly bandwidth = 100_000
  readonly fileTemplate = '$TOI$.m4s'
  readonly init = null
  readonly playlist = null
  readonly isPartial = false
  readonly segmentUs = SECOND
  endedUs: number | null = null
  readonly #segments: LiveSegment[]

  constructor(arrivals: readonly number[], growing: GrowingBody | null = null) {
    this.#segments = arrivals.map((arrivedS, at) => ({
      name: `${at}.m4s`,
      contentType: 'video/mp4',
      bytes: new Uint8Array(10_000),
      toi: asToi(at),
      announcedUs: at * SECOND,
      arrivedUs: arrivedS * SECOND,
      durationUs: SECOND,
      init: null,
      growing,
    }))
  }

  peek(): LiveSegment | null {
    return this.#segments[0] ?? null
  }

  take(): void {
    if (this.#segments.shift() !== undefined && this.#segments.length === 0) this.endedUs = 0
  }
}

/** Times of the packets of a segment that came piece by piece, µs from the first. */
function pieceTimes(pieceMargin?: number): number[] {
  const body = new GrowingBody(10_000)
  body.append(new Uint8Array(10_000))
  body.end(true)
  const track = new LateTrack([0], body)
  const list = new DatagramList()
  const carrier = new RouteCarrier(track, asTsi(10), new PacketSender('239.0.0.1', 1, 1472), null, () => undefined)
  const pace = { dueUs: () => 0, delay: () => undefined, ended: () => undefined }
  const channel = new LiveChannel(track, asTsi(10), carrier, pace)
  for (let timeUs = channel.nextUs; track.peek() !== null; timeUs = channel.nextUs)
    channel.send({ out: list, timeUs, ...(pieceMargin === undefined ? {} : { pieceMarginPercent: pieceMargin }) })
  return list.datagrams.map(({ timeUs }) => timeUs - (list.datagrams[0]?.timeUs ?? 0))
}

/** Begin of each segment, s, and by how much the service was delayed. */
function begins(arrivals: readonly number[]): { begins: number[]; delayS: number } {
  const track = new LateTrack(arrivals)
  const list = new DatagramList()
  let delayUs = 0
  const carrier = new RouteCarrier(track, asTsi(10), new PacketSender('239.0.0.1', 1, 1472), null, () => undefined)
  const channel = new LiveChannel(track, asTsi(10), carrier, {
    dueUs: ({ announcedUs }) => announcedUs + delayUs,
    delay: (byUs) => {
      delayUs += byUs
    },
    ended: () => undefined,
  })
  const found: number[] = []
  for (let next = channel.nextUs; next < WAITING_US; next = channel.nextUs) {
    const left = track.peek()
    const packets = list.datagrams.length
    channel.send({ out: list, timeUs: next })
    const isFirst = list.datagrams.length > packets && found.length === Number(left?.toi)
    if (isFirst) found.push(Math.round(next / 1000) / 1000)
  }
  return { begins: found, delayS: delayUs / SECOND }
}

describe('a live channel', () => {
  it('sends each segment when it is announced, or comes', () => {
    expect(begins([0, 1.2, 2, 3])).toEqual({ begins: [0, 1.2, 2, 3], delayS: 0 })
  })

  it('catches up at twice the pace after a trouble, without being later for ever', () => {
    const { begins: found, delayS } = begins([0, 5, 5, 5, 5, 5.4, 6, 7, 8, 9, 10, 11])
    expect(delayS).toBe(0)
    expect(found.at(-1)).toBeCloseTo(11, 0)
    const gaps = found.slice(2).map((at, index) => at - (found[index + 1] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(0.35)
  })

  it('sends all later where all come late', () => {
    const { begins: found, delayS } = begins([2, 3, 4, 5, 6, 7])
    expect(delayS).toBeCloseTo(2, 1)
    expect(found.slice(3)).toEqual([5, 6, 7])
  })
  it('sends what comes piece by piece at once, or at the bandwidth and so many percent', () => {
    const [, fast = 0] = pieceTimes()
    expect(pieceTimes().length).toBeGreaterThan(6)
    expect(fast).toBeLessThan(1000)
    // 100 kbit/s: a packet of 1472 bytes takes 117.76 ms.
    for (const [percent, us] of [
      [0, 117_760],
      [10, 107_055],
      [100, 58_880],
    ] as const)
      expect(pieceTimes(percent).slice(0, 4)).toEqual([0, us, 2 * us, 3 * us])
  })
})
