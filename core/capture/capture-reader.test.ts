import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { ipv4Packet, ipv4Udp, PcapngBlocks, pcapFile } from '../testing/capture-builder.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'
import { CaptureReader } from './capture-reader.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const START_S = 1_700_000_000

/** A capture with a packet at each of these times in ms, whose payload is its number. */
function capture(timesMs: readonly number[], firstNumber = 0): Uint8Array {
  const frames = timesMs.map((ms, index) => ({
    bytes: ipv4Udp([firstNumber + index]),
    seconds: START_S + Math.floor(ms / 1000),
    fraction: (ms % 1000) * 1000,
  }))
  return pcapFile({ frames })
}

const numbers = (played: Awaited<ReturnType<typeof playCapture>>) => played.datagrams.map(({ payload }) => payload[0])
const sinceStartMs = (played: Awaited<ReturnType<typeof playCapture>>) =>
  played.datagrams.map(({ timeUs }) => timeUs / 1000 - START_S * 1000)

test('the ticks of many long gaps are bounded, and each gap has some', async () => {
  const packets = 2000
  const hours = Array.from({ length: packets }, (_, number) => number * 3_600_000)
  const played = await playCapture([await folder.write(capture(hours))])
  expect(played.datagrams).toHaveLength(packets)
  expect(played.ticks.length).toBeLessThan(120_000)
  expect(played.ticks.length).toBeGreaterThan(100_000)
  const last = (START_S + (packets - 2) * 3600) * 1e6
  expect(played.ticks.filter((timeUs) => timeUs > last).length).toBeGreaterThanOrEqual(4)
  expect(played.ticks).toEqual([...played.ticks].sort((a, b) => a - b))
})

describe('several files', () => {
  test('are played as one, with continuous times and frame numbers', async () => {
    const files = [await folder.write(capture([0, 10])), await folder.write(capture([5000, 5010], 2))]
    const played = await playCapture(files)
    expect(numbers(played)).toEqual([0, 1, 2, 3])
    expect(sinceStartMs(played)).toEqual([0, 10, 5000, 5010])
    expect(played.datagrams.map(({ frame }) => frame)).toEqual([1, 2, 3, 4])
  })

  test('are played in the order of their times, whatever the order they are named in', async () => {
    const files = [await folder.write(capture([60_000, 60_010])), await folder.write(capture([0, 10, 20], 2))]
    const played = await playCapture(files)
    expect(numbers(played)).toEqual([2, 3, 4, 0, 1])
    expect(sinceStartMs(played)).toEqual([0, 10, 20, 60_000, 60_010])
    expect(played.notices).toEqual([])
  })

  test('that overlap are merged packet by packet, equal times in the order of the names', async () => {
    const files = [
      await folder.write(capture([0, 20, 40, 60])),
      await folder.write(gzipSync(capture([10, 20, 50], 10))),
      await folder.write(capture([45], 20)),
    ]
    const played = await playCapture(files)
    expect(numbers(played)).toEqual([0, 10, 1, 11, 2, 20, 12, 3])
    expect(sinceStartMs(played)).toEqual([0, 10, 20, 20, 40, 45, 50, 60])
    expect(played.progress.doneBytes).toBe(played.progress.totalBytes)
    const again = await playCapture(files, { loop: 2 })
    expect(numbers(again)).toEqual([...numbers(played), ...numbers(played)])
  })

  test('keep their own order where their time steps back, and are merged again after a damaged time', async () => {
    const files = [
      await folder.write(capture([0, 40, 30, 50])),
      await folder.write(capture([10, 200_000_000, 20, 45], 10)),
    ]
    const played = await playCapture(files)
    expect(numbers(played)).toEqual([0, 10, 11, 12, 1, 2, 13, 3])
  })

  test('of different epochs are merged by the corrected time, with a notice', async () => {
    const ntp = pcapFile({ frames: [{ bytes: ipv4Udp([9]), seconds: START_S + 2_208_988_800, fraction: 5000 }] })
    const played = await playCapture([await folder.write(capture([0, 10])), await folder.write(ntp)])
    expect(numbers(played)).toEqual([0, 9, 1])
    expect(played.summary.epochCorrected).toBe(true)
    expect(played.notices).toEqual([
      '1 of 2 captures count time from 1900 (as GPAC writes it); 70 years were taken off.',
    ])
  })

  test('that are years apart are played one after the other, with a notice', async () => {
    const later = pcapFile({ frames: [{ bytes: ipv4Udp([9]), seconds: START_S + 86_400 * 400 }] })
    const files = [await folder.write(later, 'later.pcap'), await folder.write(capture([0, 10]))]
    const played = await playCapture(files)
    expect(numbers(played)).toEqual([0, 1, 9])
    expect(played.notices).toEqual(['later.pcap begins 400 days after the packets before it.'])
  })

  test('a thousand that follow each other are open one at a time', async () => {
    const files: string[] = []
    for (let index = 0; index < 1000; index++) files.push(await folder.write(capture([index * 10, index * 10 + 5])))
    const played = await playCapture(files.reverse())
    expect(played.datagrams.length).toBe(2000)
    expect(sinceStartMs(played)).toEqual(Array.from({ length: 2000 }, (_, index) => index * 5))
  })

  test('too many that overlap are refused with the limit', async () => {
    const file = await folder.write(capture([0, 1_000]))
    await expect(playCapture(new Array<string>(300).fill(file))).rejects.toMatchObject({
      error: { code: 'not-supported', message: expect.stringContaining('256') },
    })
  })

  test('a fault of a later one is reported before the first is played', async () => {
    const seen: number[] = []
    const reader = new CaptureReader({
      files: [await folder.write(capture([0])), join(folder.dir, 'missing.pcap')],
      pace: 'fast',
      loop: 1,
      nowUs: () => 0,
    })
    const run = reader.run({ datagram: () => void seen.push(1) }, { tick: () => undefined, loop: () => undefined })
    await expect(run).rejects.toMatchObject({ error: { code: 'file-not-found' } })
    expect(seen).toEqual([])
  })
})

