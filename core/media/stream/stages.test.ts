import { describe, expect, it } from 'vitest'
import type { Sample, SampleTrack } from '../../flow/samples.ts'
import { mediaTargets } from '../../testing/fuzz/media-targets.ts'
import { AVC_SPS, HEVC_SPS } from '../../testing/fuzz/samples.ts'
import { demoMedia, type KeptSamples, keepChunks, readStream, writeStream } from '../../testing/media-streams.ts'
import { seeded } from '../../testing/seeded.ts'
import { AccessUnits } from '../annexb/access-units.ts'
import { readAvcSps } from '../annexb/avc-parameters.ts'
import { AvcPictures } from '../annexb/avc-pictures.ts'
import { DisplayOrder } from '../annexb/display-order.ts'
import { readHevcSps } from '../annexb/hevc-parameters.ts'
import { HevcPictures } from '../annexb/hevc-pictures.ts'
import { AC3 } from '../audio/ac3.ts'
import { MPEG_AUDIO } from '../audio/mpeg-audio.ts'
import { FragmentWriter } from '../mp4/fragment-writer.ts'
import { MovieIndex } from '../mp4/movie-index.ts'
import { LATE_MOVIE } from '../mp4/mp4-reader.ts'
import { relocateMovie } from '../mp4/relocate-movie.ts'
import { mpegCrc } from '../ts/psi.ts'
import { TsWriter } from '../ts/ts-writer.ts'
import { ContinuousTimes } from './continuous-times.ts'
import { formatOfExtension, formatOfMime, type MediaFormat } from './media-formats.ts'
import { probeFormat } from './probe-format.ts'
import { StreamFaults } from './stream-faults.ts'

const media = demoMedia()
const of = ({ tracks, samples }: KeptSamples, id: number): KeptSamples => ({
  ...media,
  tracks: tracks.filter((track) => track.id === id),
  samples: samples.filter(({ track }) => track === id),
})
const video = of(media, 1)
const audio = of(media, 2)
const STREAMS: Readonly<Partial<Record<MediaFormat, Uint8Array>>> = {
  mp4: writeStream('mp4', media),
  ts: writeStream('ts', media),
  avc: writeStream('avc', video),
  aac: writeStream('aac', audio),
  mp3: frames(144, (at) => [0xff, 0xfb, 0x34, 0xc4, at]),
  ac3: frames(128, (at) => [0x0b, 0x77, at, 0, 0, 0x40, 0x40, 0]),
}
const FORMATS = Object.entries(STREAMS) as [MediaFormat, Uint8Array][]

/** Frames of one length with these first bytes, ten of them. */
function frames(length: number, begin: (at: number) => readonly number[]): Uint8Array {
  const all = Array.from({ length: 10 }, (_, at) => {
    const frame = new Uint8Array(length).fill(0x55)
    frame.set(begin(at))
    return frame
  })
  return new Uint8Array(Buffer.concat(all))
}

/** Samples of a track as text, with times in µs from the first. */
function listing({ tracks, samples }: KeptSamples, kind: string): string[] {
  const track = tracks.find((each) => each.kind === kind)
  const own = samples.filter((sample) => sample.track === track?.id)
  const us = (ticks: number): number => Math.round((ticks / (track?.timescale ?? 1)) * 1e6)
  const first = own[0]?.decodeTicks ?? 0
  return own.map((each) => [us(each.decodeTicks - first), us(each.offsetTicks), each.sync, sum(each)].join(' '))
}

/** Each sample as text, with all its bytes. */
function digest({ samples }: KeptSamples): string[] {
  return samples.map(({ data, ...rest }) => `${Object.values(rest).join(' ')} ${mpegCrc(data, 0, data.length)}`)
}

/** A sum over the picture or frame itself: of video without parameter sets, delimiters and SEI, which a format may move. */
function sum({ data }: Sample): number {
  return mpegCrc(data, Math.max(0, data.length - 64), data.length)
}

function expectClose(found: readonly string[], wanted: readonly string[]): void {
  const rounded = (line: string): string => line.replace(/^(-?\d+) (-?\d+)/, (_, a, b) => `${near(a)} ${near(b)}`)
  const near = (us: string): number => Math.round(Number(us) / 100)
  expect(found.map(rounded)).toEqual(wanted.map(rounded))
}

