import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import type { ServiceFacts } from '../flow/facts.ts'
import { ObserverTee } from '../flow/tee.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { initSegment, listSegments } from '../manifest/mpd/segments.ts'
import { Receiver } from '../receive/receiver.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { receiveCapture } from '../testing/receive-capture.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'
import { receivedFile } from '../testing/test-objects.ts'

const opened: TestGateway[] = []
async function open(...options: Parameters<typeof openGateway>): Promise<TestGateway> {
  const one = await openGateway(...options)
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

const NOW_US = Date.parse('2026-11-21T06:23:49.330Z') * 1000
const mpdOf = (text: string) => parseMpd(new TextEncoder().encode(text))

const STATIC = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT20S" minBufferTime="PT1S">
<Period><AdaptationSet mimeType="video/mp4"><SegmentTemplate media="v$Number$.m4s" initialization="v.mp4" timescale="1" duration="2" startNumber="1"/>
<Representation id="1" bandwidth="1"/></AdaptationSet></Period></MPD>`
const DYNAMIC = STATIC.replace(
  'type="static" mediaPresentationDuration="PT20S"',
  'type="dynamic" availabilityStartTime="2020-01-01T00:00:00Z" publishTime="2020-01-01T00:00:00Z" minimumUpdatePeriod="PT2S"',
).replace('<Period>', '<Period start="PT0S">')
const manifest = (text: string, name = 'live.mpd') => receivedFile(name, text, { kind: 'manifest' })
/** A segment whose last byte arrived `ageS` seconds ago. */
const segment = (number: number, ageS: number) =>
  receivedFile(`v${number}.m4s`, String(number), {
    firstTimeUs: NOW_US - (ageS + 2) * 1e6,
    lastTimeUs: NOW_US - ageS * 1e6,
  })

describe('a sender that begins again', () => {
  const first = [1, 2, 3].map((number) => segment(number, 30 - 2 * number))

  test('its time line is that of what it sends since then, though the MPD is the same', async () => {
    const { store, get } = await open()
    store.whole(manifest(STATIC))
    for (const one of first) store.whole(one)
    const before = mpdOf((await get('/service1/live.mpd')).text)
    expect(before.availabilityStartTimeUs).toBe(NOW_US - 30e6)
    store.restarted(asServiceId(1), NOW_US - 6e6)
    // Nothing of it has come: the manifest waits for its first segment.
    const waiting = get('/service1/live.mpd')
    store.whole(segment(1, 4))
    const after = mpdOf((await waiting).text)
    expect(after).toMatchObject({ type: 'dynamic', availabilityStartTimeUs: NOW_US - 6e6 })
  })

  test('its segments are waited for, not served from before', async () => {
    const { store, get } = await open()
    store.whole(manifest(STATIC))
    for (const one of first) store.whole(one)
    store.restarted(asServiceId(1), NOW_US - 6e6)
    store.whole(segment(1, 4))
    const second = get('/service1/v2.m4s')
    store.whole(receivedFile('v2.m4s', 'new', { firstTimeUs: NOW_US - 4e6, lastTimeUs: NOW_US - 2e6 }))
    expect((await second).text).toBe('new')
  })

  test('a damaged segment of it is served, not the whole one from before', async () => {
    const { store, get } = await open()
    store.whole(manifest(STATIC))
    for (const one of first) store.whole(one)
    store.restarted(asServiceId(1), NOW_US - 6e6)
    const times = { firstTimeUs: NOW_US - 6e6, lastTimeUs: NOW_US - 4e6 }
    store.whole(receivedFile('v1.m4s', 'cut', { ...times, complete: false, patched: 'strict' }))
    expect((await get('/service1/v1.m4s')).text).toBe('cut')
    // One that was fetched late.
    store.whole(receivedFile('v1.m4s', 'old', { firstTimeUs: NOW_US - 40e6, lastTimeUs: NOW_US - 28e6 }))
    expect((await get('/service1/v1.m4s')).text).toBe('cut')
  })

  test('at the end its presentation is served; that from before only where nothing of it came', async () => {
    const { store, get } = await open()
    store.whole(manifest(STATIC))
    store.whole(receivedFile('v.mp4', 'init', { kind: 'init' }))
    for (const one of first) store.whole(one)
    store.restarted(asServiceId(1), NOW_US - 6e6)
    store.finish()
    expect((await get('/service1/live.mpd')).text).toContain('mediaPresentationDuration="PT6S"')
    const { store: other, get: ask } = await open()
    other.whole(manifest(STATIC))
    other.whole(receivedFile('v.mp4', 'init', { kind: 'init' }))
    for (const one of first) other.whole(one)
    other.restarted(asServiceId(1), NOW_US - 6e6)
    other.whole(segment(1, 4))
    other.finish()
    expect((await ask('/service1/live.mpd')).text).toContain('mediaPresentationDuration="PT2S"')
  })
})

describe('an MPD while it arrives', () => {
  test('static: becomes live, with a constant time line from its first segments', async () => {
    const { store, get } = await open()
    store.whole(manifest(STATIC))
    store.whole(receivedFile('v.mp4', 'init', { kind: 'init' }))
    for (const [number, age] of [
      [3, 4],
      [4, 2],
      [5, 0],
    ] as const)
      store.whole(segment(number, age))
    const reply = await get('/service1/live.mpd')
    expect(reply.headers).toMatchObject({ 'content-type': 'application/dash+xml', 'cache-control': 'no-cache' })
    const mpd = mpdOf(reply.text)
    // Segment 3 ends at six seconds and arrived four seconds ago.
    expect(mpd).toMatchObject({ type: 'dynamic', availabilityStartTimeUs: NOW_US - 10e6 })
    expect(mpd.utcTimings).toEqual([
      { scheme: 'urn:mpeg:dash:utc:http-xsdate:2014', value: expect.stringMatching(/^http:\/\/127.0.0.1:\d+\/clock$/) },
    ])
    store.whole(segment(6, -5))
    expect(mpdOf((await get('/service1/live.mpd')).text).availabilityStartTimeUs).toBe(NOW_US - 10e6)
    expect((await get('/service1/live.mpd?as=sent')).text).toBe(STATIC)
    const { etag = '' } = (await get('/service1/live.mpd')).headers
    expect((await get('/service1/live.mpd', { 'If-None-Match': etag })).status).toBe(304)
  })

  test('offers only representations that the S-TSID announces, whatever names fit others', async () => {
    const ghost = '<Representation id="1" bandwidth="1"/><Representation id="ghost" bandwidth="2"/>'
    const text = STATIC.replace('<Representation id="1" bandwidth="1"/>', ghost)
    let announced: ReadonlySet<string> | null = new Set(['1'])
    const facts = () =>
      [{ id: asServiceId(1), name: null, manifest: { kind: 'dash', name: 'live.mpd' }, announced }] as const
    const { store, gateway, get } = await open({ services: facts })
    store.whole(manifest(text))
    store.whole(receivedFile('v.mp4', 'init', { kind: 'init' }))
    for (const number of [1, 2, 3]) store.whole(segment(number, 6 - 2 * number))
    const offered = async () =>
      mpdOf((await get('/service1/live.mpd')).text).periods[0]?.adaptationSets[0]?.representations.map(({ id }) => id)
    expect(await offered()).toEqual(['1'])
    expect(gateway.confined(asServiceId(1), 'live.mpd').offAir).toEqual(['ghost'])
    store.finish()
    expect(await offered()).toEqual(['1'])
    // Where nothing tells, names do.
    announced = null
    expect(await offered()).toEqual(['1', 'ghost'])
  })

  test('absolute templates of received files are rewritten to the gateway', async () => {
    const { store, get } = await open()
    const base = 'http://origin.example/live/'
    const absolute = STATIC.replace('media="', `media="${base}`).replace('initialization="', `initialization="${base}`)
    store.whole(manifest(absolute, `${base}live.mpd`))
    store.whole(receivedFile(`${base}v.mp4`, 'init', { kind: 'init' }))
    store.whole(receivedFile(`${base}v3.m4s`, 'three', { firstTimeUs: NOW_US - 4e6, lastTimeUs: NOW_US - 2e6 }))
    const { text } = await get(`/service1/${base}live.mpd`)
    const media = /media="([^"]+)"/.exec(text)?.[1] ?? ''
    expect(media).toBe(`/service1/${base}v$Number$.m4s`)
    expect((await get(media.replace('$Number$', '3'))).text).toBe('three')
    expect((await get(/initialization="([^"]+)"/.exec(text)?.[1] ?? '')).text).toBe('init')
  })

  test('static without a whole segment: 503', async () => {
    const { store, get } = await open({ holdMs: [1, 1] })
    store.whole(manifest(STATIC))
    expect((await get('/service1/live.mpd')).status).toBe(503)
  })

  test('dynamic: moved to now, by its segments or by the replay', async () => {
    const { store, get } = await open({ manifestShiftUs: () => 60e6, streamShiftUs: () => 1e6 })
    store.whole(manifest(DYNAMIC))
    const before = mpdOf((await get('/service1/live.mpd')).text)
    expect(before.availabilityStartTimeUs).toBe(Date.parse('2020-01-01T00:01:00Z') * 1000)
    store.whole(segment(3, 4))
    expect(mpdOf((await get('/service1/live.mpd')).text).availabilityStartTimeUs).toBe(NOW_US - 9e6)
  })

  test('an unreadable one is served as sent, with one warning', async () => {
    const { store, get, warnings } = await open()
    store.whole(manifest('<MPD><Period></MPD>'))
    for (const turn of [1, 2]) {
      const reply = await get('/service1/live.mpd')
      expect([turn, reply.status, reply.text]).toEqual([turn, 200, '<MPD><Period></MPD>'])
    }
    expect(warnings).toHaveLength(1)
  })
})

