import { gzip } from '#platform'
import type { ServiceId } from '../contract/ids.ts'
import { serialiseCertificationData } from '../protocol/lls/certification-data.ts'
import { LLS_TABLE, serialiseLlsTable } from '../protocol/lls/lls-table.ts'
import { serialiseSignedMultiTable } from '../protocol/lls/signed-multi-table.ts'
import { SLS_PROTOCOL, SLT_SERVICE_DEFAULTS, serialiseSlt } from '../protocol/lls/slt.ts'
import { serialiseSystemTime } from '../protocol/lls/system-time.ts'
import type { TableSigner } from './table-signer.ts'

/** How viewers find a service. */
export type ServiceListing = {
  readonly majorChannel: number
  readonly minorChannel: number
  /** serviceCategory: 1 picture and sound, 2 sound, 3 application, 4 guide, 5 emergency, 6 DRM. */
  readonly category: number
  readonly hidden: boolean
  readonly hideInGuide: boolean
  /** Receivers need broadband for it. */
  readonly needsBroadband: boolean
  /** Null: from the service's name. */
  readonly shortName: string | null
}

/** Values of one service in the SLT. */
export type ListedService = {
  /** What it has of its own; the rest is by its place. */
  readonly listing?: Partial<ServiceListing>
  /** Its place among all services of the broadcast, from 0. */
  readonly place: number
  readonly serviceId: ServiceId
  readonly serviceName: string
  readonly address: string
  readonly port: number
  readonly sourceAddress: string
}

/** TAI - UTC since 2017, seconds. */
const UTC_OFFSET_S = 37
/** A/331 §6.3.2 allows shortServiceName seven characters. */
const SHORT_NAME = 7
/** The first major channel number of broadcasts. */
const DEFAULT_MAJOR = 2
const ROUTE_VERSION = { majorVersion: 1, minorVersion: 0 } as const

/** As for answers of an OCSP responder, of which there are none: how long receivers may keep the certificates. */
const OCSP_REFRESH = 'PT20H'

/**
 * LLS datagrams of an atsc:// broadcast: SystemTime, then SLT (A/331 §6.3, §6.4). With a signer, CertificationData and a
 * SignedMultiTable of them come first, and receivers that know no signatures read the others.
 */
export function serialiseLls(
  services: readonly ListedService[],
  bsid: number,
  version: number,
  signer: TableSigner | null = null,
): Uint8Array[] {
  const systemTime = serialiseSystemTime({
    currentUtcOffset: UTC_OFFSET_S,
    ptpPrepend: 0,
    leap59: false,
    leap61: false,
    utcLocalOffset: 'PT0H',
    dsStatus: false,
    dsDayOfMonth: null,
    dsHour: null,
    otherAttributes: [],
  })
  const slt = serialiseSlt({
    bsids: [bsid],
    capabilities: null,
    inetUrls: [],
    services: services.map(({ listing = {}, ...service }) => ({
      ...SLT_SERVICE_DEFAULTS,
      serviceId: service.serviceId,
      globalServiceId: `urn:routescope:service:${bsid}:${service.serviceId}`,
      majorChannelNo: listing.majorChannel ?? DEFAULT_MAJOR,
      minorChannelNo: listing.minorChannel ?? service.place + 1,
      serviceCategory: listing.category ?? SLT_SERVICE_DEFAULTS.serviceCategory,
      hidden: listing.hidden ?? false,
      hideInGuide: listing.hideInGuide ?? false,
      shortServiceName: [...(listing.shortName ?? service.serviceName)].slice(0, SHORT_NAME).join(''),
      configuration: listing.needsBroadband ? 'Broadband' : 'Broadcast',
      broadbandAccessRequired: listing.needsBroadband ?? false,
      signalling: {
        slsProtocol: SLS_PROTOCOL.route,
        ...ROUTE_VERSION,
        destinationAddress: service.address,
        destinationPort: service.port,
        sourceAddress: service.sourceAddress,
        otherAttributes: [],
      },
    })),
    otherAttributes: [],
  })
  const group = { groupId: 0, groupCount: 1 }
  const tables = [
    { tableId: LLS_TABLE.systemTime, version: 1, payload: gzip(systemTime) },
    { tableId: LLS_TABLE.slt, version, payload: gzip(slt) },
  ]
  const plain = tables.map(({ payload, ...table }) =>
    serialiseLlsTable({ ...group, ...table, body: payload, compressed: false }),
  )
  if (signer === null) return plain
  const sign = (bytes: Uint8Array): Uint8Array => signer.sign(bytes, false)
  const { certificates, keyId: currentCert } = signer
  const data = serialiseCertificationData({ ocspRefresh: OCSP_REFRESH, certificates, currentCert }, sign)
  return [
    serialiseLlsTable({ ...group, tableId: LLS_TABLE.certificationData, version, body: data, compressed: true }),
    serialiseSignedMultiTable({ ...group, version }, tables, sign),
    ...plain,
  ]
}
