import { describe, expect, it } from 'vitest'
import { asServiceId, asToi } from '../contract/ids.ts'
import type { FileBytes, Presentation, PresentationFile, PresentationTrack } from '../ingest/presentation.ts'
import { applyFileTemplate } from '../protocol/flute/file-template.ts'
import { gunzipLimited } from '../protocol/gzip.ts'
import { LCT_FAULT, LctPacket } from '../protocol/lct/lct-packet.ts'
import { LLS_ADDRESS, LLS_PORT, LLS_TABLE, parseLlsTable } from '../protocol/lls/lls-table.ts'
import { parseSlt } from '../protocol/lls/slt.ts'
import { parseSystemTime } from '../protocol/lls/system-time.ts'
import { parseMultipart } from '../protocol/mime/multipart.ts'
import { INIT_TOI } from '../protocol/route/toi-plan.ts'
import { parseStsid } from '../protocol/sls/s-tsid.ts'
import { type Datagram, DatagramList } from '../testing/datagrams.ts'
import {
  FIXTURE_ADDRESS,
  FIXTURE_OPTIONS,
  FIXTURE_PORT,
  FIXTURE_START_US,
  runBroadcast,
} from '../testing/make-fixtures.ts'
import { Broadcaster, type BroadcastOptions } from './broadcaster.ts'
import { firstVersion } from './table-version.ts'

/** Generated files: byte n of a file is its TOI or size plus n. */
class MadeUpBytes implements FileBytes {
  /** Files that cannot be read. */
  readonly broken = new Set<PresentationFile>()
  readonly #loaded = new Map<PresentationFile, Uint8Array>()
  readonly #failed = new Set<PresentationFile>()
  loads = 0
  get(file: PresentationFile): Uint8Array | null {
    return this.#loaded.get(file) ?? null
  }
  async load(file: PresentationFile): Promise<void> {
    this.loads++
    if (this.broken.has(file)) {
      this.#failed.add(file)
      throw new Error(file.name)
    }
    this.#loaded.set(
      file,
      Uint8Array.from({ length: file.sizeBytes }, (_, index) => index & 0xff),
    )
  }
  release(file: PresentationFile): void {
    this.#loaded.delete(file)
    this.#failed.delete(file)
  }
  isUnreadable(file: PresentationFile): boolean {
    return this.#failed.has(file)
  }
  paths(): readonly string[] {
    return []
  }
  async close(): Promise<void> {
    this.#loaded.clear()
  }
}

const SECOND = 1_000_000
const track = (repId: string, sizes: readonly number[], durationUs = 2 * SECOND): PresentationTrack => ({
  repId,
  contentType: repId === 'a' ? 'audio' : 'video',
  mimeType: 'video/mp4',
  codecs: null,
  lang: null,
  bandwidth: 100_000,
  init: { name: `${repId}-init.mp4`, contentType: 'video/mp4', bytes: new Uint8Array(100) },
  segments: sizes.map((sizeBytes, index) => ({
    name: `${repId}-${index + 1}.m4s`,
    contentType: 'video/mp4',
    sizeBytes,
    toi: asToi(index + 1),
    startUs: index * durationUs,
    durationUs,
  })),
  fileTemplate: `${repId}-$TOI$.m4s`,
  playlist: null,
  representation: null,
})

const presentation = (tracks: readonly PresentationTrack[]): Presentation & { bytes: MadeUpBytes } => ({
  kind: 'dash',
  manifest: {
    name: 'm.mpd',
    contentType: 'application/dash+xml',
    bytes: new TextEncoder().encode('<MPD/>'),
    mpd: null,
  },
  tracks,
  files: [],
  durationUs: 4 * SECOND,
  bytes: new MadeUpBytes(),
})

type Sent = Datagram & {
  tsi: number
  toi: number
  codepoint: number
  start: number
  length: number
  last: boolean
  closes: boolean
}

function readAll(datagrams: readonly Datagram[]): Sent[] {
  const lct = new LctPacket()
  return datagrams
    .filter(({ address }) => address !== LLS_ADDRESS)
    .map((datagram) => {
      expect(lct.read(datagram.bytes, 0, datagram.bytes.length)).toBe(LCT_FAULT.none)
      expect(lct.transferLength).toBeGreaterThanOrEqual(0)
      const start = new DataView(datagram.bytes.buffer, datagram.bytes.byteOffset).getUint32(lct.headerBytes)
      const length = datagram.bytes.length - lct.headerBytes - 4
      const { tsi, toi, codepoint, closeObject: last, closeSession: closes } = lct
      return { ...datagram, tsi, toi, codepoint, start, length, last, closes }
    })
}

