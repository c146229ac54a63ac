import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinBytes } from '../bytes/join-bytes.ts'
import { asServiceId } from '../contract/ids.ts'
import { LLS_ADDRESS, LLS_PORT, LLS_TABLE, serialiseLlsTable } from '../protocol/lls/lls-table.ts'
import { SLS_PROTOCOL, SLT_SERVICE_DEFAULTS, serialiseSlt } from '../protocol/lls/slt.ts'
import { serialiseAtsc3Body } from '../protocol/mmtp/atsc3-message.ts'
import { serialiseHintSample } from '../protocol/mmtp/hint-sample.ts'
import { serialiseMmtMessage } from '../protocol/mmtp/message.ts'
import { MESSAGE_ID } from '../protocol/mmtp/message-id.ts'
import { MMTP_HEADER_DEFAULTS, serialiseMmtpPacket } from '../protocol/mmtp/mmtp-header.ts'
import { MMTP_TYPE } from '../protocol/mmtp/mmtp-packet.ts'
import { MP_TABLE, type MpAsset, type MpTable, serialiseMpTable } from '../protocol/mmtp/mp-table.ts'
import { FRAGMENT_INDICATOR, MPU_FRAGMENT, type MpuUnit, serialiseMpuPayload } from '../protocol/mmtp/mpu-payload.ts'
import { serialiseSignallingPayload } from '../protocol/mmtp/signalling-payload.ts'
import { unixUsToNtp } from '../protocol/ntp.ts'
import type { Datagram } from './datagrams.ts'
import { DEMO_FOLDER, FIXTURE_START_US } from './make-fixtures.ts'
import { type MadeMpu, makeMpu } from './mmtp-files.ts'

export const MMT_SERVICE = 1001
const MMT_ADDRESS = '239.255.10.7'
export const MMT_PORT = 51_007
/** Port of the audio-only flow. */
export const MMT_AUDIO_PORT = 51_008
/** packet_ids of the two assets. */
export const MMT_VIDEO = 35
export const MMT_AUDIO = 36
/** Sequence number of the first MPU; later segments count up from it. */
export const MMT_FIRST_MPU = 700
const SEGMENT_US = 2_000_000
const SEGMENTS = 12
const BYTES_OF_MFU = 1400
/** Offset of the sender's clock from the capture's, as off air, µs. */
const CLOCK_LEAD_US = -86_400_000_000

export type MmtpCaptureOptions = {
  readonly version?: 0 | 1
  /** MFUs begin with hint samples, and MPUs have a hint track. Default true. */
  readonly hints?: boolean
  /** Audio is sent with several samples per packet. */
  readonly aggregate?: boolean
  /** MPUs have presentation times. Default true. */
  readonly times?: boolean
  /** SLT, MP table and USBD. Default true. */
  readonly signalling?: boolean
  /** Number of segments sent of the demo, from the first. */
  readonly mpus?: number
  /** Packets have packet_counter. Default true. */
  readonly counter?: boolean
  /** Packets have a source_FEC_payload_ID and a header extension. */
  readonly extended?: boolean
  /** Audio has a separate flow, at `MMT_AUDIO_PORT`. */
  readonly audioFlow?: boolean
  /** packet_id of the audio. */
  readonly audioId?: number
  /** Index of the segment from which the video has twice the width. */
  readonly widerFrom?: number
  /** Further elements of the USBD. */
  readonly usbd?: string
  /** Further whole signalling messages besides the MP table. */
  readonly messages?: readonly Uint8Array[]
}

type Sent = {
  readonly port?: number
  readonly dueUs: number
  readonly packetId: number
  readonly type: number
  readonly payload: Uint8Array
}

/** The demo as an MMT service: an SLT, signalling, and each segment as an MPU sent over its duration. */
export function mmtpCapture(options: MmtpCaptureOptions = {}): Datagram[] {
  const { version = 1, mpus = SEGMENTS, counter = true, extended = false, signalling = true } = options
  const sent: Sent[] = []
  for (const [name, packetId] of [
    ['video', MMT_VIDEO],
    ['audio', options.audioId ?? MMT_AUDIO],
  ] as const) {
    for (let number = 0; number < mpus; number++) sent.push(...mpuPackets(name, packetId, number, options))
  }
  if (signalling)
    for (let atUs = 0; atUs < mpus * SEGMENT_US; atUs += 500_000) sent.push(...serviceSignalling(atUs, options))
  // Signalling precedes media of the same time.
  sent.sort((a, b) => a.dueUs - b.dueUs || b.type - a.type)
  const sequences = new Map<number, number>()
  const datagrams: Datagram[] = []
  sent.forEach(({ port = MMT_PORT, dueUs, packetId, type, payload }, index) => {
    // Numbers wrap within the capture.
    const key = port * 65_536 + packetId
    const sequence = sequences.get(key) ?? 0xffff_ff00
    sequences.set(key, (sequence + 1) >>> 0)
    const timeUs = FIXTURE_START_US + dueUs
    const ntp = unixUsToNtp(timeUs)
    const header = {
      ...MMTP_HEADER_DEFAULTS,
      version,
      type,
      packetId,
      sequence,
      timestamp: (((ntp.seconds & 0xffff) << 16) | (ntp.fraction >>> 16)) >>> 0,
      counter: counter ? index : null,
      extension: extended ? { type: 1, bytes: new Uint8Array(8) } : null,
      fecPayloadId: extended ? index : null,
    }
    datagrams.push({ address: MMT_ADDRESS, port, bytes: serialiseMmtpPacket(header, payload), timeUs })
  })
  if (!signalling) return datagrams
  const lls = Array.from({ length: mpus * 2 }, (_, second) => ({
    address: LLS_ADDRESS,
    port: LLS_PORT,
    bytes: listing(),
    timeUs: FIXTURE_START_US + second * 1_000_000,
  }))
  return [...lls, ...datagrams].sort((a, b) => a.timeUs - b.timeUs)
}