describe('gzip', () => {
  const plain = capture([0, 10, 20])

  test('is decompressed whatever the name, several members and trailing zeros included', async () => {
    const file = await folder.write(
      Buffer.concat([gzipSync(plain.slice(0, 50)), gzipSync(plain.slice(50)), Buffer.alloc(9)]),
    )
    const played = await playCapture([file])
    expect(numbers(played)).toEqual([0, 1, 2])
    expect(played.warnings).toEqual([])
    expect(played.progress.doneBytes).toBe(played.progress.totalBytes)
  })

  test('that is cut is read to the cut', async () => {
    // Incompressible payloads, so that the cut loses little.
    const frames = Array.from({ length: 200 }, (_, index) => ({
      bytes: ipv4Udp(Array.from({ length: 500 }, (_, at) => (index * 7919 + at * at * 31) & 255)),
    }))
    const packed = gzipSync(pcapFile({ frames }), { level: 0 })
    const played = await playCapture([await folder.write(packed.subarray(0, packed.length / 2), 'half.pcap.gz')])
    expect(played.datagrams.length).toBeGreaterThan(90)
    expect(played.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^half\.pcap\.gz ends in the middle of a packet, at byte \d+ of the uncompressed data/),
    ])
  })

  test('keeps every packet before junk, and tells of it', async () => {
    const frames = Array.from({ length: 171 }, (_, index) => ({ bytes: ipv4Udp([index]) }))
    const packed = gzipSync(pcapFile({ frames }))
    const junk = Buffer.alloc(500, 'not gzip ')
    const behind = await playCapture([await folder.write(Buffer.concat([packed, junk]), 'junk.pcap.gz')])
    expect(numbers(behind)).toEqual(Array.from({ length: 171 }, (_, index) => index))
    expect(behind.warnings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      `bad-gzip: junk.pcap.gz has 500 bytes at byte ${packed.length} of the file that do not belong to its gzip compression; they were passed over.`,
    ])
    const half = pcapFile({ frames })
    const chain = Buffer.concat([gzipSync(half.slice(0, 3000)), junk, gzipSync(half.slice(3000))])
    const between = await playCapture([await folder.write(chain, 'between.pcap.gz')])
    expect(numbers(between)).toEqual(numbers(behind))
    expect(between.warnings).toMatchObject([{ code: 'bad-gzip' }])
  })

  test('that ends between two packets is told as well', async () => {
    const first = pcapFile({ frames: [{ bytes: ipv4Udp([1]) }] })
    const played = await playCapture([await folder.write(gzipSync(first).subarray(0, -4), 'cut.pcap.gz')])
    expect(numbers(played)).toEqual([1])
    expect(played.warnings.map(({ message }) => message)).toEqual([
      'cut.pcap.gz ends in the middle of its gzip compression; everything before it was read.',
    ])
  })

  test('that is damaged gives a warning', async () => {
    const packed = gzipSync(
      pcapFile({ frames: Array.from({ length: 3000 }, () => ({ bytes: ipv4Udp(new Array<number>(100).fill(1)) })) }),
      {
        level: 0,
      },
    )
    packed.fill(0xff, 300_000, 300_100)
    packed.fill(0xff, packed.length - 8)
    const played = await playCapture([await folder.write(packed)])
    expect(played.datagrams.length).toBeGreaterThan(1000)
    expect(played.warnings.map(({ code }) => code)).toContain('bad-gzip')
  })

  test('of another format is refused by its content', async () => {
    const file = await folder.write(gzipSync('hello there'), 'notes.gz')
    await expect(playCapture([file])).rejects.toMatchObject({
      error: { message: "notes.gz is not a packet capture: it is gzip'ed, and inside it is text." },
    })
  })
})

