import { CodecError } from '../../bytes/codec-error.ts'
import type { ServiceId } from '../../contract/ids.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, boolAttr, otherAttributes, uintAttr } from '../../xml/xml-element.ts'

/** OnscreenMessageNotification, A/331 §6.6: services that must be shown without overlays. */
export type OnscreenMessages = {
  readonly keepScreenClear: readonly KeepScreenClear[]
  readonly otherAttributes: readonly XmlAttribute[]
}

/** One KeepScreenClear element: services without overlays. */
export type KeepScreenClear = {
  readonly bsid: number | null
  /** Null without a range: all services of the stream. */
  readonly serviceId: ServiceId | null
  readonly serviceIdRange: number | null
  /** xs:dayTimeDuration as written, one hour at most. */
  readonly notificationDuration: string
  /** False: overlays are allowed again. */
  readonly kscFlag: boolean
  readonly version: number | null
  readonly otherAttributes: readonly XmlAttribute[]
}

const KEEP_SCREEN_CLEAR = new Set(['bsid', 'serviceid', 'serviceidrange', 'notificationduration', 'kscflag', 'version'])

/** True for the root element in any case: text, example and schema of the standard differ. */
export function isOnscreenMessages(root: XmlElement): boolean {
  return root.local.toLowerCase() === 'onscreenmessagenotification'
}

/** Reads the table from its parsed document, ignoring case of names. @throws CodecError `osmn-root` */
export function readOnscreenMessages(root: XmlElement): OnscreenMessages {
  if (!isOnscreenMessages(root)) {
    throw new CodecError('osmn-root', root.offset, `expected OnscreenMessageNotification, got ${root.local}`)
  }
  return {
    keepScreenClear: root.children
      .filter((each) => each.local.toLowerCase() === 'keepscreenclear')
      .map((written) => {
        const each = { ...written, attributes: written.attributes.map(lowered) }
        return {
          bsid: uintAttr(each, 'bsid', 0xffff),
          serviceId: uintAttr(each, 'serviceid', 0xffff) as ServiceId | null,
          serviceIdRange: uintAttr(each, 'serviceidrange', 0xffff),
          notificationDuration: attr(each, 'notificationduration') ?? 'PT1M',
          kscFlag: boolAttr(each, 'kscflag', true),
          version: uintAttr(each, 'version'),
          otherAttributes: otherAttributes(each, KEEP_SCREEN_CLEAR),
        }
      }),
    otherAttributes: otherAttributes(root, new Set()),
  }
}

function lowered(attribute: XmlAttribute): XmlAttribute {
  return { ...attribute, local: attribute.local.toLowerCase() }
}
