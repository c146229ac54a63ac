import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { Tsi } from '../../contract/ids.ts'
import type { XmlElement } from '../../xml/xml-element.ts'
import {
  attr,
  child,
  childrenOf,
  optionalUint,
  otherAttributes,
  parseUint,
  uintAttr,
  XmlError,
} from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { xmlTreeOf } from '../../xml/xml-writer.ts'
import { FILE_TABLE_LIMITS } from '../table-limits.ts'
import type {
  MabrCarousel,
  MabrCarouselItem,
  MabrComponent,
  MabrConfiguration,
  MabrEndpoint,
  MabrFec,
  MabrManifest,
  MabrRepair,
  MabrRoot,
  MabrSession,
  MabrTransportSession,
  UnknownParts,
} from './configuration.ts'

/** Most children of one kind in one element; further ones are left out. */
const MAX_CHILDREN = 4096

const ROOTS = ['MulticastGatewayConfiguration', 'MulticastServerConfiguration'] as const

/** True for the root element of a configuration document. */
export function isConfigurationRoot(local: string | null): local is MabrRoot {
  return ROOTS.some((root) => root === local)
}

/**
 * Parses a configuration document. Endpoints without a usable address or port are left out.
 * @throws CodecError `mabr-root` for another document, `xml-…`
 */
export function parseMabrConfiguration(bytes: Uint8Array | string, faults = new EntryFaults()): MabrConfiguration {
  const root = parseXml(bytes, FILE_TABLE_LIMITS.xml, faults)
  const { local } = root
  if (!isConfigurationRoot(local)) {
    throw new CodecError('mabr-root', root.offset, `expected ${ROOTS.join(' or ')}, got ${local}`)
  }
  return {
    root: local,
    namespace: root.attributes.find(({ name }) => name === 'xmlns')?.value ?? null,
    schemaVersion: uintAttr(root, 'schemaVersion'),
    validityPeriod: attr(root, 'validityPeriod'),
    validUntil: attr(root, 'validUntil'),
    configurationSessions: each(root, 'MulticastGatewayConfigurationTransportSession', faults, readTransport),
    sessions: each(root, 'MulticastSession', faults, readSession),
    ...kept(root, ROOT_ATTRIBUTES, ROOT_CHILDREN),
  }
}

function readSession(element: XmlElement, faults: EntryFaults): MabrSession {
  return {
    serviceIdentifier: attr(element, 'serviceIdentifier') ?? '',
    availabilityOffset: attr(element, 'contentPlaybackAvailabilityOffset'),
    manifests: each(element, 'PresentationManifestLocator', faults, readManifest),
    transports: each(element, 'MulticastTransportSession', faults, readTransport),
    ...kept(element, SESSION_ATTRIBUTES, SESSION_CHILDREN),
  }
}

function readManifest(element: XmlElement): MabrManifest {
  return {
    manifestId: attr(element, 'manifestId') ?? '',
    contentType: attr(element, 'contentType'),
    transportObjectUri: attr(element, 'transportObjectURI'),
    playbackPathPattern: attr(element, 'contentPlaybackPathPattern'),
    url: element.text,
    ...kept(element, MANIFEST_ATTRIBUTES, NONE),
  }
}

