import { describe, expect, it } from 'vitest'
import { type DashResponse, responseChanges, SEGMENT_RETRIES, withoutPartialSegments } from './dash-responses.ts'
import type { PlayerProblem } from './player-adapter.ts'

function changes(wholeSegments = false) {
  const problems: PlayerProblem[] = []
  const damage: string[] = []
  const video = {} as HTMLVideoElement
  const change = responseChanges({
    video,
    captions: null,
    onSegment: () => undefined,
    onDamage: (...[startS, durationS, url]) => damage.push(`${startS} ${durationS} ${url}`),
    url: '',
    wholeSegments,
    without: null,
    startS: null,
    refused: new Set(),
    onProblem: (problem) => problems.push(problem),
  })
  return { problems, damage, change }
}

const response = (type: string, status: number, data: unknown, url = 'http://127.0.0.1/1.m4s'): DashResponse => ({
  status,
  data,
  url,
  request: { customData: { request: { type, representation: { id: 'v' } } } },
})
const words = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer

describe('responses for dash.js', () => {
  it('replace a lost segment with an empty one, and quote the gateway', async () => {
    const { change, problems } = changes()
    const changed = await change(response('MediaSegment', 404, words('lost 2 896 bytes')))
    expect([changed.status, (changed.data as ArrayBuffer).byteLength]).toEqual([200, 0])
    expect(problems).toMatchObject([
      { fatal: false, message: 'Skipped a segment. The gateway answered 404: lost 2 896 bytes.' },
    ])
  })

  it('keep an expected segment refused until the last retry', async () => {
    const { change } = changes()
    for (let asked = 0; asked < SEGMENT_RETRIES; asked++) {
      expect((await change(response('MediaSegment', 503, words('')))).status).toBe(503)
    }
    expect((await change(response('MediaSegment', 503, words(''), 'http://127.0.0.1/2.m4s'))).status).toBe(503)
    expect((await change(response('MediaSegment', 503, words('')))).status).toBe(200)
  })

  it('keep a missing initialisation segment and a complete segment', async () => {
    const { change, problems } = changes()
    expect((await change(response('InitializationSegment', 404, words('')))).status).toBe(404)
    const data = words('styp and more')
    expect((await change(response('MediaSegment', 200, data))).data).toBe(data)
    expect(problems).toEqual([])
  })

  it('tell of pictures that came damaged or not at all', async () => {
    const { change, damage } = changes()
    const answer = (status: number, mediaType: string, url: string, headers: Record<string, string> = {}) => {
      const request = { type: 'MediaSegment', mediaType, startTime: 4, duration: 2, representation: { id: 'v' } }
      return change({ status, data: words('styp'), url, headers, request: { customData: { request } } })
    }
    await answer(200, 'video', '1.m4s')
    await answer(200, 'video', '2.m4s', { 'x-routescope-state': 'patched' })
    await answer(404, 'video', '3.m4s', { 'x-routescope-state': 'lost' })
    await answer(404, 'audio', '4.m4s', { 'x-routescope-state': 'lost' })
    await answer(503, 'video', '5.m4s', { 'x-routescope-state': 'expected' })
    expect(damage).toEqual(['4 2 2.m4s', '4 2 3.m4s'])
  })

  it('hide arriving segments when only whole ones can be played', async () => {
    const mpd = '<SegmentTemplate a="1" availabilityTimeOffset="1.8" availabilityTimeComplete="false" startNumber="1"/>'
    expect(withoutPartialSegments(mpd)).toBe('<SegmentTemplate a="1" startNumber="1"/>')
    expect((await changes(true).change(response('MPD', 200, mpd))).data).toBe(withoutPartialSegments(mpd))
    expect((await changes(false).change(response('MPD', 200, mpd))).data).toBe(mpd)
  })
})
