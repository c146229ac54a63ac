/** Digests that signalling and signatures name. */
export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

/** A digest computed piece by piece. */
export type RunningHash = {
  update(bytes: Uint8Array): RunningHash
  /** Ends the digest; no call is allowed afterwards. */
  digest(): Uint8Array
}

/** Packed forms of RFC 1950 (zlib), 1951 (deflate) and 1952 (gzip). */
export type PackedForm = 'gzip' | 'zlib' | 'deflate'

/** Why packed bytes cannot be unpacked: the output passes the limit, the input ends early, or it is damaged. */
export class UnpackError extends Error {
  readonly reason: 'too-large' | 'truncated' | 'corrupt'

  constructor(reason: UnpackError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Parameters of a signature: the digest (null where the key's scheme has its own) and whether RSA uses PSS padding. */
export type SignatureScheme = { readonly hash: HashName | null; readonly pss: boolean }

/** A certificate whose key can check signatures. */
export type CheckingCertificate = {
  /** Distinguished name with one line per part, `CN=…`. */
  readonly subject: string
  readonly issuer: string
  /** `ec`, `rsa`, `rsa-pss`, `ed25519`, …; null where the runtime does not know it. */
  readonly keyType: string | null
  /** Curve, or bits of the modulus. */
  readonly keyDetail: string
  isSignedBy(issuer: CheckingCertificate): boolean
  /** @throws where the key and the scheme do not fit */
  verifies(bytes: Uint8Array, signature: Uint8Array, scheme: SignatureScheme): boolean
}
