import { describe, expect, it } from 'vitest'
import { asServiceId, asToi } from '../contract/ids.ts'
import type { Presentation, PresentationFile } from '../ingest/presentation.ts'
import { Broadcaster } from './broadcaster.ts'
import type { FileTimes } from './file-carousel.ts'

const FILES: readonly PresentationFile[] = ['a.bin', 'b.bin'].map((name) => ({
  name,
  contentType: 'application/octet-stream',
  sizeBytes: 10_000,
}))

function presentation(): Presentation {
  const bytes = new Uint8Array(10_000)
  return {
    kind: 'files',
    manifest: null,
    tracks: [],
    files: FILES,
    durationUs: 0,
    bytes: {
      get: () => bytes,
      isUnreadable: () => false,
      paths: () => [],
      load: async () => undefined,
      release: () => undefined,
      close: async () => undefined,
    },
  }
}

/** Times at which packets of files are sent, µs from the start, up to a time. */
function times(fileTimes: FileTimes, untilUs: number, loop = false): number[] {
  const startUs = 1_000_000_000
  const service = { serviceId: asServiceId(1), serviceName: 'Files', address: '239.0.0.1', port: 6000 }
  const broadcaster = new Broadcaster(
    { ...service, scheme: 'route', loop, pace: 'fast', carouselMs: 10_000 },
    [{ ...service, presentation: presentation(), loop, fileTimes }],
    startUs,
  )
  const sent: number[] = []
  // The TSI of files is 1.
  const out = {
    packet: (_: string, __: number, bytes: Uint8Array, timeUs: number) => {
      if (bytes[11] === 1) sent.push(timeUs - startUs)
      return true
    },
  }
  for (let next = broadcaster.next(); next < startUs + untilUs; next = broadcaster.next()) broadcaster.send(next, out)
  return sent
}

const PACKETS = 14

it('a broadcast in bursts sends each segment at once, at its time', () => {
  const source = { name: 's.m4s', contentType: 'video/mp4', sizeBytes: 10_000 }
  const segment = (at: number) => ({ ...source, toi: asToi(at + 1), startUs: at * 2_000_000, durationUs: 2_000_000 })
  const { bytes } = presentation()
  const track = {
    repId: 'v',
    contentType: 'video',
    mimeType: 'video/mp4',
    codecs: null,
    lang: null,
    bandwidth: 40_000,
    init: null,
    segments: [segment(0), segment(1)],
    fileTemplate: 's.m4s',
    playlist: null,
    representation: null,
  }
  const sentIn = (burst: boolean): number[] => {
    const service = { serviceId: asServiceId(1), serviceName: 'v', address: '239.0.0.1', port: 6000 }
    const film: Presentation = {
      kind: 'dash',
      manifest: null,
      tracks: [track],
      files: [],
      durationUs: 4_000_000,
      bytes,
    }
    const broadcaster = new Broadcaster({ ...service, scheme: 'route', loop: false, pace: 'fast', burst }, film, 0)
    const sent: number[] = []
    const out = {
      packet: (_: string, __: number, { 11: tsi }: Uint8Array, us: number) => tsi !== 10 || sent.push(us) > 0,
    }
    for (let next = broadcaster.next(); next < Number.POSITIVE_INFINITY; next = broadcaster.next())
      broadcaster.send(next, out)
    return [...new Set(sent)]
  }
  expect(sentIn(true)).toEqual([0, 2_000_000])
  expect(sentIn(false).length).toBeGreaterThan(10)
})

describe('plain files', () => {
  it('are spread over the time of their upload, and repeated after their own time', () => {
    const sent = times({ everyUs: 2_000_000, overUs: 500_000 }, 4_500_000)
    const turns = [0, 2_000_000, 4_000_000].map((from) => sent.filter((us) => us >= from && us < from + 2_000_000))
    for (const [at, turn] of turns.entries()) {
      expect(turn).toHaveLength(PACKETS)
      expect(turn[0]).toBe(at * 2_000_000)
      expect((turn.at(-1) as number) - (turn[0] as number)).toBeGreaterThan(400_000)
      expect((turn.at(-1) as number) - (turn[0] as number)).toBeLessThan(500_000)
    }
  })

  it('are sent once by a time of 0, although all else is repeated, and at once by an upload of 0', () => {
    expect(times({ everyUs: 0, overUs: 0 }, 60_000_000, true)).toEqual(Array(PACKETS).fill(0))
  })

  it('take their upload where it is longer than their own time', () => {
    const sent = times({ everyUs: 1_000_000, overUs: 3_000_000 }, 2_900_000)
    expect(sent).toHaveLength(PACKETS)
    expect(sent.at(-1)).toBeGreaterThan(2_500_000)
  })

  it('are as the broadcast without times of their own', () => {
    expect(times({}, 60_000_000)).toHaveLength(PACKETS)
    expect(times({}, 60_000_000, true).length).toBeGreaterThan(PACKETS)
  })
})
