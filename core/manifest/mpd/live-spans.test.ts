import { describe, expect, it } from 'vitest'
import { isClocked, liveSpans } from './live-spans.ts'
import type { ListAddressing, MpdPeriod, TemplateAddressing } from './mpd.ts'
import { parseMpd } from './parse.ts'

/** The only period of a live MPD, and the addressing of its representation. */
function live(
  segments: string,
  period = 'start="PT0S"',
): { period: MpdPeriod; addressing: TemplateAddressing | ListAddressing } {
  const text = `<MPD type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z"><Period ${period}><AdaptationSet>${segments}<Representation id="v"/></AdaptationSet></Period></MPD>`
  const [found] = parseMpd(new TextEncoder().encode(text)).periods
  const addressing = found?.adaptationSets[0]?.representations[0]?.addressing
  if (found === undefined || (addressing?.kind !== 'template' && addressing?.kind !== 'list'))
    throw new Error('no media')
  return { period: found, addressing }
}

const SECOND = 1_000_000
const numbers = (
  { period, addressing }: ReturnType<typeof live>,
  fromS: number | null,
  untilS: number,
): [number, number][] =>
  liveSpans(period, addressing, fromS === null ? null : fromS * SECOND, untilS * SECOND).map(({ number, time }) => [
    number,
    time,
  ])

describe('segments of a live presentation', () => {
  const constant = live('<SegmentTemplate timescale="10" duration="20" startNumber="5" media="$Number$"/>')

  it('of a constant duration are those that are complete, however long it has been live', () => {
    expect(numbers(constant, 0, 5.9)).toEqual([
      [5, 0],
      [6, 20],
    ])
    expect(numbers(constant, 0, 1.9)).toEqual([])
    const fiftyYears = 50 * 365 * 86_400
    expect(numbers(constant, null, fiftyYears + 1)).toEqual([[fiftyYears / 2 + 4, (fiftyYears - 2) * 10]])
    expect(numbers(constant, fiftyYears - 4, fiftyYears)).toHaveLength(2)
  })

  it('go on from where the last one ended, give or take half a segment', () => {
    for (const fromS of [4, 3.5, 4.9])
      expect(numbers(constant, fromS, 8)).toEqual([
        [7, 40],
        [8, 60],
      ])
  })

  it('end with their period, the last one earlier than its duration says', () => {
    const ended = live(
      '<SegmentTemplate timescale="10" duration="20" media="$Number$"/>',
      'start="PT0S" duration="PT5S"',
    )
    expect(numbers(ended, 0, 4.9)).toEqual([
      [1, 0],
      [2, 20],
    ])
    for (const untilS of [5, Number.POSITIVE_INFINITY])
      expect(numbers(ended, 0, untilS)).toEqual([
        [1, 0],
        [2, 20],
        [3, 40],
      ])
    const numbered = live('<SegmentTemplate timescale="10" duration="20" endNumber="2" media="$Number$"/>')
    expect(numbers(numbered, 0, 100)).toEqual([
      [1, 0],
      [2, 20],
    ])
  })

  it('of a timeline are those that are listed; an entry without an end goes on by the clock', () => {
    const listed = live(
      '<SegmentTemplate timescale="10" startNumber="7" presentationTimeOffset="1000" media="$Time$"><SegmentTimeline><S t="1000" d="20" r="1"/><S t="1050" d="10"/></SegmentTimeline></SegmentTemplate>',
    )
    expect(isClocked(listed.addressing)).toBe(false)
    expect(numbers(listed, 0, 0)).toEqual([
      [7, 1000],
      [8, 1020],
      [9, 1050],
    ])
    expect(numbers(listed, null, 0)).toEqual([[9, 1050]])
    const open = live(
      '<SegmentTemplate timescale="10" media="$Time$"><SegmentTimeline><S t="0" d="10" r="-1"/><S t="30" d="20" r="-1"/></SegmentTimeline></SegmentTemplate>',
    )
    expect(isClocked(open.addressing)).toBe(true)
    expect(numbers(open, 0, 7)).toEqual([
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 30],
      [5, 50],
    ])
    expect(numbers(open, null, 1e9)).toEqual([[500_000_001, 9_999_999_970]])
  })

  it('of a list are its files', () => {
    const list = live(
      '<SegmentList duration="2" startNumber="3"><SegmentURL media="a"/><SegmentURL media="b"/></SegmentList>',
    )
    expect(numbers(list, 0, 0)).toEqual([
      [3, 0],
      [4, 2],
    ])
  })
})
