import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { AuthorityKeyIdentifier, Certificate, type Name } from '@peculiar/asn1-x509'
import { type CheckingCertificate, checkingCertificate, hashOf } from '#platform'
import { bytesToHex } from '../../bytes/hex.ts'
import { isBoundedBer } from './der-shape.ts'

/** One X.509 certificate from signalling. Times are µs since the UNIX epoch; key identifiers and serial are hex. */
export type SignerCertificate = {
  /** `CN=…, O=…` in the certificate's order. */
  readonly subject: string
  readonly issuer: string
  readonly serial: string
  /** Issuer's name as hex DER, by which a signature refers to it. */
  readonly issuerDer: string
  readonly subjectDer: string
  readonly validFromUs: number
  readonly validToUs: number
  /** From the extension, else SHA-1 of the key (RFC 5280 §4.2.1.2). */
  readonly subjectKeyId: string
  readonly authorityKeyId: string | null
  /** `EC prime256v1`, `RSA 2048`. */
  readonly key: string
  /** Null where the runtime cannot check signatures. */
  readonly checking: CheckingCertificate | null
}

/** Larger values are refused. */
const MAX_CERTIFICATE_BYTES = 64 << 10

/** Reads a certificate in DER; null where unreadable, so that one bad certificate does not hide the others. */
export function readCertificate(der: Uint8Array): SignerCertificate | null {
  if (der.length > MAX_CERTIFICATE_BYTES || !isBoundedBer(der)) return null
  try {
    const checking = checkingCertificate(der)
    const { tbsCertificate: body } = AsnConvert.parse(der, Certificate)
    const extension = (id: string) => body.extensions?.find((each) => each.extnID === id)?.extnValue.buffer
    const subjectKey = extension('2.5.29.14')
    const authorityKey = extension('2.5.29.35')
    return {
      subject: checking === null ? nameText(body.subject) : oneLine(checking.subject),
      issuer: checking === null ? nameText(body.issuer) : oneLine(checking.issuer),
      serial: bytesToHex(new Uint8Array(body.serialNumber)),
      issuerDer: bytesToHex(new Uint8Array(AsnConvert.serialize(body.issuer))),
      subjectDer: bytesToHex(new Uint8Array(AsnConvert.serialize(body.subject))),
      validFromUs: body.validity.notBefore.getTime().getTime() * 1000,
      validToUs: body.validity.notAfter.getTime().getTime() * 1000,
      subjectKeyId:
        subjectKey === undefined
          ? bytesToHex(hashOf('sha1', new Uint8Array(body.subjectPublicKeyInfo.subjectPublicKey)))
          : bytesToHex(new Uint8Array(AsnConvert.parse(subjectKey, OctetString).buffer)),
      authorityKeyId: authorityKey === undefined ? null : authorityKeyId(authorityKey),
      key: `${(checking?.keyType ?? 'unknown').toUpperCase()} ${checking?.keyDetail ?? ''}`.trim(),
      checking,
    }
  } catch {
    // OpenSSL and the ASN.1 reader throw errors of many kinds on malformed input.
    return null
  }
}

function authorityKeyId(value: ArrayBuffer): string | null {
  const { keyIdentifier } = AsnConvert.parse(value, AuthorityKeyIdentifier)
  return keyIdentifier === undefined ? null : bytesToHex(new Uint8Array(keyIdentifier.buffer))
}

/** A multi-line distinguished name on one line. */
function oneLine(name: string): string {
  return name.split('\n').join(', ').slice(0, 300)
}

/** Parts of names that certificates use, RFC 4519. */
const NAME_PARTS: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
}

function nameText(name: Name): string {
  const parts = [...name].flatMap((each) => [...each])
  return oneLine(parts.map(({ type, value }) => `${NAME_PARTS[type] ?? type}=${value}`).join('\n'))
}

/** Certificates accepted from one signature or table. */
const MAX_CHAIN = 10

/** Certificates from a signer upward, as far as the known ones reach. */
export type CertificateChain = {
  /** From the signer upward, each signed by the next. */
  readonly certificates: readonly SignerCertificate[]
  /** The last one is self-signed. */
  readonly complete: boolean
  /** A certificate whose named issuer did not sign it. */
  readonly broken: SignerCertificate | null
}

/** Builds the chain of a certificate from the known ones. No trust list is consulted: the chain is reported, not judged. */
export function certificateChain(signer: SignerCertificate, atHand: readonly SignerCertificate[]): CertificateChain {
  const certificates = [signer]
  let last = signer
  while (certificates.length < MAX_CHAIN) {
    if (isSignedBy(last, last)) return { certificates, complete: true, broken: null }
    const issuers = atHand.filter(
      (each) =>
        !certificates.includes(each) &&
        each.subjectDer === last.issuerDer &&
        (last.authorityKeyId === null || last.authorityKeyId === each.subjectKeyId),
    )
    const next = issuers.find((each) => isSignedBy(last, each))
    if (next === undefined) return { certificates, complete: false, broken: issuers.length > 0 ? last : null }
    certificates.push(next)
    last = next
  }
  return { certificates, complete: false, broken: null }
}

function isSignedBy(certificate: SignerCertificate, issuer: SignerCertificate): boolean {
  if (certificate.issuerDer !== issuer.subjectDer || issuer.checking === null) return false
  try {
    return certificate.checking?.isSignedBy(issuer.checking) ?? false
  } catch {
    return false
  }
}
