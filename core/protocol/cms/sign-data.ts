import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifiers,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from '@peculiar/asn1-cms'
import { AsnConvert, AsnObjectIdentifierConverter, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier, Certificate, SubjectKeyIdentifier, Time } from '@peculiar/asn1-x509'
import { hashOf } from '#platform'
import { utcText } from '../ntp.ts'
import { derSet } from './der-set.ts'
import { CMS_ID } from './object-ids.ts'

/** Digests of signatures that are made. */
export type SigningDigest = 'sha256' | 'sha384' | 'sha512'

/** A private key with its certificate. */
export type CmsSigner = {
  readonly key: 'ec' | 'rsa'
  readonly digest: SigningDigest
  /** In DER. */
  readonly certificate: Uint8Array
  /** Signature of the key over the digest of the bytes; in DER for `ec`, PKCS #1 v1.5 for `rsa`. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

const DIGEST_ID = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const
const SIGNATURE_ID = {
  ec: { sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3', sha512: '1.2.840.10045.4.3.4' },
  rsa: { sha256: '1.2.840.113549.1.1.11', sha384: '1.2.840.113549.1.1.12', sha512: '1.2.840.113549.1.1.13' },
} as const
const ID_DATA = '1.2.840.113549.1.7.1'
const ID_SUBJECT_KEY = '2.5.29.14'
const NULL = Uint8Array.of(5, 0).buffer

/**
 * Signs `content`: CMS SignedData (RFC 5652 §5) without it, in DER, with its type, digest and the time as signed attributes.
 * The signer is named by its key identifier (A/360 §5.2.2.1), or by issuer and number where its certificate has none.
 * @param timeUs time of signing, of which whole seconds are signed, µs since the UNIX epoch
 * @param certificates in DER, sent with the signature
 */
export function signData(
  content: Uint8Array,
  signer: CmsSigner,
  timeUs: number,
  certificates: readonly Uint8Array[],
): Uint8Array {
  const { tbsCertificate } = AsnConvert.parse(signer.certificate, Certificate)
  const { issuer, serialNumber, extensions } = tbsCertificate
  const keyId = extensions?.find(({ extnID }) => extnID === ID_SUBJECT_KEY)
  const digestAlgorithm = new AlgorithmIdentifier({ algorithm: DIGEST_ID[signer.digest] })
  const attributes = [
    attribute(CMS_ID.contentType, AsnObjectIdentifierConverter.toASN(ID_DATA).toBER()),
    attribute(CMS_ID.signingTime, AsnConvert.serialize(new Time(utcText(timeUs)))),
    attribute(CMS_ID.messageDigest, AsnConvert.serialize(new OctetString(hashOf(signer.digest, content)))),
  ]
  // What comes first in DER: the shorter one, and these differ in length.
  attributes.sort((one, other) => AsnConvert.serialize(one).byteLength - AsnConvert.serialize(other).byteLength)
  const version = keyId === undefined ? CMSVersion.v1 : CMSVersion.v3
  const info = new SignerInfo({
    version,
    sid: new SignerIdentifier(
      keyId === undefined
        ? { issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer, serialNumber }) }
        : { subjectKeyIdentifier: AsnConvert.parse(keyId.extnValue.buffer, SubjectKeyIdentifier) },
    ),
    digestAlgorithm,
    signedAttrs: attributes,
    signatureAlgorithm: signatureAlgorithm(signer),
    signature: new OctetString(signer.sign(derSet(attributes))),
  })
  const signed = new SignedData({
    version,
    digestAlgorithms: new DigestAlgorithmIdentifiers([digestAlgorithm]),
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ID_DATA }),
    signerInfos: new SignerInfos([info]),
  })
  if (certificates.length > 0)
    signed.certificates = new CertificateSet(
      certificates.map((der) => new CertificateChoices({ certificate: AsnConvert.parse(der, Certificate) })),
    )
  const wrapped = new ContentInfo({ contentType: CMS_ID.signedData, content: AsnConvert.serialize(signed) })
  return new Uint8Array(AsnConvert.serialize(wrapped))
}

function attribute(attrType: string, value: ArrayBuffer): Attribute {
  return new Attribute({ attrType, attrValues: [value] })
}

function signatureAlgorithm({ key, digest }: CmsSigner): AlgorithmIdentifier {
  const algorithm = SIGNATURE_ID[key][digest]
  return new AlgorithmIdentifier(key === 'rsa' ? { algorithm, parameters: NULL } : { algorithm })
}