function mpuPackets(name: 'video' | 'audio', packetId: number, number: number, options: MmtpCaptureOptions): Sent[] {
  const { hints = true, aggregate = false, times = true, signalling = true } = options
  const init = new Uint8Array(readFileSync(join(DEMO_FOLDER, `${name}-init.mp4`)))
  if (name === 'video' && number >= (options.widerFrom ?? Number.POSITIVE_INFINITY)) doubleWidth(init)
  const segment = new Uint8Array(readFileSync(join(DEMO_FOLDER, `${name}-${number + 1}.m4s`)))
  const mpu = MMT_FIRST_MPU + number
  const made = makeMpu(init, segment, mpu, `${name}-asset`, hints)
  const payloads: Uint8Array[] = []
  const header = { timed: true, mpuSequence: mpu }
  const metadata = (fragmentType: number, data: Uint8Array): void => {
    for (const [indicator, counter, piece] of pieces(data))
      payloads.push(
        serialiseMpuPayload(
          { ...header, fragmentType, indicator, fragmentCounter: counter },
          [{ kind: 'metadata', data: piece }],
          false,
        ),
      )
  }
  metadata(MPU_FRAGMENT.mpuMetadata, made.metadata)
  metadata(MPU_FRAGMENT.movieFragmentMetadata, made.fragment)
  payloads.push(...sampleUnits(made, hints, aggregate && name === 'audio', mpu))
  const startUs = number * SEGMENT_US
  const port = name === 'audio' && options.audioFlow === true ? MMT_AUDIO_PORT : MMT_PORT
  const sent: Sent[] = payloads.map((payload, index) => ({
    port,
    dueUs: startUs + Math.floor((index * SEGMENT_US) / payloads.length),
    packetId,
    type: MMTP_TYPE.mpu,
    payload,
  }))
  if (times && signalling) {
    // A segment is presented after it is sent; its times are those of its media, not of the sending.
    const presented = unixUsToNtp(FIXTURE_START_US + CLOCK_LEAD_US + made.startUs + SEGMENT_US)
    const timestamp = { mpuSequence: mpu, seconds: presented.seconds, fraction: presented.fraction }
    const asset: MpAsset = {
      ...assetOf(name, packetId),
      descriptors: [{ kind: 'mpu-timestamp', tag: 1, timestamps: [timestamp] }],
    }
    const tableId = MP_TABLE.firstSubset + 1 + (name === 'video' ? 0 : 1)
    const table = serialiseMpTable({ ...tableOf([asset]), tableId, version: number & 0xff, packageId: null })
    sent.push({ port, dueUs: startUs, packetId, type: MMTP_TYPE.signalling, payload: message(tableId, table) })
  }
  return sent
}

/** Doubles the width in the visual sample entry, 24 bytes after its header. */
function doubleWidth(init: Uint8Array): void {
  const at = Buffer.from(init.buffer, init.byteOffset, init.length).indexOf('avc1', 64) + 28
  const view = new DataView(init.buffer, init.byteOffset, init.length)
  view.setUint16(at, view.getUint16(at) * 2)
}