describe('a stage', () => {
  it.each(FORMATS)('reads %s to the same samples however its bytes are cut', (format, bytes) => {
    const whole = readStream(format, bytes)
    expect(whole.samples.length).toBeGreaterThan(5)
    expect(whole.faults.entries()).toEqual([])
    const random = seeded(4)
    const cuts = { bytewise: () => 1, random: () => 1 + Math.floor(random() * 900), packets: () => 1316 }
    for (const [name, pieces] of Object.entries(cuts)) {
      const cut = readStream(format, bytes, pieces)
      expect(digest(cut), name).toEqual(digest(whole))
      expect(cut.tracks, name).toEqual(whole.tracks)
      expect(cut.faults.entries(), name).toEqual([])
    }
  })

  it('writes what it read, to samples at the same times', () => {
    for (const format of ['mp4', 'ts'] as const) {
      const read = readStream(format, STREAMS[format] as Uint8Array)
      expectClose(listing(read, 'video'), listing(media, 'video'))
      expectClose(listing(read, 'audio'), listing(media, 'audio'))
    }
    const raw = readStream('avc', STREAMS.avc as Uint8Array)
    expectClose(listing(raw, 'video'), listing(media, 'video'))
    expect(Buffer.compare(writeStream('avc', raw), STREAMS.avc as Uint8Array)).toBe(0)
    const adts = readStream('aac', STREAMS.aac as Uint8Array)
    expect(adts.samples.map(sum)).toEqual(audio.samples.map(sum))
    expect(Buffer.compare(writeStream('aac', adts), STREAMS.aac as Uint8Array)).toBe(0)
    expect(adts.tracks[0]).toMatchObject({ codec: 'mp4a.40.2', timescale: audio.tracks[0]?.timescale })
  })

  it('keeps picture and sound together from a transport stream to MP4', () => {
    const read = readStream('ts', STREAMS.ts as Uint8Array)
    const startOf = ({ tracks, samples }: KeptSamples, kind: string): number => {
      const track = tracks.find((each) => each.kind === kind)
      const first = samples.find((sample) => sample.track === track?.id)
      return (
        ((first?.decodeTicks ?? 0) + (first?.offsetTicks ?? 0) - (track?.startTicks ?? 0)) / (track?.timescale ?? 1)
      )
    }
    const offset = (kept: KeptSamples): number => startOf(kept, 'audio') - startOf(kept, 'video')
    expect(Math.abs(offset(read) - offset(media))).toBeLessThan(0.001)
  })

  it.each(FORMATS)('finds its way in %s again behind garbage, and says so', (format, bytes) => {
    const garbage = Uint8Array.from({ length: 84 }, (_, at) => (at * 37 + 11) & 0xff)
    const middle = Math.floor(bytes.length / 2)
    const spoiled = new Uint8Array(Buffer.concat([bytes.subarray(0, middle), garbage, bytes.subarray(middle)]))
    const whole = readStream(format, bytes)
    const read = readStream(format, spoiled, () => 1000)
    // Of MP4 a fragment is lost, of all others what the garbage touches and the two units behind it.
    const least = format === 'mp4' ? whole.samples.length / 3 : whole.samples.length - 6
    expect(read.samples.length).toBeGreaterThanOrEqual(least)
    if (format !== 'avc') expect(read.faults.total).toBeGreaterThan(0)
    const lastOf = (kept: KeptSamples): number => sum(kept.samples.at(-1) as Sample)
    if (format !== 'mp4') expect(lastOf(read)).toBe(lastOf(whole))
  })

  it.each(['avc', 'hevc'] as const)(
    'counts pictures of %s that are cut off or came too early, and makes no error for each',
    (codec) => {
      const hevc = codec === 'hevc'
      const pictures = hevc ? new HevcPictures() : new AvcPictures()
      const header = hevc ? [2, 1] : [0x41]
      const cases: readonly [readonly number[], string][] = [
        [[], 'malformed'],
        [[0x80, 0], 'malformed'],
        [[0x80, 0, 0, 0, 0, 0, 0], 'malformed'],
        // Parameter set 5, which nobody sent.
        [hevc ? [0x80 | 0x18] : [0b1100_1100], 'undecodable'],
      ]
      expect(cases.map(([body]) => pictures.slice(Uint8Array.from([...header, ...body])))).toEqual(
        cases.map(([, fault]) => fault),
      )
      pictures.parameterSet(hevc ? HEVC_SPS : AVC_SPS)
      const faults = new StreamFaults()
      const units = new AccessUnits(codec, () => {}, faults)
      const tiny = Uint8Array.from([...header, 0x80])
      for (let at = 0; at < 1000; at++) units.nal(tiny, 0, tiny.length, at)
      expect(faults.of('malformed')).toBe(1000)
    },
  )

  it('takes damaged streams of every format', async () => {
    for (const target of mediaTargets()) {
      const open = await target.open()
      expect(await open.run(25, seeded(7), () => undefined), target.name).toBeNull()
    }
  })

  it('is found by suffix, by media type, and by the first bytes', () => {
    for (const [format, bytes] of FORMATS) {
      expect(probeFormat(bytes, 0, bytes.length), format).toBe(format)
      expect(probeFormat(bytes, 0, 4), format).toBeUndefined()
    }
    expect(probeFormat(new Uint8Array(70_000).fill(7), 0, 70_000)).toBeNull()
    expect([formatOfExtension('H264'), formatOfExtension('trp'), formatOfExtension('mkv')]).toEqual(['avc', 'ts', null])
    expect(formatOfMime('video/MP2T; charset=x')).toBe('ts')
  })
})

