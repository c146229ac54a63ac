import { gzip } from '#platform'
import { asServiceId, asToi, asTsi } from '../contract/ids.ts'
import type { Presentation, PresentationTrack } from '../ingest/presentation.ts'
import { serialiseChunkName } from '../protocol/flute/chunk-name.ts'
import { gunzipIfGzip } from '../protocol/gzip.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import {
  GATEWAY_CONFIGURATION_URI,
  MABR_CONTENT_TYPE,
  MABR_NAMESPACE,
  type MabrConfiguration,
  type MabrRepair,
  type MabrTransportSession,
  mabrProtocolIdentifier,
} from '../protocol/mabr/configuration.ts'
import { serialiseMabrConfiguration } from '../protocol/mabr/configuration-writer.ts'
import { parseMultipart, serialiseMultipart } from '../protocol/mime/multipart.ts'
import { parseStsid, serialiseStsid } from '../protocol/sls/s-tsid.ts'
import { RouteObject } from '../send/route-object.ts'
import { serialiseSls } from '../send/service-signalling.ts'
import { type Datagram, interleaved } from './datagrams.ts'
import { type FluteFile, FluteSender, type FluteSenderOptions } from './flute-sender.ts'
import { broadcastOf, FIXTURE_ADDRESS, FIXTURE_START_US } from './make-fixtures.ts'

/** Options of a test's DVB-MABR capture. */
export type MabrOptions = {
  /** Transport of the media. */
  readonly transport: 'flute' | 'route'
  /** Transport of the configuration; GPAC always uses FLUTE. */
  readonly configuration: 'flute' | 'route'
  /** Manifest and init segments in every media session instead of the configuration session. */
  readonly inBand: boolean
  /** Low latency: object size in bytes; null: whole segments. */
  readonly chunkBytes: number | null
  /** End of chunked segments: marked in the last chunk, or an empty object. */
  readonly chunksEnd: 'isLast' | 'empty'
  /** Each table follows the data it describes. */
  readonly tableLast: boolean
  /** Endpoints of media sessions have a TSI; false: any on that port. */
  readonly namesTsi: boolean
  readonly address: string
  /** Address of media sessions in the configuration; null: where they are sent. */
  readonly namedGroup: string | null
  /** Sender address in the media endpoints. */
  readonly source: string | null
  /** Port of the configuration session; media use the next one. */
  readonly port: number
  /**
   * ROUTE: each track has a session of its own, on the ports after that with the S-TSID and the manifest, which the configuration
   * lists as one of its own (GPAC with splitlct=mcast).
   */
  readonly split: boolean
  /** Media sessions use the port of the configuration. */
  readonly onePort: boolean
  /** Prefix of object names. */
  readonly base: string
  readonly repair: MabrRepair | null
  /** Number of segments sent of each track. */
  readonly segments: number
  readonly sender: Partial<FluteSenderOptions>
  /** First TOI of media objects. */
  readonly firstToi: number
}

export const MABR_PORT = 7000

const DEFAULTS: MabrOptions = {
  transport: 'flute',
  configuration: 'flute',
  inBand: false,
  chunkBytes: null,
  chunksEnd: 'isLast',
  tableLast: false,
  namesTsi: true,
  address: FIXTURE_ADDRESS,
  namedGroup: null,
  source: null,
  port: MABR_PORT,
  split: false,
  onePort: false,
  base: 'tag:mabr.example.2026.service/',
  repair: null,
  segments: Number.POSITIVE_INFINITY,
  sender: {},
  firstToi: 1,
}

const CONFIGURATION_TSI = 1
const ROUTE_MTU = 1472
const MABR_SERVICE = 'urn:example:mabr:service'

