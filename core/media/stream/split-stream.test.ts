import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { u32At } from '../../bytes/ints.ts'
import { adtsOf, demoMp4, mp3Frame, mp3Of, tsOf } from '../../testing/stream-files.ts'
import { probeMediaType, splitterFor } from './split-stream.ts'
import type { StreamSplitter, StreamUnit } from './stream-unit.ts'

const TYPES = ['audio/mpeg', 'audio/aac', 'video/mp2t', 'video/mp4', 'audio/ogg']

/** All units of bytes that come in pieces of a size. */
function unitsOf(splitter: StreamSplitter, bytes: Uint8Array, piece: number): StreamUnit[] {
  const units: StreamUnit[] = []
  for (let at = 0; at < bytes.length; at += piece) units.push(...splitter.push(bytes.subarray(at, at + piece)))
  return [...units, ...splitter.end()]
}

const bytesOf = (units: readonly StreamUnit[]): Buffer => Buffer.concat(units.map(({ bytes }) => bytes))

describe('streams in units', () => {
  const { file, init, segments } = demoMp4()
  const samples: readonly [string, Buffer][] = [
    ['audio/mpeg', Buffer.concat([tagOf(300), mp3Of(50)])],
    ['audio/aac', adtsOf(60)],
    ['video/mp2t', tsOf(120)],
    ['video/mp4', file],
  ]

  it.each(samples)('%s has all its bytes in them, however it is cut', (type, bytes) => {
    for (const piece of [1, 7, 188, 4096, bytes.length]) {
      if (bytes.length / piece > 100_000) continue
      const units = unitsOf(splitterFor(type), bytes, piece)
      expect(bytesOf(units).equals(bytes)).toBe(true)
      expect(units.some(({ entry }) => entry)).toBe(true)
    }
    expect(probeMediaType(bytes)).toBe(type)
  })

  it.each(TYPES)('%s takes any bytes', (type) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 700 }), (bytes, piece) => {
        expect(bytesOf(unitsOf(splitterFor(type), bytes, piece)).equals(bytes)).toBe(true)
        probeMediaType(bytes)
      }),
      { numRuns: 300 },
    )
  })

  it.each(samples)('%s with bytes spoilt goes on', (type, bytes) => {
    fc.assert(
      fc.property(fc.array(fc.nat(Math.min(bytes.length, 20_000) - 1), { maxLength: 20 }), (places) => {
        const spoilt = Buffer.from(bytes.subarray(0, 20_000))
        for (const at of places) spoilt[at] = (spoilt[at] ?? 0) ^ 0xa5
        expect(bytesOf(unitsOf(splitterFor(type), spoilt, 1500)).equals(spoilt)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('MP3: every frame is an entry at its time, tags and rubbish are none', () => {
    const splitter = splitterFor('audio/mpeg')
    const units = unitsOf(splitter, Buffer.concat([tagOf(300), mp3Of(3), Buffer.from('rubbish'), mp3Of(3)]), 100)
    const entries = units.filter(({ entry }) => entry)
    expect(entries.map(({ bytes }) => bytes.length)).toEqual(Array(6).fill(417))
    expect(entries.map(({ timeMs }) => Math.round(timeMs ?? -1))).toEqual([0, 26, 52, 78, 104, 131])
    expect(splitter.facts).toEqual({ sampleRate: 44_100, channels: 1, bitrateBps: 127_706 })
  })

  it('a file without frames has entries after a while', () => {
    const units = unitsOf(splitterFor('audio/mpeg'), Buffer.alloc(200_000, 0x20), 10_000)
    expect(units.findIndex(({ entry }) => entry)).toBe(6)
  })

  it('ADTS: frames of 1024 samples', () => {
    const splitter = splitterFor('audio/aac')
    const units = unitsOf(splitter, adtsOf(10), 64)
    expect(units.map(({ bytes }) => bytes.length)).toEqual(Array.from({ length: 10 }, (_, at) => 100 + (at % 7)))
    expect(units.at(-1)?.timeMs).toBeCloseTo((9 * 1024) / 48)
    expect(splitter.facts).toMatchObject({ sampleRate: 48_000, channels: 2 })
  })

  it('MPEG-2 TS: an entry where the video can be decoded, after PAT and PMT; times of its clock', () => {
    const splitter = splitterFor('video/mp2t')
    const units = unitsOf(splitter, tsOf(120), 5000)
    // Before the first marked picture, a PAT is where to begin.
    const entries = units.filter(({ entry }) => entry).map(({ bytes }) => u32At(bytes, 184))
    expect(entries.slice(-2)).toEqual([50, 100])
    expect(units.filter(({ entry }) => entry).map(({ timeMs }) => timeMs)).toEqual([null, 0, 500, 1000])
    expect(splitter.lead?.length).toBe(2 * 188)
    expect([splitter.lead?.[1], splitter.lead?.[189]]).toEqual([0x40, 0x41])
  })

  it('fragmented MP4: the initialisation segment, then fragments that begin with a sync sample', () => {
    const splitter = splitterFor('video/mp4')
    const units = unitsOf(splitter, file, 3000)
    expect(Buffer.from(splitter.lead ?? []).equals(init)).toBe(true)
    const entries = units.filter(({ entry }) => entry)
    expect(
      entries.map(({ bytes }) => segments.findIndex((each) => each.subarray(0, 64).equals(bytes.subarray(0, 64)))),
    ).toEqual([0, 1, 2])
    expect(entries.map(({ timeMs }) => timeMs)).toEqual([0, expect.any(Number), expect.any(Number)])
    expect((entries[1]?.timeMs ?? 0) > 100).toBe(true)
  })

  it('a frame of every layer and version has its length', () => {
    const sizes = [
      [0xff, 0xff, 0x90, 0],
      [0xff, 0xfd, 0x90, 0],
      [0xff, 0xf3, 0x90, 0],
      [0xff, 0xe3, 0x92, 0],
    ].map((header) => splitterFor('audio/mpeg').push(Buffer.concat(Array(3).fill(frameOf(header))))[0]?.bytes.length)
    expect(sizes).toEqual([312, 522, 261, 523])
    expect(mp3Frame(1).length).toBe(417)
  })
})

/** An ID3v2 tag with so many bytes behind its header. */
function tagOf(bytes: number): Buffer {
  return Buffer.concat([
    Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, bytes >> 7, bytes & 127]),
    Buffer.alloc(bytes, 0xff),
  ])
}

const SIZES: Readonly<Record<number, number>> = { 255: 312, 253: 522, 243: 261, 227: 523 }

function frameOf(header: readonly number[]): Buffer {
  const frame = Buffer.alloc(SIZES[header[1] ?? 0] ?? 0)
  frame.set(header)
  return frame
}
