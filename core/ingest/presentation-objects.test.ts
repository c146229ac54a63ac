import { describe, expect, it } from 'vitest'
import { asToi } from '../contract/ids.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../flow/objects.ts'
import { GrowingBody } from './growing-body.ts'
import type { InlineFile, LiveFeed, LiveSegment, LiveTrack, Presentation } from './presentation.ts'
import { PresentationObjects } from './presentation-objects.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const file = (name: string, text: string): InlineFile => ({ name, contentType: 'video/mp4', bytes: bytesOf(text) })

/** A live presentation of one track, whose segments a test adds. */
class Feed implements LiveFeed {
  manifest = { ...file('m.mpd', 'one'), mpd: null }
  readonly changes = 0
  readonly changedUs = 0
  readonly clockUs = 0
  isOver = false
  onNews: () => void = () => {}
  readonly waiting: LiveSegment[] = []
  readonly tracks: readonly LiveTrack[] = [
    {
      repId: 'v',
      contentType: 'video',
      lang: null,
      bandwidth: null,
      fileTemplate: null,
      init: file('init.mp4', 'init'),
      playlist: null,
      isPartial: true,
      segmentUs: 0,
      endedUs: null,
      peek: () => this.waiting[0] ?? null,
      take: () => void this.waiting.shift(),
    },
  ]

  start(): void {}

  add(name: string, content: string | GrowingBody): void {
    const growing = typeof content === 'string' ? null : content
    const times = { announcedUs: 0, arrivedUs: 0, durationUs: 0, init: this.tracks[0]?.init ?? null }
    const bytes = typeof content === 'string' ? bytesOf(content) : content.bytes
    this.waiting.push({ ...file(name, ''), bytes, toi: asToi(1), ...times, growing })
    this.onNews()
  }
}

describe('the files of a live presentation', () => {
  it('come as they change, media piece by piece', async () => {
    const feed = new Feed()
    const told: string[] = []
    let growing: FlowObject | null = null
    const read = ({ name, lease }: FlowFile) => `${name} ${new TextDecoder().decode(lease.bytes)}`
    const sink: ObjectSink = {
      begun: (object) => {
        growing = object
        told.push(`begun ${object.name}`)
      },
      whole: (whole) => void told.push(read(whole)),
      lost: ({ name }) => void told.push(`lost ${name}`),
    }
    const presentation = { live: feed } as unknown as Presentation
    const stopping = new AbortController()
    const objects = new PresentationObjects(presentation, sink, () => 1, stopping.signal)
    const running = objects.run()
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    feed.add('1.m4s', 'whole')
    await turn()
    const body = new GrowingBody(null)
    body.append(bytesOf('begin '))
    feed.add('2.m4s', body)
    await turn()
    body.append(bytesOf('end'))
    expect((growing as FlowObject | null)?.prefixBytes()).toBe(9)
    body.end(true)
    const broken = new GrowingBody(null)
    broken.append(bytesOf('half'))
    feed.add('3.m4s', broken)
    await turn()
    broken.end(false)
    feed.manifest = { ...file('m.mpd', 'two'), mpd: null }
    feed.isOver = true
    feed.onNews()
    await running
    expect(told).toEqual([
      'init.mp4 init',
      'm.mpd one',
      '1.m4s whole',
      'begun 2.m4s',
      '2.m4s begin end',
      'begun 3.m4s',
      'lost 3.m4s',
      'm.mpd two',
    ])
  })

  it('end when they are told to', async () => {
    const stopping = new AbortController()
    const presentation = { live: new Feed() } as unknown as Presentation
    const running = new PresentationObjects(presentation, { whole: () => undefined }, () => 1, stopping.signal).run()
    stopping.abort()
    await running
  })
})
