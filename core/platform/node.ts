import * as crypto from 'node:crypto'
import { constants, createHash, verify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as zlib from 'node:zlib'
import { gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { crc32 } from './inflate.ts'
import {
  type CheckingCertificate,
  type HashName,
  type PackedForm,
  type RunningHash,
  type SignatureScheme,
  UnpackError,
} from './types.ts'

export type { CheckingCertificate, HashName, PackedForm, RunningHash, SignatureScheme } from './types.ts'
export { UnpackError } from './types.ts'

/*
 * What the rooms up to `inspect` need of the runtime, over Node. `browser.ts` has the same functions for a worker of a web
 * page. Both are imported as `#platform`; package.json's `imports` and the bundler's conditions choose one.
 */

/** Absent in older runtimes. */
const hash: typeof crypto.hash | undefined = crypto.hash

/** Starts a digest. */
export function newHash(name: HashName): RunningHash {
  return createHash(name)
}

/** Digest of `bytes`. */
export function hashOf(name: HashName, bytes: Uint8Array): Uint8Array {
  // Of one call where the runtime has it: an object of its own for each digest costs more than short bytes.
  return hash === undefined ? createHash(name).update(bytes).digest() : hash(name, bytes, 'buffer')
}

const UNPACK = { gzip: gunzipSync, zlib: inflateSync, deflate: inflateRawSync } as const

/** Unpacks up to `maxBytes`; bytes after the packed data are ignored. @throws UnpackError */
export function unpack(form: PackedForm, bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return plain(UNPACK[form](bytes, { maxOutputLength: Math.max(1, maxBytes) }))
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE' || code === 'ERR_OUT_OF_RANGE') throw new UnpackError('too-large', message)
    throw new UnpackError(code === 'Z_BUF_ERROR' ? 'truncated' : 'corrupt', message)
  }
}

/** CRC-32 of gzip, over `bytes` that follow those with the sum `before`. Older runtimes have none of their own. */
export const checksum32: (bytes: Uint8Array, before?: number) => number = zlib.crc32 ?? crc32

/** Packs as gzip without name or time, so that the output depends on the bytes alone. */
export function gzip(bytes: Uint8Array): Uint8Array {
  return plain(gzipSync(bytes, { level: 9 }))
}

// Buffer, not TextDecoder: the ICU data of some runtimes has converters for UTF-8 and UTF-16LE only.

/** Text with one character per byte. */
export function latin1Text(bytes: Uint8Array): string {
  return borrowed(bytes).toString('latin1')
}

/** UTF-16 in either byte order, with its byte order mark; an odd byte at the end is dropped. */
export function utf16Text(bytes: Uint8Array, littleEndian: boolean): string {
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1))
  return (littleEndian ? whole : whole.swap16()).toString('utf16le')
}

/** Base64 with padding. */
export function base64Text(bytes: Uint8Array): string {
  return borrowed(bytes).toString('base64')
}

/** Bytes of a base64 text in either alphabet; other characters are skipped, and padding ends the text. */
export function base64Bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Lower-case hex. */
export function hexText(bytes: Uint8Array): string {
  return borrowed(bytes).toString('hex')
}

/** True where both have the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Offset of `needle` in `bytes` from `start` on, or -1. */
export function indexOfBytes(bytes: Uint8Array, needle: Uint8Array, start = 0): number {
  return borrowed(bytes).indexOf(needle, start)
}

/** A buffer of its own with undefined contents. */
export function allocate(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)
}

const fill = Buffer.prototype.fill

/**
 * Copies `source` to position `at` where one of them is shared memory. There `set` goes on by words, and by bytes where
 * they lie differently; this is one plain copy.
 */
export function copyShared(target: Uint8Array, at: number, source: Uint8Array): void {
  if (source.length > 0) fill.call(target, source, at, at + source.length)
}

/** Reads a file bundled with the program, by the path from its import. */
export function bundledFile(path: string): Uint8Array {
  return plain(readFileSync(path))
}

/**
 * Reads a certificate in DER. @returns null where the runtime cannot check signatures @throws where the bytes are no
 * certificate
 */
export function checkingCertificate(der: Uint8Array): CheckingCertificate | null {
  return new NodeCertificate(new X509Certificate(der))
}

class NodeCertificate implements CheckingCertificate {
  readonly #x509: X509Certificate

  constructor(x509: X509Certificate) {
    this.#x509 = x509
  }

  get subject(): string {
    return this.#x509.subject ?? ''
  }

  get issuer(): string {
    return this.#x509.issuer ?? ''
  }

  get keyType(): string | null {
    return this.#x509.publicKey.asymmetricKeyType ?? null
  }

  get keyDetail(): string {
    const details = this.#x509.publicKey.asymmetricKeyDetails
    return String(details?.namedCurve ?? details?.modulusLength ?? '')
  }

  isSignedBy(issuer: CheckingCertificate): boolean {
    return issuer instanceof NodeCertificate && this.#x509.verify(issuer.#x509.publicKey)
  }

  verifies(bytes: Uint8Array, signature: Uint8Array, { hash, pss }: SignatureScheme): boolean {
    const key = this.#x509.publicKey
    const padding = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO } : {}
    return verify(hash, bytes, { key, ...padding }, signature)
  }
}

/** The same memory as a Buffer. */
function borrowed(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The same memory as a plain Uint8Array. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
