import type { Tsi } from '../../contract/ids.ts'
import type { XmlAttribute } from '../../xml/xml-element.ts'
import type { XmlTree } from '../../xml/xml-writer.ts'

/**
 * The configuration document of DVB-MABR (ETSI TS 103 769 clause 10), which a multicast server sends to gateways. Names are
 * compared by local name, because three namespaces are on air; durations and dates are kept as written. Unknown parts are kept
 * in `otherAttributes` and `others`.
 */
export type MabrConfiguration = UnknownParts & {
  readonly root: MabrRoot
  /** `xmlns` of the root as found. */
  readonly namespace: string | null
  readonly schemaVersion: number | null
  /** xs:duration */
  readonly validityPeriod: string | null
  /** xs:dateTime */
  readonly validUntil: string | null
  /** Transport sessions of this configuration, or of further parts of it. */
  readonly configurationSessions: readonly MabrTransportSession[]
  readonly sessions: readonly MabrSession[]
}

/** Root elements of a configuration. */
export type MabrRoot = 'MulticastGatewayConfiguration' | 'MulticastServerConfiguration'

/** Parts of an element without a field here. */
export type UnknownParts = { readonly otherAttributes: readonly XmlAttribute[]; readonly others: readonly XmlTree[] }

/** `MulticastSession`: one service. */
export type MabrSession = UnknownParts & {
  readonly serviceIdentifier: string
  /** xs:duration by which a player delays requests after the manifest's availability time. */
  readonly availabilityOffset: string | null
  readonly manifests: readonly MabrManifest[]
  readonly transports: readonly MabrTransportSession[]
}

/** `PresentationManifestLocator` */
export type MabrManifest = UnknownParts & {
  readonly manifestId: string
  readonly contentType: string | null
  /** Name of the manifest as a multicast object. */
  readonly transportObjectUri: string | null
  /** Request paths of players for this session. */
  readonly playbackPathPattern: string | null
  /** URL of the manifest at the origin; GPAC leaves it empty. */
  readonly url: string
}

/** `MulticastTransportSession` and `MulticastGatewayConfigurationTransportSession`. */
export type MabrTransportSession = UnknownParts & {
  readonly id: string | null
  readonly serviceClass: string | null
  readonly start: string | null
  readonly duration: string | null
  readonly contentIngestMethod: string | null
  /** `resource`: whole objects; `chunked`: each chunk is an object. */
  readonly transmissionMode: string | null
  /** `integrity` means that objects have digests; nothing is signed. */
  readonly transportSecurity: string | null
  /** Time without packets after which a gateway may leave the group, ms. */
  readonly idleTimeoutMs: number | null
  readonly tags: string | null
  /** Only the identifier's last component counts: see `mabrProtocol`. */
  readonly protocolIdentifier: string | null
  readonly protocolVersion: string | null
  readonly endpoints: readonly MabrEndpoint[]
  /** bit/s */
  readonly averageBitRate: number | null
  readonly maximumBitRate: number | null
  readonly fec: readonly MabrFec[]
  readonly repair: MabrRepair | null
  readonly components: readonly MabrComponent[]
  readonly carousels: readonly MabrCarousel[]
}

/** `EndpointAddress`; without a TSI the session has any. */
export type MabrEndpoint = {
  readonly source: string | null
  readonly group: string
  readonly port: number
  readonly tsi: Tsi | null
}

/** `ForwardErrorCorrectionParameters` */
export type MabrFec = {
  /** `urn:ietf:rmt:fec:encoding:6` and the like. */
  readonly scheme: string
  readonly overheadPercent: number | null
  /** Endpoints of repair packets; empty: the session's own. */
  readonly endpoints: readonly MabrEndpoint[]
}

/** `UnicastRepairParameters` */
export type MabrRepair = UnknownParts & {
  /** Prefix of an object's name that a base URL replaces. */
  readonly objectBaseUri: string | null
  /** Time without packets after which an object is repaired, ms. */
  readonly receptionTimeoutMs: number | null
  readonly fixedBackoffMs: number
  readonly randomBackoffMs: number
  readonly baseUrls: readonly { readonly url: string; readonly weight: number }[]
}

/** `ServiceComponentIdentifier`; its attributes depend on its xsi:type. */
export type MabrComponent = UnknownParts & {
  readonly kind: 'dash' | 'hls' | 'generic'
  readonly manifestId: string | null
  readonly period: string | null
  readonly adaptationSet: string | null
  readonly representation: string | null
  /** URL of the child playlist (HLS). */
  readonly playlist: string | null
  readonly component: string | null
}

/** `ObjectCarousel`: the objects the session repeats. */
export type MabrCarousel = {
  readonly transportBytes: number | null
  readonly contentBytes: number | null
  readonly items: readonly MabrCarouselItem[]
}

/** One repeated resource or configuration of a carousel. */
export type MabrCarouselItem = UnknownParts & {
  readonly kind: 'manifests' | 'init' | 'resource'
  readonly serviceIdRef: string | null
  readonly transportSessionIdRef: string | null
  /** xs:duration */
  readonly revalidationPeriod: string | null
  /** For a `resource`; else empty. */
  readonly url: string
}

/** Name of the configuration object in the multicast, in any edition of its classification scheme. */
export const GATEWAY_CONFIGURATION_URI = 'urn:dvb:metadata:cs:MulticastTransportObjectTypeCS:2021:gateway-configuration'
/** Content type of a configuration. */
export const MABR_CONTENT_TYPE = 'application/xml+dvb-mabr-session-configuration'
/** Namespace of the edition written here; others are read too. */
export const MABR_NAMESPACE = 'urn:dvb:metadata:MulticastSessionConfiguration:2024'
const PROTOCOL_PREFIX = 'urn:dvb:metadata:cs:MulticastTransportProtocolCS:2019:'

/** True for the name of a configuration object. */
export function isConfigurationUri(name: string): boolean {
  return /^urn:dvb:metadata:cs:MulticastTransportObjectTypeCS:\d{4}:gateway-configuration$/i.test(name)
}

/** Transport protocol of a session, by the last component of its identifier; `other` for an unsupported one. */
export function mabrProtocol(identifier: string | null): 'flute' | 'route' | 'other' {
  const last = identifier?.trim().split(':').at(-1)?.toLowerCase()
  return last === 'flute' || last === 'route' ? last : 'other'
}

/** The identifier of a protocol for sending. */
export function mabrProtocolIdentifier(protocol: 'flute' | 'route'): string {
  return PROTOCOL_PREFIX + protocol.toUpperCase()
}

/** FEC encoding id of a scheme identifier; null where it is none. */
export function fecEncodingId(scheme: string): number | null {
  const match = /^urn:ietf:rmt:fec:encoding:(\d{1,3})$/i.exec(scheme.trim())
  return match === null ? null : Number(match[1])
}
