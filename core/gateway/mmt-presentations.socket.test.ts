import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { asServiceId } from '../contract/ids.ts'
import type { ServiceFacts } from '../flow/facts.ts'
import { ObserverTee } from '../flow/tee.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { MpdPeriod } from '../manifest/mpd/mpd.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { initSegment, listSegments } from '../manifest/mpd/segments.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { Receiver } from '../receive/receiver.ts'
import { type Datagram, play, withLoss } from '../testing/datagrams.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { MMT_SERVICE, type MmtpCaptureOptions, mmtpCapture } from '../testing/mmtp-capture.ts'
import { openGateway, type TestGateway } from '../testing/test-gateway.ts'

const ffprobe = spawnSync('ffprobe', ['-version']).status === 0
const run = promisify(execFile)
const opened: TestGateway[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** A gateway over the objects that a receiver rebuilt from datagrams; `finish` ends the session. */
async function served(datagrams: readonly Datagram[], finish = true): Promise<TestGateway & { root: string }> {
  const services: ServiceFacts[] = []
  const lastUs = datagrams.at(-1)?.timeUs ?? 0
  const one = await openGateway({ services: () => services, nowUs: () => lastUs + 500_000, holdMs: [10, 10] })
  opened.push(one)
  const observer = new ObserverTee({
    serviceChanged: (service) => void (services.includes(service) || services.push(service)),
  })
  const receive = { ...DEFAULT_RECEIVE, services: 'all' as const }
  const receiver = new Receiver({ targets: [{ kind: 'discover' }], receive }, one.store, observer)
  play(datagrams, receiver)
  if (finish) {
    receiver.close(lastUs)
    one.store.finish()
  }
  const root = one.gateway.urlOf(asServiceId(MMT_SERVICE), 'manifest.mpd')?.replace('/manifest.mpd', '') ?? ''
  return { ...one, root }
}

const mpdOf = (text: string) => parseMpd(new TextEncoder().encode(text))

/** Decoded frames of each stream, by ffprobe. */
async function framesOf(url: string): Promise<string[]> {
  const entries = 'stream=codec_name,nb_read_frames'
  const args = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'csv=p=0', url]
  const { stdout, stderr } = await run('ffprobe', args, { timeout: 60_000 })
  expect(stderr).toBe('')
  return [
    ...new Set(
      stdout
        .trim()
        .split(/\s+/)
        .filter((line) => line.includes(',')),
    ),
  ].sort()
}

