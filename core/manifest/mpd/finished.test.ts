import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finishedMpd } from './finished.ts'
import type { Mpd } from './mpd.ts'
import { parseMpd } from './parse.ts'
import { initSegment, listSegments } from './segments.ts'

const mpdOf = (text: string, name = ''): Mpd => parseMpd(new TextEncoder().encode(text), name)

/** GPAC's low-latency MPD: dynamic, an open period, numbers from 1. */
const LOW_LATENCY = `<?xml version="1.0"?>
<!-- MPD file Generated with GPAC -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" minBufferTime="PT2.000S" type="dynamic" availabilityStartTime="2026-11-21T06:23:49.338Z" publishTime="2026-11-21T06:23:49.340Z" minimumUpdatePeriod="PT0H0M2.000S" timeShiftBufferDepth="PT0H0M30.000S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
 <Period id="DID1" start="PT0H0M0.000S">
  <EventStream schemeIdUri="urn:x" timescale="1000"><Event presentationTime="9000"/></EventStream>
  <AdaptationSet id="1" mimeType="video/mp4">
   <SegmentTemplate media="v_$Number$.m4s" initialization="v_init.mp4" timescale="12800" availabilityTimeOffset="1.8" availabilityTimeComplete="false" startNumber="1" duration="25600" odd="kept"/>
   <Representation id="1" bandwidth="608353"></Representation>
  </AdaptationSet>
  <AdaptationSet id="2" mimeType="audio/mp4">
   <SegmentTemplate media="a_$Number$.m4s" initialization="a_init.mp4" timescale="48000" availabilityTimeOffset="1.8" availabilityTimeComplete="false" startNumber="1" duration="96000"/>
   <Representation id="2" bandwidth="64288"/>
  </AdaptationSet>
 </Period>
</MPD>
`

const segments = (id: string, ...numbers: number[]): string[] => [
  `${id}_init.mp4`,
  ...numbers.map((number) => `${id}_${number}.m4s`),
]

/** Media segments by representation over all periods: name and start on the presentation's time line. */
function played(text: string): Record<string, [string, number][]> {
  const found: Record<string, [string, number][]> = {}
  for (const period of mpdOf(text).periods)
    for (const one of period.adaptationSets.flatMap((set) => set.representations)) {
      const list = listSegments(period, one).map(({ name, startUs }): [string, number] => [
        name,
        (period.startUs ?? Number.NaN) + startUs,
      ])
      found[one.id] = [...(found[one.id] ?? []), ...list]
    }
  return found
}

