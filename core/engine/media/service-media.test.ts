import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { StreamFaults } from '../../media/stream/stream-faults.ts'
import { demoFile } from '../../testing/fuzz/samples.ts'
import type { KeptSamples } from '../../testing/media-streams.ts'
import { ServiceMedia } from './service-media.ts'

function fileOf(name: string, lane: string): FlowFile {
  const bytes = demoFile(name)
  return {
    serviceId: asServiceId(1),
    name,
    contentType: null,
    kind: name.includes('init') ? 'init' : 'media',
    lease: { bytes, keep: () => undefined, release: () => undefined },
    objectIndex: 0,
    carrier: { kind: 'made', by: 'test' },
    lane,
    representation: null,
    complete: true,
    missing: [],
    firstTimeUs: 0,
    lastTimeUs: 0,
  }
}

function run(files: readonly (readonly [name: string, lane: string])[]): KeptSamples {
  const kept: KeptSamples = { tracks: [], samples: [], faults: new StreamFaults(), refusals: [] }
  const media = new ServiceMedia(
    {
      track: (track) => void kept.tracks.push(track),
      sample: (sample) => void kept.samples.push({ ...sample, data: sample.data.slice() }),
      end: () => undefined,
    },
    'best',
    kept.faults,
  )
  for (const [name, lane] of files) media.file(fileOf(name, lane))
  media.end()
  return kept
}

describe('media of a service', () => {
  it('is that of one channel for each type', () => {
    const kept = run([
      ['video-init.mp4', 'a'],
      ['audio-init.mp4', 'b'],
      ['video-init.mp4', 'c'],
      ['video-1.m4s', 'a'],
      ['video-1.m4s', 'c'],
      ['audio-1.m4s', 'b'],
    ])
    expect(kept.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio'])
    const once = run([
      ['video-init.mp4', 'a'],
      ['video-1.m4s', 'a'],
    ])
    expect(kept.samples.filter(({ track }) => track === 1)).toHaveLength(once.samples.length)
  })

  it('SK-41 goes on with another channel where that of its choice falls silent', () => {
    const kept = run([
      ['video-init.mp4', 'a'],
      ['video-init.mp4', 'c'],
      ['video-1.m4s', 'a'],
      ['video-1.m4s', 'c'],
      ['video-2.m4s', 'c'],
      ['video-3.m4s', 'c'],
      ['video-4.m4s', 'c'],
    ])
    const seconds = kept.samples.map(({ decodeTicks }) => decodeTicks / (kept.tracks[0]?.timescale ?? 1))
    expect(new Set(kept.samples.map(({ track }) => track))).toEqual(new Set([1]))
    expect(kept.tracks).toHaveLength(2)
    expect(seconds.at(-1)).toBeGreaterThan(7)
    expect(seconds.every((each, at) => at === 0 || each > (seconds[at - 1] as number))).toBe(true)
    const begun = seconds.findIndex((each, at) => at > 0 && each - (seconds[at - 1] as number) > 1)
    expect(kept.samples[begun]?.sync).toBe(true)
  })
})
