import { describe, expect, it } from 'vitest'
import { livePlan } from './live-plan.ts'
import { type ChannelPlan, LiveTimeline } from './live-timeline.ts'

const START = '2026-01-01T00:00:00Z'
const START_US = Date.parse(START) * 1000
const SECOND = 1_000_000
const TEMPLATE = '<SegmentTemplate timescale="1" duration="2" media="$Number$.m4s"/>'

function planOf(periods: string, { start = START, type = 'dynamic', endS = null as number | null } = {}): ChannelPlan {
  const text = `<MPD type="${type}" availabilityStartTime="${start}" minimumUpdatePeriod="PT5S">${periods}</MPD>`
  const { channels, isFinal } = livePlan({ bytes: new TextEncoder().encode(text), url: '' }, 'live.mpd')
  const [entries = []] = channels.values()
  const endUs = endS === null ? null : endS * SECOND
  return { entries, startUs: Date.parse(start) * 1000, isFinal, endUs }
}

const period = (inside: string, attributes = 'start="PT0S"'): string =>
  `<Period ${attributes}><AdaptationSet>${inside}<Representation id="v"/></AdaptationSet></Period>`

/** This machine's clock is 10 s behind that of the origin. */
class Clocks {
  us = START_US
  nowUs = (): number => this.us
  originUs = (): number => this.us + 10 * SECOND
  /** Sets the origin's clock, s from the start. */
  at(s: number): void {
    this.us = START_US + (s - 10) * SECOND
  }
}

/** Number of the next segment, and when it is complete by this machine's clock, s from the start. */
function next(timeline: LiveTimeline): [number, number] | null {
  const { first } = timeline.ahead()
  if (first === null) return null
  timeline.passed(first)
  return [first.span.number, (first.availableUs - START_US) / SECOND]
}

describe('the time line of a live channel', () => {
  it('begins with the newest segment and announces each for its end, by the clock of the origin', () => {
    const clocks = new Clocks()
    const timeline = new LiveTimeline(planOf(period(TEMPLATE)), clocks, null)
    clocks.at(1)
    expect(next(timeline)).toBeNull()
    clocks.at(9)
    expect([next(timeline), next(timeline), next(timeline)]).toEqual([
      [4, -2],
      [5, 0],
      [6, 2],
    ])
    clocks.at(600)
    const { complete, newest } = timeline.ahead()
    expect([complete, newest?.span.number]).toEqual([294, 300])
  })

  it('has segments earlier where the manifest promises it, whole or in part', () => {
    for (const [attributes, availableS] of [
      ['availabilityTimeOffset="1.5"', 0.5],
      ['availabilityTimeOffset="1.5" availabilityTimeComplete="false"', 0.5],
      ['availabilityTimeOffset="INF"', 2],
    ] as const) {
      const clocks = new Clocks()
      const template = TEMPLATE.replace('media', `${attributes} media`)
      const timeline = new LiveTimeline(planOf(period(template)), clocks, 0)
      clocks.at(0)
      expect(next(timeline)).toEqual([1, availableS - 10])
    }
  })

  it('goes from period to period without a gap or a repeat, wherever a last segment ends', () => {
    const clocks = new Clocks()
    const two = period(TEMPLATE, 'start="PT0S" duration="PT4.5S"') + period(TEMPLATE, 'start="PT4.5S"')
    const timeline = new LiveTimeline(planOf(two), clocks, 0)
    clocks.at(9)
    expect(Array.from({ length: 5 }, () => next(timeline)?.[0])).toEqual([1, 2, 3, 1, 2])
  })

  it('knows that nothing more is to come of a period', () => {
    const clocks = new Clocks()
    const listed = TEMPLATE.replace('media', 'startNumber="1" media').replace(
      ' media="$Number$.m4s"/>',
      ' media="$Number$.m4s"><SegmentTimeline><S t="0" d="2" r="1"/></SegmentTimeline></SegmentTemplate>',
    )
    for (const [seconds, over] of [
      [4.5, true],
      [6, false],
    ] as const) {
      const timeline = new LiveTimeline(planOf(period(listed, `start="PT0S" duration="PT${seconds}S"`)), clocks, 0)
      expect([next(timeline)?.[0], next(timeline)?.[0], next(timeline)]).toEqual([1, 2, null])
      expect(timeline.isPeriodOver).toBe(over)
    }
  })

  it('begins again where the start of the presentation changes', () => {
    const clocks = new Clocks()
    const timeline = new LiveTimeline(planOf(period(TEMPLATE)), clocks, null)
    clocks.at(100)
    expect(next(timeline)?.[0]).toBe(50)
    timeline.update(planOf(period(TEMPLATE), { start: '2026-01-01T00:01:00Z' }))
    expect(next(timeline)?.[0]).toBe(20)
  })

  it('ends with a presentation that has ended, after all it has', () => {
    const clocks = new Clocks()
    const timeline = new LiveTimeline(planOf(period(TEMPLATE)), clocks, null)
    clocks.at(8)
    expect(next(timeline)?.[0]).toBe(4)
    expect(timeline.isComplete()).toBe(false)
    timeline.update(planOf(period(TEMPLATE, 'start="PT0S" duration="PT11S"'), { type: 'static', endS: 8 }))
    expect([next(timeline)?.[0], next(timeline)?.[0], next(timeline)]).toEqual([5, 6, null])
    expect(timeline.isComplete()).toBe(true)
  })
})