describe('finishedMpd', () => {
  test('plays a finished low-latency broadcast from its first moment with audio and video', () => {
    const text = finishedMpd(mpdOf(LOW_LATENCY), [...segments('v', 5, 6, 7), ...segments('a', 4, 5, 6)])
    expect(played(text)).toEqual({
      '1': [
        ['v_5.m4s', 0],
        ['v_6.m4s', 2_000_000],
        ['v_7.m4s', 4_000_000],
      ],
      '2': [
        ['a_5.m4s', 0],
        ['a_6.m4s', 2_000_000],
      ],
    })
    expect(mpdOf(text)).toMatchObject({ type: 'static', mediaPresentationDurationUs: 6_000_000 })
    expect(text).not.toMatch(/availability|publishTime|minimumUpdatePeriod|timeShiftBufferDepth|start="/)
    expect(text).toContain('<!-- MPD file Generated with GPAC -->')
    expect(text).toContain('odd="kept"')
    expect(text).toContain('isoff-live')
    // The event at 9 s of a period whose start moves by 8 s.
    expect(text).toContain('timescale="1000" presentationTimeOffset="8000"')
  })

  test('leaves out holes of numbered segments under a profile with lists', () => {
    const text = finishedMpd(mpdOf(LOW_LATENCY), [...segments('v', 1, 2, 4), ...segments('a', 1, 2, 3, 4)])
    expect(played(text)['1']).toEqual([
      ['v_1.m4s', 0],
      ['v_2.m4s', 2_000_000],
      ['v_4.m4s', 6_000_000],
    ])
    expect(text).toContain('profiles="urn:mpeg:dash:profile:full:2011"')
  })

  test('removes empty periods and joins the others', () => {
    const period = (id: string, start: number, first: number, offset: number) =>
      `<Period id="${id}" start="PT${start}S"><AdaptationSet contentType="video"><SegmentTemplate media="$RepresentationID$-$Number$" initialization="init" timescale="10" duration="20" startNumber="${first}" presentationTimeOffset="${offset}"/><Representation id="v"/></AdaptationSet></Period>`
    const sent = `<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z">${period('p', 0, 1, 0)}${period('q', 4, 3, 40)}${period('r', 8, 5, 80)}</MPD>`
    const text = finishedMpd(mpdOf(sent), ['init', 'v-2', 'v-5', 'v-6'])
    expect(mpdOf(text).periods.map(({ id, startUs, durationUs }) => [id, startUs, durationUs])).toEqual([
      ['p', 0, 2_000_000],
      ['r', 2_000_000, 4_000_000],
    ])
    expect(played(text)).toEqual({
      v: [
        ['v-2', 0],
        ['v-5', 2_000_000],
        ['v-6', 4_000_000],
      ],
    })
  })

  test('does not share segments between periods with one template by time', () => {
    const period = (start: number, first: number) =>
      `<Period start="PT${start}S"><AdaptationSet contentType="video"><SegmentTemplate media="$Time$" initialization="init" timescale="1" presentationTimeOffset="${start}"><SegmentTimeline><S t="${first}" d="2"/></SegmentTimeline></SegmentTemplate><Representation id="v"/></AdaptationSet></Period>`
    const sent = `<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z">${period(0, 4)}${period(6, 8)}</MPD>`
    const text = finishedMpd(mpdOf(sent), ['init', '0', '2', '4', '6', '8', '10'])
    const names = (played(text).v ?? []).map(([name]) => name)
    expect(names).toEqual(['0', '2', '4', '6', '8', '10'])
  })

  test('keeps the text where it is complete and static, or nothing is playable', () => {
    const complete = LOW_LATENCY.replace('type="dynamic"', 'type="static"').replace('id="DID1"', 'duration="PT4S"')
    expect(finishedMpd(mpdOf(complete), [...segments('v', 1, 2), ...segments('a', 1, 2)])).toBe(complete)
    expect(finishedMpd(mpdOf(LOW_LATENCY), [])).toBe(LOW_LATENCY)
    expect(finishedMpd(mpdOf(LOW_LATENCY), ['v_1.m4s', 'a_init.mp4'])).toBe(LOW_LATENCY)
  })

  test('lists only stored segments, from 0 on, after any loss, and is unchanged by a second rewrite', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(numbers, numbers, fc.boolean(), (video, audio, byTime) => {
        const source = byTime ? LOW_LATENCY.replaceAll('$Number$', '$Time$') : LOW_LATENCY
        const ticks = (number: number, duration: number): number => (byTime ? (number - 1) * duration : number)
        const stored = [
          ...segments('v', ...video.map((number) => ticks(number, 25_600))),
          ...segments('a', ...audio.map((number) => ticks(number, 96_000))),
        ]
        const text = finishedMpd(mpdOf(source), stored)
        const mpd = mpdOf(text)
        const starts: number[] = []
        for (const period of mpd.periods)
          for (const one of period.adaptationSets.flatMap((set) => set.representations)) {
            expect(stored).toContain(initSegment(one)?.name)
            const listed = listSegments(period, one)
            expect(listed.length).toBeGreaterThan(0)
            for (const segment of listed) {
              expect(stored).toContain(segment.name)
              expect(segment.startUs + segment.durationUs).toBeLessThanOrEqual(mpd.mediaPresentationDurationUs ?? 0)
            }
            starts.push(listed[0]?.startUs ?? Number.NaN)
          }
        expect(Math.min(...starts)).toBe(0)
        expect(finishedMpd(mpd, stored)).toBe(text)
      }),
    )
  })

  test('lists a long session of a short live timeline', () => {
    const sent = `<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"><Period start="PT0S"><AdaptationSet contentType="audio"><SegmentTemplate media="$Number$" initialization="init" timescale="48000" startNumber="20000">
      <SegmentTimeline><S t="1919904000" d="95232"/><S d="96768"/><S d="95232"/><S d="96768"/></SegmentTimeline></SegmentTemplate><Representation id="a"/></AdaptationSet></Period></MPD>`
    const stored = ['init', ...Array.from({ length: 20_000 }, (_, index) => String(index + 4))]
    const list = played(finishedMpd(mpdOf(sent), stored)).a ?? []
    expect(list).toHaveLength(20_000)
    expect(list[0]).toEqual(['4', 0])
    expect(list.at(-1)?.[0]).toBe('20003')
  })
})