describe('parameter sets and headers', () => {
  it('tell the size, the rate and the depth of reordering', () => {
    expect(readAvcSps(AVC_SPS)).toMatchObject({ width: 320, height: 180, reorder: 2, rate: { num: 50, den: 2 } })
    expect(readHevcSps(HEVC_SPS)).toMatchObject({ width: 320, height: 180, rate: { num: 25, den: 1 } })
  })

  it('tell the length and samples of audio frames', () => {
    const mp3 = Uint8Array.from([0xff, 0xfb, 0x90, 0x64])
    expect(MPEG_AUDIO.header(mp3, 0)).toMatchObject({ frameBytes: 417, samples: 1152, sampleRate: 44100, channels: 2 })
    const ac3 = Uint8Array.from([0x0b, 0x77, 0, 0, 0x14, 0x40, 0xe1, 0])
    expect(AC3.header(ac3, 0)).toMatchObject({ frameBytes: 768, samples: 1536, sampleRate: 48000, channels: 6 })
  })
})

describe('pictures', () => {
  it('are given their places in output order as soon as the depth allows', () => {
    const given: [string, number][] = []
    const order = new DisplayOrder<string>((name, display) => given.push([name, display]), new StreamFaults())
    const push = (name: string, poc: number, restart = false): void => order.push(name, poc, restart, 1)
    push('I', 0, true)
    push('P', 8)
    push('B', 2)
    push('b', 4)
    expect(given).toEqual([['I', 0]])
    push('c', 6)
    push('Q', 10)
    push('J', 0, true)
    order.flush()
    expect(given.slice(1)).toEqual([
      ['P', 4],
      ['B', 1],
      ['b', 2],
      ['c', 3],
      ['Q', 5],
      ['J', 6],
    ])
  })
})

