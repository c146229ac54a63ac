import { describe, expect, it } from 'vitest'
import { lowLatencyOf } from './low-latency.ts'
import { parsePlaylist } from './parse.ts'
import type { HlsMedia } from './playlist.ts'

function media(...lines: string[]): HlsMedia {
  const text = ['#EXTM3U', '#EXT-X-TARGETDURATION:4', '#EXT-X-MEDIA-SEQUENCE:7', ...lines].join('\n')
  const parsed = parsePlaylist(new TextEncoder().encode(text))
  if (parsed.kind !== 'media') throw new Error('not a media playlist')
  return parsed
}

const PART_INF = '#EXT-X-PART-INF:PART-TARGET=1.5'

describe('lowLatencyOf', () => {
  it('knows the parts of each segment, and the one that is being made', () => {
    const found = lowLatencyOf(
      media(
        '#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3,CAN-BLOCK-RELOAD=YES',
        PART_INF,
        '#EXT-X-MAP:URI="a.mp4"',
        '#EXTINF:4,',
        '7.m4s',
        '#EXT-X-PART:DURATION=1.5,URI="8.0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=1.25,URI="8.1.m4s",GAP=YES',
        '#EXTINF:2.75,',
        '8.m4s',
        '#EXT-X-DISCONTINUITY',
        '#EXT-X-MAP:URI="b.mp4"',
        '#EXT-X-PART:DURATION=1.5,URI="9.m4s",BYTERANGE="100@0"',
        '#EXT-X-PART:DURATION=1.5,URI="9.m4s",BYTERANGE="50"',
        '#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="c.mp4"',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="9.m4s",BYTERANGE-START=150,BYTERANGE-LENGTH=20',
      ),
    )
    expect(found).toMatchObject({ open: 9, partTargetS: 1.5, canBlockReload: true })
    expect(found?.parts).toEqual([
      { uri: '8.0.m4s', sequence: 8, durationS: 1.5, byteRange: null, gap: false },
      { uri: '8.1.m4s', sequence: 8, durationS: 1.25, byteRange: null, gap: true },
      { uri: '9.m4s', sequence: 9, durationS: 1.5, byteRange: [0, 100], gap: false },
      { uri: '9.m4s', sequence: 9, durationS: 1.5, byteRange: [100, 150], gap: false },
    ])
    expect(found?.hint).toEqual({ uri: '9.m4s', byteRange: [150, 170] })
    expect(found?.media.segments.map(({ uri, sequence }) => [uri, sequence])).toEqual([
      ['7.m4s', 7],
      ['8.m4s', 8],
      ['9.m4s', 9],
    ])
    expect(found?.media.segments.at(-1)).toMatchObject({ discontinuity: true, map: { uri: 'b.mp4' } })
  })

  it('has nothing of a playlist without parts, or whose target is no number', () => {
    expect(lowLatencyOf(media('#EXTINF:4,', '7.m4s'))).toBeNull()
    expect(lowLatencyOf(media('#EXT-X-PART-INF:PART-TARGET=soon', '#EXTINF:4,', '7.m4s'))).toBeNull()
  })

  it('leaves out parts and hints that cannot be used, and an announced range without an end', () => {
    const found = lowLatencyOf(
      media(
        PART_INF,
        '#EXT-X-PART:DURATION=x,URI="7.0.m4s"',
        '#EXT-X-PART:DURATION=1',
        '#EXT-X-PART:DURATION=1,URI="7.2.m4s",BYTERANGE="-1@2"',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7.m4s",BYTERANGE-START=5',
      ),
    )
    expect(found).toMatchObject({ open: null, parts: [], hint: null, canBlockReload: false })
    const broken = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7.m4s",BYTERANGE-LENGTH=x'
    expect(lowLatencyOf(media(PART_INF, broken))?.hint).toBeNull()
  })
})
