import { gzip } from '#platform'
import type { ServiceId, Toi, Tsi } from '../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS, type FdtFile } from '../protocol/flute/fdt.ts'
import { type NewMimePart, serialiseMultipart } from '../protocol/mime/multipart.ts'
import { serialiseSignedEntity } from '../protocol/mime/signed.ts'
import { NEVER_NTP } from '../protocol/ntp.ts'
import { CODEPOINT } from '../protocol/route/toi-plan.ts'
import { ENVELOPE_ITEM_DEFAULTS, serialiseEnvelope } from '../protocol/sls/envelope.ts'
import { SLS_MEDIA_TYPE } from '../protocol/sls/fragment-type.ts'
import {
  type RepairFlow,
  type SourceFlow,
  type StsidChannel,
  type StsidSession,
  serialiseStsid,
} from '../protocol/sls/s-tsid.ts'
import { slsToi } from '../protocol/sls/sls-toi.ts'
import { serialiseUsbd } from '../protocol/sls/usbd.ts'
import type { Endpoint } from './split-endpoints.ts'
import type { TableSigner } from './table-signer.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
/** As the loader of presentations gives it. */
const DASH_TYPE = 'application/dash+xml'
const BOUNDARY = '_ROUTESCOPE_SLS_7d41c0a95be2_'
/**
 * Of a signed package. GPAC's receiver knows no signatures: it takes the first quoted boundary, which is that of the package inside,
 * and looks for its text anywhere. It finds it in this one too, so that it passes over the signature as a part of no use.
 */
const SIGNED_BOUNDARY = `signed${BOUNDARY}`
/** What follows the end of a package is to be ignored (RFC 2046 §5.1.1). GPAC's receiver reads it as one more part, and gives up without its header. */
const EPILOGUE = '\r\nContent-Type: text/plain\r\n\r\n'

/** A file listed separately in its channel's EFDT. */
export type ListedFile = {
  readonly toi: Toi
  readonly name: string
  readonly contentType: string | null
  readonly bytes: number | null
}

/** Values of one channel in the S-TSID. */
export type SignalledChannel = {
  readonly tsi: Tsi
  /** Where it is sent. */
  readonly endpoint: Endpoint
  readonly realTime: boolean
  /** Rate of the media, bit/s; null for files. */
  readonly bandwidth: number | null
  readonly media: { readonly repId: string; readonly contentType: string | null; readonly lang: string | null } | null
  /** Changes with the list of files. */
  readonly efdtVersion: number
  readonly fileTemplate: string | null
  /** Upper bound of the objects' sizes. */
  readonly largestBytes: number
  readonly files: readonly ListedFile[]
  /** The channel that protects it; absent: none. */
  readonly repair?: { readonly tsi: Tsi; readonly flow: RepairFlow } | undefined
}

/** A manifest in the SLS. */
export type SignalledManifest = { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }

/** Signalling values of the service. */
export type SignalledService = {
  readonly scheme: 'route' | 'atsc'
  readonly flavour: 'us' | 'korean'
  readonly serviceId: ServiceId
  readonly serviceName: string
  readonly address: string
  readonly port: number
  readonly sourceAddress: string
  /** The SLS are packed with gzip. */
  readonly gzip: boolean
  /** Null: they are not signed. */
  readonly signer: TableSigner | null
}

/** The SLS of a service as an object. */
export type SerialisedSls = { readonly toi: Toi; readonly codepoint: number; readonly bytes: Uint8Array }

/** Versions of the fragments, for the envelope. */
export type FragmentVersions = { readonly manifest: number; readonly stsid: number; readonly usbd: number }

/**
 * The SLS of a service as one object of TSI 0: manifest and S-TSID for route://, all fragments with their envelope for atsc://
 * (A/331 §7.1, Annex C). Order and media types are GPAC's, because its receiver compares them exactly.
 * @param version of the object; a receiver reads it again when it changes
 */
export function serialiseSls(
  service: SignalledService,
  manifest: SignalledManifest | null,
  channels: readonly SignalledChannel[],
  versions: FragmentVersions,
  version: number,
): SerialisedSls {
  const types = SLS_MEDIA_TYPE[service.flavour]
  const stsid: NewMimePart = {
    contentType: types.stsid,
    contentLocation: 'stsid.xml',
    body: serialiseStsid(
      {
        sessions: sessionsOf(service, channels),
        otherAttributes: [],
      },
      service.flavour,
    ),
  }
  const parts: NewMimePart[] = []
  if (manifest !== null)
    parts.push({ contentType: manifest.contentType, contentLocation: manifest.name, body: manifest.bytes })
  parts.push(stsid)
  if (service.scheme === 'atsc') {
    parts.unshift({
      contentType: types.usbd,
      contentLocation: 'usbd.xml',
      body: serialiseUsbd({
        serviceId: service.serviceId,
        serviceStatus: true,
        names: [{ lang: 'en', text: service.serviceName }],
        languages: [],
        basePatterns: basePatterns(channels),
        unicastPatterns: [],
        otherAttributes: [],
      }),
    })
    const items = parts.map((part) => ({
      ...ENVELOPE_ITEM_DEFAULTS,
      uri: part.contentLocation,
      contentType: part.contentType,
      version:
        part === stsid ? versions.stsid : part.contentLocation === manifest?.name ? versions.manifest : versions.usbd,
    }))
    parts.unshift({
      contentType: SLS_MEDIA_TYPE.envelope,
      contentLocation: 'envelope.xml',
      body: serialiseEnvelope({ items }),
    })
  }
  const { signer } = service
  const options = { boundary: BOUNDARY, type: parts[0]?.contentType ?? '', binary: signer !== null }
  const packed = serialiseMultipart(parts, options)
  const isAtsc = service.scheme === 'atsc'
  // A playlist has no bit of its own (A/331 Annex C).
  const hasMpd = manifest?.contentType === DASH_TYPE
  // GPAC's receiver reports an error for more than one character after the last delimiter.
  const whole = endingInOneCharacter(signer === null ? packed : signed(packed, signer, !isAtsc))
  return {
    toi: slsToi({ gzip: service.gzip, mpd: hasMpd, stsid: true, usbd: isAtsc, version }),
    codepoint: signer === null ? CODEPOINT.package : CODEPOINT.signedPackage,
    bytes: service.gzip ? gzip(whole) : whole,
  }
}

