import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import {
  attr,
  boolAttr,
  child,
  childrenOf,
  descendants,
  optionalUint,
  otherAttributes,
  readChildren,
  uintAttr,
} from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { SLS_LIMITS } from '../table-limits.ts'

/** User Service Bundle Description of an MMT service, A/331 §7.2.1: root BundleDescriptionMMT. */
export type UsbdMmt = {
  /** Equals the SLT's; null where absent. */
  readonly serviceId: ServiceId | null
  /** True: active. */
  readonly serviceStatus: boolean
  readonly names: readonly { readonly lang: string | null; readonly text: string }[]
  readonly languages: readonly string[]
  /** Text of ContentAdvisoryRating elements, in the RRT's terms. */
  readonly contentAdvisoryRatings: readonly string[]
  readonly channel: MmtChannel | null
  /** Packages delivered by MMTP. */
  readonly mpuComponents: readonly MpuComponent[]
  /** Files and components delivered by ROUTE. */
  readonly routeComponents: readonly RouteComponent[]
  /** Components available over broadband: URIs of full MPDs. */
  readonly broadbandComponents: readonly { readonly fullMpdUri: string | null }[]
  readonly componentInfos: readonly ComponentInfo[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `Channel`: presentation of the service in a guide. */
export type MmtChannel = {
  readonly serviceGenre: string | null
  readonly serviceIcon: string | null
  readonly serviceDescriptions: readonly { readonly lang: string | null; readonly text: string }[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `MPUComponent`: the current MMT package and the next one. */
export type MpuComponent = {
  readonly mmtPackageId: string | null
  readonly nextMmtPackageId: string | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `ROUTEComponent`: an S-TSID and its session. A null field has the SLT's value. */
export type RouteComponent = {
  readonly stsidUri: string | null
  readonly apdUri: string | null
  readonly destinationAddress: string | null
  readonly destinationPort: number | null
  readonly sourceAddress: string | null
  readonly otherAttributes: readonly XmlAttribute[]
}

/** `ComponentInfo`: type and role of an asset. */
export type ComponentInfo = {
  /** 0 audio, 1 video, 2 closed captions; null where absent. */
  readonly componentType: number | null
  readonly componentRole: number | null
  readonly protected: boolean
  /** Asset id. */
  readonly componentId: string | null
  readonly componentName: string | null
  readonly otherAttributes: readonly XmlAttribute[]
}

const COMPONENT_TYPES = ['audio', 'video', 'captions'] as const
const COMPONENT_ROLES: readonly (readonly string[])[] = [
  ['complete main', 'music and effects', 'dialog', 'commentary', 'visually impaired', 'hearing impaired', 'voice-over'],
  [
    'primary',
    'alternative camera view',
    'other alternative',
    'sign language inset',
    'follow subject',
    '3D left view',
    '3D right view',
    '3D depth',
    'part of a video array',
    'follow-subject metadata',
  ],
  ['normal', 'easy reader'],
]

/**
 * A component's type and role in words (A/331 §7.2.1): `audio, dialog`; numbers without words in A/331 stay numbers, null where
 * absent.
 */
export function componentWords({
  componentType,
  componentRole,
}: Pick<ComponentInfo, 'componentType' | 'componentRole'>): string | null {
  if (componentType === null) return null
  const type = COMPONENT_TYPES[componentType] ?? `type ${componentType}`
  if (componentRole === null) return type
  return `${type}, ${COMPONENT_ROLES[componentType]?.[componentRole] ?? `role ${componentRole}`}`
}

const SERVICE = new Set(['serviceId', 'serviceStatus', 'lang'])
const CHANNEL = new Set(['serviceGenre', 'serviceIcon'])
const MPU = new Set(['mmtPackageId', 'nextMmtPackageId'])
const ROUTE = new Set([
  'sTSIDUri',
  'apdUri',
  'sTSIDDestinationIpAddress',
  'sTSIDDestinationUdpPort',
  'sTSIDSourceIpAddress',
])
const COMPONENT = new Set(['componentType', 'componentRole', 'componentProtectedFlag', 'componentId', 'componentName'])

/** True where the root is that of an MMT service's USBD. */
export function isUsbdMmt(root: XmlElement): boolean {
  return root.local === 'BundleDescriptionMMT'
}

/**
 * Parses the USBD of an MMT service, from an ATSC message of content type 1 or an SLS package. A ROUTEComponent with an unusable
 * port is left out.
 * @throws CodecError `usbd-root` | `xml-…`
 */
export function parseUsbdMmt(bytes: Uint8Array | string, faults = new EntryFaults()): UsbdMmt {
  return readUsbdMmt(parseXml(bytes, SLS_LIMITS.xml, faults), faults)
}

/** As `parseUsbdMmt`, from a parsed document. @throws CodecError `usbd-root` */
export function readUsbdMmt(root: XmlElement, faults = new EntryFaults()): UsbdMmt {
  const service =
    root.local === 'UserServiceDescription' ? root : (descendants(root, 'UserServiceDescription')[0] ?? null)
  if (service === null) {
    throw new CodecError('usbd-root', root.offset, `expected a UserServiceDescription, got ${root.local}`)
  }
  const channel = child(service, 'Channel')
  return {
    serviceId: uintAttr(service, 'serviceId') as ServiceId | null,
    serviceStatus: boolAttr(service, 'serviceStatus', true),
    names: childrenOf(service, 'Name').map((name) => ({ lang: attr(name, 'lang'), text: name.text })),
    languages: childrenOf(service, 'ServiceLanguage').map((language) => language.text),
    contentAdvisoryRatings: childrenOf(service, 'ContentAdvisoryRating').map((rating) => rating.text),
    channel: channel === null ? null : readChannel(channel),
    mpuComponents: childrenOf(service, 'MPUComponent').map((component) => ({
      mmtPackageId: attr(component, 'mmtPackageId'),
      nextMmtPackageId: attr(component, 'nextMmtPackageId'),
      otherAttributes: otherAttributes(component, MPU),
    })),
    routeComponents: readChildren(service, 'ROUTEComponent', faults, (component) => ({
      stsidUri: attr(component, 'sTSIDUri'),
      apdUri: attr(component, 'apdUri'),
      destinationAddress: attr(component, 'sTSIDDestinationIpAddress'),
      destinationPort: optionalUint(component, 'sTSIDDestinationUdpPort', 65535),
      sourceAddress: attr(component, 'sTSIDSourceIpAddress'),
      otherAttributes: otherAttributes(component, ROUTE),
    })),
    broadbandComponents: childrenOf(service, 'BroadbandComponent').map((component) => ({
      fullMpdUri: attr(component, 'fullMPDUri'),
    })),
    componentInfos: childrenOf(service, 'ComponentInfo').map((info) => ({
      componentType: uintAttr(info, 'componentType', 255),
      componentRole: uintAttr(info, 'componentRole', 255),
      protected: boolAttr(info, 'componentProtectedFlag', false),
      componentId: attr(info, 'componentId'),
      componentName: attr(info, 'componentName'),
      otherAttributes: otherAttributes(info, COMPONENT),
    })),
    otherAttributes: otherAttributes(service, SERVICE),
  }
}

function readChannel(channel: XmlElement): MmtChannel {
  return {
    serviceGenre: attr(channel, 'serviceGenre'),
    serviceIcon: attr(channel, 'serviceIcon'),
    serviceDescriptions: childrenOf(channel, 'ServiceDescription').map((description) => ({
      lang: attr(description, 'lang') ?? attr(description, 'serviceDescrLang'),
      text: attr(description, 'serviceDescrText') ?? description.text,
    })),
    otherAttributes: otherAttributes(channel, CHANNEL),
  }
}
