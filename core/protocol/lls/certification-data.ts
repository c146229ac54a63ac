import { base64Bytes, base64Text, hexText, latin1Text } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import type { XmlAttribute, XmlElement } from '../../xml/xml-element.ts'
import { attr, child, childrenOf, otherAttributes } from '../../xml/xml-element.ts'
import { XmlWriter } from '../../xml/xml-writer.ts'
import type { SignerCertificate } from '../cms/certificate.ts'
import { cms } from '../cms/cms.ts'

/** CertificationData, A/331:2019 §6.8 and A/360 §5.2.2.2: the certificates of signed signalling. */
export type CertificationData = {
  /** Validity of the OCSP responses, xs:dayTimeDuration as written. */
  readonly ocspRefresh: string | null
  /** Authorities first, usually without the root. */
  readonly certificates: readonly SignerCertificate[]
  /** Number of unreadable certificates. */
  readonly unreadable: number
  /** Key id, hex, of the current signing certificate. */
  readonly currentCert: string | null
  readonly replacement: {
    /** Key id, hex. */
    readonly nextCert: string | null
    readonly nextCertFrom: string | null
    readonly currentCertUntil: string | null
  } | null
  /** Covers the ToBeSignedData element, tags included. */
  readonly signature: Uint8Array | null
  readonly ocspResponses: readonly Uint8Array[]
  readonly otherAttributes: readonly XmlAttribute[]
}

const NAMESPACE = 'tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/CDT/1.0/'
const MAX_CERTIFICATES = 64
const TO_BE_SIGNED = new Set(['OCSPRefresh'])

/** Reads CertificationData from its parsed document. @throws CodecError `cdt-root` */
export function readCertificationData(root: XmlElement, faults = new EntryFaults()): CertificationData {
  if (root.local !== 'CertificationData') {
    throw new CodecError('cdt-root', root.offset, `expected CertificationData, got ${root.local}`)
  }
  const signed = child(root, 'ToBeSignedData') ?? root
  const replacement = child(signed, 'CertReplacement')
  const current = child(signed, 'CurrentCert')
  const next = replacement === null ? null : child(replacement, 'NextCert')
  const signature = child(root, 'CMSSignedData')
  const certificates: SignerCertificate[] = []
  let unreadable = 0
  for (const [at, element] of childrenOf(signed, 'Certificates').slice(0, MAX_CERTIFICATES).entries()) {
    // The published example has one element each; drafts have several, separated by white space.
    const read = cms().readCertificate(base64Bytes(element.text))
    if (read !== null) certificates.push(read)
    else {
      unreadable++
      faults.drop(`Certificates[${at + 1}]`, 'it holds no X.509 certificate')
    }
  }
  return {
    ocspRefresh: attr(signed, 'OCSPRefresh'),
    certificates,
    unreadable,
    currentCert: current === null ? null : keyId(current.text),
    replacement:
      replacement === null
        ? null
        : {
            nextCert: next === null ? null : keyId(next.text),
            nextCertFrom: attr(replacement, 'NextCertFrom'),
            currentCertUntil: attr(replacement, 'CurrentCertUntil'),
          },
    signature: signature === null ? null : base64Bytes(signature.text),
    ocspResponses: childrenOf(root, 'OCSPResponse')
      .slice(0, MAX_CERTIFICATES)
      .map((each) => base64Bytes(each.text)),
    otherAttributes: otherAttributes(signed, TO_BE_SIGNED),
  }
}

/** The signed bytes of a document: the ToBeSignedData element as sent, tags included; null without one. */
export function toBeSignedBytes(document: Uint8Array): Uint8Array | null {
  const text = latin1Text(document)
  const open = /<(?:[\w.-]+:)?ToBeSignedData[\s>/]/.exec(text)
  if (open === null) return null
  const name = open[0].slice(1, -1)
  const close = text.indexOf(`</${name}`, open.index)
  const end = close < 0 ? -1 : text.indexOf('>', close)
  return end < 0 ? null : document.subarray(open.index, end + 1)
}

/**
 * A CertificationData without answers of an OCSP responder.
 * @param data certificates in DER, authorities first, and the identifier of the key that signs
 * @param sign makes the CMS signature over the ToBeSignedData element
 */
export function serialiseCertificationData(
  data: {
    readonly ocspRefresh: string
    readonly certificates: readonly Uint8Array[]
    readonly currentCert: Uint8Array
  },
  sign: (toBeSigned: Uint8Array) => Uint8Array,
): Uint8Array {
  const toBeSigned = (to: XmlWriter): XmlWriter => {
    to.open('ToBeSignedData', { OCSPRefresh: data.ocspRefresh })
    for (const der of data.certificates) to.leaf('Certificates', {}, base64Text(der))
    return to.leaf('CurrentCert', {}, base64Text(data.currentCert)).close()
  }
  const document = (signature: Uint8Array): Uint8Array =>
    toBeSigned(new XmlWriter().open('CertificationData', { xmlns: NAMESPACE }))
      .leaf('CMSSignedData', {}, base64Text(signature))
      .close()
      .toBytes()
  // The signature covers the element as it stands in the document, with its indentation.
  return document(sign(toBeSignedBytes(document(new Uint8Array(0))) as Uint8Array))
}

/** Removes the OCTET STRING that SubjectKeyIdentifier has in DER; drafts use both forms. */
function keyId(text: string): string {
  const bytes = base64Bytes(text)
  return hexText(bytes[0] === 4 && bytes[1] === bytes.length - 2 ? bytes.subarray(2) : bytes)
}