describe('an MMT service', () => {
  test('is offered as a static presentation when it is over', async () => {
    const { get, gateway } = await served(mmtpCapture())
    expect(gateway.offers(asServiceId(MMT_SERVICE))).toBe(true)
    const reply = await get(`/service${MMT_SERVICE}/manifest.mpd`)
    expect(reply.headers).toMatchObject({ 'content-type': 'application/dash+xml', 'cache-control': 'no-cache' })
    const mpd = mpdOf(reply.text)
    expect(mpd.type).toBe('static')
    const period = mpd.periods[0] as MpdPeriod
    const sets = period.adaptationSets
    expect(sets.flatMap((set) => set.representations.map(({ id }) => id)).sort()).toEqual(['asset35', 'asset36'])
    expect(reply.text).toContain('codecs="avc1.64001f"')
    expect(reply.text).toContain('codecs="mp4a.40.2"')
    for (const set of sets) {
      for (const representation of set.representations) {
        const names = [
          initSegment(representation)?.name ?? '',
          ...listSegments(period, representation).map(({ name }) => name),
        ]
        expect(names).toHaveLength(13)
        for (const name of names) {
          const segment = await get(`/service${MMT_SERVICE}/${name}`)
          expect(segment.status, name).toBe(200)
          expect(segment.headers['content-type']).toBe(`${representation.id === 'asset35' ? 'video' : 'audio'}/mp4`)
          const types = readBoxes(segment.body).map(({ type }) => type)
          expect(types).toEqual(name.endsWith('init.mp4') ? ['ftyp', 'moov'] : ['styp', 'moof', 'mdat'])
          expect(segment.body.includes('mmth')).toBe(false)
        }
      }
    }
    const part = await get(`/service${MMT_SERVICE}/asset35/init.mp4`, { Range: 'bytes=4-7' })
    expect([part.status, part.text]).toEqual([206, 'ftyp'])
    const etag = String(part.headers.etag)
    expect((await get(`/service${MMT_SERVICE}/asset35/init.mp4`, { 'If-None-Match': etag })).status).toBe(304)
    expect((await get(`/service${MMT_SERVICE}/asset35/1.m4s`)).status).toBe(404)
    // The MPUs themselves are still served.
    expect((await get(`/service${MMT_SERVICE}/asset35/700.mp4`)).status).toBe(200)
  })

  const ways: [string, MmtpCaptureOptions][] = [
    ['with times', {}],
    ['without times, hints and counters, in version 0', { version: 0, hints: false, times: false, counter: false }],
  ]
  test.skipIf(!ffprobe).each(ways)('%s, is decoded to its last frame by another program', async (_, options) => {
    const { root } = await served(mmtpCapture(options))
    const [video, audio] = ['h264,600', 'aac,1125']
    expect(await framesOf(`${root}/master.m3u8`)).toEqual([audio, video])
    // Its DASH reader ends with the first stream that ends.
    const [sound = '', picture = ''] = await framesOf(`${root}/manifest.mpd`)
    expect([sound.split(',')[0], picture.split(',')[0]]).toEqual(['aac', 'h264'])
    expect(Number(picture.split(',')[1])).toBeGreaterThan(590)
  })

  test('grows while it arrives, on one continuous time line that starts at its arrival', async () => {
    const sent = mmtpCapture()
    const half = sent.filter(({ timeUs }) => timeUs < FIXTURE_START_US + 13_000_000)
    const { get } = await served(half, false)
    const reply = await get(`/service${MMT_SERVICE}/manifest.mpd`)
    const mpd = mpdOf(reply.text)
    expect(mpd.type).toBe('dynamic')
    expect(reply.text).toContain('urn:mpeg:dash:utc:http-xsdate:2014')
    const startUs = mpd.availabilityStartTimeUs ?? 0
    const nowUs = (half.at(-1)?.timeUs ?? 0) + 500_000
    const period = mpd.periods[0] as MpdPeriod
    for (const set of period.adaptationSets) {
      for (const representation of set.representations) {
        const segments = listSegments(period, representation)
        expect(segments).toHaveLength(6)
        let end: number | null = null
        for (const { startUs: from, durationUs } of segments) {
          if (end !== null) expect(Math.abs(from - end)).toBeLessThanOrEqual(1)
          end = from + durationUs
          // Whole ones only, and none from the future: a player may request every listed segment.
          expect(startUs + end).toBeLessThanOrEqual(nowUs)
        }
        expect(nowUs - startUs - (end ?? 0)).toBeLessThan(4_000_000)
      }
    }
    const playlist = parsePlaylist((await get(`/service${MMT_SERVICE}/asset35/index.m3u8`)).body)
    expect(playlist).toMatchObject({ kind: 'media', endList: false })
  })

  test('waits for its first MPU, and reports when there is none', async () => {
    const { get } = await served(mmtpCapture().slice(0, 40), false)
    expect((await get(`/service${MMT_SERVICE}/manifest.mpd`)).status).toBe(503)
    const over = await served(mmtpCapture().slice(0, 40))
    expect((await over.get(`/service${MMT_SERVICE}/manifest.mpd`)).status).toBe(404)
  })

  test('repeats a frame where an MPU cannot be read, so that its time line has no gap', async () => {
    // Movie fragment metadata of the third sound MPU, and all of the fifth.
    const sent = mmtpCapture().filter(({ bytes }) => {
      if (bytes[3] !== 36 || (bytes[1] as number) !== 0) return true
      const mpu = new DataView(bytes.buffer, bytes.byteOffset).getUint32(22)
      return !(mpu === 702 && (bytes[20] as number) >> 4 === 1) && mpu !== 704
    })
    const { get } = await served(sent)
    const playlist = await get(`/service${MMT_SERVICE}/asset36/index.m3u8`)
    expect(playlist.text).not.toContain('DISCONTINUITY')
    const names = playlist.text.match(/\d+\.m4s/g) ?? []
    expect(names).toHaveLength(12)
    const still = await get(`/service${MMT_SERVICE}/asset36/${names[2]}`)
    expect(still.body.length).toBeLessThan(1000)
  })

  test.skipIf(!ffprobe)('plays on over losses: samples that are not whole are left out', async () => {
    const { root, get } = await served(withLoss(mmtpCapture(), 0.01, 3))
    const playlist = await get(`/service${MMT_SERVICE}/asset36/index.m3u8`)
    expect(playlist.text.match(/\.m4s/g)?.length).toBeGreaterThan(8)
    const decoded = await run('ffmpeg', ['-v', 'error', '-i', `${root}/asset36/index.m3u8`, '-f', 'null', '-'])
    expect(decoded.stderr).toBe('')
    const [sound = ''] = await framesOf(`${root}/asset36/index.m3u8`)
    expect(Number(sound.split(',')[1])).toBeGreaterThan(900)
  })

  test('continues in a new period where its picture format changes, so that both parts can be played', async () => {
    const { get } = await served(mmtpCapture({ widerFrom: 5 }))
    const text = (await get(`/service${MMT_SERVICE}/manifest.mpd`)).text
    const mpd = mpdOf(text)
    expect(mpd.periods).toHaveLength(2)
    const seen: string[] = []
    for (const period of mpd.periods) {
      for (const set of period.adaptationSets) {
        const [representation] = set.representations
        if (representation === undefined) throw new Error('no representation')
        const init = initSegment(representation)?.name ?? ''
        const segments = listSegments(period, representation)
        seen.push(`${init} ${representation.width ?? ''} ${segments.length}`)
        for (const name of [init, ...segments.map((segment) => segment.name)])
          expect((await get(`/service${MMT_SERVICE}/${name}`)).status, name).toBe(200)
        // Every segment lies in its period, or reaches into it.
        for (const { startUs, durationUs } of segments) expect(startUs + durationUs).toBeGreaterThan(0)
      }
    }
    expect(seen).toEqual([
      'asset35/init.mp4 640 5',
      expect.stringMatching(/^asset36\/init\.mp4 {2}[56]$/),
      'asset35/init-2.mp4 1280 7',
      expect.stringMatching(/^asset36\/init\.mp4 {2}[78]$/),
    ])
    const video = (await get(`/service${MMT_SERVICE}/asset35/index.m3u8`)).text
    expect(video.match(/EXT-X-MAP:URI="[^"]*"/g)).toEqual(['EXT-X-MAP:URI="init.mp4"', 'EXT-X-MAP:URI="init-2.mp4"'])
    expect(video.match(/EXT-X-DISCONTINUITY\n/g)).toHaveLength(1)
    expect(video.match(/\.m4s/g)).toHaveLength(12)
    const audio = (await get(`/service${MMT_SERVICE}/asset36/index.m3u8`)).text
    expect(audio.match(/EXT-X-DISCONTINUITY\n/g)).toHaveLength(1)
    expect((await get(`/service${MMT_SERVICE}/asset35/init-3.mp4`)).status).toBe(404)
    expect((await get(`/service${MMT_SERVICE}/asset35/3-1.m4s`)).status).toBe(404)
  })
})