describe('an HLS playlist', () => {
  const CHILD =
    '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI="v.mp4"\n' +
    [1, 2, 3].map((number) => `#EXTINF:2,\nv${number}.m4s\n`).join('') +
    '#EXT-X-ENDLIST\n'
  const listed = (text: string) => {
    const playlist = parsePlaylist(new TextEncoder().encode(text))
    if (playlist.kind !== 'media') throw new Error('no media playlist')
    return [playlist.endList, playlist.mediaSequence, ...playlist.segments.map((one) => one.uri)]
  }

  test('lists received segments, and ends with its last segment', async () => {
    const { store, get } = await open({ holdMs: [1, 1] })
    store.whole(receivedFile('a.m3u8', CHILD, { kind: 'playlist' }))
    expect((await get('/service1/a.m3u8')).status).toBe(503)
    store.whole(segment(2, 0))
    const reply = await get('/service1/a.m3u8')
    expect(reply.headers).toMatchObject({
      'content-type': 'application/vnd.apple.mpegurl',
      'cache-control': 'no-cache',
    })
    expect(listed(reply.text)).toEqual([false, 1, 'v2.m4s'])
    expect((await get('/service1/v.mp4')).headers['x-routescope-state']).toBe('expected')
    expect((await get('/service1/v1.m4s')).headers['x-routescope-state']).toBe('lost')
    store.whole(segment(3, 0))
    expect(listed((await get('/service1/a.m3u8')).text)).toEqual([true, 1, 'v2.m4s', 'v3.m4s'])
  })

  test('of a session that has ended ends where the session did; a master stays as sent', async () => {
    const { store, get } = await open()
    const master = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n'
    store.whole(manifest(master, 'live.m3u8'))
    store.whole(receivedFile('a.m3u8', CHILD, { kind: 'playlist' }))
    store.whole(segment(1, 0))
    store.finish()
    expect((await get('/service1/live.m3u8')).text).toBe(master)
    expect(listed((await get('/service1/a.m3u8')).text)).toEqual([true, 0, 'v1.m4s'])
  })
})

