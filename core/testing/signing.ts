import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Extension,
  Extensions,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Time,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import { defined } from '../contract/defined.ts'

/** A certificate with its key, for signing test traffic. */
export type TestIdentity = {
  readonly certificate: Certificate
  readonly der: Uint8Array
  readonly privateKey: KeyObject
  readonly keyId: Uint8Array
}

type KeyKind = 'ec' | 'rsa'

const ALGORITHM = { ec: '1.2.840.10045.4.3.2', rsa: '1.2.840.113549.1.1.11' } as const
const SHA256 = '2.16.840.1.101.3.4.2.1'
const NULL = Uint8Array.of(5, 0).buffer
let serial = 1

function algorithm(kind: KeyKind): AlgorithmIdentifier {
  return new AlgorithmIdentifier(
    kind === 'ec' ? { algorithm: ALGORITHM.ec } : { algorithm: ALGORITHM.rsa, parameters: NULL },
  )
}

/** A certificate for a new key, signed by `issuer` or by itself. */
export function makeIdentity(
  name: string,
  issuer: TestIdentity | null = null,
  options: { kind?: KeyKind; curve?: string; validFrom?: string; validTo?: string } = {},
): TestIdentity {
  const kind = options.kind ?? 'ec'
  const { publicKey, privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: options.curve ?? 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo)
  const keyId = new Uint8Array(createHash('sha1').update(new Uint8Array(spki.subjectPublicKey)).digest())
  const subject = new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: '2.5.4.3', value: new AttributeValue({ utf8String: name }) }),
    ]),
  ])
  const issuerKind: KeyKind = (issuer?.privateKey ?? privateKey).asymmetricKeyType === 'ec' ? 'ec' : 'rsa'
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: Uint8Array.of(1, 0, serial++).buffer,
    signature: algorithm(issuerKind),
    issuer: issuer === null ? subject : issuer.certificate.tbsCertificate.subject,
    validity: new Validity({
      notBefore: new Date(options.validFrom ?? '2020-01-01T00:00:00Z'),
      notAfter: new Date(options.validTo ?? '2040-01-01T00:00:00Z'),
    }),
    subject,
    subjectPublicKeyInfo: spki,
    extensions: new Extensions([
      new Extension({
        extnID: '2.5.29.14',
        extnValue: new OctetString(AsnConvert.serialize(new SubjectKeyIdentifier(keyId))),
      }),
    ]),
  })
  const signature = sign(
    'sha256',
    new Uint8Array(AsnConvert.serialize(tbsCertificate)),
    issuer?.privateKey ?? privateKey,
  )
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm(issuerKind),
    signatureValue: exact(signature),
  })
  return { certificate, der: new Uint8Array(AsnConvert.serialize(certificate)), privateKey, keyId }
}

/** Contents of a signature, and its reference to the signer. */
export type SignOptions = {
  /** Certificates included in the signature. */
  certificates?: readonly TestIdentity[]
  /** Names the signer by issuer and serial number instead of its key. */
  bySerial?: boolean
  /** False signs the content itself. */
  attributes?: boolean
  /** Includes the content in the signature. */
  attached?: boolean
}

/** CMS SignedData over `content` (RFC 5652), SHA-256, in DER. */
export function signCms(content: Uint8Array, signer: TestIdentity, options: SignOptions = {}): Uint8Array {
  const kind: KeyKind = signer.privateKey.asymmetricKeyType === 'ec' ? 'ec' : 'rsa'
  const attributes =
    options.attributes === false
      ? null
      : [
          attribute('1.2.840.113549.1.9.3', Uint8Array.from([6, 9, 42, 134, 72, 134, 247, 13, 1, 7, 1])),
          attribute('1.2.840.113549.1.9.4', Uint8Array.from([4, 32, ...createHash('sha256').update(content).digest()])),
          attribute(
            '1.2.840.113549.1.9.5',
            new Uint8Array(AsnConvert.serialize(new Time(new Date('2026-01-02T03:04:05Z')))),
          ),
        ]
  const { issuer, serialNumber } = signer.certificate.tbsCertificate
  const info = new SignerInfo({
    version: options.bySerial ? CMSVersion.v1 : CMSVersion.v3,
    sid: options.bySerial
      ? new SignerIdentifier({ issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer, serialNumber }) })
      : new SignerIdentifier({ subjectKeyIdentifier: new SubjectKeyIdentifier(signer.keyId) }),
    digestAlgorithm: new AlgorithmIdentifier({ algorithm: SHA256 }),
    signatureAlgorithm: algorithm(kind),
    ...defined({ signedAttrs: attributes ?? undefined }),
  })
  const signed =
    attributes === null ? content : setOf(attributes.map((each) => new Uint8Array(AsnConvert.serialize(each))))
  info.signature = new OctetString(exact(sign('sha256', signed, signer.privateKey)))
  const data = new SignedData({
    version: CMSVersion.v3,
    digestAlgorithms: new DigestAlgorithmIdentifiers([new AlgorithmIdentifier({ algorithm: SHA256 })]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: '1.2.840.113549.1.7.1',
      ...defined({
        eContent: options.attached ? new EncapsulatedContent({ single: new OctetString(exact(content)) }) : undefined,
      }),
    }),
    signerInfos: new SignerInfos([info]),
  })
  if (options.certificates !== undefined) {
    data.certificates = new CertificateSet(
      options.certificates.map(({ certificate }) => new CertificateChoices({ certificate })),
    )
  }
  const wrapped = new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: AsnConvert.serialize(data) })
  return new Uint8Array(AsnConvert.serialize(wrapped))
}

function attribute(attrType: string, value: Uint8Array): Attribute {
  return new Attribute({ attrType, attrValues: [exact(value)] })
}

/** DER sorts a set; the attributes above are already in order of length. */
function setOf(parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  const head = body.length < 128 ? [0x31, body.length] : [0x31, 0x81, body.length]
  return Uint8Array.from([...head, ...body])
}

function exact(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

/** The certificates in PEM, in one text. */
export function pemOf(...identities: readonly TestIdentity[]): string {
  return identities.map(({ der }) => new X509Certificate(der).toString()).join('')
}

/** The private key in PEM (PKCS #8). */
export function keyPemOf({ privateKey }: TestIdentity): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
