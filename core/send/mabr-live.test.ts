import { describe, expect, it } from 'vitest'
import { asToi } from '../contract/ids.ts'
import type { InlineFile, LiveFeed, LiveSegment, LiveTrack } from '../ingest/presentation.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastFeed, liveDemo } from '../testing/live-demo.ts'
import { demoDash, FIXTURE_ADDRESS, FIXTURE_PORT, FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import type { MabrOptions } from './mabr-multiplex.ts'

const TARGET = { kind: 'mabr', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const WAYS: readonly [string, Partial<MabrOptions>][] = [
  ['over FLUTE', {}],
  ['over FLUTE in band', { inBand: true }],
  ['over FLUTE with digests of all', { digests: 'all' }],
  ['over ROUTE', { protocol: 'route' }],
]

/** Received files by their last name. */
const byName = ({ files }: Received): Map<string, Uint8Array> =>
  new Map([...files].map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), bytes]))
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const troubles = ({ alarms, lost }: Received): unknown[] => [
  ...alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED'),
  ...lost,
]

/** Names of the sessions that were closed. */
const closed = ({ alarms }: Received): number => alarms.filter(({ rule }) => rule === 'SESSION-CLOSED').length

describe('a live presentation', () => {
  it.each(WAYS)('of DASH arrives whole, with times of the broadcast, %s', async (_, mabr) => {
    const received = receiveAll(await liveDemo({}, { scheme: 'mabr', mabr }), TARGET)
    expect(troubles(received)).toEqual([])
    const files = byName(received)
    const demo = await demoDash()
    for (const { segments, init } of demo.tracks) {
      expect(files.get(init?.name ?? '')).toEqual(init?.bytes)
      for (const segment of segments) {
        await demo.bytes.load(segment)
        const isSame = Buffer.compare(
          files.get(segment.name) ?? new Uint8Array(),
          demo.bytes.get(segment) ?? new Uint8Array(1),
        )
        expect([segment.name, isSame]).toEqual([segment.name, 0])
      }
    }
    const { availabilityStartTimeUs } = parseMpd(files.get('manifest.mpd') ?? new Uint8Array())
    // Its first segment is complete at the start: one and a half segments are for sending, and the slack.
    expect(availabilityStartTimeUs).toBe(FIXTURE_START_US - 2_000_000 + 3_250_000)
    expect(closed(received)).toBeGreaterThanOrEqual(3)
  })

  it.each(WAYS)('of HLS arrives with playlists that list what was sent, %s', async (_, mabr) => {
    const sent = broadcastFeed(new Playlists(), { scheme: 'mabr', mabr })
    const received = receiveAll(sent, TARGET)
    expect(troubles(received)).toEqual([])
    const files = byName(received)
    expect(text(files.get('master.m3u8'))).toBe('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n')
    for (const at of [1, 2, 3]) expect(text(files.get(`${at}.m4s`))).toBe(`segment ${at}`)
    // The section changed with its third segment.
    expect(text(files.get('a.mp4'))).toBe('section a.mp4')
    expect(text(files.get('b.mp4'))).toBe('section b.mp4')
    expect(text(files.get('v.m3u8'))).toBe('#EXTM3U\n1\n2\n3\n#EXT-X-ENDLIST\n')
    expect(closed(received)).toBeGreaterThanOrEqual(2)
    const order = received.order.map((path) => path.slice(path.lastIndexOf('/') + 1))
    expect(order.indexOf('v.m3u8')).toBeLessThan(order.indexOf('1.m4s'))
    expect(order.lastIndexOf('v.m3u8')).toBeGreaterThan(order.indexOf('3.m4s'))
  })

  it('is announced when receivers have it, over FLUTE as well', async () => {
    const manifests = (packets: readonly Datagram[]): (number | null)[] => {
      const manifest = byName(receiveAll(packets, TARGET)).get('manifest.mpd')
      return [parseMpd(manifest ?? new Uint8Array()).availabilityStartTimeUs]
    }
    const late = await liveDemo({ lateS: () => 6 }, { scheme: 'mabr' })
    expect(manifests(late)).toEqual([FIXTURE_START_US - 2_000_000 + 6_000_000 + 3_250_000])
  })
})

/** A live HLS presentation of one playlist and three segments, which come by the clock. */
class Playlists implements LiveFeed, LiveTrack {
  readonly manifest = {
    name: 'master.m3u8',
    contentType: 'application/vnd.apple.mpegURL',
    bytes: new TextEncoder().encode('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n'),
    mpd: null,
  }
  readonly tracks = [this]
  readonly changes = 0
  readonly changedUs = FIXTURE_START_US
  readonly clockUs = 0
  readonly repId = 'v'
  readonly contentType = 'video'
  readonly lang = null
  readonly bandwidth = 100_000
  readonly fileTemplate = null
  readonly segmentUs = 1_000_000
  readonly isPartial = false
  playlist: InlineFile | null = null
  endedUs: number | null = null
  onNews = (): void => undefined
  #here = 0
  #sent = 0

  get init(): InlineFile {
    return section(this.#sent < 2 ? 'a.mp4' : 'b.mp4')
  }

  get isOver(): boolean {
    return this.endedUs !== null
  }

  get nextUs(): number {
    return this.#here === 3 ? Number.POSITIVE_INFINITY : FIXTURE_START_US + this.#here * 1_000_000
  }

  arrive(nowUs: number): void {
    while (this.nextUs <= nowUs) this.#here++
    if (this.#here === 3) this.endedUs ??= nowUs
    if (this.playlist === null) this.#list(1)
  }

  start(): void {
    // It comes by the clock.
  }

  peek(): LiveSegment | null {
    if (this.#sent >= this.#here) return null
    const atUs = FIXTURE_START_US + this.#sent * 1_000_000
    return {
      name: `${this.#sent + 1}.m4s`,
      contentType: 'video/mp4',
      bytes: new TextEncoder().encode(`segment ${this.#sent + 1}`),
      toi: asToi(this.#sent + 1),
      announcedUs: atUs,
      arrivedUs: atUs,
      durationUs: 1_000_000,
      init: this.init,
      growing: null,
    }
  }

  take(): void {
    this.#sent++
    this.#list(this.#sent)
  }

  #list(count: number): void {
    const numbers = Array.from({ length: count }, (_, at) => `${at + 1}\n`)
    const content = `#EXTM3U\n${numbers.join('')}${this.#sent === 3 ? '#EXT-X-ENDLIST\n' : ''}`
    const { contentType } = this.manifest
    this.playlist = { name: 'v.m3u8', contentType, bytes: new TextEncoder().encode(content) }
  }
}

const section = (name: string): InlineFile => ({
  name,
  contentType: 'video/mp4',
  bytes: new TextEncoder().encode(`section ${name}`),
})