describe('stdin', () => {
  const original = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor
  const stdin = (stream: Readable) => Object.defineProperty(process, 'stdin', { value: stream, configurable: true })
  afterEach(() => {
    Object.defineProperty(process, 'stdin', original)
  })

  test.each([
    ['a capture', capture([0, 10, 20])],
    ["a gzip'ed capture", gzipSync(capture([0, 10, 20]))],
  ])('%s is read even in pieces of one byte', async (_name, bytes) => {
    stdin(
      Readable.from(
        Array.from(bytes, (byte) => Buffer.of(byte)),
        { objectMode: false },
      ),
    )
    const played = await playCapture(['-'])
    expect(numbers(played)).toEqual([0, 1, 2])
    expect(played.progress.totalBytes).toBeNull()
  })

  test('an empty one is reported as empty', async () => {
    stdin(Readable.from([]))
    await expect(playCapture(['-'])).rejects.toMatchObject({
      error: { code: 'not-a-capture', message: 'The capture on stdin is not a packet capture: it is empty.' },
    })
  })

  test('cannot be repeated', async () => {
    await expect(playCapture(['-'], { loop: 0 })).rejects.toMatchObject({ error: { code: 'not-supported' } })
  })

  test('stopping does not wait for more', async () => {
    const stream = new PassThrough()
    stdin(stream)
    stream.write(capture([0, 10]))
    const reader = new CaptureReader({ files: ['-'], pace: 'fast', loop: 1, nowUs: () => 0 })
    let count = 0
    const sink = {
      datagram: () => {
        if (++count === 2) setImmediate(() => reader.stop())
      },
    }
    await reader.run(sink, { tick: () => undefined, loop: () => undefined })
    expect(count).toBe(2)
    expect(stream.destroyed).toBe(true)
  })
})