const captures = fileURLToPath(new URL('../../../shared/captures/', import.meta.url))

describe.skipIf(!existsSync(captures))('captures from ../shared/captures, finished', () => {
  async function received(capture: string): Promise<TestGateway & { manifestName: string }> {
    const facts = new Map<number, ServiceFacts>()
    const one = await open({ services: () => [...facts.values()] })
    const receiver = new Receiver(
      {
        targets: [{ kind: 'discover' }],
        receive: { ...DEFAULT_RECEIVE, services: 'all' },
      },
      one.store,
      new ObserverTee({ serviceChanged: (service) => void facts.set(service.id, service) }),
    )
    await receiveCapture(`${captures}${capture}.pcap`, receiver)
    one.store.finish()
    return { ...one, manifestName: facts.get(1)?.manifest?.name ?? '' }
  }

  test.each(['route-dash', 'route-ll', 'route-loss'])(
    '%s: everything that the MPD lists is served',
    async (capture) => {
      const { get, manifestName } = await received(capture)
      const reply = await get(`/service1/${manifestName}`)
      const mpd = mpdOf(reply.text)
      expect(mpd.type).toBe('static')
      const names = mpd.periods.flatMap((period) =>
        period.adaptationSets
          .flatMap((set) => set.representations)
          .flatMap((one) => [initSegment(one)?.name ?? '', ...listSegments(period, one).map((each) => each.name)]),
      )
      expect(names.length).toBeGreaterThan(8)
      for (const name of names) expect([name, (await get(`/service1/${name}`)).status]).toEqual([name, 200])
    },
  )

  test('route-hls: everything that the playlists list is served', async () => {
    const { get, manifestName } = await received('route-hls')
    const children = (await get(`/service1/${manifestName}`)).text.match(/[\w.]+\.m3u8/g) ?? []
    expect(children).toHaveLength(2)
    for (const child of children) {
      const playlist = parsePlaylist((await get(`/service1/${child}`)).body)
      if (playlist.kind !== 'media') throw new Error('no media playlist')
      expect(playlist.endList).toBe(true)
      for (const { uri, map } of playlist.segments)
        for (const name of [uri, map?.uri ?? '']) expect((await get(`/service1/${name}`)).status).toBe(200)
    }
  })

  test('route-loss: a lost segment is refused with its missing bytes', async () => {
    const { store, get } = await received('route-loss')
    const lost = store.lostObjects(asServiceId(1))[0]
    const answer = await get(`/service1/${lost?.name}`, { Accept: 'application/json' })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      404,
      expect.objectContaining({ state: 'lost', missing: lost?.missing }),
    ])
  })
})