function readTransport(element: XmlElement, faults: EntryFaults): MabrTransportSession {
  const protocol = child(element, 'TransportProtocol')
  const rate = child(element, 'BitRate')
  const repair = child(element, 'UnicastRepairParameters')
  return {
    id: attr(element, 'id'),
    serviceClass: attr(element, 'serviceClass'),
    start: attr(element, 'start'),
    duration: attr(element, 'duration'),
    contentIngestMethod: attr(element, 'contentIngestMethod'),
    transmissionMode: attr(element, 'transmissionMode'),
    transportSecurity: attr(element, 'transportSecurity'),
    idleTimeoutMs: uintAttr(element, 'sessionIdleTimeout'),
    tags: attr(element, 'tags'),
    protocolIdentifier: protocol === null ? null : attr(protocol, 'protocolIdentifier'),
    protocolVersion: protocol === null ? null : attr(protocol, 'protocolVersion'),
    endpoints: readEndpoints(element, faults),
    averageBitRate: rate === null ? null : uintAttr(rate, 'average'),
    maximumBitRate: rate === null ? null : uintAttr(rate, 'maximum'),
    fec: each(element, 'ForwardErrorCorrectionParameters', faults, readFec),
    repair: repair === null ? null : readRepair(repair, faults),
    components: each(element, 'ServiceComponentIdentifier', faults, readComponent),
    carousels: each(element, 'ObjectCarousel', faults, readCarousel),
    ...kept(element, TRANSPORT_ATTRIBUTES, TRANSPORT_CHILDREN),
  }
}

function readEndpoints(element: XmlElement, faults: EntryFaults): MabrEndpoint[] {
  return each(element, 'EndpointAddress', faults, (endpoint) => {
    const group = textOf(endpoint, 'NetworkDestinationGroupAddress')
    if (group === null) throw unusable(endpoint, 'no NetworkDestinationGroupAddress')
    const port = uintOf(endpoint, 'TransportDestinationPort', 65535)
    if (port === null || port === 0) throw unusable(endpoint, 'no TransportDestinationPort')
    return {
      source: textOf(endpoint, 'NetworkSourceAddress'),
      group,
      port,
      tsi: uintOf(endpoint, 'MediaTransportSessionIdentifier', 0xffff_ffff_ffff) as Tsi | null,
    }
  })
}

function readFec(element: XmlElement, faults: EntryFaults): MabrFec {
  return {
    scheme: textOf(element, 'SchemeIdentifier') ?? '',
    overheadPercent: parseUint(textOf(element, 'OverheadPercentage')),
    endpoints: readEndpoints(element, faults),
  }
}

function readRepair(element: XmlElement, faults: EntryFaults): MabrRepair {
  return {
    objectBaseUri: attr(element, 'transportObjectBaseURI'),
    receptionTimeoutMs: uintAttr(element, 'transportObjectReceptionTimeout'),
    fixedBackoffMs: uintAttr(element, 'fixedBackOffPeriod') ?? 0,
    randomBackoffMs: uintAttr(element, 'randomBackOffPeriod') ?? 0,
    baseUrls: each(element, 'BaseURL', faults, (base) => ({
      url: base.text,
      weight: optionalUint(base, 'relativeWeight') ?? 1,
    })),
    ...kept(element, REPAIR_ATTRIBUTES, REPAIR_CHILDREN),
  }
}

function readComponent(element: XmlElement): MabrComponent {
  const type = attr(element, 'type')?.split(':').at(-1)
  return {
    kind: type === 'DASHComponentIdentifierType' ? 'dash' : type === 'HLSComponentIdentifierType' ? 'hls' : 'generic',
    manifestId: attr(element, 'manifestIdRef'),
    period: attr(element, 'periodIdentifier'),
    adaptationSet: attr(element, 'adaptationSetIdentifier'),
    representation: attr(element, 'representationIdentifier'),
    playlist: attr(element, 'mediaPlaylistLocator'),
    component: attr(element, 'componentIdentifier'),
    ...kept(element, COMPONENT_ATTRIBUTES, NONE),
  }
}

const CAROUSEL_KINDS: Readonly<Record<string, MabrCarouselItem['kind']>> = {
  PresentationManifests: 'manifests',
  InitSegments: 'init',
  ResourceLocator: 'resource',
}