describe('a transport stream', () => {
  const packets = Array.from({ length: (STREAMS.ts as Uint8Array).length / 188 }, (_, at) =>
    (STREAMS.ts as Uint8Array).subarray(at * 188, at * 188 + 188),
  )
  const pidOf = (packet: Uint8Array): number => (((packet[1] as number) & 31) << 8) | (packet[2] as number)
  const clockAt = (packet: Uint8Array): number | null =>
    ((packet[3] as number) & 0x20) !== 0 && (packet[4] as number) >= 7 && ((packet[5] as number) & 0x10) !== 0
      ? Buffer.from(packet).readUInt32BE(6) * 2 + ((packet[10] as number) >> 7)
      : null

  it('has its tables every 100 ms, its clock every 40 ms, and no gap in its counters', () => {
    const continuity = new Map<number, number>()
    let clock: number | null = null
    let tables: number | null = null
    for (const packet of packets) {
      expect(packet[0]).toBe(0x47)
      const pid = pidOf(packet)
      if (((packet[3] as number) & 0x10) !== 0) {
        const before = continuity.get(pid)
        if (before !== undefined) expect((packet[3] as number) & 15).toBe((before + 1) & 15)
        continuity.set(pid, (packet[3] as number) & 15)
      }
      const now = clockAt(packet)
      if (now !== null) {
        if (clock !== null) expect(now - clock).toBeLessThanOrEqual(3600)
        clock = now
      }
      if (pid !== 0) continue
      if (tables !== null && clock !== null) expect(clock - tables).toBeLessThanOrEqual(9000)
      tables = clock
    }
    expect([...continuity.keys()].sort((a, b) => a - b)).toEqual([0, 0x100, 0x101, 0x1000])
  })

  it('has some frames of audio in each PES packet, whose first one is presented 50 ms or more after it is sent', () => {
    const seconds = ({ track, decodeTicks }: Sample): number =>
      decodeTicks / (media.tracks.find(({ id }) => id === track)?.timescale ?? 1)
    const samples = [...media.samples].sort((one, other) => seconds(one) - seconds(other))
    const written = writeStream('ts', { tracks: media.tracks, samples })
    let clock = 0
    let count = 0
    for (let at = 0; at < written.length; at += 188) {
      const packet = Buffer.from(written.subarray(at, at + 188))
      clock = clockAt(packet) ?? clock
      if (pidOf(packet) !== 0x101 || (packet.readUInt8(1) & 0x40) === 0) continue
      const begin = (packet.readUInt8(3) & 0x20) === 0 ? 4 : 5 + packet.readUInt8(4)
      const high = (packet.readUInt8(begin + 9) & 0x0e) * 2 ** 29
      const pts = high + (packet.readUInt16BE(begin + 10) >> 1) * 2 ** 15 + (packet.readUInt16BE(begin + 12) >> 1)
      count++
      expect(pts - clock).toBeGreaterThanOrEqual(4500)
    }
    expect(count).toBeLessThan(audio.samples.length / 2)
    expect(count).toBeGreaterThan(audio.samples.length / 4)
    expect(listing(readStream('ts', written), 'audio')).toHaveLength(audio.samples.length)
  })

  it('has each frame of audio in a PES packet of its own where there is no video', () => {
    const read = Buffer.from(writeStream('ts', audio))
    const starts = Array.from({ length: read.length / 188 }, (_, at) => read.subarray(at * 188, at * 188 + 188))
    const pes = starts.filter((packet) => pidOf(packet) === 0x100 && ((packet[1] as number) & 0x40) !== 0)
    expect(pes).toHaveLength(audio.samples.length)
  })

  it('has a table of several packets where it has many streams, which is read again', () => {
    const [track, sample] = [audio.tracks[0] as SampleTrack, audio.samples[0] as Sample]
    const ids = Array.from({ length: 64 }, (_, at) => at + 1)
    const many = {
      tracks: ids.map((id) => ({ ...track, id })),
      samples: [0, 1].flatMap((at) =>
        ids.map((id) => ({ ...sample, track: id, decodeTicks: sample.decodeTicks + at * sample.durationTicks })),
      ),
    }
    const read = readStream('ts', writeStream('ts', many))
    expect(read.faults.entries()).toEqual([])
    expect(new Set(read.samples.map((each) => each.track)).size).toBe(64)
  })

  it('begins each random access point with tables, marks it, and puts delimiter and parameter sets before it', () => {
    const marked = packets.flatMap((packet, at) => {
      const isMarked =
        ((packet[3] as number) & 0x20) !== 0 && (packet[4] as number) > 0 && ((packet[5] as number) & 0x40) !== 0
      return isMarked && pidOf(packet) === 0x100 ? [at] : []
    })
    expect(marked).toHaveLength(video.samples.filter(({ sync }) => sync).length)
    for (const at of marked) {
      expect([at - 2, at - 1].map((each) => pidOf(packets[each] as Uint8Array))).toEqual([0, 0x1000])
      const text = Buffer.from(packets[at] as Uint8Array).toString('hex')
      expect(text).toMatch(/00000001 ?09f0 ?0000000167/)
    }
  })

  it('goes on where its 33 bits are over, and where its times jump', () => {
    const chunks: Uint8Array[] = []
    const writer = new TsWriter(keepChunks(chunks))
    for (const track of media.tracks) writer.track(track)
    const late = 2 ** 33 / 90_000 - 11
    const wrapping = video.samples.slice(0, 40)
    const scale = video.tracks[0]?.timescale ?? 1
    writer.sample({ ...(audio.samples[0] as Sample), decodeTicks: 0 })
    for (const each of wrapping) writer.sample({ ...each, decodeTicks: each.decodeTicks + Math.round(late * scale) })
    writer.end()
    const read = readStream('ts', new Uint8Array(Buffer.concat(chunks)))
    const times = read.samples.filter(({ track }) => track === 1).map(({ decodeTicks }) => decodeTicks)
    const steps = times.slice(1).map((ticks, at) => ticks - (times[at] as number))
    expect(times.length).toBe(40)
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1)
  })

  it('is read on after a second sender, on one timeline', () => {
    const bytes = STREAMS.ts as Uint8Array
    const once = readStream('ts', bytes)
    const kept: KeptSamples = { tracks: [], samples: [], faults: new StreamFaults(), refusals: [] }
    const times = new ContinuousTimes(
      {
        track: (track) => void kept.tracks.push(track),
        sample: (sample) => void kept.samples.push({ ...sample, data: sample.data.slice() }),
        end: () => undefined,
      },
      kept.faults,
    )
    for (const track of once.tracks) times.track(track)
    for (const sample of once.samples) times.sample(sample)
    times.restart()
    for (const sample of once.samples) times.sample(sample)
    times.end()
    expect(kept.samples).toHaveLength(2 * once.samples.length)
    for (const { id } of once.tracks) {
      const own = kept.samples.filter(({ track }) => track === id)
      expect(own.every((each, at) => at === 0 || each.decodeTicks > (own[at - 1] as Sample).decodeTicks)).toBe(true)
    }
  })
})

