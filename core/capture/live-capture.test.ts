import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AppError } from '../contract/app-error.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { DatagramSink } from '../flow/datagrams.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { PcapngBlocks, pcapFile } from '../testing/capture-builder.ts'
import { type Datagram, pcapngOf, pcapOf } from '../testing/datagrams.ts'
import { routeFixture } from '../testing/make-fixtures.ts'
import { seeded } from '../testing/seeded.ts'
import { LiveCapture } from './live-capture.ts'

let sent: Datagram[]
beforeAll(async () => {
  sent = (await routeFixture()).slice(0, 400)
})

/** A live capture with a made-up clock, and its datagrams. */
class Reading implements DatagramSink {
  nowUs = 1_800_000_000_000_000
  readonly got: { destination: string; size: number; timeUs: number; frame: number }[] = []
  readonly notices: string[] = []
  readonly warnings: AppError[] = []
  readonly capture: LiveCapture

  constructor() {
    this.capture = new LiveCapture(
      { label: 'http://tuner:5004/ch33', nowUs: () => this.nowUs, flows: new FlowTable() },
      this,
      { notice: (text) => void this.notices.push(text), warning: (error) => void this.warnings.push(error) },
    )
  }

  datagram(
    { destination }: { destination: string },
    _: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    frame: number,
  ): void {
    this.got.push({ destination, size: end - start, timeUs, frame })
  }

  /** Reads pieces, each at the time that `atUs` says. */
  read(
    pieces: readonly Uint8Array[],
    about: string | null = null,
    atUs?: (piece: number) => number,
    paced = false,
  ): Promise<boolean> {
    const reading = this
    async function* chunks(): AsyncGenerator<Uint8Array, void> {
      for (const [index, piece] of pieces.entries()) {
        if (atUs !== undefined) reading.nowUs = atUs(index)
        yield piece
      }
    }
    return this.capture.read({ chunks: chunks(), about, paced })
  }

  async failure(pieces: readonly Uint8Array[], about: string | null = null): Promise<string> {
    const thrown = await this.read(pieces, about).then(
      () => null,
      (error: unknown) => error,
    )
    return thrown instanceof AppFailure ? `${thrown.error.code}: ${thrown.message}` : String(thrown)
  }
}

/** Cut at random, also into single bytes. */
function cut(bytes: Uint8Array, most: number, seed = 1): Uint8Array[] {
  const random = seeded(seed)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + 1 + Math.floor(random() * most))
    pieces.push(bytes.subarray(at, to))
    at = to
  }
  return pieces
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

describe('a capture that arrives in pieces', () => {
  it.each([
    ['pcap', () => pcapOf(sent)],
    ['pcapng', () => pcapngOf(sent)],
    ["gzip'ed pcap", () => gzipSync(pcapOf(sent))],
  ] as const)('gives every datagram, however a %s is cut', async (_, make) => {
    for (const most of [50, 1500, 100_000]) {
      const reading = new Reading()
      await reading.read(cut(make(), most))
      expect(reading.got.map(({ destination, size }) => [destination, size])).toEqual(
        sent.map(({ address, port, bytes }) => [`${address}:${port}`, bytes.length]),
      )
      expect(reading.got.map(({ frame }) => frame)).toEqual(sent.map((_each, index) => index + 1))
    }
  })

  it('reads a gzip stream to its end, whatever follows it', async () => {
    const reading = new Reading()
    await reading.read(cut(Buffer.concat([gzipSync(pcapOf(sent)), Buffer.from('<!-- page -->')]), 1500))
    expect(reading.got).toHaveLength(sent.length)
    expect(reading.capture.endedInRecord).toBe(false)
  })

  it('continues over connections that break inside a record, each with a header of its own', async () => {
    const reading = new Reading()
    const whole = pcapOf(sent)
    await reading.read([whole.subarray(0, 100_001)])
    const before = reading.got.length
    expect(before).toBeGreaterThan(10)
    await reading.read([pcapngOf(sent.slice(0, 5))])
    expect(reading.got.length).toBe(before + 5)
    expect(reading.got.at(-1)?.frame).toBe(before + 5)
    expect(reading.warnings).toEqual([])
  })

  it('keeps no more than a record and a piece', async () => {
    const reading = new Reading()
    const whole = pcapOf(sent)
    const header = whole.subarray(0, 24)
    const records = whole.subarray(24)
    await reading.read([header, ...Array.from({ length: 200 }, () => records)])
    expect(reading.got.length).toBe(200 * sent.length)
  })

  it('adds up drops over connections, those of ended ones included', async () => {
    const reading = new Reading()
    const blocks = new PcapngBlocks('little')
    const drops = blocks.option(5, blocks.bytes().u64(3n).list)
    const bytes = pcapngOf(sent.slice(0, 3), new Map(), blocks.statistics(0, drops))
    await reading.read([bytes])
    await reading.read([bytes])
    expect(reading.capture.reportedDrops).toBe(6)
    expect(reading.capture.undatedDrops).toBe(6)
  })

  it('continues behind a damaged record, with a warning', async () => {
    const reading = new Reading()
    const bytes = pcapOf(sent)
    bytes.fill(0xff, 24, 40)
    await reading.read(cut(bytes, 5000))
    expect(reading.got.length).toBe(sent.length - 1)
    expect(reading.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^http:\/\/tuner:5004\/ch33 is damaged at byte 24: /),
    ])
  })
})

