import { CodecError } from '../../bytes/codec-error.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, childrenOf, listItems, otherAttributes } from '../../xml/xml-element.ts'

/** Distribution Window Description: when files of applications are broadcast. A/337 §5. */
export type Dwd = { readonly windows: readonly DistributionWindow[]; readonly otherAttributes: readonly XmlAttribute[] }

/** `DistributionWindow`. Times are xs:dateTime as written. */
export type DistributionWindow = {
  readonly startTime: string | null
  readonly endTime: string | null
  /** TSIs of the channels that carry the files. */
  readonly lctTsis: readonly string[]
  readonly contentLabel: string | null
  readonly appContexts: readonly { readonly id: string; readonly filterCode: string | null }[]
  readonly otherAttributes: readonly XmlAttribute[]
}

const WINDOW = new Set(['startTime', 'endTime', 'lctTSIRef', 'contentLabel'])

/** Reads a DWD from its parsed document. @throws CodecError `dwd-root` */
export function readDwd(root: XmlElement): Dwd {
  if (root.local !== 'DWD') throw new CodecError('dwd-root', root.offset, `expected DWD, got ${root.local}`)
  return {
    windows: childrenOf(root, 'DistributionWindow').map((window) => ({
      startTime: attr(window, 'startTime'),
      endTime: attr(window, 'endTime'),
      lctTsis: listItems(attr(window, 'lctTSIRef')),
      contentLabel: attr(window, 'contentLabel'),
      appContexts: childrenOf(window, 'AppContextId').map((context) => ({
        id: context.text,
        filterCode: attr(context, 'dwFilterCode'),
      })),
      otherAttributes: otherAttributes(window, WINDOW),
    })),
    otherAttributes: otherAttributes(root, new Set()),
  }
}
