import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AppErrorCode } from '../contract/app-error.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import type { LiveReport } from './live-reader.ts'
import { loadPresentation } from './presentation-loader.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routescope-load-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, content: string | Uint8Array = name): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** An MPD with one period and one representation, `id="r1"`. */
const mpd = (inside: string, period = 'duration="PT6S"', root = 'type="static"'): string =>
  `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" ${root}><Period ${period}><AdaptationSet contentType="video" mimeType="video/mp4">
<Representation id="r1" bandwidth="1000">${inside}</Representation></AdaptationSet></Period></MPD>`

const failure = (code: AppErrorCode, message: RegExp): unknown =>
  expect.objectContaining({ error: expect.objectContaining({ code, message: expect.stringMatching(message) }) })

async function track(text: string): Promise<{ template: string | null; segments: [number, string, number, number][] }> {
  const { tracks } = await loadPresentation(put('m.mpd', text))
  const [first] = tracks
  return {
    template: first?.fileTemplate ?? null,
    segments: (first?.segments ?? []).map(({ toi, name, startUs, durationUs }) => [toi, name, startUs, durationUs]),
  }
}

describe('loadPresentation, DASH', () => {
  it('reads the demo', async () => {
    const demo = await loadPresentation(join(DEMO_FOLDER, 'manifest.mpd'))
    expect(demo.kind).toBe('dash')
    expect(demo.durationUs).toBe(24_000_000)
    expect(
      demo.tracks.map(({ repId, contentType, fileTemplate, segments }) => [
        repId,
        contentType,
        fileTemplate,
        segments.length,
      ]),
    ).toEqual([
      ['video', 'video', 'video-$TOI$.m4s', 12],
      ['audio', 'audio', 'audio-$TOI$.m4s', 12],
    ])
    const [segment] = demo.tracks[0]?.segments ?? []
    if (segment === undefined) throw new Error('no segment')
    expect(demo.bytes.get(segment)).toBeNull()
    await demo.bytes.load(segment)
    expect(demo.bytes.get(segment)?.length).toBe(segment.sizeBytes)
  })

  it('takes numbers from a padded template below a BaseURL, and allows the last one to be missing', async () => {
    for (const name of ['i.mp4', 'seg-00003.m4s', 'seg-00004.m4s']) put(`v/r1/${name}`)
    const template =
      '<SegmentTemplate duration="2" startNumber="3" initialization="$RepresentationID$/i.mp4" media="$RepresentationID$/seg-$Number%05d$.m4s"/>'
    expect(await track(mpd(`<BaseURL>v/</BaseURL>${template}`))).toEqual({
      template: 'v/r1/seg-$TOI%05d$.m4s',
      segments: [
        [3, 'v/r1/seg-00003.m4s', 0, 2_000_000],
        [4, 'v/r1/seg-00004.m4s', 2_000_000, 2_000_000],
      ],
    })
  })

  it('takes times from a SegmentTimeline with $Time$, from TOI 0 on', async () => {
    for (const time of [0, 60_060, 120_120]) put(`${time}.m4s`)
    const timeline = '<SegmentTimeline><S t="0" d="60060" r="1"/><S d="29940"/></SegmentTimeline>'
    expect(
      await track(mpd(`<SegmentTemplate timescale="30000" media="$Time$.m4s">${timeline}</SegmentTemplate>`)),
    ).toEqual({
      template: '$TOI$.m4s',
      segments: [
        [0, '0.m4s', 0, 2_002_000],
        [60_060, '60060.m4s', 2_002_000, 2_002_000],
        [120_120, '120120.m4s', 4_004_000, 998_000],
      ],
    })
  })

  it('finds the consecutive numbers in names of a SegmentList, which receivers know by a template then', async () => {
    for (const name of ['v1_08.m4s', 'v1_09.m4s', 'v1_10.m4s']) put(name)
    const urls = [8, 9, 10].map((number) => `<SegmentURL media="v1_${String(number).padStart(2, '0')}.m4s"/>`)
    expect(await track(mpd(`<SegmentList duration="2">${urls.join('')}</SegmentList>`))).toEqual({
      template: 'v1_$TOI%02d$.m4s',
      segments: [
        [8, 'v1_08.m4s', 0, 2_000_000],
        [9, 'v1_09.m4s', 2_000_000, 2_000_000],
        [10, 'v1_10.m4s', 4_000_000, 2_000_000],
      ],
    })
  })

  it('lists the segments of a SegmentList', async () => {
    put('a.m4s')
    put('b$.m4s')
    const list = '<SegmentList duration="3"><SegmentURL media="a.m4s"/><SegmentURL media="b$.m4s"/></SegmentList>'
    expect(await track(mpd(list))).toEqual({
      template: null,
      segments: [
        [1, 'a.m4s', 0, 3_000_000],
        [2, 'b$.m4s', 3_000_000, 3_000_000],
      ],
    })
  })

  it.each([
    [
      'SegmentBase',
      '<BaseURL>one.mp4</BaseURL><SegmentBase indexRange="20-30"><Initialization range="0-19"/></SegmentBase>',
    ],
    ['a BaseURL alone', '<BaseURL>one.mp4</BaseURL>'],
    [
      'a SegmentList of ranges',
      '<BaseURL>one.mp4</BaseURL><SegmentList duration="3"><Initialization range="0-9"/><SegmentURL mediaRange="10-19"/><SegmentURL mediaRange="20-29"/></SegmentList>',
    ],
  ])('sends the file of %s once, whole, without a part of it beside it', async (_, inside) => {
    put('one.mp4')
    expect(await track(mpd(inside))).toEqual({ template: null, segments: [[1, 'one.mp4', 0, 6_000_000]] })
    const { tracks } = await loadPresentation(join(folder, 'm.mpd'))
    expect(tracks[0]?.init).toBeNull()
  })

  it('sends each of several files with byte ranges from its first range to the end of its last', async () => {
    for (const name of ['a.mp4', 'b.mp4', 'i.mp4']) put(name)
    const urls = ['a.mp4" mediaRange="0-4', 'a.mp4" mediaRange="5-9', 'b.mp4" mediaRange="0-4']
    const list = `<SegmentList duration="2"><Initialization sourceURL="i.mp4"/>${urls.map((url) => `<SegmentURL media="${url}"/>`).join('')}</SegmentList>`
    expect((await track(mpd(list))).segments).toEqual([
      [1, 'a.mp4', 0, 4_000_000],
      [2, 'b.mp4', 4_000_000, 2_000_000],
    ])
    const notes: string[] = []
    const { tracks } = await loadPresentation(join(folder, 'm.mpd'), { note: ({ sentence }) => notes.push(sentence) })
    expect(tracks[0]?.init?.name).toBe('i.mp4')
    expect(notes).toEqual([expect.stringMatching(/^"a\.mp4" and 1 other file are sent whole, /)])
  })

  it('takes as long for a file as its rate says where nothing gives a duration, and names a file that is missing', async () => {
    put('one.mp4', new Uint8Array(1000))
    const one = await track(mpd('<BaseURL>one.mp4</BaseURL>', ''))
    expect(one.segments).toEqual([[1, 'one.mp4', 0, 8_000_000]])
    await expect(track(mpd('<BaseURL>gone.mp4</BaseURL>'))).rejects.toThrowError(
      failure('input-unusable', /gone\.mp4" is missing.*the file of "r1"/),
    )
  })

  it('gives every period its own tracks, in sequence', async () => {
    for (const name of ['p1-1.m4s', 'p2-1.m4s']) put(name)
    const period = (id: string): string =>
      `<Period id="${id}" duration="PT2S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" media="${id}-$Number$.m4s"/><Representation id="r" bandwidth="1"/></AdaptationSet></Period>`
    const { tracks } = await loadPresentation(put('m.mpd', `<MPD type="static">${period('p1')}${period('p2')}</MPD>`))
    expect(tracks.map(({ segments }) => [segments[0]?.name, segments[0]?.startUs])).toEqual([
      ['p1-1.m4s', 0],
      ['p2-1.m4s', 2_000_000],
    ])
  })

  it('names a missing segment, and a missing initialisation segment', async () => {
    put('1.m4s')
    put('3.m4s')
    const template = (extra = ''): string => mpd(`<SegmentTemplate duration="2" media="$Number$.m4s" ${extra}/>`)
    await expect(track(template())).rejects.toThrowError(
      failure('input-unusable', /2\.m4s" is missing.*segment 2 of "r1"/),
    )
    put('2.m4s')
    await expect(track(template('initialization="i.mp4"'))).rejects.toThrowError(
      failure('input-unusable', /i\.mp4" is missing/),
    )
  })

  it('names the position of an error in an MPD', async () => {
    await expect(track('<MPD>\n<Period>\n</MPD>')).rejects.toThrowError(
      failure('bad-manifest', /m\.mpd".*line 3, column \d+/),
    )
    await expect(track(mpd('<SegmentTemplate duration="x" media="$Number$.m4s"/>'))).rejects.toThrowError(
      failure('bad-manifest', /line 3, column \d+.*duration/),
    )
    await expect(track('<html/>')).rejects.toThrowError(failure('bad-manifest', /expected an MPD/))
    await expect(track(mpd('<SegmentTemplate duration="2" media="$Nonsense$.m4s"/>'))).rejects.toThrowError(
      failure('bad-manifest', /Nonsense/),
    )
  })

  it.each([
    [
      'addresses at a host',
      mpd('<BaseURL>https://x.example/</BaseURL><SegmentTemplate duration="6" media="$Number$"/>'),
      /absolute/,
    ],
    ['names above its folder', mpd('<SegmentTemplate duration="6" media="../$Number$.m4s"/>'), /plain path/],
    [
      'numbers wider than a TOI',
      mpd('<SegmentTemplate duration="6" startNumber="4294967293" media="$Number$.m4s"/>'),
      /32 bits/,
    ],
  ])('refuses %s with a reason', async (_, text, reason) => {
    put('4294967293.m4s')
    await expect(track(text)).rejects.toThrowError(failure('not-supported', reason))
  })

  it('refuses to repeat a live MPD', async () => {
    const path = put('m.mpd', mpd('', '', 'type="dynamic"'))
    await expect(loadPresentation(path, { loop: true })).rejects.toThrowError(
      failure('not-supported', /live MPD .* cannot be repeated/),
    )
  })

  it('refuses an MPD without media', async () => {
    await expect(track('<MPD type="static"><Period/></MPD>')).rejects.toThrowError(
      failure('input-unusable', /no representation/),
    )
    await expect(track(mpd('<SegmentTemplate media="$Number$.m4s"/>'))).rejects.toThrowError(
      failure('input-unusable', /no segments/),
    )
  })

  it('detects a file that changes while it is sent', async () => {
    const path = put('1.m4s')
    const { tracks, bytes } = await loadPresentation(
      put('m.mpd', mpd('<SegmentTemplate duration="6" media="$Number$.m4s"/>')),
    )
    const [segment] = tracks[0]?.segments ?? []
    if (segment === undefined) throw new Error('no segment')
    writeFileSync(path, 'something longer')
    await expect(bytes.load(segment)).rejects.toThrowError(failure('input-unusable', /has changed/))
    rmSync(path)
    await expect(bytes.load(segment)).rejects.toThrowError(failure('input-unusable', /cannot be read any more/))
  })
})

describe('loadPresentation, HLS', () => {
  const media = (body: string, end = '#EXT-X-ENDLIST\n'): string =>
    `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n${body}${end}`
  const master = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=2x2,CODECS="avc1"\nv/p.m3u8\n'

  it('reads the demo', async () => {
    const demo = await loadPresentation(join(DEMO_FOLDER, 'master.m3u8'))
    expect(
      demo.tracks.map(({ repId, contentType, lang, fileTemplate }) => [repId, contentType, lang, fileTemplate]),
    ).toEqual([
      ['video', 'video', null, 'video-$TOI$.m4s'],
      ['audio', 'audio', 'en', 'audio-$TOI$.m4s'],
    ])
    expect(demo.durationUs).toBe(24_000_000)
  })

  it('finds the consecutive numbers in names below the playlist', async () => {
    for (const name of ['v/i2.mp4', 'v/s4_009.m4s', 'v/s4_010.m4s']) put(name)
    put(
      'v/p.m3u8',
      media('#EXT-X-MEDIA-SEQUENCE:9\n#EXT-X-MAP:URI="i2.mp4"\n#EXTINF:2,\ns4_009.m4s\n#EXTINF:1.5,\ns4_010.m4s\n'),
    )
    const [track] = (await loadPresentation(put('m.m3u8', master))).tracks
    expect(track?.fileTemplate).toBe('v/s4_$TOI%03d$.m4s')
    expect(track?.segments.map(({ toi, startUs, durationUs }) => [toi, startUs, durationUs])).toEqual([
      [9, 0, 2_000_000],
      [10, 2_000_000, 1_500_000],
    ])
    expect(track?.init?.name).toBe('v/i2.mp4')
    expect(track?.playlist).toMatchObject({ name: 'v/p.m3u8', mediaSequence: 9, obstacle: null })
  })

  it('lists names without consecutive numbers', async () => {
    for (const name of ['v/x.ts', 'v/y.ts']) put(name)
    put('v/p.m3u8', media('#EXTINF:2,\nx.ts\n#EXTINF:2,\ny.ts\n'))
    const [track] = (await loadPresentation(put('m.m3u8', master))).tracks
    expect(track?.fileTemplate).toBeNull()
    expect(track?.segments.map(({ toi, contentType }) => [toi, contentType])).toEqual([
      [1, 'video/mp2t'],
      [2, 'video/mp2t'],
    ])
  })

  it('sends files of byte ranges once, with and without offsets, and with their initialisation section inside', async () => {
    for (const name of ['v/x.mp4', 'v/y.mp4']) put(name)
    const ranges = ['5@10\nx.mp4', '7\nx.mp4', '9@10\ny.mp4'].map((each) => `#EXTINF:2,\n#EXT-X-BYTERANGE:${each}\n`)
    put('v/p.m3u8', media(`#EXT-X-MAP:URI="x.mp4",BYTERANGE="10@0"\n${ranges.join('')}`))
    const notes: string[] = []
    const { tracks } = await loadPresentation(put('m.m3u8', master), { note: ({ sentence }) => notes.push(sentence) })
    const [track] = tracks
    expect(track?.segments.map(({ name, startUs, durationUs }) => [name, startUs, durationUs])).toEqual([
      ['v/x.mp4', 0, 4_000_000],
      ['v/y.mp4', 4_000_000, 2_000_000],
    ])
    expect(track?.init).toBeNull()
    expect(track?.playlist?.obstacle).toBe('takes byte ranges of larger files')
    expect(notes).toEqual([expect.stringContaining('"v/x.mp4" and 1 other file are sent whole')])
  })

  it.each<[string, string, AppErrorCode, RegExp]>([
    ['a missing segment', media('#EXTINF:2,\ngone.ts\n'), 'input-unusable', /gone\.ts" is missing/],
    ['a number that is none', media('#EXTINF:two,\nx.ts\n'), 'bad-manifest', /line 4/],
    ['no playlist at all', 'x', 'bad-manifest', /line 1/],
  ])('refuses %s', async (_, text, code, reason) => {
    put('x.ts')
    await expect(loadPresentation(put('p.m3u8', text))).rejects.toThrowError(failure(code, reason))
  })

  it('refuses to repeat a live playlist', async () => {
    put('x.ts')
    const path = put('p.m3u8', media('#EXTINF:2,\nx.ts\n', ''))
    await expect(loadPresentation(path, { loop: true })).rejects.toThrowError(failure('not-supported', /live already/))
  })
})

describe('loadPresentation, names from a stranger', () => {
  const outside = [
    '%2e%2e/secret',
    '..%2fsecret',
    '..%5csecret',
    'x%00',
    '%2Fetc%2Fpasswd',
    'file%3A///etc/passwd',
    'link',
  ]
  beforeEach(() => {
    put('secret')
    put('in/1.m4s')
    symlinkSync('../secret', join(folder, 'in/link'))
    symlinkSync('1.m4s', join(folder, 'in/near'))
  })

  it.each(outside)('sends nothing outside of the folder of an MPD: %s', async (name) => {
    for (const inside of [
      `<SegmentTemplate duration="6" initialization="${name}" media="$Number$.m4s"/>`,
      `<SegmentTemplate duration="6" media="${name}"/>`,
      `<SegmentList duration="6"><Initialization sourceURL="${name}"/><SegmentURL media="1.m4s"/></SegmentList>`,
    ])
      await expect(loadPresentation(put('in/m.mpd', mpd(inside)))).rejects.toThrowError(failure('not-supported', /./))
    const id = mpd('<SegmentTemplate duration="6" initialization="$RepresentationID$" media="$Number$.m4s"/>')
    const named = put('in/id.mpd', id.replace('id="r1"', `id="${name}"`))
    await expect(loadPresentation(named)).rejects.toThrowError(failure('not-supported', /./))
  })

  it.each(outside)('reads nothing outside of the folder of a live playlist: %s', async (name) => {
    const start = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n'
    const told: string[] = []
    const live = ({ kind, sentence }: LiveReport): void => void told.push(`${kind}: ${sentence}`)
    const path = put('in/live.m3u8', `${start}#EXTINF:1,\n${name}\n#EXTINF:1,\n1.m4s\n`)
    const map = put('in/map.m3u8', `${start}#EXT-X-MAP:URI="${name}"\n#EXTINF:1,\n1.m4s\n`)
    await expect(loadPresentation(map)).rejects.toThrowError(failure('input-unusable', /is not there/))
    const variants = ['live.m3u8', name].map((uri) => `#EXT-X-STREAM-INF:BANDWIDTH=1\n${uri}\n`)
    const master = put('in/master.m3u8', `#EXTM3U\n${variants.join('')}`)
    await expect(loadPresentation(master)).rejects.toThrowError(failure('not-supported', /./))
    const { live: feed, bytes } = await loadPresentation(path, { live })
    put('in/live.m3u8', `${start}${'#EXTINF:1,\n1.m4s\n'.repeat(2)}#EXTINF:1,\n${name}\n#EXT-X-ENDLIST\n`)
    const ended = new Promise<void>((resolve) => {
      if (feed !== undefined)
        feed.onNews = () => {
          while (feed.tracks[0]?.peek()) feed.tracks[0].take()
          if (feed.isOver) resolve()
        }
    })
    feed?.start()
    await ended
    await bytes.close()
    expect(told).toEqual([expect.stringMatching(/^lost: Segment 2 of "media" was not sent/)])
  })

  it.each(outside)('sends nothing outside of the folder of a playlist: %s', async (name) => {
    const end = '#EXT-X-ENDLIST\n'
    const start = '#EXTM3U\n#EXT-X-TARGETDURATION:6\n'
    for (const [file, playlist] of [
      ['in/map.m3u8', `${start}#EXT-X-MAP:URI="${name}"\n#EXTINF:6,\n1.m4s\n${end}`],
      ['in/media.m3u8', `${start}#EXTINF:6,\n${name}\n${end}`],
      ['in/master.m3u8', `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${name}\n`],
    ] as const)
      await expect(loadPresentation(put(file, playlist))).rejects.toThrowError(failure('not-supported', /./))
  })

  it('follows a link within the folder, of a manifest as of a folder', async () => {
    const inside = mpd('<SegmentTemplate duration="6" initialization="near" media="$Number$.m4s"/>')
    const { tracks } = await loadPresentation(put('in/m.mpd', inside))
    expect(tracks[0]?.init?.name).toBe('near')
    const leftOut: string[] = []
    const { files } = await loadPresentation(join(folder, 'in'), {
      note: ({ sentence }) => leftOut.push(sentence),
    })
    expect(files.map(({ name }) => name)).toEqual(['1.m4s', 'm.mpd', 'near'])
    expect(leftOut).toEqual([expect.stringMatching(/"link" in ".*in" is not sent: it is a link that leads out/)])
  })

  it('does not go round links between folders', async () => {
    put('a/x')
    put('b/y')
    symlinkSync('../b', join(folder, 'a/to-b'))
    symlinkSync('../a', join(folder, 'b/to-a'))
    rmSync(join(folder, 'in'), { recursive: true })
    const { files } = await loadPresentation(folder)
    expect(files.map(({ name }) => name)).toEqual(['a/to-b/y', 'a/x', 'b/to-a/x', 'b/y', 'secret'])
  })

  it.skipIf(process.platform === 'win32')('reads no pipe, at its start or later', async () => {
    const template = mpd('<SegmentTemplate duration="6" media="$Number$.m4s"/>')
    const { tracks, bytes } = await loadPresentation(put('in/m.mpd', template))
    const [segment] = tracks[0]?.segments ?? []
    if (segment === undefined) throw new Error('no segment')
    rmSync(join(folder, 'in/1.m4s'))
    execFileSync('mkfifo', [join(folder, 'in/1.m4s')])
    await expect(bytes.load(segment)).rejects.toThrowError(failure('input-unusable', /it is a named pipe/))
    expect(bytes.isUnreadable(segment)).toBe(true)
    await expect(loadPresentation(join(folder, 'in/m.mpd'))).rejects.toThrowError(
      failure('input-unusable', /is a named pipe, not a file/),
    )
  })
})

describe('loadPresentation, anything else', () => {
  it('takes a folder as plain files, in order of their paths', async () => {
    put('b.txt', 'bb')
    put('a/ü 1.png', '')
    put('a/z.json')
    const { kind, files } = await loadPresentation(folder)
    expect(kind).toBe('files')
    expect(files).toEqual([
      { name: 'a/z.json', contentType: 'application/json', sizeBytes: 8 },
      { name: 'a/ü 1.png', contentType: 'image/png', sizeBytes: 0 },
      { name: 'b.txt', contentType: 'text/plain', sizeBytes: 2 },
    ])
  })

  it('takes a single file', async () => {
    expect((await loadPresentation(put('x.bin'))).files).toEqual([
      { name: 'x.bin', contentType: 'application/octet-stream', sizeBytes: 5 },
    ])
  })

  it('reports errors of the path', async () => {
    await expect(loadPresentation(join(folder, 'nope.mpd'))).rejects.toThrowError(
      failure('file-not-found', /nope\.mpd/),
    )
    await expect(loadPresentation(folder)).rejects.toThrowError(failure('input-unusable', /no file/))
    await expect(loadPresentation('http://')).rejects.toThrowError(failure('bad-url', /"http:\/\/" is no URL/))
  })

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'reports a file without read permission',
    async () => {
      const path = put('m.mpd', mpd(''))
      chmodSync(path, 0)
      await expect(loadPresentation(path)).rejects.toThrowError(failure('file-unreadable', /m\.mpd/))
    },
  )
})
