import { CodecError } from '../../bytes/codec-error.ts'
import type { EntryFaults } from '../../bytes/entry-faults.ts'
import { attr, descendants, uintAttr, type XmlElement } from '../../xml/xml-element.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { XmlWriter } from '../../xml/xml-writer.ts'
import { SLS_LIMITS } from '../table-limits.ts'

/** Metadata envelope of an SLS package: its fragments and their versions. A/331 Annex C, 3GPP TS 26.346 §11.1.3. */
export type Envelope = { readonly items: readonly EnvelopeItem[] }

/** One item of the envelope: a part of the package. */
export type EnvelopeItem = {
  /** Content-Location of the part. */
  readonly uri: string
  /** Changes when that fragment changes; null where absent. */
  readonly version: number | null
  /** Null where absent, as on air: the part's own Content-Type applies. */
  readonly contentType: string | null
  /** xs:dateTime as written. */
  readonly validFrom: string | null
  readonly validUntil: string | null
  /** URL and time of the next version. */
  readonly nextUrl: string | null
  readonly availAt: string | null
}

const ENVELOPE_NAMESPACE = 'urn:3gpp:metadata:2005:MBMS:envelope'

/** All fields of an item except its name, version and type. */
export const ENVELOPE_ITEM_DEFAULTS: Omit<EnvelopeItem, 'uri' | 'version' | 'contentType'> = {
  validFrom: null,
  validUntil: null,
  nextUrl: null,
  availAt: null,
}

/** Parses an envelope; items without a name are left out. @throws CodecError `envelope-root` | `xml-…` */
export function parseEnvelope(bytes: Uint8Array | string, faults?: EntryFaults): Envelope {
  return readEnvelope(parseXml(bytes, SLS_LIMITS.xml, faults))
}

/** As `parseEnvelope`, from a parsed document. @throws CodecError `envelope-root` */
export function readEnvelope(root: XmlElement): Envelope {
  if (root.local !== 'metadataEnvelope') {
    throw new CodecError('envelope-root', root.offset, `expected metadataEnvelope, got ${root.local}`)
  }
  const items: EnvelopeItem[] = []
  for (const item of descendants(root, 'item')) {
    const uri = attr(item, 'metadataURI')
    if (uri === null) continue
    items.push({
      uri,
      version: uintAttr(item, 'version'),
      contentType: attr(item, 'contentType'),
      validFrom: attr(item, 'validFrom'),
      validUntil: attr(item, 'validUntil'),
      nextUrl: attr(item, 'nextURL') ?? descendants(item, 'nextURL')[0]?.text ?? null,
      availAt: attr(item, 'availAt') ?? descendants(item, 'availAt')[0]?.text ?? null,
    })
  }
  return { items }
}

/** The envelope as XML, without `nextUrl` and `availAt`: they belong to another namespace, and our senders announce none. */
export function serialiseEnvelope(envelope: Envelope): Uint8Array {
  const xml = new XmlWriter()
  xml.open('metadataEnvelope', { xmlns: ENVELOPE_NAMESPACE })
  for (const { uri, version, contentType, validFrom, validUntil } of envelope.items) {
    xml.leaf('item', { metadataURI: uri, version, contentType, validFrom, validUntil })
  }
  return xml.close().toBytes()
}