describe('refusals', () => {
  test.each<[string, string, Uint8Array | string, string]>([
    ['film.pcap', 'not-a-capture', Buffer.from('0000001866747970697366', 'hex'), 'an MP4 file'],
    ['pack.pcap', 'not-a-capture', Buffer.from('504b030414000000', 'hex'), 'a ZIP archive'],
    ['notes.pcap', 'not-a-capture', 'just some text\n', 'text'],
    ['grüße.pcap', 'not-a-capture', 'ein paar Zeilen mit Umlauten: ä ö ü', 'text'],
    ['live.mpd', 'not-a-capture', '<?xml version="1.0"?>\n<MPD xmlns="x">', 'a DASH manifest'],
    ['live.m3u8', 'not-a-capture', '#EXTM3U\n', 'an HLS playlist'],
    ['report.json', 'not-a-capture', '{"a":1}', 'a JSON document'],
    ['ts.pcap', 'not-a-capture', Buffer.from(`47${'00'.repeat(187)}47`, 'hex'), 'an MPEG-2 transport stream'],
    ['zero.pcap', 'not-a-capture', new Uint8Array(600), 'nothing but zero bytes'],
    ['odd.pcap', 'not-a-capture', Buffer.from('deadbeef00', 'hex'), 'begins with the bytes de ad be ef'],
    ['empty.pcap', 'not-a-capture', new Uint8Array(0), 'it is empty'],
    ['short.pcap', 'not-a-capture', Buffer.from('d4c3b2a1020004', 'hex'), 'shorter than its header'],
    ['v3.pcap', 'not-a-capture', Buffer.from(`d4c3b2a103000000${'00'.repeat(16)}`, 'hex'), 'version 3.0'],
    ['gpac.gpc', 'not-a-capture', Buffer.from('47504300', 'hex'), 'a GPAC capture'],
    ['ixia.vcap', 'not-a-capture', Buffer.from('1c0001ab', 'hex'), 'an Ixia capture'],
    ['c.pcap.zst', 'not-a-capture', Buffer.from('28b52ffd00', 'hex'), 'compressed with Zstandard'],
    ['c.pcap.xz', 'not-a-capture', Buffer.from('fd377a585a00', 'hex'), 'compressed with xz'],
    ['c.pcap.lz4', 'not-a-capture', Buffer.from('04224d18', 'hex'), 'compressed with LZ4'],
    ['c.pcap.bz2', 'not-a-capture', Buffer.from('425a6839', 'hex'), 'compressed with bzip2'],
  ])('%s', async (name, code, bytes, words) => {
    const file = await folder.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, name)
    const error = { code, message: expect.stringContaining(words), tryThis: expect.stringMatching(/\.$/) }
    await expect(playCapture([file])).rejects.toMatchObject({ error })
    await expect(playCapture([file])).rejects.toMatchObject({ error: { message: expect.stringContaining(name) } })
  })

  test('a missing file, and a folder', async () => {
    const missing = join(folder.dir, 'nowhere', 'a.pcap')
    await expect(playCapture([missing])).rejects.toMatchObject({
      error: { code: 'file-not-found', message: `There is no file ${missing}.` },
    })
    const dir = join(folder.dir, 'sub')
    await mkdir(dir)
    await expect(playCapture([dir])).rejects.toMatchObject({
      error: { code: 'file-unreadable', message: `${dir} is a folder, not a capture.` },
    })
  })

  test('a capture without UDP is refused with its contents', async () => {
    const frames = [6, 6, 1].map((protocol) => ({ bytes: ipv4Packet([0, 0, 0, 0], { protocol }) }))
    const file = await folder.write(pcapFile({ frames }), 'tcp.pcap')
    await expect(playCapture([file])).rejects.toMatchObject({
      error: {
        code: 'no-udp-in-capture',
        message: 'tcp.pcap holds no UDP: its 3 packets are of other kinds (2 TCP, 1 ICMP).',
      },
    })
    const none = await folder.write(pcapFile({ frames: [] }), 'none.pcap')
    await expect(playCapture([none])).rejects.toMatchObject({
      error: { code: 'no-udp-in-capture', message: 'none.pcap holds no packets at all.' },
    })
    await expect(playCapture([file, none])).rejects.toMatchObject({
      error: { message: expect.stringMatching(/^None of the 2 captures holds UDP/) },
    })
  })

  test('a capture whose packets are all cut is refused with the advice to record whole packets', async () => {
    const file = await folder.write(pcapFile({ frames: [{ bytes: ipv4Udp([1, 2, 3]), captured: 30 }] }))
    await expect(playCapture([file])).rejects.toMatchObject({
      error: { code: 'no-udp-in-capture', tryThis: expect.stringContaining('tcpdump -s 0') },
    })
  })
})

