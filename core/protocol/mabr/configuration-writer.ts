import { keptAttributes, XmlWriter } from '../../xml/xml-writer.ts'
import {
  MABR_NAMESPACE,
  type MabrCarousel,
  type MabrComponent,
  type MabrConfiguration,
  type MabrEndpoint,
  type MabrTransportSession,
  type UnknownParts,
} from './configuration.ts'

/** The document as XML, elements in the order of the schema. Unknown attributes with a prefix are left out: see `keptAttributes`. */
export function serialiseMabrConfiguration(configuration: MabrConfiguration): Uint8Array {
  const xml = new XmlWriter()
  xml.open(configuration.root, {
    xmlns: configuration.namespace ?? MABR_NAMESPACE,
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    schemaVersion: configuration.schemaVersion,
    validityPeriod: configuration.validityPeriod,
    validUntil: configuration.validUntil,
    ...keptAttributes(configuration.otherAttributes),
  })
  for (const session of configuration.configurationSessions) {
    writeTransport(xml, 'MulticastGatewayConfigurationTransportSession', session)
  }
  for (const session of configuration.sessions) {
    xml.open('MulticastSession', {
      serviceIdentifier: session.serviceIdentifier,
      contentPlaybackAvailabilityOffset: session.availabilityOffset,
      ...keptAttributes(session.otherAttributes),
    })
    for (const manifest of session.manifests) {
      const attributes = {
        manifestId: manifest.manifestId,
        contentType: manifest.contentType,
        transportObjectURI: manifest.transportObjectUri,
        contentPlaybackPathPattern: manifest.playbackPathPattern,
        ...keptAttributes(manifest.otherAttributes),
      }
      // The schema has no text beside child elements.
      if (manifest.others.length === 0) xml.leaf('PresentationManifestLocator', attributes, manifest.url)
      else writeOthers(xml.open('PresentationManifestLocator', attributes), manifest).close()
    }
    for (const transport of session.transports) writeTransport(xml, 'MulticastTransportSession', transport)
    writeOthers(xml, session).close()
  }
  return writeOthers(xml, configuration).close().toBytes()
}

function writeTransport(xml: XmlWriter, name: string, session: MabrTransportSession): void {
  xml.open(name, {
    id: session.id,
    serviceClass: session.serviceClass,
    start: session.start,
    duration: session.duration,
    contentIngestMethod: session.contentIngestMethod,
    transmissionMode: session.transmissionMode,
    transportSecurity: session.transportSecurity,
    sessionIdleTimeout: session.idleTimeoutMs,
    tags: session.tags,
    ...keptAttributes(session.otherAttributes),
  })
  if (session.protocolIdentifier !== null || session.protocolVersion !== null) {
    const { protocolIdentifier, protocolVersion } = session
    xml.leaf('TransportProtocol', { protocolIdentifier, protocolVersion })
  }
  for (const endpoint of session.endpoints) writeEndpoint(xml, endpoint)
  if (session.averageBitRate !== null || session.maximumBitRate !== null) {
    xml.leaf('BitRate', { average: session.averageBitRate, maximum: session.maximumBitRate })
  }
  for (const fec of session.fec) {
    xml.open('ForwardErrorCorrectionParameters').leaf('SchemeIdentifier', {}, fec.scheme)
    if (fec.overheadPercent !== null) xml.leaf('OverheadPercentage', {}, String(fec.overheadPercent))
    for (const endpoint of fec.endpoints) writeEndpoint(xml, endpoint)
    xml.close()
  }
  if (session.repair !== null) {
    const { repair } = session
    xml.open('UnicastRepairParameters', {
      transportObjectBaseURI: repair.objectBaseUri,
      transportObjectReceptionTimeout: repair.receptionTimeoutMs,
      fixedBackOffPeriod: repair.fixedBackoffMs,
      randomBackOffPeriod: repair.randomBackoffMs,
      ...keptAttributes(repair.otherAttributes),
    })
    for (const { url, weight } of repair.baseUrls) xml.leaf('BaseURL', { relativeWeight: weight }, url)
    writeOthers(xml, repair).close()
  }
  for (const component of session.components) writeComponent(xml, component)
  for (const carousel of session.carousels) writeCarousel(xml, carousel)
  writeOthers(xml, session).close()
}

function writeEndpoint(xml: XmlWriter, endpoint: MabrEndpoint): void {
  xml.open('EndpointAddress')
  if (endpoint.source !== null) xml.leaf('NetworkSourceAddress', {}, endpoint.source)
  xml.leaf('NetworkDestinationGroupAddress', {}, endpoint.group)
  xml.leaf('TransportDestinationPort', {}, String(endpoint.port))
  if (endpoint.tsi !== null) xml.leaf('MediaTransportSessionIdentifier', {}, String(endpoint.tsi))
  xml.close()
}

const COMPONENT_TYPES = {
  dash: 'DASHComponentIdentifierType',
  hls: 'HLSComponentIdentifierType',
  generic: 'GenericComponentIdentifierType',
} as const

function writeComponent(xml: XmlWriter, component: MabrComponent): void {
  xml.open('ServiceComponentIdentifier', {
    'xsi:type': COMPONENT_TYPES[component.kind],
    manifestIdRef: component.manifestId,
    periodIdentifier: component.period,
    adaptationSetIdentifier: component.adaptationSet,
    representationIdentifier: component.representation,
    mediaPlaylistLocator: component.playlist,
    componentIdentifier: component.component,
    ...keptAttributes(component.otherAttributes),
  })
  writeOthers(xml, component).close()
}

const CAROUSEL_NAMES = {
  manifests: 'PresentationManifests',
  init: 'InitSegments',
  resource: 'ResourceLocator',
} as const

function writeCarousel(xml: XmlWriter, carousel: MabrCarousel): void {
  xml.open('ObjectCarousel', {
    aggregateTransportSize: carousel.transportBytes,
    aggregateContentSize: carousel.contentBytes,
  })
  for (const item of carousel.items) {
    const attributes = {
      serviceIdRef: item.serviceIdRef,
      transportSessionIdRef: item.transportSessionIdRef,
      revalidationPeriod: item.revalidationPeriod,
      ...keptAttributes(item.otherAttributes),
    }
    if (item.others.length === 0) xml.leaf(CAROUSEL_NAMES[item.kind], attributes, item.url)
    else writeOthers(xml.open(CAROUSEL_NAMES[item.kind], attributes), item).close()
  }
  xml.close()
}

function writeOthers(xml: XmlWriter, { others }: UnknownParts): XmlWriter {
  for (const each of others) xml.element(each)
  return xml
}