/** The package with a signature over it (A/360 §5.2.2.1). CertificationData has the certificates, but where there is no LLS. */
function signed(packed: Uint8Array, signer: TableSigner, withCertificates: boolean): Uint8Array {
  const end = withoutLineEnds(packed)
  const epilogue = new TextEncoder().encode(EPILOGUE)
  const content = new Uint8Array(end + epilogue.length)
  content.set(packed.subarray(0, end))
  content.set(epilogue, end)
  const signature = signer.sign(content, withCertificates)
  return serialiseSignedEntity(content, signature, { boundary: SIGNED_BOUNDARY, digest: signer.digestName })
}

/** A session for each endpoint, that of the service first even without channels. */
function sessionsOf(service: SignalledService, channels: readonly SignalledChannel[]): StsidSession[] {
  const byEndpoint = new Map<string, StsidSession & { readonly channels: StsidChannel[] }>()
  const sessionAt = ({ address, port }: Endpoint): { readonly channels: StsidChannel[] } => {
    const key = `${address} ${port}`
    let session = byEndpoint.get(key)
    if (session === undefined) {
      session = {
        sourceAddress: service.sourceAddress,
        destinationAddress: address,
        destinationPort: port,
        channels: [],
        otherAttributes: [],
      }
      byEndpoint.set(key, session)
    }
    return session
  }
  sessionAt(service)
  for (const each of channels) sessionAt(each.endpoint).channels.push(channel(each))
  // Behind all sources: GPAC's receiver reads no further than to the first channel that is none.
  for (const { endpoint, repair } of channels)
    if (repair !== undefined) sessionAt(endpoint).channels.push(repairChannel(repair))
  return [...byEndpoint.values()].filter((session, _, all) => session.channels.length > 0 || all.length === 1)
}

function endingInOneCharacter(packed: Uint8Array): Uint8Array {
  const end = withoutLineEnds(packed)
  const copy = packed.slice(0, end + 1)
  copy[end] = LINE_FEED
  return copy
}

function withoutLineEnds(packed: Uint8Array): number {
  let end = packed.length
  while (packed[end - 1] === LINE_FEED || packed[end - 1] === CARRIAGE_RETURN) end--
  return end
}

function repairChannel({ tsi, flow }: NonNullable<SignalledChannel['repair']>): StsidChannel {
  return {
    tsi,
    bandwidthKbps: null,
    startTime: null,
    endTime: null,
    source: null,
    repair: flow,
    otherAttributes: [],
  }
}

function channel(signalled: SignalledChannel): StsidChannel {
  const source: SourceFlow = {
    realTime: signalled.realTime,
    minBufferKb: null,
    efdt: {
      ...FDT_DEFAULTS,
      version: signalled.efdtVersion,
      instanceExpiresNtp: NEVER_NTP,
      fileTemplate: signalled.fileTemplate,
      maxTransportSize: signalled.largestBytes,
      files: signalled.files.map(file),
    },
    media: signalled.media === null ? [] : [{ ...signalled.media, startup: false, ratings: [], otherAttributes: [] }],
    aeaIds: [],
    // As in GPAC: receivers take codepoints below 128 from the standard's table.
    payloads: [
      {
        codepoint: 128,
        formatId: 1,
        fragmentation: 0,
        inOrder: true,
        sourceFecPayloadId: 0,
        fecParams: null,
        otherAttributes: [],
      },
    ],
    otherAttributes: [],
  }
  return {
    tsi: signalled.tsi,
    // 10 % more than the media, for headers and repetitions.
    bandwidthKbps: signalled.bandwidth === null ? null : Math.max(1, Math.ceil((signalled.bandwidth * 11) / 10_000)),
    startTime: null,
    endTime: null,
    source,
    repair: null,
    otherAttributes: [],
  }
}

function file(listed: ListedFile): FdtFile {
  return {
    ...FDT_FILE_DEFAULTS,
    toi: listed.toi,
    contentLocation: listed.name,
    contentLength: listed.bytes,
    contentType: listed.contentType,
  }
}

/** Common prefixes of the broadcast files' names. */
export function basePatterns(channels: readonly SignalledChannel[]): string[] {
  const patterns = new Set<string>()
  for (const { fileTemplate, files } of channels) {
    const fixed = fileTemplate?.split('$', 1)[0] ?? ''
    if (fixed !== '') patterns.add(fixed)
    for (const { name } of files) if (fixed === '' || !name.startsWith(fixed)) patterns.add(name)
  }
  return [...patterns]
}
