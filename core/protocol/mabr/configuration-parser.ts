import { CodecError } from '../../bytes/codec-error.ts'
import type { Tsi } from '../../contract/ids.ts'
import type { XmlElement } from '../../xml/xml-element.ts'
import { attr, child, childrenOf, otherAttributes, parseUint, uintAttr } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import type { XmlTree } from '../../xml/xml-writer.ts'
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

/** Most children of one kind in one element; a document with more is refused. */
const MAX_CHILDREN = 4096

const ROOTS = ['MulticastGatewayConfiguration', 'MulticastServerConfiguration'] as const

/** True for the root element of a configuration document. */
export function isConfigurationRoot(local: string | null): local is MabrRoot {
  return ROOTS.some((root) => root === local)
}

/**
 * Parses a configuration document.
 * @throws CodecError `mabr-root` for another document, `mabr-too-many` | `xml-…`
 */
export function parseMabrConfiguration(bytes: Uint8Array | string): MabrConfiguration {
  const root = parseXml(bytes)
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
    configurationSessions: each(root, 'MulticastGatewayConfigurationTransportSession', readTransport),
    sessions: each(root, 'MulticastSession', readSession),
    ...kept(root, ROOT_ATTRIBUTES, ROOT_CHILDREN),
  }
}

function readSession(element: XmlElement): MabrSession {
  return {
    serviceIdentifier: attr(element, 'serviceIdentifier') ?? '',
    availabilityOffset: attr(element, 'contentPlaybackAvailabilityOffset'),
    manifests: each(element, 'PresentationManifestLocator', readManifest),
    transports: each(element, 'MulticastTransportSession', readTransport),
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

function readTransport(element: XmlElement): MabrTransportSession {
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
    endpoints: readEndpoints(element),
    averageBitRate: rate === null ? null : uintAttr(rate, 'average'),
    maximumBitRate: rate === null ? null : uintAttr(rate, 'maximum'),
    fec: each(element, 'ForwardErrorCorrectionParameters', readFec),
    repair: repair === null ? null : readRepair(repair),
    components: each(element, 'ServiceComponentIdentifier', readComponent),
    carousels: each(element, 'ObjectCarousel', readCarousel),
    ...kept(element, TRANSPORT_ATTRIBUTES, TRANSPORT_CHILDREN),
  }
}

/** The complete endpoints; those without an address or a port are left out. */
function readEndpoints(element: XmlElement): MabrEndpoint[] {
  return each(element, 'EndpointAddress', (endpoint): MabrEndpoint | null => {
    const group = textOf(endpoint, 'NetworkDestinationGroupAddress')
    const port = parseUint(textOf(endpoint, 'TransportDestinationPort'), 65535)
    if (group === null || port === null || port === 0) return null
    return {
      source: textOf(endpoint, 'NetworkSourceAddress'),
      group,
      port,
      tsi: parseUint(textOf(endpoint, 'MediaTransportSessionIdentifier'), 0xffff_ffff_ffff) as Tsi | null,
    }
  }).filter((endpoint) => endpoint !== null)
}

function readFec(element: XmlElement): MabrFec {
  return {
    scheme: textOf(element, 'SchemeIdentifier') ?? '',
    overheadPercent: parseUint(textOf(element, 'OverheadPercentage')),
    endpoints: readEndpoints(element),
  }
}

function readRepair(element: XmlElement): MabrRepair {
  return {
    objectBaseUri: attr(element, 'transportObjectBaseURI'),
    receptionTimeoutMs: uintAttr(element, 'transportObjectReceptionTimeout'),
    fixedBackoffMs: uintAttr(element, 'fixedBackOffPeriod') ?? 0,
    randomBackoffMs: uintAttr(element, 'randomBackOffPeriod') ?? 0,
    baseUrls: each(element, 'BaseURL', (base) => ({ url: base.text, weight: uintAttr(base, 'relativeWeight') ?? 1 })),
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

function each<Value>(parent: XmlElement, local: string, read: (element: XmlElement) => Value): Value[] {
  const found = childrenOf(parent, local)
  if (found.length > MAX_CHILDREN) {
    throw new CodecError('mabr-too-many', parent.offset, `${found.length} ${local}, ${MAX_CHILDREN} are allowed`)
  }
  return found.map(read)
}

function kept(element: XmlElement, attributes: ReadonlySet<string>, children: ReadonlySet<string>): UnknownParts {
  return {
    otherAttributes: otherAttributes(element, attributes),
    others: element.children.filter(({ local }) => !children.has(local)).map(copy),
  }
}

function copy({ name, attributes, text, children }: XmlElement): XmlTree {
  return { name, attributes, text, children: children.map(copy) }
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
