import { CodecError } from '../../bytes/codec-error.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, boolAttr, child, childrenOf, otherAttributes, uintAttr } from '../../xml/xml-element.ts'

/** Advanced Emergency Alert Table, A/331 §6.5. */
export type Aeat = { readonly alerts: readonly EmergencyAlert[]; readonly otherAttributes: readonly XmlAttribute[] }

/** `AEA`. Dates are xs:dateTime as written. */
export type EmergencyAlert = {
  /** Null where the document lacks this required attribute. */
  readonly aeaId: string | null
  readonly issuer: string | null
  /** public, restricted or private. */
  readonly audience: string | null
  /** alert, update or cancel; required from 2019 on. */
  readonly aeaType: string | null
  /** The updated or cancelled alert. */
  readonly refAeaId: string | null
  /** 0 minor to 4 maximum. */
  readonly priority: number | null
  readonly wakeup: boolean
  readonly effective: string | null
  readonly expires: string | null
  readonly eventCode: { readonly type: string | null; readonly code: string } | null
  readonly eventDescriptions: readonly AlertText[]
  /** type: FIPS, SGC, polygon or circle. */
  readonly locations: readonly { readonly type: string | null; readonly area: string }[]
  readonly texts: readonly AlertText[]
  readonly liveMedia: {
    readonly bsid: number | null
    readonly serviceId: ServiceId | null
    readonly serviceNames: readonly AlertText[]
  } | null
  readonly media: readonly AlertMedia[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** A text in one language; null where none is named. */
export type AlertText = { readonly lang: string | null; readonly text: string }

/** `Media`: a file of the alert. */
export type AlertMedia = {
  readonly lang: string | null
  readonly description: string | null
  readonly mediaType: string | null
  readonly url: string | null
  readonly alternateUrl: string | null
  readonly contentType: string | null
  readonly contentLength: number | null
  readonly association: string | null
  readonly otherAttributes: readonly XmlAttribute[]
}

const AEA = new Set(['aeaId', 'AEAId', 'issuer', 'audience', 'aeaType', 'refAEAId', 'priority', 'wakeup'])
const MEDIA = new Set([
  'lang',
  'mediaDesc',
  'mediaType',
  'url',
  'alternateUrl',
  'contentType',
  'contentLength',
  'mediaAssoc',
])

/** Reads an AEAT from its parsed document. @throws CodecError `aeat-root` */
export function readAeat(root: XmlElement): Aeat {
  if (root.local !== 'AEAT') throw new CodecError('aeat-root', root.offset, `expected AEAT, got ${root.local}`)
  return { alerts: childrenOf(root, 'AEA').map(readAlert), otherAttributes: otherAttributes(root, new Set()) }
}

function readAlert(alert: XmlElement): EmergencyAlert {
  const header = child(alert, 'Header')
  const within = (name: string): XmlElement[] => [
    ...(header === null ? [] : childrenOf(header, name)),
    ...childrenOf(alert, name),
  ]
  const code = within('EventCode')[0]
  const live = child(alert, 'LiveMedia')
  return {
    aeaId: attr(alert, 'aeaId') ?? attr(alert, 'AEAId'),
    issuer: attr(alert, 'issuer'),
    audience: attr(alert, 'audience'),
    aeaType: attr(alert, 'aeaType'),
    refAeaId: attr(alert, 'refAEAId'),
    priority: uintAttr(alert, 'priority', 255),
    wakeup: boolAttr(alert, 'wakeup', false),
    effective: header === null ? null : attr(header, 'effective'),
    expires: header === null ? null : attr(header, 'expires'),
    eventCode: code === undefined ? null : { type: attr(code, 'type'), code: code.text },
    eventDescriptions: within('EventDesc').map(readText),
    locations: within('Location').map((location) => ({ type: attr(location, 'type'), area: location.text })),
    texts: within('AEAText').map(readText),
    liveMedia:
      live === null
        ? null
        : {
            bsid: uintAttr(live, 'bsid', 0xffff),
            serviceId: uintAttr(live, 'serviceId', 0xffff) as ServiceId | null,
            serviceNames: childrenOf(live, 'ServiceName').map(readText),
          },
    media: childrenOf(alert, 'Media').map((media) => ({
      lang: attr(media, 'lang'),
      description: attr(media, 'mediaDesc'),
      mediaType: attr(media, 'mediaType'),
      url: attr(media, 'url'),
      alternateUrl: attr(media, 'alternateUrl'),
      contentType: attr(media, 'contentType'),
      contentLength: uintAttr(media, 'contentLength'),
      association: attr(media, 'mediaAssoc'),
      otherAttributes: otherAttributes(media, MEDIA),
    })),
    otherAttributes: otherAttributes(alert, AEA),
  }
}

function readText(element: XmlElement): AlertText {
  return { lang: attr(element, 'lang'), text: element.text }
}
