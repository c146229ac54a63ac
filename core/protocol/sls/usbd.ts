import { CodecError } from '../../bytes/codec-error.ts'
import type { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, boolAttr, childrenOf, descendants, otherAttributes, uintAttr } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { keptAttributes, XmlWriter } from '../../xml/xml-writer.ts'
import { SLS_LIMITS } from '../table-limits.ts'

/** User Service Bundle Description, A/331 §7.1.3: names of the service, and URL patterns of broadcast files. */
export type Usbd = {
  /** Equals the SLT's; null where absent. */
  readonly serviceId: ServiceId | null
  /** True: active. */
  readonly serviceStatus: boolean
  readonly names: readonly { readonly lang: string | null; readonly text: string }[]
  readonly languages: readonly string[]
  /** Parts of URLs of broadcast files (BroadcastAppService). */
  readonly basePatterns: readonly string[]
  /** Parts of URLs of broadband files (UnicastAppService). */
  readonly unicastPatterns: readonly string[]
  readonly otherAttributes: readonly XmlAttribute[]
}

const USBD_NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/ROUTEUSD/1.0/'

const SERVICE = new Set(['serviceId', 'serviceStatus'])

/**
 * Parses a USBD of ROUTE or MMT with either root; only its first UserServiceDescription is read.
 * @throws CodecError `usbd-root` | `xml-…`
 */
export function parseUsbd(bytes: Uint8Array | string, faults?: EntryFaults): Usbd {
  return readUsbd(parseXml(bytes, SLS_LIMITS.xml, faults))
}

/** As `parseUsbd`, from a parsed document. @throws CodecError `usbd-root` */
export function readUsbd(root: XmlElement): Usbd {
  const service = isService(root) ? root : (find(root) ?? null)
  if (service === null) {
    throw new CodecError('usbd-root', root.offset, `expected a UserServiceDescription, got ${root.local}`)
  }
  return {
    serviceId: uintAttr(service, 'serviceId') as ServiceId | null,
    serviceStatus: boolAttr(service, 'serviceStatus', true),
    names: named(service, 'Name').map((name) => ({ lang: attr(name, 'lang'), text: name.text })),
    languages: named(service, 'ServiceLanguage').map((language) => language.text),
    basePatterns: patterns(service, 'BroadcastAppService'),
    unicastPatterns: patterns(service, 'UnicastAppService'),
    otherAttributes: otherAttributes(service, SERVICE),
  }
}

function isService(element: XmlElement): boolean {
  return element.local.toLowerCase() === 'userservicedescription'
}

function find(root: XmlElement): XmlElement | undefined {
  return descendants(root, 'UserServiceDescription')[0] ?? descendants(root, 'userServiceDescription')[0]
}

/** Children by name; MBMS writes names with a small first letter. */
function named(service: XmlElement, local: string): XmlElement[] {
  return [...childrenOf(service, local), ...childrenOf(service, local[0]?.toLowerCase() + local.slice(1))]
}

function patterns(service: XmlElement, delivery: string): string[] {
  return descendants(service, delivery).flatMap((each) =>
    descendants(each, 'BasePattern').map((pattern) => pattern.text),
  )
}

/** The USBD of a ROUTE service as XML, the same in both flavours. */
export function serialiseUsbd(usbd: Usbd): Uint8Array {
  const xml = new XmlWriter()
  xml.open('BundleDescriptionROUTE', { xmlns: USBD_NAMESPACE })
  xml.open('UserServiceDescription', {
    serviceId: usbd.serviceId,
    serviceStatus: usbd.serviceStatus ? null : false,
    ...keptAttributes(usbd.otherAttributes),
  })
  for (const { lang, text } of usbd.names) xml.leaf('Name', { 'xml:lang': lang }, text)
  for (const language of usbd.languages) xml.leaf('ServiceLanguage', {}, language)
  if (usbd.basePatterns.length + usbd.unicastPatterns.length > 0) {
    xml.open('DeliveryMethod')
    writePatterns(xml, 'BroadcastAppService', usbd.basePatterns)
    writePatterns(xml, 'UnicastAppService', usbd.unicastPatterns)
    xml.close()
  }
  return xml.close().close().toBytes()
}

function writePatterns(xml: XmlWriter, delivery: string, basePatterns: readonly string[]): void {
  if (basePatterns.length === 0) return
  xml.open(delivery)
  for (const pattern of basePatterns) xml.leaf('BasePattern', {}, pattern)
  xml.close()
}
