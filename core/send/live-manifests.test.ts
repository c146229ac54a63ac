import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asToi } from '../contract/ids.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { listSegments } from '../manifest/mpd/segments.ts'
import { applyFileTemplate } from '../protocol/flute/file-template.ts'
import { gunzipLimited } from '../protocol/gzip.ts'
import { LctPacket } from '../protocol/lct/lct-packet.ts'
import { parseMultipart } from '../protocol/mime/multipart.ts'
import { parseStsid, type Stsid } from '../protocol/sls/s-tsid.ts'
import type { Datagram } from '../testing/datagrams.ts'
import { broadcastOf, demoDash, demoHls, FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { planLoop } from './loop-plan.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routescope-live-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, content: string = name): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

type Signalling = { timeUs: number; toi: number; manifest: Uint8Array; stsid: Stsid }

/** Each new version of the SLS, sent as one-packet objects. */
function signalling(datagrams: readonly Datagram[]): Signalling[] {
  const lct = new LctPacket()
  const found: Signalling[] = []
  let object: Uint8Array[] = []
  for (const { bytes, timeUs } of datagrams) {
    lct.read(bytes, 0, bytes.length)
    if (lct.tsi !== 0) continue
    object.push(bytes.subarray(lct.headerBytes + 4))
    if (!lct.closeObject) continue
    const { parts } = parseMultipart(gunzipLimited(Buffer.concat(object), 1 << 20))
    object = []
    if (found.at(-1)?.toi === lct.toi) continue
    const [manifest, stsid] = parts
    found.push({
      timeUs,
      toi: lct.toi,
      manifest: manifest?.body ?? new Uint8Array(),
      stsid: parseStsid(stsid?.body ?? ''),
    })
  }
  return found
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

/** First packet of each object of a channel: TOI, and µs from the start. */
function starts(datagrams: readonly Datagram[], tsi: number): [number, number][] {
  const lct = new LctPacket()
  const found: [number, number][] = []
  for (const { bytes, timeUs } of datagrams) {
    lct.read(bytes, 0, bytes.length)
    const start = new DataView(bytes.buffer, bytes.byteOffset).getUint32(lct.headerBytes)
    if (lct.tsi === tsi && start === 0 && lct.codepoint === 8) found.push([lct.toi, timeUs - FIXTURE_START_US])
  }
  return found
}

describe('a looped DASH presentation with a constant segment duration', () => {
  it('has one dynamic MPD that never changes, and continuous numbers', async () => {
    const datagrams = await broadcastOf(await demoDash(), { loop: true }, 60)
    const versions = signalling(datagrams)
    expect(versions.length).toBe(1)
    const mpd = parseMpd(versions[0]?.manifest ?? new Uint8Array())
    expect(mpd).toMatchObject({
      type: 'dynamic',
      availabilityStartTimeUs: FIXTURE_START_US + 250_000,
      publishTimeUs: FIXTURE_START_US,
      mediaPresentationDurationUs: null,
      timeShiftBufferDepthUs: 60_000_000,
      suggestedPresentationDelayUs: 4_000_000,
    })
    expect(mpd.minimumUpdatePeriodUs).toBeGreaterThan(0)
    expect(mpd.periods).toMatchObject([{ startUs: 0, durationUs: null }])
    expect(text(versions[0]?.manifest)).toContain('<Title>Routescope demo</Title>')

    // Every segment is sent completely before its availability time in the MPD.
    for (const [toi, startUs] of starts(datagrams, 10)) {
      expect(startUs).toBe((toi - 1) * 2_000_000)
      const availableUs = (mpd.availabilityStartTimeUs ?? 0) - FIXTURE_START_US + toi * 2_000_000
      expect(availableUs).toBeGreaterThanOrEqual(startUs + 2_000_000)
    }
    const [period] = mpd.periods
    const representation = period?.adaptationSets[0]?.representations[0]
    if (period === undefined || representation === undefined) throw new Error('no representation')
    const names = listSegments(period, representation, 60_000_000).map(({ name }) => name)
    const template = versions[0]?.stsid.sessions[0]?.channels[0]?.source?.efdt?.fileTemplate ?? ''
    expect(starts(datagrams, 10).map(([toi]) => applyFileTemplate(template, asToi(toi)))).toEqual(names)
  })
})

describe('a looped DASH presentation with a SegmentTimeline', () => {
  const timeline = (extra: string, media: string): string =>
    `<?xml version="1.0"?><!-- kept --><d:MPD xmlns:d="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT5S">
<d:Location>http://x.example/m.mpd</d:Location>
<d:Period><d:AdaptationSet mimeType="video/mp4"><d:SegmentTemplate timescale="10" ${extra} media="${media}"><d:SegmentTimeline><d:S t="100" d="20" r="1"/><d:S d="10"/></d:SegmentTimeline></d:SegmentTemplate>
<d:Representation id="r" bandwidth="9"/></d:AdaptationSet></d:Period></d:MPD>`

  it.each([
    ['$Time$', 'presentationTimeOffset="100"', 's-$Time%03d$.m4s', ['s-100.m4s', 's-120.m4s', 's-140.m4s'], 1],
    [
      '$Number$',
      'presentationTimeOffset="100" startNumber="7"',
      's-$Number%03d$.m4s',
      ['s-007.m4s', 's-008.m4s', 's-009.m4s'],
      7,
    ],
  ])('lists the segments sent, under numbers that go on (%s)', async (_, extra, media, names, first) => {
    for (const name of names) put(name)
    const presentation = await loadPresentation(put('m.mpd', timeline(extra, media)))
    expect(planLoop(presentation)).toEqual({ loopUs: 5_000_000, manifest: 'timeline' })
    const datagrams = await broadcastOf(presentation, { loop: true }, 90)
    expect(starts(datagrams, 10).slice(0, 5)).toEqual([
      [first, 0],
      [first + 1, 2_000_000],
      [first + 2, 4_000_000],
      [first + 3, 5_000_000],
      [first + 4, 7_000_000],
    ])
    const versions = signalling(datagrams)
    expect(new Set(versions.map(({ toi }) => toi)).size).toBe(versions.length)
    for (const { manifest, timeUs, stsid } of versions) {
      expect(text(manifest)).toContain('<!-- kept -->')
      expect(text(manifest)).not.toContain('Location')
      const mpd = parseMpd(manifest)
      const [period] = mpd.periods
      const representation = period?.adaptationSets[0]?.representations[0]
      if (period === undefined || representation === undefined) throw new Error('no representation')
      const listed = listSegments(period, representation, 1e9)
      const now = timeUs - FIXTURE_START_US
      const template = stsid.sessions[0]?.channels[0]?.source?.efdt?.fileTemplate ?? ''
      for (const segment of listed) {
        expect(segment.name).toBe(applyFileTemplate(template, asToi(segment.number)))
        if (now > 0) expect(segment.startUs + segment.durationUs).toBeLessThanOrEqual(now)
        expect(segment.startUs).toBeGreaterThanOrEqual(now - 60_000_000)
      }
      expect(listed.length).toBeGreaterThan(0)
      // No hole from the first to the newest.
      if (now > 0) expect((listed.at(-1)?.startUs ?? 0) + (listed.at(-1)?.durationUs ?? 0)).toBe(now)
    }
    expect(versions.length).toBe(54) // one at the start, one with each of 54 segments, the first of which changes nothing
  })
})

describe('a looped HLS presentation', () => {
  it('has sliding child playlists under alternating TOIs, listing the sent segments', async () => {
    const datagrams = await broadcastOf(await demoHls(), { loop: true }, 100)
    const lct = new LctPacket()
    const playlists = datagrams.filter(({ bytes }) => {
      lct.read(bytes, 0, bytes.length)
      return lct.tsi === 10 && lct.codepoint === 1
    })
    let expected = 0xffff_fffd
    let sent = 0
    let content: Uint8Array[] = []
    for (const { bytes, timeUs } of playlists) {
      lct.read(bytes, 0, bytes.length)
      content.push(bytes.subarray(lct.headerBytes + 4))
      if (!lct.closeObject) continue
      expect(lct.toi).toBe(expected)
      expected = expected === 0xffff_fffd ? 0xffff_fffe : 0xffff_fffd
      sent++
      const playlist = parsePlaylist(Buffer.concat(content))
      content = []
      if (playlist.kind !== 'media') throw new Error('no media playlist')
      const now = (timeUs - FIXTURE_START_US) / 1_000_000
      expect(playlist.endList).toBe(false)
      expect(playlist.segments.at(-1)?.uri).toBe(`video-${now / 2}.m4s`)
      expect(playlist.segments.length).toBe(Math.min(now / 2, 30))
      expect(playlist.mediaSequence).toBe(1 + now / 2 - playlist.segments.length)
      expect(
        playlist.segments.every((segment) => segment.map?.uri === 'video-init.mp4' && !segment.discontinuity),
      ).toBe(true)
    }
    expect(sent).toBe(49)
  })

  it('separates turns of MPEG-2 TS by discontinuities, under generated names', async () => {
    put('v/x.ts')
    put('v/y.ts')
    put('v/p.m3u8', '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nx.ts\n#EXTINF:2,\ny.ts\n#EXT-X-ENDLIST\n')
    const path = put('m.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/p.m3u8\n')
    const versions = await broadcastOf(await loadPresentation(path), { loop: true }, 11)
    const lct = new LctPacket()
    const playlists = versions
      .filter(({ bytes }) => {
        lct.read(bytes, 0, bytes.length)
        return lct.codepoint === 1
      })
      .map(({ bytes }) => text(bytes.subarray(24)))
    expect(playlists.at(-1)).toBe(
      '#EXTM3U\n#EXT-X-VERSION:1\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n' +
        ['', '', '#EXT-X-DISCONTINUITY\n', '', '#EXT-X-DISCONTINUITY\n']
          .map((tag, index) => `${tag}#EXTINF:2.000000,\nv-p-${index + 1}.ts\n`)
          .join(''),
    )
  })
})

describe('what cannot be looped', () => {
  it.each([
    ['several periods', '<Period duration="PT2S">P</Period><Period duration="PT2S">P</Period>', /2 periods/],
    ['a SegmentList', '<Period duration="PT2S">L</Period>', /SegmentList/],
  ])('is refused: %s', async (_, periods, reason) => {
    put('1.m4s')
    const set = (inside: string): string =>
      `<AdaptationSet mimeType="video/mp4"><Representation id="r" bandwidth="1">${inside}</Representation></AdaptationSet>`
    const filled = periods
      .replaceAll('P<', `${set('<SegmentTemplate duration="2" media="$Number$.m4s"/>')}<`)
      .replaceAll('L<', `${set('<SegmentList duration="2"><SegmentURL media="1.m4s"/></SegmentList>')}<`)
    const presentation = await loadPresentation(put('m.mpd', `<MPD type="static">${filled}</MPD>`))
    expect(() => planLoop(presentation)).toThrowError(
      expect.objectContaining({
        error: expect.objectContaining({ code: 'not-supported', message: expect.stringMatching(reason) }),
      }),
    )
  })
})
