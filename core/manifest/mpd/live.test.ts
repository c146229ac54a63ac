import { describe, expect, test } from 'vitest'
import { type LiveArrivals, latenessUs, liveMpd } from './live.ts'
import type { Mpd } from './mpd.ts'
import { parseMpd } from './parse.ts'
import { listSegments } from './segments.ts'

const mpdOf = (text: string): Mpd => parseMpd(new TextEncoder().encode(text))
const CLOCK = 'http://127.0.0.1:8080/clock?a&b'
const START = Date.UTC(2026, 10, 21, 12) * 1000

/** When a segment of the first representation is available (ISO/IEC 23009-1 §5.3.9.5.3), µs. */
function availableUs(text: string, name: string): number {
  const mpd = mpdOf(text)
  for (const period of mpd.periods)
    for (const one of period.adaptationSets.flatMap((set) => set.representations))
      for (const segment of listSegments(period, one, 600_000_000))
        if (segment.name === name)
          return (mpd.availabilityStartTimeUs ?? 0) + (period.startUs ?? 0) + segment.startUs + segment.durationUs
  throw new Error(`${name} is not listed`)
}

const STATIC = `<?xml version="1.0"?>
<!-- made by hand -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:x" x:odd="kept" minBufferTime="PT2S" type="static" mediaPresentationDuration="PT60S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
 <Location>http://elsewhere/a.mpd</Location>
 <Period duration="PT20S">
  <AdaptationSet mimeType="video/mp4"><SegmentTemplate media="v1_$Number$" timescale="10" startNumber="1" duration="20" availabilityTimeOffset="INF"/><Representation id="v1"/></AdaptationSet>
 </Period>
 <Period>
  <AdaptationSet mimeType="video/mp4"><SegmentTemplate media="v_$Number$" timescale="10" startNumber="7" duration="20"/><Representation id="v"/></AdaptationSet>
  <AdaptationSet mimeType="audio/mp4"><SegmentTemplate media="a_$Time$" timescale="1000" presentationTimeOffset="500"><SegmentTimeline><S t="500" d="1900" r="20"/></SegmentTimeline></SegmentTemplate><Representation id="a"/></AdaptationSet>
 </Period>
 <SupplementalProperty schemeIdUri="urn:y"/>
 <LeapSecondInformation availabilityStartLeapOffset="0" nextAvailabilityStartLeapOffset="0"/>
</MPD>
`

function live(text: string, arrivals: Partial<LiveArrivals>): string {
  const out = liveMpd(mpdOf(text), { shiftUs: 0, clockUrl: CLOCK, complete: [], ...arrivals })
  if (out === null) throw new Error('no MPD')
  return out
}

describe('a static MPD', () => {
  test('waits for its first whole segment', () => {
    const arrivals = { shiftUs: 0, clockUrl: CLOCK, complete: [{ name: 'other', completeUs: START }] }
    expect(liveMpd(mpdOf(STATIC), arrivals)).toBeNull()
  })

  test('makes the first segment available exactly when it is complete', () => {
    for (const [name, completeUs] of [
      ['v1_1', START],
      ['v1_3', START + 123_457],
      ['v_9', START + 1],
      ['a_4300', START + 999_999],
    ] as const)
      expect(availableUs(live(STATIC, { complete: [{ name, completeUs }] }), name)).toBe(completeUs)
  })

  test('uses the first segment of each, and the later of video and audio', () => {
    const complete = [
      { name: 'v_10', completeUs: START + 2_900_000 },
      { name: 'v_9', completeUs: START },
      { name: 'a_4300', completeUs: START + 2_000_000 },
    ]
    const text = live(STATIC, { complete })
    expect(availableUs(text, 'a_4300')).toBe(START + 2_000_000)
    expect(availableUs(text, 'v_9')).toBeGreaterThan(START)
  })

  test('is otherwise kept as sent, with the clock at its place in the schema', () => {
    const text = live(STATIC, { complete: [{ name: 'v1_1', completeUs: START }] })
    expect(mpdOf(text)).toMatchObject({
      type: 'dynamic',
      minimumUpdatePeriodUs: 2_000_000,
      suggestedPresentationDelayUs: 2_000_000,
      timeShiftBufferDepthUs: null,
      mediaPresentationDurationUs: 60_000_000,
      locations: [],
      utcTimings: [{ scheme: 'urn:mpeg:dash:utc:http-xsdate:2014', value: CLOCK }],
    })
    expect(mpdOf(text).periods.map(({ startUs, durationUs }) => [startUs, durationUs])).toEqual([
      [0, 20_000_000],
      [20_000_000, 40_000_000],
    ])
    expect(text).toMatch(/<SupplementalProperty schemeIdUri="urn:y"\/><UTCTiming [^>]*\/>\s*<LeapSecondInformation/)
    expect(text).toContain('<!-- made by hand -->')
    expect(text).toContain('x:odd="kept"')
    expect(text).not.toContain('INF')
  })

  test('leaves out representations that the service does not carry', () => {
    const text = live(STATIC, { complete: [{ name: 'v1_1', completeUs: START }], carried: new Set(['v1', 'v']) })
    expect(mpdOf(text).periods.map((period) => period.adaptationSets.length)).toEqual([1, 1])
  })

  test('of whole files is kept', () => {
    const text = '<MPD type="static"><Period><AdaptationSet><Representation id="v"/></AdaptationSet></Period></MPD>'
    expect(live(text, {})).toBe(text)
  })
})