function readCarousel(element: XmlElement): MabrCarousel {
  const items: MabrCarouselItem[] = []
  for (const item of element.children) {
    const kind = CAROUSEL_KINDS[item.local]
    if (kind === undefined) continue
    items.push({
      kind,
      serviceIdRef: attr(item, 'serviceIdRef'),
      transportSessionIdRef: attr(item, 'transportSessionIdRef'),
      revalidationPeriod: attr(item, 'revalidationPeriod'),
      url: item.text,
      ...kept(item, CAROUSEL_ATTRIBUTES, NONE),
    })
  }
  return {
    transportBytes: uintAttr(element, 'aggregateTransportSize'),
    contentBytes: uintAttr(element, 'aggregateContentSize'),
    items,
  }
}

/** Text of a child; null where it is absent or empty. */
function textOf(element: XmlElement, local: string): string | null {
  return child(element, local)?.text || null
}

/** Number in a child; null where it is absent or empty. @throws XmlError `xml-attribute` for anything else */
function uintOf(element: XmlElement, local: string, max: number): number | null {
  const text = textOf(element, local)
  if (text === null) return null
  const value = parseUint(text, max)
  if (value === null) throw unusable(element, `${local} is "${text.slice(0, 40)}", not a number up to ${max}`)
  return value
}

function unusable(element: XmlElement, why: string): XmlError {
  return new XmlError('xml-attribute', element, why)
}

function each<Value>(
  parent: XmlElement,
  local: string,
  faults: EntryFaults,
  read: (element: XmlElement, faults: EntryFaults) => Value,
): Value[] {
  const found = childrenOf(parent, local)
  const more = found.length - MAX_CHILDREN
  if (more > 0) faults.drop(`${local}[${MAX_CHILDREN + 1}]`, `${more} ${local} more than the ${MAX_CHILDREN} allowed`)
  return faults.each(local, found.slice(0, MAX_CHILDREN), (element) => read(element, faults))
}

function kept(element: XmlElement, attributes: ReadonlySet<string>, children: ReadonlySet<string>): UnknownParts {
  return {
    otherAttributes: otherAttributes(element, attributes),
    others: element.children.filter(({ local }) => !children.has(local)).map(xmlTreeOf),
  }
}

const NONE = new Set<string>()
const ROOT_ATTRIBUTES = new Set(['schemaVersion', 'validityPeriod', 'validUntil', 'schemaLocation'])
const ROOT_CHILDREN = new Set(['MulticastGatewayConfigurationTransportSession', 'MulticastSession'])
const SESSION_ATTRIBUTES = new Set(['serviceIdentifier', 'contentPlaybackAvailabilityOffset'])
const SESSION_CHILDREN = new Set(['PresentationManifestLocator', 'MulticastTransportSession'])
const MANIFEST_ATTRIBUTES = new Set(['manifestId', 'contentType', 'transportObjectURI', 'contentPlaybackPathPattern'])
const TRANSPORT_ATTRIBUTES = new Set([
  'id',
  'serviceClass',
  'start',
  'duration',
  'contentIngestMethod',
  'transmissionMode',
  'transportSecurity',
  'sessionIdleTimeout',
  'tags',
])
const TRANSPORT_CHILDREN = new Set([
  'TransportProtocol',
  'EndpointAddress',
  'BitRate',
  'ForwardErrorCorrectionParameters',
  'UnicastRepairParameters',
  'ServiceComponentIdentifier',
  'ObjectCarousel',
])
const REPAIR_ATTRIBUTES = new Set([
  'transportObjectBaseURI',
  'transportObjectReceptionTimeout',
  'fixedBackOffPeriod',
  'randomBackOffPeriod',
])
const REPAIR_CHILDREN = new Set(['BaseURL'])
const COMPONENT_ATTRIBUTES = new Set([
  'type',
  'manifestIdRef',
  'periodIdentifier',
  'adaptationSetIdentifier',
  'representationIdentifier',
  'mediaPlaylistLocator',
  'componentIdentifier',
])
const CAROUSEL_ATTRIBUTES = new Set(['serviceIdRef', 'transportSessionIdRef', 'revalidationPeriod'])
