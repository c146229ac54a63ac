import { ContentInfo, SignedData, type SignerInfo } from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier, Time } from '@peculiar/asn1-x509'
import { type HashName, hashOf, indexOfBytes, sameBytes } from '#platform'
import { bytesToHex } from '../../bytes/hex.ts'
import { utcText } from '../ntp.ts'
import { VERDICT_RANK } from '../signature-verdict.ts'
import { certificateChain, readCertificate, type SignerCertificate } from './certificate.ts'
import { derSet } from './der-set.ts'
import { isBoundedBer, joinOctets } from './der-shape.ts'
import { CMS_ID } from './object-ids.ts'

export { readCertificate } from './certificate.ts'

/** Result of checking a signature. Times are µs since the UNIX epoch. */
export type Verdict = {
  /** `good`: digest, signature and certificate agree; the certificate itself is not verified. */
  readonly verdict: 'good' | 'bad' | 'unchecked'
  /** One sentence for the user. */
  readonly text: string
  readonly signer: SignerCertificate | null
  readonly algorithm: string | null
  readonly signingTimeUs: number | null
  /** Subjects from the signer upward. */
  readonly chain: readonly string[]
}

/** A parsed CMS signature. */
export type ReadSignedData = {
  /** Content inside it; null where the signature is detached. */
  readonly content: Uint8Array | null
  readonly certificates: readonly SignerCertificate[]
  readonly signers: readonly SignerInfo[]
  /** Object ids of the signed content and of the announced digests. */
  readonly contentType: string
  readonly digestIds: readonly string[]
  /** The SignedData as received. */
  readonly bytes: Uint8Array
}

const MAX_SIGNATURE_BYTES = 1 << 20
const MAX_SIGNERS = 8
const MAX_CERTIFICATES = 32

const DIGESTS: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

type Scheme = {
  readonly name: string
  readonly digest: HashName | '' | null
  readonly key: string
  readonly pss?: true
}

