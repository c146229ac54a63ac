import { createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { hexToBytes } from '../../bytes/hex.ts'
import type { AppError } from '../../contract/app-error.ts'
import { shownText } from '../../contract/shown-text.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { undecodedName } from '../../failure/undecoded-name.ts'
import { NotReadable, readRegular } from '../../files/door.ts'
import type { CmsSigner, SigningDigest } from '../../protocol/cms/sign-data.ts'
import type { TableSigner } from '../../send/table-signer.ts'

/** Files of a key and of its certificates, as options name them. */
export type SigningFiles = { readonly signKey?: string; readonly signCert?: string }

/** A key has some thousand bytes, a chain some ten thousand. */
const MAX_PEM_BYTES = 1 << 20
const MIN_RSA_BITS = 2048
/** Of each curve: A/360 §5.2.2 signs with the digest of its strength. */
const CURVES: Readonly<Record<string, SigningDigest>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}
const DIGEST_NAMES = { sha256: 'sha-256', sha384: 'sha-384', sha512: 'sha-512' } as const
const KEYS_TAKEN = `Use an unencrypted EC key (P-256, P-384 or P-521) or RSA key (${MIN_RSA_BITS} bits or more) in PEM.`
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * The signer of a broadcast's tables; null where none is asked for.
 * @param nowUs the clock, for the times of signatures
 * @param warn learns of a certificate that receivers will not accept
 * @throws AppFailure bad-spec | file-not-found | file-unreadable | input-unusable
 */
export async function openSigner(
  { signKey, signCert }: SigningFiles,
  nowUs: () => number,
  warn: (error: AppError) => void,
): Promise<TableSigner | null> {
  if (signKey === undefined && signCert === undefined) return null
  if (signKey === undefined || signCert === undefined)
    throw new AppFailure(
      'bad-spec',
      `${signKey === undefined ? '--sign-cert names certificates without' : '--sign-key names a key without'} its ${signKey === undefined ? '--sign-key' : '--sign-cert'}.`,
      'Give both, or neither.',
    )
  const key = privateKey(signKey, await pemOf(signKey))
  const scheme = schemeOf(signKey, key)
  const chain = chainOf(signCert, await pemOf(signCert))
  const [own] = chain as [X509Certificate, ...X509Certificate[]]
  if (!own.checkPrivateKey(key))
    throw new AppFailure(
      'input-unusable',
      `The key in "${shown(signKey)}" is not that of the first certificate in "${shown(signCert)}".`,
      'Put the certificate of the key first, and then that of each issuer.',
    )
  for (const [at, issuer] of chain.slice(1).entries())
    if (!isIssuedBy(chain[at] as X509Certificate, issuer))
      throw new AppFailure(
        'input-unusable',
        `Certificate ${at + 2} in "${shown(signCert)}" is not that of the issuer of the one before it.`,
        'Put the certificate of the key first, and then that of each issuer.',
      )
  for (const each of chain) warnOfDates(each, nowUs(), warn)
  const { signData } = await import('../../protocol/cms/sign-data.ts')
  const { readCertificate } = await import('../../protocol/cms/certificate.ts')
  const signer: CmsSigner = { ...scheme, certificate: own.raw, sign: (bytes) => sign(scheme.digest, bytes, key) }
  const read = readCertificate(own.raw)
  if (read === null)
    throw new AppFailure(
      'input-unusable',
      `The first certificate in "${shown(signCert)}" cannot be read.`,
      'Use an X.509 certificate of version 3.',
    )
  // Receivers have the root, or they would not trust it; a certificate of its own is sent all the same.
  const sent = chain.filter((each, at) => at === 0 || !isIssuedBy(each, each)).map(({ raw }) => new Uint8Array(raw))
  return {
    sign: (content, withCertificates) => signData(content, signer, nowUs(), withCertificates ? sent : []),
    digestName: DIGEST_NAMES[scheme.digest],
    certificates: [...sent].reverse(),
    keyId: hexToBytes(read.subjectKeyId),
  }
}

async function pemOf(path: string): Promise<string> {
  try {
    return new TextDecoder('latin1').decode(await readRegular(path, MAX_PEM_BYTES))
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error
    const sentence = `"${shown(path)}" ${error.message}.`
    if (error.why === 'missing')
      throw undecodedName(path) ?? new AppFailure('file-not-found', sentence, 'Check the path.', error.cause)
    throw new AppFailure('file-unreadable', sentence, 'Check that it is a file that you may read.', error.cause)
  }
}

function privateKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    const isLocked = /-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(pem)
    throw new AppFailure(
      'input-unusable',
      isLocked ? `The private key in "${shown(path)}" is encrypted.` : `"${shown(path)}" holds no private key in PEM.`,
      KEYS_TAKEN,
    )
  }
}

/** @throws AppFailure input-unusable, for a key of another type */
function schemeOf(path: string, key: KeyObject): Pick<CmsSigner, 'key' | 'digest'> {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { namedCurve = '', modulusLength = 0 } = {} } = key
  const digest = type === 'ec' && Object.hasOwn(CURVES, namedCurve) ? CURVES[namedCurve] : undefined
  if (digest !== undefined) return { key: 'ec', digest }
  if (type === 'rsa' && modulusLength >= MIN_RSA_BITS) return { key: 'rsa', digest: 'sha256' }
  const what = type === 'ec' ? `EC ${namedCurve}` : type === 'rsa' ? `RSA of ${modulusLength} bits` : `${type}`
  throw new AppFailure('input-unusable', `The private key in "${shown(path)}" is ${what}.`, KEYS_TAKEN)
}

/** The certificates of a file, at least one. */
function chainOf(path: string, pem: string): X509Certificate[] {
  const texts = pem.match(CERTIFICATE) ?? []
  const unusable = (sentence: string): AppFailure =>
    new AppFailure('input-unusable', sentence, 'Use certificates in PEM, that of the key first.')
  if (texts.length === 0) throw unusable(`"${shown(path)}" holds no certificate in PEM.`)
  return texts.map((text, at) => {
    try {
      return new X509Certificate(text)
    } catch {
      throw unusable(`Certificate ${at + 1} in "${shown(path)}" cannot be read.`)
    }
  })
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    // OpenSSL does not know every type of key.
    return false
  }
}

function warnOfDates(certificate: X509Certificate, nowUs: number, warn: (error: AppError) => void): void {
  const from = new Date(certificate.validFrom).getTime() * 1000
  const until = new Date(certificate.validTo).getTime() * 1000
  if (nowUs >= from && nowUs <= until) return
  const subject = shownText(certificate.subject.split('\n').join(', '), 200)
  const when = nowUs < from ? `is not valid before ${certificate.validFrom}` : `expired on ${certificate.validTo}`
  warn({
    code: 'input-unusable',
    message: `The certificate of ${subject} ${when}: receivers may refuse what is signed.`,
    tryThis: 'Use a certificate that is valid now.',
  })
}

function shown(path: string): string {
  return shownText(path, 1000)
}
