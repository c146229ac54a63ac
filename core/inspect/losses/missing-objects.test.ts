import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import { AnnouncedMedia } from './announced-media.ts'
import { MissingObjects } from './missing-objects.ts'

const service = asServiceId(1)
const channel = { index: 0, serviceId: service, destination: '239.1.1.1:5000' } as ChannelFacts

function missing(entries: readonly string[]): MissingObjects {
  const media = new AnnouncedMedia()
  const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1', ...entries, '']
  media.playlist(service, 'p.m3u8', new TextEncoder().encode(lines.join('\n')), 0)
  return new MissingObjects(media, () => true)
}

const NUMBERS = [1, 2, 3, 4, 5, 6]

describe('an object', () => {
  it('that gets its name after the next one began is in no gap, and opens none', () => {
    const objects = missing(NUMBERS.flatMap((number) => ['#EXTINF:1,', `${number}.m4s`]))
    // Numbers in the order of their names; each began in its own second.
    for (const number of [1, 3, 2, 4, 5]) objects.begun(channel, number, `${number}.m4s`, number * 1_000_000)
    expect(objects.expired(Number.POSITIVE_INFINITY, () => true)).toEqual([])
  })

  it('of several byte ranges is one', () => {
    const parts = (number: number): string[] =>
      [0, 1].flatMap((part) => ['#EXTINF:0.5,', `#EXT-X-BYTERANGE:500@${part * 500}`, `${number}.m4s`])
    const objects = missing(NUMBERS.flatMap(parts))
    for (const number of [1, 2, 4]) objects.begun(channel, number, `${number}.m4s`, number * 1_000_000)
    expect(objects.expired(Number.POSITIVE_INFINITY, () => true).map(({ names }) => names)).toEqual([['3.m4s']])
  })
})