describe('time', () => {
  test('ticks arrive every 100 ms of stream time, before the packets of their time, and for a limited time in a gap', async () => {
    const played = await playCapture([await folder.write(capture([0, 250, 3_600_000]))])
    const ticks = played.ticks.map((timeUs) => timeUs / 1000 - START_S * 1000)
    expect(ticks.slice(0, 4)).toEqual([0, 100, 200, 300])
    expect(ticks.at(-1)).toBe(3_600_000)
    expect(ticks.length).toBeLessThan(400)
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b))
  })

  test('small disorder is ignored; one damaged stamp does not move the rest', async () => {
    const played = await playCapture([await folder.write(capture([0, 20, 10, 40_000_000_000, 50]))])
    expect(sinceStartMs(played)).toEqual([0, 20, 20, 20, 50])
    expect(played.summary.lastTimeUs).toBe((START_S * 1000 + 50) * 1000)
  })

  test('a loop advances time by the mean gap, reports it, and numbers frames again', async () => {
    const played = await playCapture([await folder.write(capture([0, 10, 40]))], { loop: 3 })
    expect(sinceStartMs(played)).toEqual([0, 10, 40, 60, 70, 100, 120, 130, 160])
    expect(played.loops.map((timeUs) => timeUs / 1000 - START_S * 1000)).toEqual([40, 100])
    expect(played.datagrams.map(({ frame }) => frame)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
    expect(played.summary).toMatchObject({ lastTimeUs: (START_S * 1000 + 40) * 1000 })
  })

  test('a capture without times has none in its summary, and cannot be played at its own pace', async () => {
    const b = new PcapngBlocks('little')
    const packets = Array.from({ length: 20 }, (_, index) => b.simple(ipv4Udp([index])))
    const file = await folder.write([...b.section(), ...b.interface(101), ...packets.flat()])
    const played = await playCapture([file])
    expect(played.datagrams.map(({ timeUs }) => timeUs)).toEqual(new Array(20).fill(0))
    expect(played.summary).toMatchObject({ firstTimeUs: null, lastTimeUs: null })
    await expect(playCapture([file], { pace: 'real' })).rejects.toMatchObject({
      error: { code: 'not-supported', tryThis: expect.stringContaining('--pace fast') },
    })
  })

  test('0 loops for ever, until stopped', async () => {
    const reader = new CaptureReader({
      files: [await folder.write(capture([0, 10]))],
      pace: 'fast',
      loop: 0,
      nowUs: () => 0,
    })
    let loops = 0
    await reader.run(
      { datagram: () => undefined },
      {
        tick: () => undefined,
        loop: () => {
          if (++loops === 50) reader.stop()
        },
      },
    )
    expect(loops).toBe(50)
  })
})

describe('back-pressure', () => {
  test('nothing more is read while the sink is busy', async () => {
    // Two reads of the file.
    const frames = Array.from({ length: 30 }, () => ({ bytes: ipv4Udp(new Array<number>(60000).fill(1)) }))
    const reader = new CaptureReader({
      files: [await folder.write(pcapFile({ frames }))],
      pace: 'fast',
      loop: 1,
      nowUs: () => 0,
    })
    let count = 0
    let release: () => void = () => undefined
    let waiting: Promise<void> | null = null
    let reached: () => void = () => undefined
    const reachedBusy = new Promise<void>((resolve) => {
      reached = resolve
    })
    const run = reader.run(
      { datagram: () => void count++ },
      {
        tick: () => undefined,
        loop: () => undefined,
        busy: () => {
          if (count === 0 || waiting !== null) return null
          waiting = new Promise((resolve) => {
            release = resolve
          })
          reached()
          return waiting
        },
      },
    )
    await reachedBusy
    const before = count
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(count).toBe(before)
    expect(count).toBeLessThan(30)
    release()
    await run
    expect(count).toBe(30)
  })
})