describe('other data is refused with a message', () => {
  it.each([
    [
      'a web page',
      [text('<!doctype html><html><title>Sign in</title></html>')],
      'not-a-capture: http://tuner:5004/ch33 is not a packet capture: it is a web page (status 200, text/html, begins with "<!doctype html><html><title>Sign in</tit").',
    ],
    [
      'a transport stream',
      [new Uint8Array(188 * 3).map((_, at) => (at % 188 === 0 ? 0x47 : at & 0xff))],
      'not-a-capture: http://tuner:5004/ch33 is not a packet capture: it is an MPEG-2 transport stream (status 200, text/html, begins with 47 01 02 03 04 05 06 07).',
    ],
    [
      'a word',
      [text('no')],
      'not-a-capture: http://tuner:5004/ch33 is not a packet capture: it is text (status 200, text/html, begins with "no").',
    ],
    [
      'nothing',
      [],
      'not-a-capture: http://tuner:5004/ch33 is not a packet capture: it is empty (status 200, text/html).',
    ],
    [
      'a link type without IP',
      [pcapFile({ linkWord: 243, frames: [{ bytes: [1] }] })],
      'unknown-link-type: http://tuner:5004/ch33 has link type MPEG-2 transport stream (243), in which no IP packets are looked for.',
    ],
  ])('%s', async (_, pieces, words) => {
    expect(await new Reading().failure(pieces, 'status 200, text/html')).toBe(words)
  })
})

describe('the clock of a live capture', () => {
  const at = (timeUs: number): Datagram => ({ ...(sent[0] as Datagram), timeUs })
  const pieces = (...times: number[]): Uint8Array[] => {
    const bytes = pcapOf(times.map(at))
    const size = (bytes.length - 24) / times.length
    return [
      bytes.subarray(0, 24),
      ...times.map((_time, index) => bytes.subarray(24 + index * size, 24 + (index + 1) * size)),
    ]
  }
  const times = (reading: Reading): number[] => reading.got.map(({ timeUs }) => timeUs)
  const T = 1_800_000_000_000_000

  it('is that of the capturing computer where it agrees with ours', async () => {
    const reading = new Reading()
    const nows = [T, T + 250_000, T + 250_000, T + 500_000]
    await reading.read(pieces(T + 20_000, T + 120_000, T + 300_000), null, (piece) => nows[piece] as number)
    expect(times(reading)).toEqual([T + 20_000, T + 120_000, T + 300_000])
    // Time stays behind the packets by their delay: 300 ms until that was measured.
    expect(reading.capture.passed()).toBe(T + 300_000)
    reading.nowUs = T + 1_000_000
    expect(reading.capture.passed()).toBe(T + 1_000_000 - 300_000)
  })

  it('is the same clock though it reads a little later', async () => {
    const reading = new Reading()
    await reading.read(pieces(T + 240, T + 900), null, () => T)
    expect(times(reading)).toEqual([T, T])
    expect(reading.capture.clock.shiftUs).toBe(0)
  })

  it('is shifted to now where it disagrees, and keeps the spacing', async () => {
    const reading = new Reading()
    const nows = [T, T + 1_000, T + 41_000, T + 61_000]
    await reading.read(pieces(5_000_000, 5_040_000, 5_050_000), null, (piece) => nows[piece] as number)
    expect(times(reading)).toEqual([T + 1_000, T + 41_000, T + 51_000])
    expect(reading.notices).toEqual([])
  })

  it('never goes ahead of now, and reports where the capture’s clock steps', async () => {
    const reading = new Reading()
    const nows = [T, T, T + 10_000, T + 20_000, T + 30_000]
    await reading.read(pieces(T, T + 3_600_000_000, T + 3_600_010_000, T), null, (piece) => nows[piece] as number)
    expect(times(reading)).toEqual([T, T + 10_000, T + 20_000, T + 30_000])
    expect(reading.notices).toHaveLength(2)
    expect(reading.notices[0]).toMatch(/moved apart by 3600\.0 s/)
  })

  it('follows a clock that runs at another speed', async () => {
    const reading = new Reading()
    // 1 % slow: after 100 s the capture is a second behind.
    const count = 1000
    const captured = Array.from({ length: count }, (_, index) => 7_000_000 + index * 99_000)
    await reading.read(pieces(...captured), null, (piece) => T + piece * 100_000)
    const late = reading.got.map(({ timeUs }, index) => T + (index + 1) * 100_000 - timeUs)
    expect(Math.max(...late)).toBeLessThan(250_000)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
  })

  it('reads a finished capture at the times of its records', async () => {
    const reading = new Reading()
    // The made-up clock advances a millisecond with each reading.
    let asked = T
    const capture = new LiveCapture({ label: 'x', nowUs: () => (asked += 1000), flows: new FlowTable() }, reading, {})
    const [header, ...records] = pieces(1_000_000, 1_020_000, 1_030_000)
    async function* chunks(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.concat([header as Uint8Array, ...records])
    }
    await capture.read({ chunks: chunks(), about: null, paced: true })
    const [first = 0, second = 0, third = 0] = times(reading)
    expect([second - first, third - first]).toEqual([20_000, 30_000])
  })

  it('restarts with each connection', async () => {
    const reading = new Reading()
    await reading.read(pieces(T), null, () => T + 5_000)
    await reading.read(pieces(1_000_000), null, () => T + 60_000_000)
    expect(times(reading)).toEqual([T, T + 60_000_000])
  })
})
