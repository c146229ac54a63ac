import { describe, expect, test } from 'vitest'
import { parseXml } from '../../xml/xml-parser.ts'
import type { Mpd } from './mpd.ts'
import { parseMpd } from './parse.ts'
import { initSegment, listSegments } from './segments.ts'
import { staticWindow } from './static-window.ts'
import type { StoredNames } from './stored-segments.ts'

const mpdOf = (text: string, name = ''): Mpd => parseMpd(new TextEncoder().encode(text), name)

function names(...list: string[]): StoredNames {
  const media = list.filter((name) => !name.includes('init'))
  return { has: (name) => list.includes(name), whole: () => media }
}

/** Names listed by each representation, by id, as a player requests them. */
function listed(text: string): Record<string, string[]> {
  parseXml(text)
  const found: Record<string, string[]> = {}
  for (const period of mpdOf(text).periods)
    for (const one of period.adaptationSets.flatMap((set) => set.representations))
      found[one.id] = [...(found[one.id] ?? []), ...listSegments(period, one).map((segment) => segment.name)]
  return found
}

function rewritten(mpd: Mpd, stored: StoredNames): string {
  const window = staticWindow(mpd, stored)
  if (window.kind !== 'rewritten') throw new Error(window.kind)
  return window.text
}

/** GPAC's form: a static MPD, video in two sizes of which one is sent, and audio. */
const NUMBERED = `<?xml version="1.0"?>
<!-- made by hand -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:x" minBufferTime="PT2S" type="static" mediaPresentationDuration="PT10S">
 <Period duration="PT10S">
  <AdaptationSet mimeType="video/mp4">
   <SegmentTemplate media="$RepresentationID$_$Number$.m4s" initialization="$RepresentationID$_init.mp4" timescale="10" startNumber="1" duration="20"/>
   <Representation id="v" bandwidth="1" x:odd="kept"></Representation>
   <Representation id="w" bandwidth="2"/>
  </AdaptationSet>
  <AdaptationSet mimeType="audio/mp4">
   <SegmentTemplate media="$RepresentationID$_$Number$.m4s" initialization="$RepresentationID$_init.mp4" timescale="100" startNumber="1" duration="200"/>
   <Representation id="a" bandwidth="1"/>
  </AdaptationSet>
 </Period>
</MPD>
`
const all = (id: string, from: number, to: number): string[] => [
  `${id}_init.mp4`,
  ...Array.from({ length: to - from + 1 }, (_, index) => `${id}_${from + index}.m4s`),
]