describe('a plain MP4', () => {
  const chunks: Uint8Array[] = []
  const index = new MovieIndex()
  const writer = new FragmentWriter(
    {
      chunk: (bytes, start, end) => {
        chunks.push(bytes.slice(start, end))
      },
      end: () => undefined,
    },
    1,
    { watch: index },
  )
  for (const track of media.tracks) writer.track(track)
  const ordered = [...media.samples].sort((a, b) => secondsOf(a) - secondsOf(b))
  for (const sample of ordered) writer.sample(sample)
  writer.end()
  const fragmented = new Uint8Array(Buffer.concat(chunks))
  const head = index.head() as Uint8Array
  const data = index.ranges.map(({ start, end }) => fragmented.subarray(start, end))
  const plain = new Uint8Array(Buffer.concat([head, ...data]))

  function secondsOf({ track, decodeTicks }: Sample): number {
    return decodeTicks / (media.tracks.find(({ id }) => id === track)?.timescale ?? 1)
  }

  it('has the samples of the fragments it was made of', () => {
    const read = readStream('mp4', plain, () => 777)
    expect(read.refusals).toEqual([])
    expectClose(listing(read, 'video'), listing(media, 'video'))
    expectClose(listing(read, 'audio'), listing(media, 'audio'))
    expect(read.faults.entries()).toEqual([])
  })

  it('is refused with its movie header behind the data, and read with that put before it', () => {
    const view = Buffer.from(plain)
    const moovAt = view.readUInt32BE(0)
    const mdatAt = moovAt + view.readUInt32BE(moovAt)
    const [ftyp, moov, mdat] = [plain.subarray(0, moovAt), plain.slice(moovAt, mdatAt), plain.subarray(mdatAt)]
    // Offsets of a file that has it last.
    const table = Buffer.from(moov.buffer, moov.byteOffset, moov.length)
    for (let at = table.indexOf('stco'); at >= 0; at = table.indexOf('stco', at + 4))
      for (let entry = 0; entry < table.readUInt32BE(at + 8); entry++)
        table.writeUInt32BE(table.readUInt32BE(at + 12 + 4 * entry) - moov.length, at + 12 + 4 * entry)
    const late = new Uint8Array(Buffer.concat([ftyp, mdat, moov]))
    expect(readStream('mp4', late).refusals).toEqual([LATE_MOVIE])
    const moved = relocateMovie(moov, ftyp.length, ftyp.length + mdat.length)
    expect(Buffer.compare(Buffer.concat([ftyp, moved ?? moov, mdat]), plain)).toBe(0)
  })
})
