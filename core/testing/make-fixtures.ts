import { join } from 'node:path'
import { asServiceId } from '../contract/ids.ts'
import type { Presentation } from '../ingest/presentation.ts'
import { loadPresentation } from '../ingest/presentation-loader.ts'
import { parseLctHeader, serialiseLctHeader } from '../protocol/lct/header.ts'
import { Broadcaster, type BroadcastOptions, type BroadcastService } from '../send/broadcaster.ts'
import type { PacketOut } from '../send/emitter.ts'
import { type Datagram, DatagramList } from './datagrams.ts'

/** Folder of the app's demo presentation. */
export const DEMO_FOLDER = join(__dirname, '..', '..', 'assets', 'demo', 'presentation')

/** Start of fixtures: 2026-01-01T00:00:00Z. */
export const FIXTURE_START_US = 1_767_225_600_000_000

export const FIXTURE_ADDRESS = '239.255.1.1'
export const FIXTURE_PORT = 6000

/** Default options of `broadcastOf`: the fixture session, one turn, in fast pace. */
export const FIXTURE_OPTIONS: BroadcastOptions = {
  scheme: 'route',
  address: FIXTURE_ADDRESS,
  port: FIXTURE_PORT,
  serviceId: asServiceId(1),
  serviceName: 'Demo',
  loop: false,
  pace: 'fast',
}

/** The demo as DASH. */
export const demoDash = (): Promise<Presentation> => loadPresentation(join(DEMO_FOLDER, 'manifest.mpd'))
/** The demo as HLS. */
export const demoHls = (): Promise<Presentation> => loadPresentation(join(DEMO_FOLDER, 'master.m3u8'))

/**
 * Runs a broadcast on its own clock into `out`.
 * @param seconds of broadcast time after which it stops; needed with `loop`
 * @param startUs time of its first packet
 */
export async function runBroadcast(
  content: Presentation | readonly BroadcastService[],
  out: PacketOut,
  options: Partial<BroadcastOptions> = {},
  seconds = Number.POSITIVE_INFINITY,
  startUs = FIXTURE_START_US,
): Promise<Broadcaster> {
  const broadcaster = new Broadcaster({ ...FIXTURE_OPTIONS, ...options }, content, startUs)
  const endUs = startUs + seconds * 1_000_000
  for (let atUs = broadcaster.next(); atUs < endUs; atUs = broadcaster.next()) {
    await broadcaster.prepare(atUs)
    broadcaster.send(atUs, out)
  }
  return broadcaster
}

/** The datagrams of a broadcast. */
export async function broadcastOf(
  content: Presentation | readonly BroadcastService[],
  options: Partial<BroadcastOptions> = {},
  seconds = Number.POSITIVE_INFINITY,
  startUs = FIXTURE_START_US,
): Promise<Datagram[]> {
  const list = new DatagramList()
  await runBroadcast(content, list, options, seconds, startUs)
  return list.datagrams
}

/** The demo over route://, one turn. */
export const routeFixture = async (): Promise<Datagram[]> => broadcastOf(await demoDash())
/** The same as HLS. */
export const hlsFixture = async (): Promise<Datagram[]> => broadcastOf(await demoHls())
/** The demo over atsc://, one turn. */
export const atscFixture = async (flavour: 'us' | 'korean' = 'us'): Promise<Datagram[]> =>
  broadcastOf(await demoDash(), { scheme: 'atsc', flavour, serviceId: asServiceId(1001) })
/** The demo in a loop as a live service. */
export const liveFixture = async (seconds: number): Promise<Datagram[]> =>
  broadcastOf(await demoDash(), { loop: true }, seconds)

/** The demo twice over atsc://, as services 1 (DASH) and 2 (HLS) on neighbouring ports. */
export async function twoServicesFixture(): Promise<Datagram[]> {
  const service = { serviceName: 'Demo', address: FIXTURE_ADDRESS }
  return broadcastOf(
    [
      { ...service, serviceId: asServiceId(1), port: FIXTURE_PORT, presentation: await demoDash() },
      { ...service, serviceId: asServiceId(2), port: FIXTURE_PORT + 1, presentation: await demoHls() },
    ],
    { scheme: 'atsc' },
  )
}

/** Without all packets of some objects, each `TSI/TOI`. */
export function withoutObjects(datagrams: readonly Datagram[], objects: readonly string[]): Datagram[] {
  return datagrams.filter(({ bytes }) => {
    if ((bytes[0] ?? 0) >> 4 !== 1) return true
    const { tsi, toi } = parseLctHeader(bytes).header
    return !objects.includes(`${tsi}/${toi}`)
  })
}

/**
 * The same media from a low-latency encoder: the length is unknown while a segment grows (no EXT_TOL), known in its last
 * packet, and packets have `cuts` bytes of data in turn.
 */
export function lowLatency(datagrams: readonly Datagram[], cuts: readonly number[] = [160, 1452, 36, 308]): Datagram[] {
  let cut = 0
  return datagrams.flatMap((datagram) => {
    if ((datagram.bytes[0] ?? 0) >> 4 !== 1) return [datagram]
    const { header, headerBytes } = parseLctHeader(datagram.bytes)
    if (header.codepoint !== 8) return [datagram]
    const start = new DataView(datagram.bytes.buffer, datagram.bytes.byteOffset).getUint32(headerBytes)
    const data = datagram.bytes.subarray(headerBytes + 4)
    const pieces: Datagram[] = []
    for (let at = 0; at < data.length; ) {
      const size = Math.min(cuts[cut++ % cuts.length] ?? data.length, data.length - at)
      const isLast = header.closeObject && at + size === data.length
      const extensions = isLast ? header.extensions : []
      const bytes = new Uint8Array(64 + size)
      const length = serialiseLctHeader({ ...header, closeObject: isLast, extensions }, bytes)
      new DataView(bytes.buffer).setUint32(length, start + at)
      bytes.set(data.subarray(at, at + size), length + 4)
      pieces.push({ ...datagram, bytes: bytes.subarray(0, length + 4 + size) })
      at += size
    }
    return pieces
  })
}
