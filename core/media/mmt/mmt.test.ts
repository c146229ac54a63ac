import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latin1Text } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { hexToBytes } from '../../bytes/hex.ts'
import { mmtpCapture } from '../../testing/mmtp-capture.ts'
import { receiveAll } from '../../testing/receive-all.ts'
import { readBoxes } from '../bmff/boxes.ts'
import { codecString } from './codec-string.ts'
import { parseMovieFragment } from './movie-fragment.ts'
import { parseMpuMovie } from './mpu-movie.ts'
import { type MpuContents, readMpuFile } from './mpu-reader.ts'
import { mpuInitSegment, mpuMediaSegment, mpuTiming } from './mpu-segment.ts'
import { MpuLane, MpuTimeline, type PlacedMpu } from './mpu-timeline.ts'

const { files } = receiveAll(mmtpCapture({ mpus: 1 }), { kind: 'discover' })
const video = files.get('service1001/asset35/700.mp4') as Uint8Array
const audio = files.get('service1001/asset36/700.mp4') as Uint8Array
const read = (file: Uint8Array): MpuContents => readMpuFile(file.length, (from, to) => file.subarray(from, to))

/** A visual or audio sample entry with a configuration box, in a minimal movie. */
function movieWith(handler: string, entry: string, config: string, hex: string): ReturnType<typeof parseMpuMovie> {
  const box = (type: string, ...parts: readonly Uint8Array[]): Uint8Array => {
    const size = parts.reduce((sum, part) => sum + part.length, 8)
    const bytes = new Uint8Array(size)
    new DataView(bytes.buffer).setUint32(0, size)
    bytes.set(new TextEncoder().encode(type), 4)
    let at = 8
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }
  const fields = new Uint8Array(handler === 'vide' ? 78 : 28)
  const one = hexToBytes('00000000 00000001')
  const hdlr = new Uint8Array(24)
  hdlr.set(new TextEncoder().encode(handler), 8)
  const stsd = box('stsd', one, box(entry, fields, box(config, hexToBytes(hex))))
  const mdia = box('mdia', box('mdhd', new Uint8Array(24)), box('hdlr', hdlr), box('minf', box('stbl', stsd)))
  return parseMpuMovie(box('moov', box('trak', box('tkhd', new Uint8Array(84)), mdia)))
}

describe('codec strings', () => {
  it.each([
    ['vide', 'avc1', 'avcC', '0164001f', 'avc1.64001f'],
    ['vide', 'hev1', 'hvcC', '01 02 20000000 b00000000000 78', 'hev1.2.4.L120.b0'],
    ['vide', 'hvc1', 'hvcC', '01 61 60000000 000000000000 5d', 'hvc1.A1.6.H93'],
    ['soun', 'mp4a', 'esds', '00000000 0319 000100 0411 40 15000000 00000000 00000000 0502 1190', 'mp4a.40.2'],
    [
      'soun',
      'mp4a',
      'esds',
      '00000000 03808080 19 000100 04808080 11 40 15000000 00000000 00000000 05808080 02 f8e0',
      'mp4a.40.39',
    ],
    ['soun', 'mp4a', 'esds', '00000000 0310 000100 040d 6b 15000000 00000000 00000000', 'mp4a.6b'],
    ['soun', 'ac-4', 'dac4', '2080', 'ac-4.02'],
    ['soun', 'mhm1', 'mhaC', '010b0000', 'mhm1.0x0b'],
    ['soun', 'ec-3', 'dec3', '0000', 'ec-3'],
    ['vide', 'avc1', 'free', '00', 'avc1'],
    ['soun', 'enca', 'sinf', '0000000c 66726d61 6d703461', 'mp4a'],
  ])('%s %s %s %s: %s', (handler, entry, config, hex, expected) => {
    const movie = movieWith(handler, entry, config, hex)
    expect(codecString(movie, movie.tracks[0] as never)).toBe(expected)
  })
})

