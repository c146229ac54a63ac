import { describe, expect, it } from 'vitest'
import { parsePlaylist } from '../../manifest/hls/parse.ts'
import { parseMpd } from '../../manifest/mpd/parse.ts'
import { serialiseXsDateTime } from '../../manifest/mpd/time.ts'
import { demoMedia, readStream } from '../../testing/media-streams.ts'
import { demoMp4 } from '../../testing/stream-files.ts'
import { openReader } from '../stream/open-stages.ts'
import { StreamFaults } from '../stream/stream-faults.ts'
import { LivePackager } from './live-packager.ts'

/** What came of packaging the demo's video: its files in order, segments with the lengths of their chunks. */
function packaged(segmentS: number, chunkS: number | null, mode: 'dynamic' | 'static', manifest = 'live.mpd') {
  const files: { name: string; kind: string; bytes: Uint8Array; chunks: number[] }[] = []
  const packager = new LivePackager(
    {
      manifest,
      isDual: false,
      segmentS,
      chunkS,
      isLive: mode === 'dynamic',
      nowUs: () => 1_800_000_000e6,
      timeText: serialiseXsDateTime,
    },
    {
      whole: (name, kind, _type, bytes) => files.push({ name, kind, bytes, chunks: [] }),
      segmentBegins: (name) => files.push({ name, kind: 'segment', bytes: new Uint8Array(), chunks: [] }),
      segmentGrows: (name, bytes, start, end) => {
        const file = files.find((each) => each.name === name)
        file?.chunks.push(end - start)
        if (file !== undefined) file.bytes = Buffer.concat([file.bytes, bytes.subarray(start, end)])
      },
      segmentEnds: (name) => files.push({ name: `${name} ends`, kind: 'end', bytes: new Uint8Array(), chunks: [] }),
    },
  )
  const { file } = demoMp4()
  const reader = openReader('mp4', packager, new StreamFaults(), { rate: null, refuse: () => undefined })
  reader.chunk(file, 0, file.length, 0)
  reader.end(0)
  return files
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

describe('a packager', () => {
  it('cuts segments at pictures that can be decoded alone, and offers them chunk by chunk', () => {
    const files = packaged(2, 0.5, 'dynamic')
    expect(files.filter(({ kind }) => kind !== 'end').map(({ name }) => name)).toEqual([
      ...['live-video-init.mp4', 'live-video-1.m4s', 'live.mpd', 'live-video-2.m4s', 'live-video-3.m4s', 'live.mpd'],
    ])
    const segments = files.filter(({ kind }) => kind === 'segment')
    for (const { chunks } of segments.slice(1)) expect(chunks).toHaveLength(4)
    const [dynamic, over] = files.filter(({ kind }) => kind === 'manifest').map(({ bytes }) => text(bytes))
    expect(dynamic).toContain('type="dynamic" availabilityStartTime="2027-01-15T08:00:00Z"')
    expect(dynamic).toContain(
      'duration="2000" startNumber="1" initialization="live-video-init.mp4" media="live-video-$Number$.m4s" availabilityTimeOffset="1.5" availabilityTimeComplete="false"',
    )
    expect(dynamic).toContain('<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-head:2014" value="live.mpd"/>')
    expect(over).not.toContain('UTCTiming')
    expect(over).toContain('type="static" mediaPresentationDuration="PT6S"')
    for (const each of [dynamic, over]) expect(parseMpd(new TextEncoder().encode(each)).periods).toHaveLength(1)
  })

  it('of whole segments gives each in one chunk, and its manifest once all are there', () => {
    const files = packaged(1, null, 'static')
    expect(files.filter(({ kind }) => kind === 'manifest')).toHaveLength(1)
    // The demo has such a picture every two seconds.
    const segments = files.filter(({ kind }) => kind === 'segment')
    expect(segments.map(({ name }) => name)).toEqual(['live-video-1.m4s', 'live-video-2.m4s', 'live-video-3.m4s'])
    expect(text(files.at(-1)?.bytes)).toContain('duration="2000"')
  })

  it('gives the last chunk of a segment as soon as its last picture comes, where segments are alike', () => {
    const { tracks, samples } = demoMedia()
    const [track] = tracks
    if (track === undefined) throw new Error('the demo has no track')
    let given = 0
    const packager = new LivePackager(
      {
        ...{ manifest: 'live.mpd', isDual: false, segmentS: 2, chunkS: 0.1, isLive: true },
        nowUs: () => 0,
        timeText: serialiseXsDateTime,
      },
      {
        whole: () => undefined,
        segmentBegins: () => undefined,
        segmentGrows: (_name, bytes, start, end) => {
          const chunk = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
          given += chunk.readUInt32BE(chunk.indexOf('trun') + 8)
        },
        segmentEnds: () => undefined,
      },
    )
    packager.track(track)
    const pictures = samples.filter((each) => each.track === track.id)
    const waiting = pictures.map((picture, at) => {
      packager.sample(picture)
      return at + 1 - given
    })
    const ends = [...pictures.keys()].filter((at) => pictures[at + 1]?.sync !== false)
    expect(ends.length).toBeGreaterThanOrEqual(2)
    expect(ends.slice(1).map((at) => waiting[at])).toEqual(ends.slice(1).map(() => 0))
  })

  it('of HLS lists each segment once it is whole, and its end', () => {
    const files = packaged(2, null, 'dynamic', 'live.m3u8')
    const lists = files.filter(({ kind }) => kind === 'playlist')
    expect(files.some(({ kind }) => kind === 'manifest')).toBe(false)
    expect(lists.map(({ name }) => name)).toEqual([
      ...['live-video.m3u8', 'live.m3u8', 'live-video.m3u8', 'live-video.m3u8', 'live.m3u8'],
    ])
    const read = lists.map(({ bytes }) => parsePlaylist(bytes))
    const listed = read.flatMap((each) => (each.kind === 'media' ? [each] : []))
    expect(listed.map(({ segments, endList }) => [segments.map(({ uri }) => uri), endList])).toEqual([
      [['live-video-1.m4s'], false],
      [['live-video-1.m4s', 'live-video-2.m4s'], false],
      [['live-video-1.m4s', 'live-video-2.m4s', 'live-video-3.m4s'], true],
    ])
    expect(listed.at(-1)).toMatchObject({ targetDurationS: 2, mediaSequence: 1 })
    expect(read.at(-1)).toMatchObject({ kind: 'master', variants: [{ uri: 'live-video.m3u8' }] })
    // A playlist is given when what it lists is there.
    const at = (name: string): number => files.findIndex((file) => file.name === name)
    expect(at('live-video-1.m4s ends')).toBeLessThan(at('live-video.m3u8'))
  })

  it('keeps every sample', () => {
    const { file } = demoMp4()
    const count = (bytes: Uint8Array): number[] => {
      const sizes: number[] = []
      const sink = {
        track: () => undefined,
        sample: ({ data }: { data: Uint8Array }) => sizes.push(data.length),
        end: () => undefined,
      }
      const reader = openReader('mp4', sink, new StreamFaults(), { rate: null, refuse: () => undefined })
      reader.chunk(bytes, 0, bytes.length, 0)
      reader.end(0)
      return sizes
    }
    const files = packaged(2, 0.1, 'dynamic')
    const made = files.filter(({ name }) => /\.(?:m4s|mp4)$/.test(name)).map(({ bytes }) => bytes)
    expect(count(Buffer.concat(made))).toEqual(count(file))
  })

  it('gives pictures and sound a representation each, whose segments begin together, and with dual both manifests', () => {
    const media = demoMedia(3)
    const files = new Map<string, Uint8Array>()
    const packager = new LivePackager(
      {
        ...{ manifest: 'live.mpd', isDual: true, segmentS: 2, chunkS: 0.2, isLive: true },
        ...{ nowUs: () => 1_800_000_000e6, timeText: serialiseXsDateTime },
      },
      {
        whole: (name, _kind, _type, bytes) => files.set(name, bytes),
        segmentBegins: (name) => files.set(name, new Uint8Array()),
        segmentGrows: (name, bytes, start, end) =>
          files.set(name, Buffer.concat([files.get(name) ?? new Uint8Array(), bytes.subarray(start, end)])),
        segmentEnds: () => undefined,
      },
    )
    for (const track of media.tracks) packager.track(track)
    const secondsOf = ({ track, decodeTicks }: (typeof media.samples)[number]): number =>
      decodeTicks / (media.tracks.find(({ id }) => id === track)?.timescale ?? 1)
    for (const sample of [...media.samples].sort((a, b) => secondsOf(a) - secondsOf(b))) packager.sample(sample)
    packager.end()
    const segments = [1, 2, 3].flatMap((number) => [`live-video-${number}.m4s`, `live-audio-${number}.m4s`])
    expect([...files.keys()].filter((name) => name.endsWith('.m4s')).sort()).toEqual(segments.sort())
    const master = parsePlaylist(files.get('live.m3u8') ?? new Uint8Array())
    expect(master).toMatchObject({
      variants: [{ uri: 'live-video.m3u8', codecs: media.tracks.map(({ codec }) => codec) }],
      renditions: [{ type: 'AUDIO', uri: 'live-audio.m3u8' }],
    })
    const [period] = parseMpd(files.get('live.mpd') ?? new Uint8Array()).periods
    expect(period?.adaptationSets.map(({ representations }) => representations.map(({ id }) => id))).toEqual(
      media.tracks.map(({ kind }) => [kind]),
    )
    for (const { id, kind } of media.tracks) {
      const parts = ['init.mp4', '1.m4s', '2.m4s', '3.m4s'].map((end) => files.get(`live-${kind}-${end}`))
      const { samples, tracks } = readStream('mp4', Buffer.concat(parts.map((each) => each ?? new Uint8Array())))
      const sent = media.samples.filter(({ track }) => track === id)
      expect(samples.map(({ data }) => data)).toEqual(sent.map(({ data }) => data))
      const firstS = (samples[0]?.decodeTicks ?? 0) / (tracks[0]?.timescale ?? 1)
      const sentS = Math.min(...sent.map(secondsOf)) - Math.min(...media.samples.map(secondsOf))
      expect(Math.abs(firstS - sentS)).toBeLessThan(0.001)
    }
  })
})