function sampleUnits(made: MadeMpu, hints: boolean, aggregate: boolean, mpu: number): Uint8Array[] {
  const payloads: Uint8Array[] = []
  const header = { fragmentType: MPU_FRAGMENT.mfu, timed: true, mpuSequence: mpu }
  let offset = 8
  let waiting: MpuUnit[] = []
  const flush = (): void => {
    if (waiting.length > 0)
      payloads.push(serialiseMpuPayload({ ...header, indicator: 0, fragmentCounter: 0 }, waiting, true))
    waiting = []
  }
  made.samples.forEach((sample, index) => {
    const place = { movieFragment: 1, sampleNumber: index + 1, priority: 1, dependencyCounter: 0 }
    const hint = { ...place, sequence: index, trackRefIndex: 1, offset, length: sample.length }
    const data = hints ? joinBytes([serialiseHintSample(hint), sample]) : sample
    offset += sample.length
    if (aggregate && data.length < BYTES_OF_MFU / 4) {
      waiting.push({ kind: 'timed', ...place, offset: 0, data })
      if (waiting.length === 3) flush()
      return
    }
    flush()
    let at = 0
    for (const [indicator, counter, piece] of pieces(data)) {
      const unit: MpuUnit = { kind: 'timed', ...place, offset: at, data: piece }
      payloads.push(serialiseMpuPayload({ ...header, indicator, fragmentCounter: counter }, [unit], false))
      at += piece.length
    }
  })
  flush()
  return payloads
}

/** Fragments of a data unit with f_i and the number of following fragments. */
function* pieces(data: Uint8Array): Generator<readonly [number, number, Uint8Array]> {
  const count = Math.max(1, Math.ceil(data.length / BYTES_OF_MFU))
  const { whole, first, middle, last } = FRAGMENT_INDICATOR
  for (let index = 0; index < count; index++) {
    const indicator = count === 1 ? whole : index === 0 ? first : index === count - 1 ? last : middle
    yield [indicator, count - 1 - index, data.subarray(index * BYTES_OF_MFU, (index + 1) * BYTES_OF_MFU)]
  }
}

function serviceSignalling(dueUs: number, options: MmtpCaptureOptions): Sent[] {
  const { messages = [], audioFlow = false, audioId = MMT_AUDIO, usbd: further = '' } = options
  const table = serialiseMpTable(tableOf([assetOf('video', MMT_VIDEO), assetOf('audio', audioId, audioFlow)]))
  const content = new TextEncoder().encode(
    `<?xml version="1.0" encoding="UTF-8"?><BundleDescriptionMMT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/MMTUSD/1.0/"><UserServiceDescription serviceId="${MMT_SERVICE}"><Name>Demo MMT</Name><ServiceLanguage>en</ServiceLanguage><MPUComponent mmtPackageId="demo"/>${further}</UserServiceDescription></BundleDescriptionMMT>`,
  )
  const usbd = serialiseAtsc3Body({
    serviceId: asServiceId(MMT_SERVICE),
    contentType: 1,
    contentVersion: 1,
    compression: 2,
    uri: '',
    content,
  })
  const payloads = [message(MP_TABLE.complete, table), message(MESSAGE_ID.atsc3, usbd), ...messages.map(whole)]
  return payloads.map((payload) => ({ dueUs, packetId: 0, type: MMTP_TYPE.signalling, payload }))
}

function message(id: number, body: Uint8Array): Uint8Array {
  return whole(serialiseMmtMessage(id, 1, body))
}

function whole(message: Uint8Array): Uint8Array {
  const parts = [message]
  return serialiseSignallingPayload({ indicator: 0, fragmentCounter: 0, aggregated: false, wideLengths: false, parts })
}

function assetOf(name: 'video' | 'audio', packetId: number, elsewhere = false): MpAsset {
  return {
    identifier: { kind: 'asset-id', scheme: 1, id: new TextEncoder().encode(`${name}-asset`) },
    type: name === 'video' ? 'avc1' : 'mp4a',
    isDefault: true,
    clock: null,
    locations: [
      elsewhere
        ? { type: 1, source: '172.16.200.1', destination: MMT_ADDRESS, port: MMT_AUDIO_PORT, packetId }
        : { type: 0, packetId },
    ],
    descriptors: [],
    unreadDescriptors: new Uint8Array(0),
  }
}

function tableOf(assets: readonly MpAsset[]): MpTable {
  return {
    tableId: MP_TABLE.complete,
    version: 1,
    mode: 0,
    packageId: new TextEncoder().encode('demo'),
    descriptors: new Uint8Array(0),
    assetCount: assets.length,
    assets,
    rest: new Uint8Array(0),
  }
}

function listing(): Uint8Array {
  const body = serialiseSlt({
    bsids: [50],
    capabilities: null,
    inetUrls: [],
    services: [
      {
        ...SLT_SERVICE_DEFAULTS,
        serviceId: asServiceId(MMT_SERVICE),
        majorChannelNo: 10,
        minorChannelNo: 7,
        shortServiceName: 'MMT',
        signalling: {
          slsProtocol: SLS_PROTOCOL.mmtp,
          majorVersion: 1,
          minorVersion: 0,
          destinationAddress: MMT_ADDRESS,
          destinationPort: MMT_PORT,
          sourceAddress: '172.16.200.1',
          otherAttributes: [],
        },
      },
    ],
    otherAttributes: [],
  })
  return serialiseLlsTable({ tableId: LLS_TABLE.slt, version: 1, groupId: 0, groupCount: 1, compressed: true, body })
}