describe('staticWindow', () => {
  test('keeps a complete static presentation as sent', () => {
    expect(staticWindow(mpdOf(NUMBERED), names(...all('v', 1, 5), ...all('w', 1, 5), ...all('a', 1, 5)))).toEqual({
      kind: 'as-sent',
    })
  })

  test('leaves out representations that were not carried, and keeps the rest of the text', () => {
    const text = rewritten(mpdOf(NUMBERED), names(...all('v', 1, 5), ...all('a', 1, 5)))
    expect(listed(text)).toEqual({ v: all('v', 1, 5).slice(1), a: all('a', 1, 5).slice(1) })
    expect(text).toContain('<!-- made by hand -->')
    expect(text).toContain('x:odd="kept"')
  })

  test('starts a session that tuned in late where all sets are playable', () => {
    const text = rewritten(mpdOf(NUMBERED), names(...all('v', 3, 5), ...all('a', 2, 4)))
    expect(listed(text)).toEqual({ v: all('v', 3, 5).slice(1), a: ['a_3.m4s', 'a_4.m4s'] })
    const window = mpdOf(text)
    expect(window).toMatchObject({ type: 'static', mediaPresentationDurationUs: 6_000_000 })
    expect(window.periods[0]).toMatchObject({ startUs: 0, durationUs: 6_000_000 })
    for (const { representations } of window.periods[0]?.adaptationSets ?? [])
      for (const one of representations)
        if (window.periods[0] !== undefined) expect(listSegments(window.periods[0], one)[0]?.startUs).toBe(0)
  })

  test('turns lost numbers into gaps, with unchanged names', () => {
    const stored = names('v_init.mp4', 'v_1.m4s', 'v_2.m4s', 'v_5.m4s', ...all('a', 1, 5))
    const window = mpdOf(rewritten(mpdOf(NUMBERED), stored))
    const [period] = window.periods
    const video = period?.adaptationSets[0]?.representations[0]
    if (period === undefined || video === undefined) throw new Error('no video')
    expect(initSegment(video)?.name).toBe('v_init.mp4')
    expect(listSegments(period, video).map(({ name, startUs }) => [name, startUs])).toEqual([
      ['v_1.m4s', 0],
      ['v_2.m4s', 2_000_000],
      ['v_5.m4s', 8_000_000],
    ])
  })

  test('is empty without a segment, or without an initialisation segment', () => {
    expect(staticWindow(mpdOf(NUMBERED), names('v_init.mp4'))).toEqual({ kind: 'empty' })
    expect(staticWindow(mpdOf(NUMBERED), names('v_1.m4s', 'v_2.m4s'))).toEqual({ kind: 'empty' })
  })

  test('keeps the times of a timeline by $Time$ and lists stored segments', () => {
    const timed = mpdOf(`<MPD type="static" mediaPresentationDuration="PT8S"><Period duration="PT8S">
      <AdaptationSet contentType="audio"><SegmentTemplate media="$RepresentationID$/seg-$Time$.m4s" initialization="$RepresentationID$/seg-init.mp4" timescale="48000">
      <SegmentTimeline><S t="0" d="95232"/><S d="96256" r="2"/></SegmentTimeline></SegmentTemplate><Representation id="4"/></AdaptationSet></Period></MPD>`)
    const text = rewritten(timed, names('4/seg-init.mp4', '4/seg-95232.m4s', '4/seg-287744.m4s'))
    expect(listed(text)).toEqual({ '4': ['4/seg-95232.m4s', '4/seg-287744.m4s'] })
    expect(text).toContain('<S t="95232" d="192512"/><S d="96256"/>')
    expect(text).toContain('presentationTimeOffset="95232"')
  })

  test('lists segments of a live timeline that the newest MPD no longer has', () => {
    const live =
      mpdOf(`<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:01:00Z" minimumUpdatePeriod="PT2S">
      <Location>http://elsewhere/live.mpd</Location>
      <Period start="PT0S"><AdaptationSet contentType="video"><SegmentTemplate media="$Time$.m4s" initialization="init.mp4" timescale="10">
      <SegmentTimeline><S t="100" d="20" r="1"/></SegmentTimeline></SegmentTemplate><Representation id="v"/></AdaptationSet></Period>
      <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-head:2014" value="http://elsewhere/"/></MPD>`)
    const text = rewritten(live, names('init.mp4', '60.m4s', '80.m4s', '100.m4s', '120.m4s'))
    expect(listed(text)).toEqual({ v: ['60.m4s', '80.m4s', '100.m4s', '120.m4s'] })
    expect(text).not.toMatch(/elsewhere|availabilityStartTime|publishTime|minimumUpdatePeriod/)
    expect(mpdOf(text)).toMatchObject({ type: 'static', mediaPresentationDurationUs: 8_000_000 })
  })

  test('resolves names against the manifest, and keeps prefixes', () => {
    const prefixed = mpdOf(
      `<d:MPD xmlns:d="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S"><d:Period><d:BaseURL>m/</d:BaseURL><d:AdaptationSet>
      <d:SegmentTemplate media="$Number$" initialization="init" duration="2"/><d:Representation id="v"/></d:AdaptationSet></d:Period></d:MPD>`,
      'dash/live.mpd',
    )
    const text = rewritten(prefixed, names('dash/m/init', 'dash/m/2'))
    expect(listed(text)).toEqual({ v: ['m/2'] })
    expect(text).toContain('<d:SegmentTimeline>')
  })
})
