import { CodecError } from '../../bytes/codec-error.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, childrenOf, listItems, otherAttributes } from '../../xml/xml-element.ts'

/** HTML Entry pages Location Description: the broadcaster application of a service. A/337 §4. */
export type Held = { readonly packages: readonly EntryPackage[]; readonly otherAttributes: readonly XmlAttribute[] }

/** `HTMLEntryPackage`. Dates are xs:dateTime as written. */
export type EntryPackage = {
  /** Null where this required attribute is absent. */
  readonly appContextId: string | null
  readonly requiredCapabilities: string | null
  readonly appRendering: string | null
  readonly clearAppContextCacheDate: string | null
  readonly bcastEntryPackageUrl: string | null
  readonly bcastEntryPageUrl: string | null
  readonly bbandEntryPageUrl: string | null
  readonly validFrom: string | null
  readonly validUntil: string | null
  /** Other services in which the application keeps running. */
  readonly coupledServices: readonly string[]
  /** TSIs of the channels that carry its files. */
  readonly lctTsis: readonly string[]
  readonly otherAttributes: readonly XmlAttribute[]
}

const PACKAGE = new Set([
  'appContextId',
  'requiredCapabilities',
  'appRendering',
  'clearAppContextCacheDate',
  'bcastEntryPackageUrl',
  'bcastEntryPageUrl',
  'bbandEntryPageUrl',
  'validFrom',
  'validUntil',
  'coupledServices',
  'lctTSIRef',
])

/** Reads a HELD from its parsed document. @throws CodecError `held-root` */
export function readHeld(root: XmlElement): Held {
  if (root.local !== 'HELD') throw new CodecError('held-root', root.offset, `expected HELD, got ${root.local}`)
  return {
    packages: childrenOf(root, 'HTMLEntryPackage').map((entry) => ({
      appContextId: attr(entry, 'appContextId'),
      requiredCapabilities: attr(entry, 'requiredCapabilities'),
      appRendering: attr(entry, 'appRendering'),
      clearAppContextCacheDate: attr(entry, 'clearAppContextCacheDate'),
      bcastEntryPackageUrl: attr(entry, 'bcastEntryPackageUrl'),
      bcastEntryPageUrl: attr(entry, 'bcastEntryPageUrl'),
      bbandEntryPageUrl: attr(entry, 'bbandEntryPageUrl'),
      validFrom: attr(entry, 'validFrom'),
      validUntil: attr(entry, 'validUntil'),
      coupledServices: listItems(attr(entry, 'coupledServices')),
      lctTsis: listItems(attr(entry, 'lctTSIRef')),
      otherAttributes: otherAttributes(entry, PACKAGE),
    })),
    otherAttributes: otherAttributes(root, new Set()),
  }
}