async function sent(content: Presentation, options: Partial<BroadcastOptions> = {}, seconds?: number): Promise<Sent[]> {
  const list = new DatagramList()
  await runBroadcast(content, list, options, seconds)
  return readAll(list.datagrams)
}

const relative = (packet: Datagram): number => packet.timeUs - FIXTURE_START_US

describe('Broadcaster', () => {
  it('sends signalling first, and an initialisation segment before every segment', async () => {
    const packets = await sent(presentation([track('v', [3000, 3000]), track('a', [500, 500])]))
    const starts = packets
      .filter((packet) => packet.start === 0)
      .map(({ tsi, toi, codepoint }) => [tsi, toi, codepoint])
    const sls = [0, 0x8006_0000 + firstVersion(FIXTURE_START_US), 3]
    expect(starts).toEqual([
      sls,
      [10, INIT_TOI, 5],
      [10, 1, 8],
      [20, INIT_TOI, 5],
      [20, 1, 8],
      sls,
      sls,
      [10, INIT_TOI, 5],
      [10, 2, 8],
      [20, INIT_TOI, 5],
      [20, 2, 8],
      // Closes the session.
      sls,
    ])
  })

  it('closes the session of each TSI with its last packets, and signalling after them', async () => {
    const service = { serviceName: 'x', address: '239.1.1.1' }
    const files = [{ name: 'f.bin', contentType: 'a/b', sizeBytes: 30_000 }]
    const long = presentation([track('v', [9000, 9000])])
    const short = presentation([track('a', [100])])
    const list = new DatagramList()
    await runBroadcast(
      [
        { ...service, serviceId: asServiceId(1), port: 6000, presentation: long },
        { ...service, serviceId: asServiceId(2), port: 6001, presentation: short },
        { ...service, serviceId: asServiceId(3), port: 6002, presentation: { ...presentation([]), files } },
      ],
      list,
      { scheme: 'atsc' },
    )
    const packets = readAll(list.datagrams)
    for (const [port, tsi] of [
      [6000, 10],
      [6001, 10],
      [6002, 1],
    ]) {
      const sent = packets.filter((each) => each.port === port && each.tsi === tsi)
      const signalling = packets.filter((each) => each.port === port && each.tsi === 0)
      for (const session of [sent, signalling]) {
        const at = session.findIndex(({ closes }) => closes)
        expect(at).toBeGreaterThanOrEqual(Math.max(0, session.length - 8))
        expect(session.slice(at).every(({ closes }) => closes)).toBe(true)
      }
      expect(signalling.at(-1)?.timeUs).toBe(sent.at(-1)?.timeUs)
    }
  })

  it('spreads each segment over its duration and interleaves channels by sending time', async () => {
    const packets = await sent(presentation([track('v', [14_480, 14_480]), track('a', [2896, 2896])]))
    const media = packets.filter((packet) => packet.codepoint === 8)
    for (const packet of media) {
      const even = Math.floor((2 * SECOND * packet.start) / (packet.tsi === 10 ? 14_480 : 2896))
      // Receivers take a long silence within an object for its end.
      const due = (packet.toi - 1) * 2 * SECOND + Math.min(even, (packet.start / 1448) * 200_000)
      expect(relative(packet)).toBe(due)
    }
    expect(media.slice(0, 8).map((packet) => packet.tsi)).toEqual([10, 20, 10, 20, 10, 10, 10, 10])
    for (let index = 1; index < packets.length; index++)
      expect(packets[index]?.timeUs).toBeGreaterThanOrEqual(packets[index - 1]?.timeUs ?? 0)
  })

  it('leaves no object without a packet for long: at low rates, with a large mtu, and of files', async () => {
    const longest = (packets: readonly { tsi: number; toi: number; start: number; timeUs: number }[]): number => {
      const last = new Map<string, number>()
      let gap = 0
      for (const { tsi, toi, start, timeUs } of packets.filter(({ tsi }) => tsi !== 0)) {
        const key = `${tsi} ${toi}`
        if (start > 0) gap = Math.max(gap, timeUs - (last.get(key) ?? 0))
        last.set(key, timeUs)
      }
      return gap
    }
    const sparse = presentation([track('v', [1500, 3000], 10 * SECOND), track('a', [25_000, 20_000])])
    for (const mtu of [1472, 9000]) expect(longest(await sent(sparse, { mtu }))).toBe(200_000)
    const files = { ...presentation([]), kind: 'files' as const, manifest: null }
    const plain = [5000, 9000].map((sizeBytes) => ({ name: `${sizeBytes}.bin`, contentType: 'a/b', sizeBytes }))
    expect(longest(await sent({ ...files, files: plain }, { fileRateBps: 8000 }))).toBe(200_000)
  })

  it('repeats unchanged signalling under one TOI each carousel period', async () => {
    const packets = await sent(presentation([track('v', [50_000, 50_000])]), { carouselMs: 250 })
    const times = packets.filter(({ tsi }) => tsi === 0).map(relative)
    const endUs = relative(packets.at(-1) as Datagram)
    expect(times).toEqual([...Array.from({ length: 16 }, (_, index) => index * 250_000), endUs])
    expect(new Set(packets.filter(({ tsi }) => tsi === 0).map(({ toi }) => toi)).size).toBe(1)
  })

  it('describes its channels so that every TOI gives its name', async () => {
    const packets = await sent(presentation([track('v', [10, 20]), track('a', [30])]))
    const [first] = packets.filter(({ tsi }) => tsi === 0)
    const body = gunzipLimited(first?.bytes.subarray(24) ?? new Uint8Array(), 100_000)
    const { parts } = parseMultipart(body)
    expect(parts.map((part) => [part.contentLocation, part.contentType])).toEqual([
      ['m.mpd', 'application/dash+xml'],
      ['stsid.xml', 'application/route-s-tsid+xml'],
    ])
    const [session] = parseStsid(parts[1]?.body ?? '').sessions
    expect(session).toMatchObject({ destinationAddress: FIXTURE_ADDRESS, destinationPort: FIXTURE_PORT })
    expect(session?.channels.map(({ tsi, bandwidthKbps }) => [tsi, bandwidthKbps])).toEqual([
      [10, 110],
      [20, 110],
    ])
    const efdt = session?.channels[0]?.source?.efdt
    expect(efdt).toMatchObject({ fileTemplate: 'v-$TOI$.m4s', maxTransportSize: 100 })
    expect(efdt?.files).toMatchObject([{ toi: INIT_TOI, contentLocation: 'v-init.mp4', contentLength: 100 }])
    expect(applyFileTemplate(efdt?.fileTemplate ?? '', asToi(2))).toBe('v-2.m4s')
    expect(session?.channels[1]?.source?.media).toMatchObject([{ repId: 'a', contentType: 'audio' }])
  })

  it('lists segments one by one where no template gives their names', async () => {
    const plain = { ...track('v', [10, 20]), fileTemplate: null }
    const [first] = await sent(presentation([plain]))
    const { parts } = parseMultipart(gunzipLimited(first?.bytes.subarray(24) ?? new Uint8Array(), 100_000))
    const efdt = parseStsid(parts[1]?.body ?? '').sessions[0]?.channels[0]?.source?.efdt
    expect(efdt?.fileTemplate).toBeNull()
    expect(efdt?.files.map((file) => [file.toi, file.contentLocation])).toEqual([
      [INIT_TOI, 'v-init.mp4'],
      [1, 'v-1.m4s'],
      [2, 'v-2.m4s'],
    ])
  })

  it('adds envelope, USBD and LLS for atsc://, in the chosen flavour', async () => {
    for (const flavour of ['us', 'korean'] as const) {
      const list = new DatagramList()
      const options = { scheme: 'atsc', flavour, serviceId: asServiceId(1001), serviceName: 'A longer name' } as const
      await runBroadcast(presentation([track('v', [10, 20])]), list, options)
      const lls = list.datagrams.filter(({ address, port }) => address === LLS_ADDRESS && port === LLS_PORT)
      expect(lls.length).toBe(6) // two tables, at 0, 1 and 2 s: then the last packet is sent
      const [time, slt] = lls.map((datagram) => parseLlsTable(datagram.bytes))
      expect([time?.tableId, slt?.tableId]).toEqual([LLS_TABLE.systemTime, LLS_TABLE.slt])
      expect(parseSystemTime(time?.body ?? '').currentUtcOffset).toBe(37)
      expect(parseSlt(slt?.body ?? '').services).toMatchObject([
        {
          serviceId: 1001,
          shortServiceName: 'A longe',
          signalling: { slsProtocol: 1, destinationAddress: FIXTURE_ADDRESS, destinationPort: FIXTURE_PORT },
        },
      ])
      const sls = readAll(list.datagrams).find(({ tsi }) => tsi === 0)
      expect(sls?.toi).toBe(0x8007_0000 + firstVersion(FIXTURE_START_US))
      const { parts } = parseMultipart(gunzipLimited(sls?.bytes.subarray(24) ?? new Uint8Array(), 100_000))
      expect(parts.map((part) => part.contentType)).toEqual([
        'application/mbms-envelope+xml',
        flavour === 'us' ? 'application/route-usd+xml' : 'application/mbms-user-service-description+xml',
        'application/dash+xml',
        flavour === 'us' ? 'application/route-s-tsid+xml' : 'application/s-tsid',
      ])
    }
  })

  it('carries several services, each with its own address', async () => {
    const service = { serviceName: 'x', address: '239.1.1.1' }
    const list = new DatagramList()
    await runBroadcast(
      [
        { ...service, serviceId: asServiceId(1), port: 6000, presentation: presentation([track('v', [10])]) },
        { ...service, serviceId: asServiceId(2), port: 6001, presentation: presentation([track('a', [10])]) },
      ],
      list,
      { scheme: 'atsc' },
    )
    expect(new Set(list.datagrams.map(({ port }) => port))).toEqual(new Set([LLS_PORT, 6000, 6001]))
    const slt = parseLlsTable(list.datagrams[1]?.bytes ?? new Uint8Array())
    expect(parseSlt(slt.body).services.map((each) => [each.serviceId, each.minorChannelNo])).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  it('respects the mtu', async () => {
    const packets = await sent(presentation([track('v', [5000])]), { mtu: 500 })
    expect(Math.max(...packets.map(({ bytes }) => bytes.length))).toBe(500)
    expect(() => new Broadcaster({ ...FIXTURE_OPTIONS, mtu: 20 }, presentation([]), 0)).toThrowError(
      expect.objectContaining({ error: expect.objectContaining({ code: 'bad-spec' }) }),
    )
  })

  it('ends after the last packet', async () => {
    const content = presentation([track('v', [1449])])
    const broadcaster = await runBroadcast(content, new DatagramList())
    expect(broadcaster.next()).toBe(Number.POSITIVE_INFINITY)
    expect(broadcaster.counters).toMatchObject({ objects: 1, lateUs: 0 })
    expect(content.bytes.get(content.tracks[0]?.segments[0] as PresentationFile)).toBeNull()
  })

  it('waits for bytes that are not in memory, and then continues', async () => {
    const content = presentation([track('v', [10]), track('a', [10])])
    const broadcaster = new Broadcaster(FIXTURE_OPTIONS, content, FIXTURE_START_US)
    const list = new DatagramList()
    broadcaster.send(FIXTURE_START_US, list)
    expect(readAll(list.datagrams).map(({ tsi }) => tsi)).toEqual([0])
    expect(broadcaster.next()).toBe(FIXTURE_START_US)
    const loading = broadcaster.prepare(FIXTURE_START_US)
    expect(loading).toBeInstanceOf(Promise)
    await Promise.all([loading, broadcaster.prepare(FIXTURE_START_US)])
    expect(content.bytes.loads).toBe(2)
    expect(broadcaster.prepare(FIXTURE_START_US)).toBeNull()
    broadcaster.send(FIXTURE_START_US + 5, list)
    expect(readAll(list.datagrams).filter(({ codepoint }) => codepoint === 8).length).toBe(2)
  })

  it('gives the same packets in the same order, however many at a time', async () => {
    const content = presentation([track('v', [14_480, 2000]), track('a', [500, 700]), track('t', [9000])])
    const broadcaster = new Broadcaster(FIXTURE_OPTIONS, content, FIXTURE_START_US)
    const [one, more] = [new DatagramList(), new DatagramList()]
    const whole = await runBroadcast(content, one)
    while (broadcaster.next() !== Number.POSITIVE_INFINITY) {
      await broadcaster.prepare(broadcaster.next())
      const before = more.datagrams.length
      broadcaster.send(Number.POSITIVE_INFINITY, more, 3)
      expect(more.datagrams.length).toBeGreaterThan(before)
    }
    expect(more.datagrams.map(({ bytes, timeUs }) => [timeUs, bytes])).toEqual(
      one.datagrams.map(({ bytes, timeUs }) => [timeUs, bytes]),
    )
    expect(broadcaster.counters).toEqual(whole.counters)
  })

  it('goes on without files that cannot be read, and tries them again in the next turn', async () => {
    const content = presentation([track('v', [10, 20, 30])])
    const broken = content.tracks[0]?.segments[1] as PresentationFile
    content.bytes.broken.add(broken)
    const reasons: unknown[] = []
    const packets = await sent(content, { onUnreadable: (thrown) => reasons.push(thrown) })
    const media = (each: readonly Sent[]): number[] =>
      each.filter(({ codepoint }) => codepoint === 8).map(({ toi }) => toi)
    expect(media(packets)).toEqual([1, 3])
    expect(reasons).toEqual([new Error(broken.name)])
    const plain: Presentation = {
      ...content,
      kind: 'files',
      manifest: null,
      tracks: [],
      files: content.tracks[0]?.segments ?? [],
    }
    const files = await sent(plain, { loop: true, onUnreadable: (thrown) => reasons.push(thrown) }, 3)
    expect(new Set(files.filter(({ tsi }) => tsi === 1).map(({ toi }) => toi))).toEqual(new Set([1, 3]))
    expect(reasons.length).toBeGreaterThan(2)
    content.bytes.broken.clear()
    expect(media(await sent(content))).toEqual([1, 2, 3])
  })

  it('stamps packets with their sending time in real pace, and reports how late they are', async () => {
    const content = presentation([track('v', [14_480])])
    const broadcaster = new Broadcaster({ ...FIXTURE_OPTIONS, pace: 'real' }, content, FIXTURE_START_US)
    const list = new DatagramList()
    await broadcaster.prepare(FIXTURE_START_US)
    broadcaster.send(FIXTURE_START_US + 500_000, list)
    expect(new Set(list.datagrams.map(relative))).toEqual(new Set([500_000]))
    expect(broadcaster.counters.lateUs).toBe(500_000)
    expect(list.datagrams.length).toBe(1 + 1 + 3) // SLS, init, and the packets at 0, 0.2 and 0.4 s
  })

  it('does not send a burst after the machine slept', async () => {
    const content = presentation([track('v', [14_480, 14_480])])
    const broadcaster = new Broadcaster({ ...FIXTURE_OPTIONS, pace: 'real' }, content, FIXTURE_START_US)
    const list = new DatagramList()
    await broadcaster.prepare(FIXTURE_START_US)
    broadcaster.send(FIXTURE_START_US, list)
    const before = list.datagrams.length
    broadcaster.send(FIXTURE_START_US + 3600 * SECOND, list)
    expect(list.datagrams.length - before).toBeLessThanOrEqual(2)
    expect(broadcaster.next()).toBe(FIXTURE_START_US + 3600 * SECOND + 200_000)
  })

  it('sends plain files one after another on TSI 1, at most at the given rate', async () => {
    const files = [
      { name: 'a.txt', contentType: 'text/plain', sizeBytes: 100_000 },
      { name: 'empty.bin', contentType: 'application/octet-stream', sizeBytes: 0 },
      { name: 'b/c.png', contentType: 'image/png', sizeBytes: 25_000 },
    ]
    const content: Presentation = {
      kind: 'files',
      manifest: null,
      tracks: [],
      files,
      durationUs: 0,
      bytes: new MadeUpBytes(),
    }
    const once = await sent(content, { fileRateBps: 100_000 })
    const data = once.filter(({ tsi }) => tsi === 1)
    expect(data.filter(({ start }) => start === 0).map(({ toi, codepoint }) => [toi, codepoint])).toEqual([
      [1, 128],
      [2, 128],
      [3, 128],
    ])
    expect(data.filter(({ last }) => last).length).toBe(3)
    expect(relative(data.find(({ toi }) => toi === 3) as Sent)).toBe(8 * SECOND) // 100 kB at 100 kbit/s
    const { parts } = parseMultipart(gunzipLimited(once[0]?.bytes.subarray(24) ?? new Uint8Array(), 100_000))
    const channel = parseStsid(parts[0]?.body ?? '').sessions[0]?.channels[0]
    expect(channel?.source?.payloads).toMatchObject([{ codepoint: 128, formatId: 1 }])
    expect(channel?.source?.efdt?.files.map((file) => [file.toi, file.contentLocation, file.contentLength])).toEqual([
      [1, 'a.txt', 100_000],
      [2, 'empty.bin', 0],
      [3, 'b/c.png', 25_000],
    ])
    const twice = await sent(content, { fileRateBps: 100_000, loop: true }, 19)
    expect(twice.filter(({ tsi, toi, start }) => tsi === 1 && toi === 1 && start === 0).map(relative)).toEqual([
      0,
      10 * SECOND,
    ])
  })
})
