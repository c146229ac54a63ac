import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { asServiceId, type ServiceId } from '../../contract/ids.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import {
  attr,
  boolAttr,
  child,
  childrenOf,
  listItems,
  optionalUint,
  otherAttributes,
  parseUint,
  requiredAttr,
  requiredUint,
  uintAttr,
  XmlError,
} from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { keptAttributes, XmlWriter } from '../../xml/xml-writer.ts'
import { LLS_LIMITS } from '../table-limits.ts'

/** Service List Table, A/331 §6.3. */
export type Slt = {
  /** Broadcast stream ids; several for bonded channels. */
  readonly bsids: readonly number[]
  readonly capabilities: string | null
  readonly inetUrls: readonly SltInetUrl[]
  readonly services: readonly SltService[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** urlType: 1 signalling server, 2 ESG server, 3 usage reporting, 4 dynamic event WebSocket. */
export type SltInetUrl = { readonly urlType: number | null; readonly url: string }

/** One Service element. */
export type SltService = {
  readonly serviceId: ServiceId
  readonly globalServiceId: string | null
  /** Changes when this entry changes. */
  readonly sltSvcSeqNum: number
  readonly protected: boolean
  readonly majorChannelNo: number | null
  readonly minorChannelNo: number | null
  /** 1 linear A/V, 2 audio, 3 application, 4 ESG, 5 EAS, 6 DRM data; 0 where absent. */
  readonly serviceCategory: number
  /** 7 characters by the standard, longer on air. */
  readonly shortServiceName: string | null
  readonly hidden: boolean
  readonly broadbandAccessRequired: boolean
  /** With OtherBsid type 2: this portion is the essential one. Null where absent. */
  readonly essential: boolean | null
  readonly drmSystemIds: readonly string[]
  /** Later editions and GPAC. */
  readonly hideInGuide: boolean
  /** Later editions and GPAC: Broadcast or Broadband. */
  readonly configuration: string | null
  readonly capabilities: string | null
  readonly simulcastTsid: {
    readonly tsid: number | null
    readonly major: number | null
    readonly minor: number | null
  } | null
  readonly inetUrls: readonly SltInetUrl[]
  /** type 1: the same service in another stream; 2: another portion of it. */
  readonly otherBsids: readonly { readonly type: number | null; readonly bsids: readonly number[] }[]
  /** Null: broadband only. */
  readonly signalling: SltSignalling | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** BroadcastSvcSignaling: address of the service layer signalling. */
export type SltSignalling = {
  /** 1 ROUTE, 2 MMTP. */
  readonly slsProtocol: number
  readonly majorVersion: number
  readonly minorVersion: number
  readonly destinationAddress: string
  readonly destinationPort: number
  /** As announced; packets may have another source. */
  readonly sourceAddress: string | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** Values of slsProtocol. */
export const SLS_PROTOCOL = { route: 1, mmtp: 2 } as const

const SLT_NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/'

/** All optional fields of a service, which a sender spreads and completes. */
export const SLT_SERVICE_DEFAULTS: Omit<SltService, 'serviceId'> = {
  globalServiceId: null,
  sltSvcSeqNum: 0,
  protected: false,
  majorChannelNo: null,
  minorChannelNo: null,
  serviceCategory: 1,
  shortServiceName: null,
  hidden: false,
  broadbandAccessRequired: false,
  essential: null,
  drmSystemIds: [],
  hideInGuide: false,
  configuration: null,
  capabilities: null,
  simulcastTsid: null,
  inetUrls: [],
  otherBsids: [],
  signalling: null,
  otherAttributes: [],
}

const SLT = new Set(['bsid'])
const SERVICE = new Set([
  'serviceId',
  'globalServiceID',
  'globalServiceId',
  'sltSvcSeqNum',
  'protected',
  'majorChannelNo',
  'minorChannelNo',
  'serviceCategory',
  'shortServiceName',
  'hidden',
  'broadbandAccessRequired',
  'essential',
  'drmSystemID',
  'hideInGuide',
  'configuration',
])

/**
 * Parses an SLT's XML (`LlsTable.body`). A service without a usable serviceId is left out.
 * @throws CodecError `slt-root` | `xml-…`
 */
export function parseSlt(bytes: Uint8Array | string, faults = new EntryFaults()): Slt {
  return readSlt(parseXml(bytes, LLS_LIMITS.xml, faults), faults)
}

/** As `parseSlt`, from a parsed document. @throws CodecError as `parseSlt` */
export function readSlt(root: XmlElement, faults = new EntryFaults()): Slt {
  const reading = new SltReading(root, faults)
  reading.read(Number.POSITIVE_INFINITY)
  return reading.slt
}

/** As `readSlt`, in turns: for a list of very many services. */
export class SltReading {
  readonly slt: Slt
  readonly #faults: EntryFaults
  readonly #entries: readonly XmlElement[]
  readonly #services: SltService[] = []
  #at = 0

  /** @throws CodecError `slt-root` */
  constructor(root: XmlElement, faults: EntryFaults) {
    if (root.local !== 'SLT') throw new CodecError('slt-root', root.offset, `expected SLT, got ${root.local}`)
    this.#faults = faults
    this.#entries = childrenOf(root, 'Service')
    this.slt = {
      bsids: numbers(attr(root, 'bsid')),
      capabilities: child(root, 'SLTCapabilities')?.text ?? null,
      inetUrls: childrenOf(root, 'SLTInetUrl').map(readUrl),
      services: this.#services,
      otherAttributes: otherAttributes(root, SLT),
    }
  }

  /** Reads so many further services. @returns whether all are read */
  read(services: number): boolean {
    const faults = this.#faults
    const some = this.#entries.slice(this.#at, this.#at + services)
    for (const service of faults.each('Service', some, (each) => readService(each, faults), this.#at))
      this.#services.push(service)
    this.#at += some.length
    return this.#at === this.#entries.length
  }
}

function readService(service: XmlElement, faults: EntryFaults): SltService {
  const simulcast = child(service, 'SimulcastTSID')
  const signalling = child(service, 'BroadcastSvcSignaling')
  return {
    serviceId: asServiceId(requiredUint(service, 'serviceId', 0xffff)),
    globalServiceId: attr(service, 'globalServiceID') ?? attr(service, 'globalServiceId'),
    sltSvcSeqNum: uintAttr(service, 'sltSvcSeqNum') ?? 0,
    protected: boolAttr(service, 'protected', false),
    majorChannelNo: uintAttr(service, 'majorChannelNo'),
    minorChannelNo: uintAttr(service, 'minorChannelNo'),
    serviceCategory: uintAttr(service, 'serviceCategory') ?? 0,
    shortServiceName: attr(service, 'shortServiceName'),
    hidden: boolAttr(service, 'hidden', false),
    broadbandAccessRequired: boolAttr(service, 'broadbandAccessRequired', false),
    essential: attr(service, 'essential') === null ? null : boolAttr(service, 'essential', false),
    drmSystemIds: listItems(attr(service, 'drmSystemID')),
    hideInGuide: boolAttr(service, 'hideInGuide', false),
    configuration: attr(service, 'configuration'),
    capabilities: child(service, 'SvcCapabilities')?.text ?? null,
    simulcastTsid:
      simulcast === null
        ? null
        : {
            tsid: parseUint(simulcast.text),
            major: uintAttr(simulcast, 'simulcastMajorChannelNo'),
            minor: uintAttr(simulcast, 'simulcastMinorChannelNo'),
          },
    inetUrls: childrenOf(service, 'SvcInetUrl').map(readUrl),
    otherBsids: childrenOf(service, 'OtherBsid').map((other) => ({
      type: uintAttr(other, 'type'),
      bsids: numbers(other.text),
    })),
    signalling: signalling === null ? null : faults.part('BroadcastSvcSignaling', () => readSignalling(signalling)),
    otherAttributes: otherAttributes(service, SERVICE),
  }
}

const SIGNALLING = new Set([
  'slsProtocol',
  'slsMajorProtocolVersion',
  'slsMinorProtocolVersion',
  'slsDestinationIpAddress',
  'slsDestinationUdpPort',
  'slsSourceIpAddress',
])

/** @throws XmlError `xml-attribute` without an address or port: the service is listed but cannot be received */
function readSignalling(element: XmlElement): SltSignalling {
  const destinationAddress = requiredAttr(element, 'slsDestinationIpAddress').trim()
  if (destinationAddress === '')
    throw new XmlError('xml-attribute', element, `${element.local}@slsDestinationIpAddress is empty`)
  return {
    slsProtocol: optionalUint(element, 'slsProtocol', 255) ?? SLS_PROTOCOL.route,
    majorVersion: uintAttr(element, 'slsMajorProtocolVersion') ?? 1,
    minorVersion: uintAttr(element, 'slsMinorProtocolVersion') ?? 0,
    destinationAddress,
    destinationPort: requiredUint(element, 'slsDestinationUdpPort', 65535),
    sourceAddress: attr(element, 'slsSourceIpAddress')?.trim() || null,
    otherAttributes: otherAttributes(element, SIGNALLING),
  }
}

function readUrl(element: XmlElement): SltInetUrl {
  return { urlType: uintAttr(element, 'urlType'), url: element.text }
}

function numbers(text: string | null): number[] {
  return listItems(text)
    .map((word) => parseUint(word))
    .filter((number) => number !== null)
}

/** The SLT as XML, without attributes at their default. */
export function serialiseSlt(slt: Slt): Uint8Array {
  const xml = new XmlWriter()
  xml.open('SLT', { xmlns: SLT_NAMESPACE, bsid: slt.bsids.join(' '), ...keptAttributes(slt.otherAttributes) })
  if (slt.capabilities !== null) xml.leaf('SLTCapabilities', {}, slt.capabilities)
  for (const { urlType, url } of slt.inetUrls) xml.leaf('SLTInetUrl', { urlType }, url)
  for (const service of slt.services) writeService(xml, service)
  return xml.close().toBytes()
}

function writeService(xml: XmlWriter, service: SltService): void {
  xml.open('Service', {
    serviceId: service.serviceId,
    globalServiceID: service.globalServiceId,
    sltSvcSeqNum: service.sltSvcSeqNum,
    protected: service.protected,
    majorChannelNo: service.majorChannelNo,
    minorChannelNo: service.minorChannelNo,
    serviceCategory: service.serviceCategory,
    shortServiceName: service.shortServiceName,
    hidden: service.hidden,
    broadbandAccessRequired: service.broadbandAccessRequired,
    essential: service.essential,
    drmSystemID: service.drmSystemIds.length === 0 ? null : service.drmSystemIds.join(' '),
    hideInGuide: service.hideInGuide || null,
    configuration: service.configuration,
    ...keptAttributes(service.otherAttributes),
  })
  const { simulcastTsid, signalling } = service
  if (simulcastTsid !== null) {
    const { tsid, major, minor } = simulcastTsid
    const attributes = { simulcastMajorChannelNo: major, simulcastMinorChannelNo: minor }
    xml.leaf('SimulcastTSID', attributes, tsid === null ? '' : String(tsid))
  }
  if (service.capabilities !== null) xml.leaf('SvcCapabilities', {}, service.capabilities)
  if (signalling !== null) {
    xml.leaf('BroadcastSvcSignaling', {
      slsProtocol: signalling.slsProtocol,
      slsMajorProtocolVersion: signalling.majorVersion,
      slsMinorProtocolVersion: signalling.minorVersion,
      slsDestinationIpAddress: signalling.destinationAddress,
      slsDestinationUdpPort: signalling.destinationPort,
      slsSourceIpAddress: signalling.sourceAddress,
      ...keptAttributes(signalling.otherAttributes),
    })
  }
  for (const { urlType, url } of service.inetUrls) xml.leaf('SvcInetUrl', { urlType }, url)
  for (const { type, bsids } of service.otherBsids) xml.leaf('OtherBsid', { type }, bsids.join(' '))
  xml.close()
}