/** A presentation sent by a DVB-MABR server: configuration and carousel each second, each segment at its time. */
export async function mabrCapture(content: Presentation, options: Partial<MabrOptions> = {}): Promise<Datagram[]> {
  const use = { ...DEFAULTS, ...options }
  const mediaPort = use.onePort ? use.port : use.port + 1
  const shared = sharedFiles(content, use.base)
  const configuration: FluteFile = {
    toi: 1,
    name: GATEWAY_CONFIGURATION_URI,
    contentType: MABR_CONTENT_TYPE,
    bytes: serialiseMabrConfiguration(configurationOf(content, use, mediaPort)),
  }
  if (use.configuration === 'route')
    return interleaved(
      routeCarousel([configuration, ...shared], content, use),
      ...(await media(content, use, mediaPort, shared)),
    )
  const carousel = [configuration, ...(use.inBand || use.transport === 'route' ? [] : shared)]
  const sender = new FluteSender({ ...use.sender, address: use.address, port: use.port, tsi: CONFIGURATION_TSI })
  const lists: Datagram[][] = []
  const seconds = Math.ceil(content.durationUs / 1_000_000)
  for (let second = 0; second < seconds; second++) {
    const timeUs = FIXTURE_START_US + second * 1_000_000
    const table = sender.table(carousel, timeUs, second > 0)
    const objects = carousel.flatMap((file) => sender.object(file, timeUs))
    lists.push(use.tableLast ? [...objects, ...table] : [...table, ...objects])
  }
  return interleaved(...lists, ...(await media(content, use, mediaPort, shared)))
}

/** The media sessions. */
async function media(
  content: Presentation,
  use: MabrOptions,
  port: number,
  shared: readonly FluteFile[],
): Promise<Datagram[][]> {
  if (use.transport === 'route') {
    const sent = await broadcastOf(content, { port, address: use.address })
    return [use.split ? splitRoute(sent, port) : sent]
  }
  const lists: Datagram[][] = []
  for (const [index, track] of content.tracks.entries()) {
    lists.push(await trackPackets(content, track, (index + 1) * 10, port, shared, use))
  }
  return lists
}

/** A ROUTE session whose TSIs 10, 20 … are sent to the ports after its own, as its S-TSID then says. */
function splitRoute(sent: readonly Datagram[], port: number): Datagram[] {
  const portOf = (tsi: number): number => port + tsi / 10
  return sent.flatMap((datagram) => {
    const { header, headerBytes } = parseLctHeader(datagram.bytes)
    if (header.tsi !== 0) return [{ ...datagram, port: portOf(header.tsi) }]
    const offset = new DataView(datagram.bytes.buffer, datagram.bytes.byteOffset).getUint32(headerBytes)
    // Of a package in several packets the first one stands for all.
    if (offset > 0) return []
    const parts = sent.filter(({ timeUs, bytes }) => {
      const other = parseLctHeader(bytes).header
      return timeUs === datagram.timeUs && other.tsi === 0 && other.toi === header.toi
    })
    const packed = Buffer.concat(parts.map(({ bytes }) => bytes.subarray(parseLctHeader(bytes).headerBytes + 4)))
    const object = new RouteObject(header.tsi, header.toi, header.codepoint, splitSls(packed, portOf), ROUTE_MTU)
    const packets: Datagram[] = []
    const packet = new Uint8Array(ROUTE_MTU)
    while (!object.done) packets.push({ ...datagram, bytes: packet.slice(0, object.next(packet)) })
    return packets
  })
}

/** A gzipped package whose S-TSID has a session for each channel. */
function splitSls(packed: Uint8Array, portOf: (tsi: number) => number): Uint8Array {
  const { parts } = parseMultipart(gunzipIfGzip(packed, 1 << 20))
  const changed = parts.map(({ contentType, contentLocation, body }) => {
    const stsid = contentType.includes('s-tsid') ? parseStsid(body) : null
    if (stsid === null) return { contentType, contentLocation: contentLocation ?? '', body }
    const sessions = stsid.sessions.flatMap((session) =>
      session.channels.map((channel) => ({
        ...session,
        destinationPort: portOf(channel.tsi),
        channels: [channel],
      })),
    )
    return {
      contentType,
      contentLocation: contentLocation ?? '',
      body: serialiseStsid({ ...stsid, sessions }, 'us'),
    }
  })
  return gzip(serialiseMultipart(changed, { boundary: 'split-package', type: changed[0]?.contentType ?? '' }))
}