describe('MPU files', () => {
  it('describe their contents', () => {
    const { movie, fragments } = read(video)
    expect(movie.tracks).toMatchObject([{ handler: 'vide', entryType: 'avc1', timescale: 12_800 }])
    expect(movie.tracks[0]?.dimensions).toEqual({ width: 640, height: 360 })
    expect(latin1Text(movie.assetId as Uint8Array)).toBe('video-asset')
    expect(
      mpuTiming(
        movie.tracks[0] as never,
        fragments.map(({ fragment }) => fragment),
      ),
    ).toMatchObject({
      duration: 25_600,
      samples: 50,
    })
  })

  it('become equal segments, without samples that are missing', () => {
    for (const file of [video, audio]) {
      const { movie, fragments } = read(file)
      const track = movie.tracks[0] as never as (typeof movie.tracks)[number]
      const init = parseMpuMovie(mpuInitSegment(movie, track))
      expect(init.tracks.map(({ trackId, timescale }) => [trackId, timescale])).toEqual([
        [track.trackId, track.timescale],
      ])
      const run = fragments[0]?.fragment.tracks[0]
      const at = fragments[0]?.at ?? 0
      const samples = (run?.samples ?? []).map((sample, index) => ({
        ...sample,
        data: index === 0 || index === 7 ? null : file.subarray(at + sample.offset, at + sample.offset + sample.size),
      }))
      const segment = mpuMediaSegment({ trackId: track.trackId, sequenceNumber: 5, decodeTime: 1000, samples })
      const moofAt = readBoxes(segment).find(({ type }) => type === 'moof')?.offset ?? 0
      const fragment = parseMovieFragment(segment.subarray(moofAt), init, moofAt)
      const played = fragment.tracks[0]
      expect(played?.decodeTime).toBe(1000)
      expect(played?.samples).toHaveLength(samples.length - 2)
      const sum = (all: readonly { duration: number }[] = []): number =>
        all.reduce((ticks, { duration }) => ticks + duration, 0)
      expect(sum(played?.samples)).toBe(sum(samples))
      // The first received sample keeps its presentation time.
      expect(played?.samples[0]?.compositionOffset).toBe(
        (samples[1]?.compositionOffset ?? 0) + (samples[0]?.duration ?? 0),
      )
      const first = played?.samples[0]
      const data = segment.subarray(moofAt + (first?.offset ?? 0), moofAt + (first?.offset ?? 0) + (first?.size ?? 0))
      expect(Buffer.compare(data, samples[1]?.data as Uint8Array)).toBe(0)
    }
  })

  it('throw only CodecError, truncated anywhere and with any bit flipped', () => {
    const use = (bytes: Uint8Array): void => {
      try {
        const { movie, fragments } = read(bytes)
        for (const track of movie.tracks) {
          codecString(movie, track)
          mpuInitSegment(movie, track)
          mpuTiming(
            track,
            fragments.map(({ fragment }) => fragment),
          )
        }
      } catch (thrown) {
        if (!(thrown instanceof CodecError)) throw thrown
      }
    }
    const head = audio.subarray(0, 2600)
    for (let end = 0; end < head.length; end += 3) use(head.subarray(0, end))
    fc.assert(
      fc.property(fc.nat(head.length * 8 - 1), fc.nat(255), (bit, value) => {
        const turned = audio.slice()
        turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7))
        use(turned)
        turned[bit >> 3] = value
        use(turned)
      }),
      { numRuns: 1500 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), use))
  })
})

describe('the time line', () => {
  const timing = { timescale: 1000, duration: 1000, firstPresentation: 0, samples: 10 }
  const lane = (): MpuLane<PlacedMpu> => new MpuLane(new MpuTimeline())
  const put = (line: MpuLane<PlacedMpu>, sequence: number, timeUs: number | null, arrivalUs: number): number | null => {
    const placed = line.place(sequence, timeUs, arrivalUs, timing)
    if (placed !== null) line.add(placed)
    return placed?.time ?? null
  }

  it('joins adjacent MPUs, keeps gaps, and refuses duplicates', () => {
    const line = lane()
    expect(put(line, 1, 5_000_000, 100_000_000)).toBe(10_000)
    expect(put(line, 2, 6_000_400, 101_000_000)).toBe(11_000)
    expect(put(line, 4, 8_000_000, 103_000_000)).toBe(13_000)
    expect(put(line, 3, 7_000_000, 103_500_000)).toBe(12_000)
    expect(put(line, 3, 7_000_000, 103_500_000)).toBeNull()
    expect(line.mpus.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
    expect(line.at(12_000)?.sequence).toBe(3)
    expect(line.retain(({ sequence }) => sequence > 2)).toBe(2)
    expect(line.at(11_000)).toBeNull()
  })

  it("continues where the sender's clock jumps or is absent", () => {
    const line = lane()
    expect(put(line, 1, 5_000_000, 100_000_000)).toBe(10_000)
    expect(put(line, 1, 900_000_000, 101_000_000)).toBe(11_000)
    expect(put(line, 2, null, 102_700_000)).toBe(12_000)
    expect(put(line, 4, null, 104_900_000)).toBe(14_000)
  })
})
