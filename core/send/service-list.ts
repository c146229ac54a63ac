import type { ServiceId } from '../contract/ids.ts'
import { LLS_TABLE, serialiseLlsTable } from '../protocol/lls/lls-table.ts'
import { SLS_PROTOCOL, SLT_SERVICE_DEFAULTS, serialiseSlt } from '../protocol/lls/slt.ts'
import { serialiseSystemTime } from '../protocol/lls/system-time.ts'

/** How viewers find a service. */
export type ServiceListing = {
  readonly majorChannel: number
  readonly minorChannel: number
  /** serviceCategory: 1 picture and sound, 2 sound, 3 application, 4 guide, 5 emergency, 6 DRM. */
  readonly category: number
  readonly hidden: boolean
  readonly hideInGuide: boolean
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

/** LLS datagrams of an atsc:// broadcast: SystemTime, then SLT (A/331 §6.3, §6.4). */
export function serialiseLls(services: readonly ListedService[], bsid: number, version: number): Uint8Array[] {
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
      configuration: 'Broadcast',
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
  const table = { groupId: 0, groupCount: 1, compressed: true }
  return [
    serialiseLlsTable({ ...table, tableId: LLS_TABLE.systemTime, version: 1, body: systemTime }),
    serialiseLlsTable({ ...table, tableId: LLS_TABLE.slt, version, body: slt }),
  ]
}