/** A configuration session over ROUTE (Annex H): each second an S-TSID on TSI 0 names the objects of TSI 1. */
function routeCarousel(files: readonly FluteFile[], content: Presentation, use: MabrOptions): Datagram[] {
  const signalling = serialiseSls(
    {
      scheme: 'route',
      flavour: 'us',
      serviceId: asServiceId(0),
      serviceName: '',
      address: use.address,
      port: use.port,
      sourceAddress: '127.0.0.1',
      gzip: true,
      signer: null,
    },
    null,
    [
      {
        tsi: asTsi(CONFIGURATION_TSI),
        endpoint: { address: use.address, port: use.port },
        realTime: false,
        bandwidth: null,
        media: null,
        efdtVersion: 1,
        fileTemplate: null,
        largestBytes: 1_000_000,
        files: files.map(({ toi, name, contentType, bytes }) => ({
          toi: asToi(toi),
          name,
          contentType,
          bytes: bytes.length,
        })),
      },
    ],
    { manifest: 1, stsid: 1, usbd: 1 },
    1,
  )
  const objects = [
    { tsi: 0, toi: signalling.toi, codepoint: 3, bytes: signalling.bytes },
    ...files.map(({ toi, bytes }) => ({ tsi: CONFIGURATION_TSI, toi, codepoint: 1, bytes })),
  ]
  const datagrams: Datagram[] = []
  for (let second = 0; second < Math.ceil(content.durationUs / 1_000_000); second++) {
    for (const { tsi, toi, codepoint, bytes } of objects) {
      const object = new RouteObject(asTsi(tsi), asToi(toi), codepoint, bytes, ROUTE_MTU)
      const packet = new Uint8Array(ROUTE_MTU)
      while (!object.done) {
        const length = object.next(packet)
        const timeUs = FIXTURE_START_US + second * 1_000_000
        datagrams.push({ address: use.address, port: use.port, bytes: packet.slice(0, length), timeUs })
      }
    }
  }
  return datagrams
}

/** Manifest, child playlists and init segments. */
function sharedFiles(content: Presentation, base: string): FluteFile[] {
  const files: Omit<FluteFile, 'toi'>[] = []
  if (content.manifest !== null) files.push({ ...content.manifest, name: base + content.manifest.name })
  for (const { init, playlist } of content.tracks) {
    if (init !== null) files.push({ ...init, name: base + init.name })
    if (playlist !== null) files.push({ ...playlist, name: base + playlist.name })
  }
  return files.map(({ name, contentType, bytes }, index) => ({ toi: index + 2, name, contentType, bytes }))
}

