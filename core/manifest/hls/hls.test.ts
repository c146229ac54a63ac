import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { decodedMaster, withoutParts } from './decoded-hls.ts'
import { parsePlaylist } from './parse.ts'
import type { HlsMedia } from './playlist.ts'
import { windowPlaylist } from './window.ts'

const playlist = (text: string, faults = new EntryFaults()) => parsePlaylist(new TextEncoder().encode(text), faults)

const MEDIA = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2,
s1.m4s
#EXTINF:2.000,title, with comma
s2.m4s
#EXTINF:2,
s3.m4s

#EXTINF:1.5,
s4.m4s
#EXT-X-ENDLIST
`

function media(text: string): HlsMedia {
  const parsed = playlist(text)
  if (parsed.kind !== 'media') throw new Error('not a media playlist')
  return parsed
}

describe('parsePlaylist', () => {
  test('reads a master playlist of GPAC', () => {
    const parsed = playlist(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS

#EXT-X-STREAM-INF:BANDWIDTH=672641,CODECS="avc1.4D401E,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25,AUDIO="audio",CLOSED-CAPTIONS=NONE
live_1.m3u8

#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="2",AUTOSELECT=YES,URI="live_2.m3u8",CHANNELS="2"
`)
    expect(parsed).toMatchObject({
      kind: 'master',
      version: 6,
      independentSegments: true,
      variants: [
        { uri: 'live_1.m3u8', bandwidth: 672_641, codecs: ['avc1.4D401E', 'mp4a.40.2'], resolution: { width: 640 } },
      ],
      renditions: [{ type: 'AUDIO', groupId: 'audio', uri: 'live_2.m3u8' }],
    })
  })

  test('reads a media playlist', () => {
    expect(media(MEDIA)).toMatchObject({
      version: 6,
      targetDurationS: 2,
      mediaSequence: 0,
      endList: true,
      playlistType: 'VOD',
      segments: [
        { uri: 's1.m4s', sequence: 0, durationS: 2, map: { uri: 'init.mp4' } },
        { uri: 's2.m4s', title: 'title, with comma' },
        { uri: 's3.m4s', sequence: 2 },
        { uri: 's4.m4s', durationS: 1.5 },
      ],
    })
  })

  test('reads byte ranges without an offset, which follow the previous range of the file', () => {
    const parsed = media(`#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="v.mp4",BYTERANGE="100@0"
#EXTINF:2
#EXT-X-BYTERANGE:50@100
v.mp4
#EXT-X-DISCONTINUITY
#EXTINF:2
#EXT-X-BYTERANGE:30
v.mp4`)
    expect(parsed.segments).toMatchObject([
      { byteRange: [100, 150], sequence: 7, map: { byteRange: [0, 100] } },
      { byteRange: [150, 180], sequence: 8, discontinuity: true },
    ])
  })

  test('leaves out variants and segments that cannot be used, and names them by line', () => {
    const faults = new EntryFaults()
    const master = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=much\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=5\nb.m3u8\n'
    expect(playlist(master, faults)).toMatchObject({ kind: 'master', variants: [{ uri: 'b.m3u8', bandwidth: 5 }] })
    const text =
      '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ns1\n#EXTINF:x,\ns2\ns3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:1,t\ns4\n#EXT-X-BYTERANGE:y\n#EXTINF:1,\ns5\n'
    expect(playlist(text, faults)).toMatchObject({
      segments: [
        { uri: 's1', sequence: 7, durationS: 2 },
        { uri: 's4', sequence: 10, durationS: 1, title: 't' },
      ],
    })
    expect(faults.listed.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'line 3: not a whole number: "much"',
      'line 6: not a duration: "x"',
      'line 7: a segment has no #EXTINF',
      'line 13: not a whole number: "y"',
    ])
  })

  test.each([
    ['<MPD/>', 'hls-header'],
    ['#EXTM3U\n#EXTINF:2,\ns1', 'hls-missing'],
    ['#EXTM3U\n#EXT-X-TARGETDURATION:2\ns1', 'hls-missing'],
    ['#EXTM3U\n#EXT-X-TARGETDURATION:two\n', 'hls-number'],
    ['#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:-1', 'hls-number'],
  ])('%j is refused', (text, code) => {
    expect(() => playlist(text, new EntryFaults(true))).toThrow(expect.objectContaining({ code }))
  })

  test('throws only CodecError for mutated playlists', () => {
    fc.assert(
      fc.property(fc.nat(MEDIA.length - 1), fc.string({ maxLength: 4 }), fc.nat(6), (at, insert, remove) => {
        try {
          const parsed = playlist(MEDIA.slice(0, at) + insert + MEDIA.slice(at + remove))
          if (parsed.kind === 'media') windowPlaylist(parsed, { has: () => true, ended: true, newest: null })
        } catch (error) {
          if (!(error instanceof CodecError)) throw error
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('windowPlaylist', () => {
  const without =
    (...names: string[]) =>
    (segment: { uri: string }) =>
      !names.includes(segment.uri)
  const cut = (has: (segment: { uri: string }) => boolean, ended = true, newest: number | null = null) =>
    windowPlaylist(media(MEDIA), { has, ended, newest })

  test('leaves out missing segments at the ends, with their map and number', () => {
    expect(cut(without('s1.m4s', 's4.m4s'))).toBe(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.000,title, with comma
s2.m4s
#EXTINF:2,
s3.m4s
#EXT-X-ENDLIST
`)
  })

  test('keeps a hole in between as a gap', () => {
    const parsed = media(cut(without('s2.m4s')))
    expect(parsed.segments.map((segment) => [segment.uri, segment.gap])).toEqual([
      ['s1.m4s', false],
      ['s2.m4s', true],
      ['s3.m4s', false],
      ['s4.m4s', false],
    ])
    expect(parsed.version).toBe(8)
  })

  test('has no end and lists only the newest segments while it grows', () => {
    const parsed = media(cut(without('s4.m4s'), false, 2))
    expect(parsed).toMatchObject({ endList: false, playlistType: null, mediaSequence: 1 })
    expect(parsed.segments.map((segment) => segment.uri)).toEqual(['s2.m4s', 's3.m4s'])
  })

  test('is empty and still parses without any segment', () => {
    expect(media(cut(() => false)).segments).toEqual([])
  })
})

describe('a multivariant playlist of what ffmpeg decodes', () => {
  const decoded = (codecs: string, ...lines: readonly string[]) =>
    decodedMaster(['#EXTM3U', ...lines].join('\n'), new Set(codecs.split(',')), 540)
  const variant = (attributes: string, uri: string) => `#EXT-X-STREAM-INF:BANDWIDTH=1000,${attributes}\n${uri}`
  const SOUND = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="E",CHANNELS="6",URI="sound.m3u8"'

  test('has the smallest variant that is large enough, as what is made of it', () => {
    const of = (lines: number, attributes = '') =>
      variant(`CODECS="hvc1.2,ec-3",RESOLUTION=${(lines * 16) / 9}x${lines},AUDIO="s"${attributes}`, `v${lines}.m3u8`)
    const { text, decoded: made } = decoded(
      'hvc1.2,ec-3',
      SOUND,
      of(1080),
      of(720, ',VIDEO-RANGE=PQ,FRAME-RATE=59.94'),
      of(360),
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,CODECS="hvc1.2",URI="i.m3u8"',
    )
    expect(text.split('\n').slice(1)).toEqual([
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="E",URI="sound.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.640028,flac",RESOLUTION=960x540,AUDIO="s",FRAME-RATE=59.94',
      'v720.m3u8',
    ])
    expect(made).toEqual([
      { kind: 'video', uri: 'v720.m3u8', framesPerS: 59.94, lines: 720 },
      { kind: 'audio', uri: 'sound.m3u8', framesPerS: null, lines: null },
    ])
  })

  test('loses undecodable variants where a player decodes another one, and keeps sound that it decodes', () => {
    const both = decoded('hvc1.2', SOUND, variant('CODECS="hvc1.2"', 'h'), variant('CODECS="avc1.4d"', 'a'))
    expect([both.text.includes('\nh'), both.text.includes('\na'), both.decoded]).toEqual([false, true, []])
    const picture = decoded('hvc1.2', SOUND, variant('CODECS="hvc1.2,mp4a.40.2",AUDIO="s"', 'h'))
    expect(picture.text).toContain('CODECS="avc1.640028,mp4a.40.2"')
    expect(picture.decoded.map(({ kind }) => kind)).toEqual(['video'])
    // A variant with sound only is no picture that is decoded.
    const alone = decoded('hvc1.2', variant('CODECS="mp4a.40.2"', 'a'), variant('CODECS="hvc1.2"', 'h'))
    expect(alone.decoded.map(({ uri }) => uri)).toEqual(['h'])
  })

  test.each([
    ['sound in the segments of the picture', /in the same segments/, [variant('CODECS="hvc1.2,mp4a.40.2"', 'h')]],
    ['no variants', /no variants/, ['#EXT-X-INDEPENDENT-SEGMENTS', SOUND]],
  ])('is refused for %s', (_, words, lines) => {
    expect(() => decoded('hvc1.2', ...lines)).toThrow(words)
  })

  test('its media playlists have no parts', () => {
    expect(withoutParts('#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=0.5\n#EXT-X-PART:URI="p"\n#EXTINF:2,\na\n')).toBe(
      '#EXTM3U\n#EXTINF:2,\na\n',
    )
  })
})
