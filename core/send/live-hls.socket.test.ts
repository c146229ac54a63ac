import { afterAll, describe, expect, it } from 'vitest'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { resolveReference } from '../manifest/reference.ts'
import { HlsOrigin, type HlsScript } from '../testing/live-hls.ts'
import { broadcastLive } from '../testing/live-presentation.ts'
import { FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { type Received, receiveAll } from '../testing/receive-all.ts'
import { seededBelow } from '../testing/seeded.ts'
import { type Answering, TestServer } from '../testing/test-server.ts'

const open: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const each of open) await each.close()
})

const absent: Answering = (_, response) => void response.writeHead(404).end()
const gone: Answering = (_, response) => void response.writeHead(410).end()
const failing: Answering = (_, response) => void response.writeHead(503).end()
const reset: Answering = (request) => void request.socket.destroy()
const short: Answering = (_, response, file) => {
  response.writeHead(200, { 'Content-Length': file?.length ?? 0 })
  response.write(file?.subarray(0, 100), () => response.destroy())
}

function noise(seed: number, length = 3000 + 17 * seed): Uint8Array {
  const below = seededBelow(seed)
  return Uint8Array.from({ length }, () => below(256))
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)
/** A media playlist of segments of 0.2 s. */
const media = (lines: readonly string[], isOver: boolean, head = ''): string =>
  [
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:1',
    ...(head === '' ? [] : [head]),
    ...lines,
    ...(isOver ? ['#EXT-X-ENDLIST'] : []),
  ].join('\n')
const segment = (uri: string, ...tags: string[]): string => [...tags, '#EXTINF:0.2,', uri].join('\n')

type Sent = { readonly got: Received; readonly told: string[]; readonly origin: HlsOrigin }

/** Sends a live presentation from its server until it ends, and receives it. */
async function sent(script: HlsScript, path: string, before: (origin: HlsOrigin) => void = () => {}): Promise<Sent> {
  const origin = await HlsOrigin.open(script)
  open.push(origin.server)
  before(origin)
  const told: string[] = []
  const live = ({ kind, sentence }: { kind: string; sentence: string }): void => void told.push(`${kind}: ${sentence}`)
  const presentation = await loadPresentation(origin.server.url + path, { live })
  const datagrams = await broadcastLive(presentation)
  return { got: receiveAll(datagrams, { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT }), told, origin }
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

function mediaOf({ files }: Received, name: string): HlsMedia {
  const playlist = parsePlaylist(files.get(`service1/${name}`) ?? new Uint8Array())
  if (playlist.kind !== 'media') throw new Error(`${name} is no media playlist`)
  return playlist
}

/** Content of the segments that a playlist on air names, each led by its initialisation section; null for a gap. */
function contents({ files }: Received, playlist: string, listed: HlsMedia): (Uint8Array | null)[] {
  const read = (uri: string): Uint8Array => files.get(`service1/${resolveReference(playlist, uri)}`) ?? new Uint8Array()
  return listed.segments.map(({ uri, map, gap }) =>
    gap ? null : Uint8Array.from([...(map === null ? [] : read(map.uri)), ...read(uri)]),
  )
}
const same = (got: readonly (Uint8Array | null)[], made: readonly (Uint8Array | null)[]): boolean =>
  got.length === made.length &&
  got.every((bytes, at) => {
    const other = made[at] ?? null
    return bytes === null || other === null ? bytes === other : Buffer.compare(bytes, other) === 0
  })
const joined = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts)

/** One media playlist of MPEG-2 TS. */
const ts: HlsScript = {
  playlists: (count, isOver) => ({
    'live.m3u8': media(
      numbers(count).map((at) => segment(`s-${at}.ts`)),
      isOver,
    ),
  }),
  adds: (number) => ({ [`s-${number}.ts`]: noise(number) }),
}