async function trackPackets(
  content: Presentation,
  track: PresentationTrack,
  tsi: number,
  port: number,
  shared: readonly FluteFile[],
  use: MabrOptions,
): Promise<Datagram[]> {
  const sender = new FluteSender({ ...use.sender, address: use.address, port, tsi })
  const packets: Datagram[] = []
  let toi = use.firstToi
  const nextToi = (): number => {
    const now = toi
    // 16-bit TOIs wrap and skip 0.
    toi = toi === 65_535 ? 1 : toi + 1
    return now
  }
  const send = (files: readonly FluteFile[], timeUs: number): void => {
    const table = sender.table(files, timeUs)
    const objects = files.flatMap((file) => sender.object(file, timeUs))
    packets.push(...(use.tableLast ? [...objects, ...table] : [...table, ...objects]))
  }
  for (const segment of track.segments.slice(0, use.segments)) {
    await content.bytes.load(segment)
    const bytes = content.bytes.get(segment)
    if (bytes === null) throw new RangeError(`${segment.name} is not loaded`)
    const timeUs = FIXTURE_START_US + segment.startUs + tsi
    if (use.inBand)
      send(
        shared.map((file) => ({ ...file, toi: nextToi() })),
        timeUs,
      )
    const { contentType } = segment
    const name = use.base + segment.name
    if (use.chunkBytes === null) {
      send([{ toi: nextToi(), name, contentType, bytes: bytes.slice() }], timeUs)
      continue
    }
    const chunks = Math.ceil(bytes.length / use.chunkBytes)
    for (let chunk = 0; chunk < chunks; chunk++) {
      const offset = chunk * use.chunkBytes
      const isLast = use.chunksEnd === 'isLast' && chunk === chunks - 1
      const chunkName = serialiseChunkName({ resource: name, offset, isLast, hasRandomAccessPoint: chunk === 0 })
      const part = bytes.slice(offset, offset + use.chunkBytes)
      send(
        [{ toi: nextToi(), name: chunkName, contentType, bytes: part }],
        timeUs + Math.floor((segment.durationUs * chunk) / chunks),
      )
    }
    if (use.chunksEnd === 'isLast') continue
    const end = { resource: name, offset: bytes.length, isLast: false, hasRandomAccessPoint: false }
    const last = { toi: nextToi(), name: serialiseChunkName(end), contentType, bytes: new Uint8Array(0) }
    send([last], timeUs + segment.durationUs - 1000)
  }
  return packets
}

function configurationOf(content: Presentation, use: MabrOptions, mediaPort: number): MabrConfiguration {
  const nothing = { otherAttributes: [], others: [] }
  const transport = (tsi: number, port: number, protocol: 'flute' | 'route', named: boolean): MabrTransportSession => ({
    id: null,
    serviceClass: null,
    start: null,
    duration: null,
    contentIngestMethod: null,
    transmissionMode: use.chunkBytes === null ? 'resource' : 'chunked',
    transportSecurity: 'integrity',
    idleTimeoutMs: 60_000,
    tags: null,
    protocolIdentifier: mabrProtocolIdentifier(protocol),
    protocolVersion: '1',
    endpoints: [
      {
        source: use.source,
        group: (port === mediaPort ? use.namedGroup : null) ?? use.address,
        port,
        tsi: named ? asTsi(tsi) : null,
      },
    ],
    averageBitRate: null,
    maximumBitRate: null,
    fec: [],
    repair: null,
    components: [],
    carousels: [],
    ...nothing,
  })
  const manifestId = 'manifest'
  return {
    root: 'MulticastGatewayConfiguration',
    namespace: MABR_NAMESPACE,
    schemaVersion: 2,
    validityPeriod: null,
    validUntil: null,
    configurationSessions: [
      use.split
        ? transport(CONFIGURATION_TSI, mediaPort, 'route', true)
        : transport(CONFIGURATION_TSI, use.port, use.configuration, true),
    ],
    sessions: [
      {
        serviceIdentifier: MABR_SERVICE,
        availabilityOffset: 'PT4S',
        manifests: [
          {
            manifestId,
            contentType: content.manifest?.contentType ?? null,
            transportObjectUri: content.manifest === null ? null : use.base + content.manifest.name,
            playbackPathPattern: null,
            url: '',
            ...nothing,
          },
        ],
        transports: content.tracks.map((track, index) => ({
          ...transport((index + 1) * 10, mediaPort + (use.split ? index + 1 : 0), use.transport, use.namesTsi),
          repair: use.repair,
          components: [
            {
              kind: content.kind === 'hls' ? 'hls' : 'dash',
              manifestId,
              period: null,
              adaptationSet: null,
              representation: content.kind === 'hls' ? null : track.repId,
              playlist: track.playlist === null ? null : use.base + track.playlist.name,
              component: null,
              ...nothing,
            },
          ],
        })),
        ...nothing,
      },
    ],
    ...nothing,
  }
}