describe('a dynamic MPD', () => {
  const SENT = `<MPD type="dynamic" availabilityStartTime="2020-01-01T00:00:00.5Z" publishTime="2020-01-01T00:00:10Z" availabilityEndTime="2020-01-01T01:00:00Z">
 <PatchLocation ttl="5">http://elsewhere/</PatchLocation><Period id="1" start="PT5S"><AdaptationSet>
  <ProducerReferenceTime id="0" type="encoder" wallClockTime="2020-01-01T00:00:05Z" presentationTime="0"/>
  <SegmentTemplate media="v_$Number$" duration="2" availabilityTimeOffset="1.8" availabilityTimeComplete="false"/><Representation id="v"/></AdaptationSet></Period>
 <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-head:2014" value="http://elsewhere/"/><UTCTiming schemeIdUri="urn:mpeg:dash:utc:ntp:2014" value="elsewhere"/></MPD>`
  const SENT_START = Date.UTC(2020, 0, 1) * 1000 + 500_000
  const timing = `<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="${CLOCK.replace('&', '&amp;')}"/>`
  const withClock = SENT.replace(/<UTCTiming.*\/>/, timing).replace(/<PatchLocation.*PatchLocation>/, '')

  test('changes only clock and addresses without a shift', () => {
    expect(live(SENT, {})).toBe(withClock)
  })

  test('has every absolute time shifted in a replay', () => {
    expect(live(SENT, { shiftUs: 3_600_000_000 })).toBe(
      withClock
        .replace('00:00:00.5Z', '01:00:00.5Z')
        .replace('00:00:10Z', '01:00:10Z')
        .replace('01:00:00Z', '02:00:00Z')
        .replace('00:00:05Z', '01:00:05Z'),
    )
  })

  test('corrects a wrong sender clock by arrivals, but not jitter', () => {
    const mpd = mpdOf(SENT)
    /** Segment 4 ends at 8 s of a period that starts at 5 s. */
    const late = (us: number) => [
      { name: 'v_4', completeUs: SENT_START + 13_000_000 + us },
      { name: 'v_5', completeUs: SENT_START + 15_000_000 + us + 700_000 },
    ]
    for (const us of [-2_000_000, -1, 0, 1_999_999, 2_000_000]) {
      expect(latenessUs(mpd, { shiftUs: 0, complete: late(us) })).toBeNull()
      expect(live(SENT, { complete: late(us) })).toBe(withClock)
    }
    for (const us of [-2_000_001, 2_000_001, 86_400_000_000]) {
      expect(latenessUs(mpd, { shiftUs: 0, complete: late(us) })).toBe(us)
      expect(latenessUs(mpd, { shiftUs: us, complete: late(us) })).toBeNull()
    }
    const text = live(SENT, { shiftUs: 1000, complete: late(-5_000_000) })
    expect(availableUs(text, 'v_4')).toBe(SENT_START + 8_000_000)
    expect(text).toContain('availabilityTimeOffset="1.8" availabilityTimeComplete="false"')
  })
})