describe.concurrent('a live HLS presentation of a server, sent until it ends', () => {
  it('arrives byte for byte, one media playlist being the manifest', async () => {
    const { got, told } = await sent(ts, 'live.m3u8')
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    const listed = mediaOf(got, 'live.m3u8')
    expect(listed).toMatchObject({ endList: true, mediaSequence: 0 })
    expect(
      same(
        contents(got, 'live.m3u8', listed),
        numbers(4).map((at) => noise(at)),
      ),
    ).toBe(true)
    // At the end: of the channel, and the signalling.
    expect(got.alarms.map(({ rule }) => rule)).toEqual(['SESSION-CLOSED', 'SESSION-CLOSED'])
  })

  it('arrives with its alternates in their folders, as another program wrote it: BOM, CRLF, variables', async () => {
    const init = { v: noise(90, 200), a: noise(91, 200) }
    const script: HlsScript = {
      playlists: (count, isOver) => ({
        'x/master.m3u8':
          '\ufeff#EXTM3U\r\n#EXT-X-DEFINE:NAME="dir",VALUE="low"\r\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="en",LANGUAGE="en",URI="audio/a.m3u8"\r\n' +
          '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"\r\n#EXT-X-STREAM-INF:BANDWIDTH=300000,CODECS="avc1.64001f,mp4a.40.2",AUDIO="g"\r\n{$dir}/v.m3u8\r\n',
        'x/low/v.m3u8': media(
          numbers(count).map((at) => segment(`{$dir}-${at}.m4s`)),
          isOver,
          '#EXT-X-DEFINE:IMPORT="dir"\n#EXT-X-MAP:URI="../init/v.mp4"',
        ).replaceAll('\n', '\r\n'),
        'x/audio/a.m3u8': media(
          numbers(count).map((at) => segment(`a${at}.m4s`)),
          isOver,
          '#EXT-X-MAP:URI="i.mp4"',
        ),
      }),
      adds: (number) => ({
        [`x/low/low-${number}.m4s`]: noise(number),
        [`x/audio/a${number}.m4s`]: noise(50 + number),
      }),
      files: { 'x/init/v.mp4': init.v, 'x/audio/i.mp4': init.a },
    }
    const { got, told } = await sent(script, 'x/master.m3u8')
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    const master = parsePlaylist(got.files.get('service1/master.m3u8') ?? new Uint8Array())
    expect(master).toMatchObject({
      variants: [{ uri: 'low/v.m3u8', bandwidth: 300_000 }],
      renditions: [{ uri: 'audio/a.m3u8', language: 'en' }],
    })
    expect(text(got.files.get('service1/master.m3u8'))).not.toMatch(/DEFINE|I-FRAME/)
    const v = mediaOf(got, 'low/v.m3u8')
    const a = mediaOf(got, 'audio/a.m3u8')
    expect([v.endList, a.endList]).toEqual([true, true])
    expect(v.segments[0]).toMatchObject({ uri: 'low-1.m4s', map: { uri: '../init/v.mp4' } })
    expect(
      same(
        contents(got, 'low/v.m3u8', v),
        numbers(4).map((at) => joined(init.v, noise(at))),
      ),
    ).toBe(true)
    expect(
      same(
        contents(got, 'audio/a.m3u8', a),
        numbers(4).map((at) => joined(init.a, noise(50 + at))),
      ),
    ).toBe(true)
  })

  it.each([
    ['with offsets', (_: number, from: number, length: number) => `#EXT-X-BYTERANGE:${length}@${from}`, true],
    [
      'where offsets are left out',
      (at: number, from: number, length: number) => `#EXT-X-BYTERANGE:${length}${at === 1 ? `@${from}` : ''}`,
      true,
    ],
    [
      'of a server without ranges',
      (_: number, from: number, length: number) => `#EXT-X-BYTERANGE:${length}@${from}`,
      false,
    ],
  ])('gives byte ranges of a growing file names of their own, %s', async (_, range, takesRanges) => {
    const parts = [noise(70, 400), ...numbers(4).map((at) => noise(at))]
    const startOf = (at: number): number => parts.slice(0, at).reduce((sum, part) => sum + part.length, 0)
    const script: HlsScript = {
      playlists: (count, isOver) => ({
        'live.m3u8': media(
          numbers(count).map((at) => segment('all.mp4', range(at, startOf(at), parts[at]?.length ?? 0))),
          isOver,
          '#EXT-X-MAP:URI="all.mp4",BYTERANGE="400@0"',
        ),
      }),
      adds: (number) => ({ 'all.mp4': parts[number] ?? new Uint8Array() }),
      files: { 'all.mp4': parts[0] ?? new Uint8Array() },
    }
    const { got, told } = await sent(script, 'live.m3u8', (origin) => {
      origin.takesRanges = takesRanges
    })
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    const listed = mediaOf(got, 'live.m3u8')
    expect(listed.segments.every(({ byteRange }) => byteRange === null)).toBe(true)
    const made = parts.slice(1).map((part) => joined(parts[0] ?? new Uint8Array(), part))
    expect(same(contents(got, 'live.m3u8', listed), made)).toBe(true)
  })

  it('takes another initialisation section, and a discontinuity', async () => {
    const lines = [
      segment('1.m4s', '#EXT-X-MAP:URI="a.mp4"', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z'),
      segment('2.m4s'),
      segment('3.m4s', '#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="b.mp4"'),
      segment('4.m4s'),
    ]
    const script: HlsScript = {
      playlists: (count, isOver) => ({ 'live.m3u8': media(lines.slice(0, count), isOver, '#EXT-X-MEDIA-SEQUENCE:17') }),
      adds: (number) => ({ [`${number}.m4s`]: noise(number) }),
      files: { 'a.mp4': noise(80, 300), 'b.mp4': noise(81, 300) },
    }
    const { got, told } = await sent(script, 'live.m3u8')
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    const listed = mediaOf(got, 'live.m3u8')
    expect(
      listed.segments.map(({ sequence, map, discontinuity, programDateTime }) => [
        sequence,
        map?.uri,
        discontinuity,
        programDateTime,
      ]),
    ).toEqual([
      [17, 'a.mp4', false, '2026-01-01T00:00:00Z'],
      [18, 'a.mp4', false, null],
      [19, 'b.mp4', true, null],
      [20, 'b.mp4', false, null],
    ])
    const inits = [80, 80, 81, 81].map((seed) => noise(seed, 300))
    expect(
      same(
        contents(got, 'live.m3u8', listed),
        numbers(4).map((at) => joined(inits[at - 1] ?? new Uint8Array(), noise(at))),
      ),
    ).toBe(true)
  })

  it('gives names below the manifest to what lies elsewhere, and other names to what queries tell apart', async () => {
    const cdn = await TestServer.open(Object.fromEntries(numbers(4).map((at) => [`/p/x.ts?n=${at}`, noise(at)])))
    open.push(cdn)
    const uri = (at: number): string => (at % 2 === 0 ? `${cdn.url}p/x.ts?n=${at}` : `/other/x.ts?n=${at}`)
    const script: HlsScript = {
      playlists: (count, isOver) => ({
        'live/live.m3u8?token=a': media(
          numbers(count).map((at) => segment(uri(at))),
          isOver,
        ),
      }),
      adds: (number) => ({ [`other/x.ts?n=${number}`]: noise(number) }),
    }
    const { got, told, origin } = await sent(script, 'live/live.m3u8?token=a', (one) => {
      // What is asked for at the other server is not seen by this one.
      cdn.answer = (request, response, file) => {
        response.end(file)
        one.asked(`other/${request.url?.slice('/p/'.length)}`, 0)
      }
    })
    expect({ told, lost: got.lost }).toEqual({ told: [], lost: [] })
    const listed = mediaOf(got, 'live.m3u8')
    expect(text(got.files.get('service1/live.m3u8'))).not.toMatch(/http|token|\?/)
    expect(
      same(
        contents(got, 'live.m3u8', listed),
        numbers(4).map((at) => noise(at)),
      ),
    ).toBe(true)
    expect(origin.server.seen.some(({ path }) => path === '/live/live.m3u8?token=a')).toBe(true)
  })

  it.each<[string, Answering[], RegExp | null]>([
    ['404 for a while', [absent, absent], null],
    ['503', [failing], /it answered 503/],
    ['a reset', [reset, reset], /broke|reset/],
    ['less than announced', [short], /broke|announced/],
  ])('fetches again: %s', async (_, faults, told) => {
    const result = await sent(ts, 'live.m3u8', (origin) => origin.faults.set('s-2.ts', [...faults]))
    const listed = mediaOf(result.got, 'live.m3u8')
    expect(
      same(
        contents(result.got, 'live.m3u8', listed),
        numbers(4).map((at) => noise(at)),
      ),
    ).toBe(true)
    expect(result.told).toEqual(told === null ? [] : [expect.stringMatching(told)])
    expect(result.told.every((each) => each.startsWith('retry: '))).toBe(true)
  })

  it('lists a segment that never comes as a gap, and says so', async () => {
    const { got, told } = await sent(ts, 'live.m3u8', (origin) => origin.faults.set('s-2.ts', [gone]))
    const listed = mediaOf(got, 'live.m3u8')
    expect(same(contents(got, 'live.m3u8', listed), [noise(1), null, noise(3), noise(4)])).toBe(true)
    expect(told).toEqual([
      expect.stringMatching(/^lost: Segment 1 of "media" was not sent: ".*s-2\.ts" did not come, it answered 410\.$/),
    ])
  })

  it('keeps what a playlist said while it cannot be read, and says so', async () => {
    const garbage: Answering = (_, response) => void response.writeHead(200).end('<html>no playlist</html>')
    const well: Answering = (_, response, file) => void response.writeHead(200).end(file)
    const { got, told } = await sent(ts, 'live.m3u8', (origin) =>
      // The presentation is asked for twice before it is followed.
      origin.faults.set('live.m3u8', [well, well, garbage, failing, reset]),
    )
    expect(mediaOf(got, 'live.m3u8').segments).toHaveLength(4)
    expect(told).toEqual([
      expect.stringMatching(
        /^manifest: .* could not be fetched: it answered 503\. What it said before still counts\.$/,
      ),
      expect.stringMatching(/^manifest: The playlist of "media" can be read again\.$/),
    ])
  })

  it('begins again where the numbers of its origin do, with numbers on air that go on', async () => {
    const script: HlsScript = {
      playlists: (count, isOver) => ({
        'live.m3u8': media(
          numbers(count)
            .slice(count > 2 ? 2 : 0)
            .map((at) => segment(`s-${at}.ts`)),
          isOver,
          `#EXT-X-MEDIA-SEQUENCE:${count > 2 ? 3 : 100}`,
        ),
      }),
      adds: (number) => ({ [`s-${number}.ts`]: noise(number) }),
    }
    const { got, told } = await sent(script, 'live.m3u8')
    const listed = mediaOf(got, 'live.m3u8')
    expect(listed.segments.map(({ uri, sequence, discontinuity }) => [uri, sequence, discontinuity])).toEqual([
      ['s-1.ts', 100, false],
      ['s-2.ts', 101, false],
      ['s-3.ts', 102, true],
      ['s-4.ts', 103, false],
    ])
    expect(told).toEqual([expect.stringMatching(/^manifest: The playlist of "media" went back by 98 segments/)])
  })
})
