import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { parseMpd } from './parse.ts'
import { initSegment, listSegments, segmentFinder } from './segments.ts'

const mpd = (text: string, faults = new EntryFaults()) => parseMpd(new TextEncoder().encode(text), '', faults)

/** One period with one adaptation set; `set` is its content. */
const staticMpd = (set: string, period = 'duration="PT10S"') =>
  mpd(`<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT10S">
 <Period ${period}><AdaptationSet mimeType="video/mp4">${set}</AdaptationSet></Period></MPD>`)

function only(parsed: ReturnType<typeof parseMpd>) {
  const period = parsed.periods[0]
  const representation = period?.adaptationSets[0]?.representations[0]
  if (period === undefined || representation === undefined) throw new Error('no representation')
  return { period, representation, names: listSegments(period, representation).map((segment) => segment.name) }
}

describe('parseMpd', () => {
  test('reads a live low-latency MPD of GPAC', () => {
    const parsed = mpd(`<?xml version="1.0"?>
<!-- MPD file Generated with GPAC -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" minBufferTime="PT2.000S" type="dynamic" availabilityStartTime="2026-11-21T06:23:49.338Z" publishTime="2026-11-21T06:23:49.340Z" minimumUpdatePeriod="PT0H0M2.000S" timeShiftBufferDepth="PT0H0M30.000S">
 <Period id="DID1" start="PT0H0M0.000S">
  <AdaptationSet id="1" mimeType="video/mp4">
   <SegmentTemplate media="src_dash_track1_$Number$.m4s" initialization="src_dash_track1_init.mp4" timescale="12800" availabilityTimeOffset="1.8" availabilityTimeComplete="false" startNumber="1" duration="25600"/>
   <Representation id="1" codecs="avc1.4D401E" width="640" height="360" bandwidth="608353"/>
  </AdaptationSet>
 </Period>
</MPD>`)
    expect(parsed).toMatchObject({
      type: 'dynamic',
      availabilityStartTimeUs: Date.parse('2026-11-21T06:23:49.338Z') * 1000,
      minimumUpdatePeriodUs: 2_000_000,
      timeShiftBufferDepthUs: 30_000_000,
      mediaPresentationDurationUs: null,
    })
    const { period, representation } = only(parsed)
    expect(period).toMatchObject({ id: 'DID1', startUs: 0, durationUs: null })
    expect(representation).toMatchObject({
      id: '1',
      bandwidth: 608_353,
      width: 640,
      contentType: 'video',
      availabilityTimeOffsetUs: 1_800_000,
      availabilityTimeComplete: false,
      addressing: { kind: 'template', timescale: 12_800, startNumber: 1, duration: 25_600, timeline: null },
    })
    expect(initSegment(representation)).toEqual({ name: 'src_dash_track1_init.mp4', range: null })
    expect(listSegments(period, representation)).toEqual([])
    expect(listSegments(period, representation, 3_000_000).map((segment) => segment.name)).toEqual([
      'src_dash_track1_1.m4s',
      'src_dash_track1_2.m4s',
    ])
  })

  test('inherits attributes and BaseURL from Period to Representation, nearest first', () => {
    const { representation, names } = only(
      mpd(`<MPD type="static" mediaPresentationDuration="PT4S"><BaseURL>a/</BaseURL><Period><BaseURL>b/</BaseURL>
        <SegmentTemplate timescale="10" duration="20" startNumber="5"/>
        <AdaptationSet><BaseURL>../c/</BaseURL><SegmentTemplate media="$RepresentationID$-$Number%03d$.m4s"/>
        <Representation id="v"><SegmentTemplate startNumber="7" initialization="$RepresentationID$-$$.mp4"/></Representation>
        </AdaptationSet></Period></MPD>`),
    )
    expect(names).toEqual(['a/c/v-007.m4s', 'a/c/v-008.m4s'])
    expect(initSegment(representation)?.name).toBe('a/c/v-$.mp4')
    expect(representation.segmentElements).toHaveLength(3)
  })

  test('places periods without a start one after another', () => {
    const parsed = mpd(
      '<MPD mediaPresentationDuration="PT30S"><Period duration="PT10S"/><Period duration="PT5S"/><Period start="PT20S"/></MPD>',
    )
    expect(parsed.periods.map((period) => [period.startUs, period.durationUs])).toEqual([
      [0, 10_000_000],
      [10_000_000, 10_000_000],
      [20_000_000, 10_000_000],
    ])
  })

  test('leaves out what cannot be used, and names it', () => {
    const template = (media: string) => `<SegmentTemplate media="${media}" duration="2"/>`
    const text = `<MPD type="static" mediaPresentationDuration="ten" publishTime="now">
 <Period duration="PT2S"><AdaptationSet>
  <Representation>${template('a$Number$')}</Representation>
  <Representation id="1" bandwidth="fast">${template('b$Number$')}</Representation>
  <Representation id="2">${template('c$Nomber$')}</Representation>
  <Representation id="3"><SegmentTemplate media="d$Number$" timescale="0"/></Representation>
  <Representation id="4">${template('e$Number$')}</Representation>
 </AdaptationSet></Period>
 <Period start="soon"/>
 <Period start="PT5S"><AdaptationSet><Representation id="5"><SegmentTemplate media="f$Time$"><SegmentTimeline>
  <S t="0" d="2"/><S/><S d="2"/><S t="6" d="2"/><S d="2"/>
 </SegmentTimeline></SegmentTemplate></Representation></AdaptationSet></Period></MPD>`
    const faults = new EntryFaults()
    const { periods, ...rest } = mpd(text, faults)
    expect(rest).toMatchObject({ type: 'static', mediaPresentationDurationUs: null, publishTimeUs: null })
    expect(periods.map(({ startUs }) => startUs)).toEqual([0, 5_000_000])
    const found = periods.flatMap(({ adaptationSets }) => adaptationSets.flatMap((set) => set.representations))
    expect(found.map(({ id }) => id)).toEqual(['4', '5'])
    expect(found[1]?.addressing).toMatchObject({ timeline: [{ time: 0 }, { time: 6 }, { time: null, duration: 2 }] })
    expect(faults.listed.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      '@mediaPresentationDuration: not a duration: "ten"',
      '@publishTime: not a date and time: "now"',
      'Period[1]/AdaptationSet[1]/Representation[1]: a Representation has no @id',
      'Period[1]/AdaptationSet[1]/Representation[2]: @bandwidth is not a number: "fast"',
      'Period[1]/AdaptationSet[1]/Representation[3]: unknown identifier $Nomber$ in a template',
      'Period[1]/AdaptationSet[1]/Representation[4]: @timescale is zero',
      'Period[2]: not a duration: "soon"',
      'Period[3]/AdaptationSet[1]/Representation[1]/S[2]: an S of a SegmentTimeline has no @d',
      'Period[3]/AdaptationSet[1]/Representation[1]/S[3]: it has no @t, and the S before it is left out',
    ])
  })

  test.each([
    ['not an MPD', '<SmoothStreamingMedia/>', 'mpd-root'],
    ['not XML', '<MPD', 'xml-syntax'],
    [
      'a Representation without id',
      '<MPD><Period><AdaptationSet><Representation/></AdaptationSet></Period></MPD>',
      'mpd-missing',
    ],
    ['a bad duration', '<MPD mediaPresentationDuration="10 s"/>', 'mpd-duration'],
    ['a bad date', '<MPD availabilityStartTime="yesterday"/>', 'mpd-date-time'],
    ['a document type', '<!DOCTYPE MPD><MPD/>', 'xml-doctype'],
  ])('%s is refused with a code', (_name, text, code) => {
    expect(() => mpd(text, new EntryFaults(true))).toThrow(expect.objectContaining({ code }))
  })

  test('throws only CodecError for mutated manifests', () => {
    const seed = `<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"><Period start="PT0S"><AdaptationSet>
      <SegmentTemplate media="$Number$.m4s" timescale="10" duration="20"><SegmentTimeline><S t="0" d="5" r="3"/></SegmentTimeline></SegmentTemplate>
      <Representation id="1"/></AdaptationSet></Period></MPD>`
    fc.assert(
      fc.property(fc.nat(seed.length - 1), fc.string({ maxLength: 4 }), fc.nat(6), (at, insert, remove) => {
        try {
          const { period, representation } = only(mpd(seed.slice(0, at) + insert + seed.slice(at + remove)))
          listSegments(period, representation, 10_000_000)
        } catch (error) {
          if (!(error instanceof CodecError) && (error as Error).message !== 'no representation') throw error
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('listSegments', () => {
  test('lists a timeline with repeats, a gap and an open end', () => {
    const { period, representation, names } = only(
      staticMpd(`<SegmentTemplate media="$Time$.m4s" timescale="10" startNumber="3"><SegmentTimeline>
        <S t="0" d="20" r="1"/><S t="50" d="10"/><S d="20" r="-1"/></SegmentTimeline></SegmentTemplate><Representation id="1"/>`),
    )
    expect(names).toEqual(['0.m4s', '20.m4s', '50.m4s', '60.m4s', '80.m4s'])
    const segments = listSegments(period, representation)
    expect(segments.map((segment) => segment.number)).toEqual([3, 4, 5, 6, 7])
    expect(segments[2]).toMatchObject({ startUs: 5_000_000, durationUs: 1_000_000 })
  })

  test('includes the presentation time offset in $Time$ and not in the period time', () => {
    const { period, representation, names } = only(
      staticMpd(
        '<SegmentTemplate media="$Time$" timescale="10" duration="50" presentationTimeOffset="1000"/><Representation id="1"/>',
      ),
    )
    expect(names).toEqual(['1000', '1050'])
    expect(listSegments(period, representation).map((segment) => segment.startUs)).toEqual([0, 5_000_000])
  })

  test('lists byte ranges of one file', () => {
    const { period, representation } = only(
      staticMpd(`<Representation id="1"><BaseURL>v.mp4</BaseURL><SegmentList timescale="1" duration="5">
        <Initialization range="0-99"/><SegmentURL mediaRange="100-199"/><SegmentURL mediaRange="200-299"/></SegmentList></Representation>`),
    )
    expect(initSegment(representation)).toEqual({ name: 'v.mp4', range: [0, 99] })
    expect(listSegments(period, representation)).toMatchObject([
      { name: 'v.mp4', range: [100, 199], number: 1, startUs: 0 },
      { name: 'v.mp4', range: [200, 299], number: 2, startUs: 5_000_000 },
    ])
  })

  test('lists a single file, with and without SegmentBase', () => {
    const plain = only(staticMpd('<Representation id="1"><BaseURL>v.mp4</BaseURL></Representation>'))
    expect(plain.names).toEqual(['v.mp4'])
    const based = only(
      staticMpd(`<Representation id="1"><BaseURL>v.mp4</BaseURL><SegmentBase indexRange="800-1199">
        <Initialization range="0-799"/></SegmentBase></Representation>`),
    )
    expect(based.representation.addressing).toMatchObject({ kind: 'base', indexRange: [800, 1199] })
    expect(initSegment(based.representation)).toEqual({ name: 'v.mp4', range: [0, 799] })
  })

  test('does not exhaust memory on an endless repeat', () => {
    expect(() =>
      only(
        staticMpd(
          '<SegmentTemplate media="$Number$"><SegmentTimeline><S t="0" d="1" r="99999999999"/></SegmentTimeline></SegmentTemplate><Representation id="1"/>',
        ),
      ),
    ).toThrow(expect.objectContaining({ code: 'mpd-too-many-segments' }))
  })
})

describe('segmentFinder', () => {
  test('traces every listed name back to its segment', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          '$RepresentationID$/seg-$Number$.m4s',
          's$Number%05d$_$Bandwidth$.m4s',
          '$Time$',
          'a$$b$Time%03d$.mp4',
          'v-$Number$-$Time$',
        ),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 5000 }),
        (media, startNumber, duration, offset) => {
          const { period, representation } = only(
            staticMpd(
              `<SegmentTemplate media="${media}" timescale="10" startNumber="${startNumber}" duration="${duration}" presentationTimeOffset="${offset}"/><Representation id="r.1+" bandwidth="5"/>`,
            ),
          )
          const find = segmentFinder(representation)
          for (const segment of listSegments(period, representation))
            expect(find(segment.name)).toEqual({ number: segment.number, time: segment.time })
          expect(find('other.m4s')).toBeNull()
        },
      ),
      { numRuns: 100 },
    )
  })
})