/** A null `digest` means that of the digest algorithm. */
const SIGNATURES: Readonly<Record<string, Scheme>> = {
  '1.2.840.10045.2.1': { name: 'ECDSA', digest: null, key: 'ec' },
  '1.2.840.10045.4.1': { name: 'ECDSA', digest: 'sha1', key: 'ec' },
  '1.2.840.10045.4.3.1': { name: 'ECDSA', digest: 'sha224', key: 'ec' },
  '1.2.840.10045.4.3.2': { name: 'ECDSA', digest: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { name: 'ECDSA', digest: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { name: 'ECDSA', digest: 'sha512', key: 'ec' },
  '1.2.840.113549.1.1.1': { name: 'RSA', digest: null, key: 'rsa' },
  '1.2.840.113549.1.1.5': { name: 'RSA', digest: 'sha1', key: 'rsa' },
  '1.2.840.113549.1.1.14': { name: 'RSA', digest: 'sha224', key: 'rsa' },
  '1.2.840.113549.1.1.11': { name: 'RSA', digest: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { name: 'RSA', digest: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { name: 'RSA', digest: 'sha512', key: 'rsa' },
  // The parameters may name another digest; senders use one throughout.
  '1.2.840.113549.1.1.10': { name: 'RSA-PSS', digest: null, key: 'rsa', pss: true },
  '1.3.101.112': { name: 'Ed25519', digest: '', key: 'ed25519' },
  '1.3.101.113': { name: 'Ed448', digest: '', key: 'ed448' },
}

/** Parses CMS SignedData (RFC 5652 §5), DER or BER, with or without ContentInfo; null where it is none. */
export function readSignedData(bytes: Uint8Array): ReadSignedData | null {
  if (bytes.length > MAX_SIGNATURE_BYTES || !isBoundedBer(bytes)) return null
  try {
    const signed = parseSignedData(bytes)
    const certificates: SignerCertificate[] = []
    for (const choice of [...(signed.certificates ?? [])].slice(0, MAX_CERTIFICATES)) {
      if (choice.certificate === undefined) continue
      const read = readCertificate(new Uint8Array(AsnConvert.serialize(choice.certificate)))
      if (read !== null) certificates.push(read)
    }
    const inside = signed.encapContentInfo.eContent
    // In BER a streamed content may be split, and the reader does not join the pieces.
    const pieces = inside?.any === undefined ? null : joinOctets(new Uint8Array(inside.any))
    return {
      content: inside?.single === undefined ? pieces : new Uint8Array(inside.single.buffer),
      certificates,
      signers: [...signed.signerInfos].slice(0, MAX_SIGNERS + 1),
      contentType: signed.encapContentInfo.eContentType,
      digestIds: [...signed.digestAlgorithms].map((each) => each.algorithm),
      bytes,
    }
  } catch {
    // The ASN.1 reader throws errors of many kinds on unknown input.
    return null
  }
}

function parseSignedData(bytes: Uint8Array): SignedData {
  const info = AsnConvert.parse(bytes, ContentInfo)
  if (info.contentType !== CMS_ID.signedData) throw new TypeError('not SignedData')
  return AsnConvert.parse(info.content, SignedData)
}

/**
 * Checks a signature over `contents`: variants of the same content (a transport may change line ends), one of which must match
 * the digest. With several signers the worst result counts.
 * @param known certificates from elsewhere (CertificationData), in addition to those in the signature
 */
export function checkSignature(
  signature: ReadSignedData | null,
  contents: readonly Uint8Array[],
  known: readonly SignerCertificate[],
): Verdict {
  if (signature === null) return unchecked('the signature is not readable CMS SignedData')
  if (signature.signers.length === 0) return unchecked('the SignedData has no signature')
  if (signature.signers.length > MAX_SIGNERS) return unchecked(`more than ${MAX_SIGNERS} signatures`)
  const atHand = [...signature.certificates, ...known]
  let worst: Verdict | null = null
  for (const signer of signature.signers) {
    const verdict = checked(() => checkSigner(signature, signer, contents, atHand))
    if (worst === null || VERDICT_RANK[verdict.verdict] > VERDICT_RANK[worst.verdict]) worst = verdict
  }
  return worst as Verdict
}

function checked(check: () => Verdict): Verdict {
  try {
    return check()
  } catch {
    return unchecked('its attributes cannot be read')
  }
}

function checkSigner(
  { contentType, digestIds, bytes: whole }: ReadSignedData,
  signer: SignerInfo,
  contents: readonly Uint8Array[],
  atHand: readonly SignerCertificate[],
): Verdict {
  const digestId = signer.digestAlgorithm.algorithm
  const digest = lookUp(DIGESTS, digestId)
  const scheme = lookUp(SIGNATURES, signer.signatureAlgorithm.algorithm)
  if (scheme === null)
    return unchecked(`the signature algorithm ${signer.signatureAlgorithm.algorithm} is not supported`)
  // Ed25519 signs without a separate digest, but attributes have one.
  if (digest === null) return unchecked(`the digest algorithm ${digestId} is not supported`)
  const hash = scheme.digest ?? digest
  const algorithm = hash === '' ? scheme.name : `${scheme.name} ${hash.toUpperCase().replace('SHA', 'SHA-')}`
  const certificate = certificateOf(signer, atHand)
  const facts = {
    algorithm,
    signer: certificate,
    signingTimeUs: signingTime(signer),
    chain: certificate === null ? [] : [certificate.subject],
  }
  let signed: readonly Uint8Array[] = contents
  const bad = (text: string): Verdict => ({ ...facts, verdict: 'bad', text })
  if (!digestIds.includes(digestId))
    return bad('The digest algorithm of the signer is not among those of the signature.')
  if (signer.signedAttrs !== undefined) {
    const expected = messageDigest(signer)
    if (expected === null) return bad('The signed attributes have no message digest.')
    const matches = contents.some((content) => sameBytes(hashOf(digest, content), expected))
    if (!matches) {
      const text = `The signed ${digest.toUpperCase().replace('SHA', 'SHA-')} digest does not match the content: the content was changed after signing.`
      return { ...facts, verdict: 'bad', text }
    }
    if (!hasContentType(signer, contentType)) return bad('The signed content type does not match the received one.')
    const attributes = derSet(signer.signedAttrs)
    // RFC 5652 §5.3 requires DER here; other encodings were not signed.
    if (indexOfBytes(whole, attributes.subarray(1)) < 0) {
      return bad('The signed attributes are not in DER.')
    }
    signed = [attributes]
  }
  if (certificate === null) {
    return {
      ...unchecked(
        `the certificate of the signer (${signerName(signer)}) is neither in the signature nor in CertificationData`,
      ),
      ...facts,
    }
  }
  const { checking } = certificate
  if (checking === null) return { ...unchecked('this runtime cannot check signatures'), ...facts }
  const type = checking.keyType
  if (type !== scheme.key && !(type === 'rsa-pss' && scheme.pss === true)) {
    return {
      ...facts,
      verdict: 'bad',
      text: `The signature is ${scheme.name}, the key of ${certificate.subject} is ${certificate.key}.`,
    }
  }
  const value = new Uint8Array(signer.signature.buffer)
  const how = { hash: hash === '' ? null : hash, pss: scheme.pss === true }
  let matches = false
  try {
    matches = signed.some((bytes) => checking.verifies(bytes, value, how))
  } catch (thrown) {
    return {
      ...unchecked(`the signature could not be computed: ${thrown instanceof Error ? thrown.message : thrown}`),
      ...facts,
    }
  }
  if (!matches) {
    const text = `The signature does not match the key of ${certificate.subject}, whose certificate it names.`
    return { ...facts, verdict: 'bad', text }
  }
  const { certificates, complete, broken } = certificateChain(certificate, atHand)
  const chain = certificates.map((each) => each.subject)
  if (broken !== null) {
    const text = `The certificate of ${broken.subject} is not signed by the available certificate of ${broken.issuer}.`
    return { ...facts, chain, verdict: 'bad', text }
  }
  const top = certificates.at(-1) as SignerCertificate
  const authority = complete
    ? certificates.length === 1
      ? 'self-signed'
      : `chain to ${top.subject}`
    : `issued by ${top.issuer}, whose certificate is not available`
  const text =
    `Signed by ${certificate.subject} (${algorithm}), certificate valid from ${day(certificate.validFromUs)} to ${day(certificate.validToUs)}, ` +
    `${authority}; not checked against a trust list.`
  return { ...facts, chain, verdict: 'good', text }
}

function certificateOf(signer: SignerInfo, atHand: readonly SignerCertificate[]): SignerCertificate | null {
  const { subjectKeyIdentifier, issuerAndSerialNumber } = signer.sid
  if (subjectKeyIdentifier !== undefined) {
    const id = bytesToHex(new Uint8Array(subjectKeyIdentifier.buffer))
    return atHand.find((each) => each.subjectKeyId === id) ?? null
  }
  if (issuerAndSerialNumber === undefined) return null
  const serial = bytesToHex(new Uint8Array(issuerAndSerialNumber.serialNumber))
  const issuer = bytesToHex(new Uint8Array(AsnConvert.serialize(issuerAndSerialNumber.issuer)))
  return atHand.find((each) => each.serial === serial && each.issuerDer === issuer) ?? null
}

function signerName(signer: SignerInfo): string {
  const { subjectKeyIdentifier, issuerAndSerialNumber } = signer.sid
  if (subjectKeyIdentifier !== undefined) return `key ${bytesToHex(new Uint8Array(subjectKeyIdentifier.buffer))}`
  if (issuerAndSerialNumber === undefined) return 'unnamed'
  return `serial ${bytesToHex(new Uint8Array(issuerAndSerialNumber.serialNumber))}`
}

function messageDigest(signer: SignerInfo): Uint8Array | null {
  const value = signer.signedAttrs?.find((each) => each.attrType === CMS_ID.messageDigest)?.attrValues[0]
  return value === undefined ? null : new Uint8Array(AsnConvert.parse(value, OctetString).buffer)
}

function hasContentType(signer: SignerInfo, contentType: string): boolean {
  const value = signer.signedAttrs?.find((each) => each.attrType === CMS_ID.contentType)?.attrValues[0]
  if (value === undefined) return false
  // An AlgorithmIdentifier without parameters is a SEQUENCE with the object id alone.
  const expected = new Uint8Array(AsnConvert.serialize(new AlgorithmIdentifier({ algorithm: contentType }))).subarray(2)
  return sameBytes(new Uint8Array(value), expected)
}

function signingTime(signer: SignerInfo): number | null {
  const value = signer.signedAttrs?.find((each) => each.attrType === CMS_ID.signingTime)?.attrValues[0]
  try {
    return value === undefined ? null : AsnConvert.parse(value, Time).getTime().getTime() * 1000
  } catch {
    return null
  }
}

function unchecked(why: string): Verdict {
  return {
    verdict: 'unchecked',
    text: `Not checked: ${why}.`,
    signer: null,
    algorithm: null,
    signingTimeUs: null,
    chain: [],
  }
}

function day(timeUs: number): string {
  return utcText(timeUs).slice(0, 10)
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(table, name) ? (table[name] as T) : null
}