describe('real pace', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Plays with timers that run when nothing else does, and notes the time of each packet. */
  async function playReal(timesMs: readonly number[], loop = 1) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 5_000_000 })
    const file = await folder.write(capture(timesMs))
    const reader = new CaptureReader({ files: [file], pace: 'real', loop, nowUs: () => Date.now() * 1000 })
    const got: { readonly number: number; readonly streamMs: number; readonly wallMs: number }[] = []
    const ticks: { readonly streamMs: number; readonly wallMs: number }[] = []
    const notices: string[] = []
    let done = false
    const run = reader
      .run(
        {
          datagram(_flow, bytes, start, _end, timeUs) {
            const number = bytes[start] as number
            got.push({ number, streamMs: timeUs / 1000 - 5_000_000, wallMs: Date.now() - 5_000_000 })
          },
        },
        {
          tick: (timeUs) => ticks.push({ streamMs: timeUs / 1000 - 5_000_000, wallMs: Date.now() - 5_000_000 }),
          loop: () => undefined,
          notice: (text) => notices.push(text),
        },
      )
      .finally(() => {
        done = true
      })
    while (!done) {
      await new Promise(setImmediate)
      if (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer()
    }
    return { got, ticks, notices, summary: await run }
  }

  test('the first packet is now, the others follow at their distance, in batches of 2 ms', async () => {
    const { got, summary } = await playReal([0, 1, 2, 50, 400])
    expect(got.map(({ streamMs }) => streamMs)).toEqual([0, 1, 2, 50, 400])
    for (const { streamMs, wallMs } of got) {
      expect(wallMs).toBeGreaterThanOrEqual(streamMs)
      expect(wallMs).toBeLessThanOrEqual(streamMs + 2)
    }
    expect(summary.firstTimeUs).toBe(START_S * 1e6)
  })

  test('ticks continue between packets and never overtake them', async () => {
    const { got, ticks } = await playReal([0, 1000])
    expect(ticks.map(({ streamMs }) => streamMs)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
    for (const { streamMs, wallMs } of ticks) expect(wallMs - streamMs).toBeLessThanOrEqual(2)
    expect(got[1]?.streamMs).toBe(1000)
  })

  test('a long gap is played as 1 s and announced', async () => {
    const { got, notices } = await playReal([0, 4000, 64_000, 64_010])
    expect(got.map(({ streamMs }) => streamMs)).toEqual([0, 4000, 5000, 5010])
    expect(notices).toEqual(['A gap of 60 s in the capture is played as 1 s.'])
  })

  test('a loop goes on in time', async () => {
    const { got } = await playReal([0, 100, 200], 2)
    expect(got.map(({ streamMs }) => streamMs)).toEqual([0, 100, 200, 300, 400, 500])
  })
})

describe('turns of the event loop', () => {
  test('come between packets that take long, and a stop between two of them ends the reading', async () => {
    const file = await folder.write(capture(Array.from({ length: 400 }, (_, at) => at)))
    const reader = new CaptureReader({ files: [file], pace: 'fast', loop: 1, nowUs: () => 0 })
    let count = 0
    let before = 0
    let most = 0
    const look = (): void => {
      most = Math.max(most, count - before)
      before = count
      if (count >= 200) reader.stop()
      else setImmediate(look)
    }
    setImmediate(look)
    const sink = {
      datagram: () => {
        count++
        const endMs = performance.now() + 4
        while (performance.now() < endMs) {
          // A packet that is hard to read.
        }
      },
    }
    await reader.run(sink, { tick: () => undefined, loop: () => undefined })
    // Twenty milliseconds, and as many packets as lie between two looks at the clock.
    expect(most).toBeLessThanOrEqual(32)
    expect(count).toBeGreaterThanOrEqual(200)
    expect(count).toBeLessThan(300)
  })

  test('come between steps of time that take long, in a gap and from packet to packet, which stay the same', async () => {
    // Packets each a tenth of a second, and then gaps of a minute, of which no more than half has ticks.
    const times = [...Array.from({ length: 100 }, (_, at) => at * 100), 70_000, 130_000]
    const file = await folder.write(capture(times))
    const reader = new CaptureReader({ files: [file], pace: 'fast', loop: 1, nowUs: () => 0 })
    const ticks: number[] = []
    let before = 0
    let most = 0
    let over = false
    const look = (): void => {
      most = Math.max(most, ticks.length - before)
      before = ticks.length
      if (!over) setImmediate(look)
    }
    setImmediate(look)
    const tick = (timeUs: number): void => {
      ticks.push(timeUs)
      const endMs = performance.now() + 2
      while (performance.now() < endMs) {
        // What a step of time brings is hard to work out.
      }
    }
    await reader.run({ datagram: () => undefined }, { tick, loop: () => undefined })
    over = true
    expect(most).toBeLessThanOrEqual(12)
    expect(ticks).toEqual((await playCapture([file])).ticks)
    expect(ticks.length).toBeGreaterThan(600)
  })
})
