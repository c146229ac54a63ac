import { base64Text } from '#platform'
import { bareMediaType, readHeaderBlock } from './headers.ts'
import { isBlank, parseMultipart } from './multipart.ts'
import { decodeTransfer } from './transfer-encoding.ts'

/** Signed content and its signature, as S/MIME packages have them. RFC 8551 §3.5, A/360 §5.2.2.1. */
export type SignedEntity = {
  /** The package with its headers; null where it is inside the signature. */
  readonly content: Uint8Array | null
  /** CMS SignedData, DER or BER. */
  readonly signature: Uint8Array
}

const SIGNATURE_TYPES = new Set(['application/pkcs7-signature', 'application/x-pkcs7-signature'])
const OPAQUE_TYPES = new Set(['application/pkcs7-mime', 'application/x-pkcs7-mime'])

/**
 * Splits an S/MIME entity: `multipart/signed` with the package as its first part, or `application/pkcs7-mime` with the package
 * inside the signature. Null for anything else.
 * @throws CodecError `multipart-…` for a broken package
 */
export function readSignedEntity(bytes: Uint8Array): SignedEntity | null {
  let start = 0
  while (start < bytes.length && isBlank(bytes[start] as number)) start++
  const { headers, bodyStart } = readHeaderBlock(bytes, start, bytes.length)
  const type = bareMediaType(headers['content-type'] ?? '')
  if (OPAQUE_TYPES.has(type)) {
    const body = bytes.subarray(bodyStart)
    return { content: null, signature: decodeTransfer(body, headers['content-transfer-encoding'] ?? null) }
  }
  if (type !== 'multipart/signed') return null
  const { parts } = parseMultipart(bytes)
  const signature = parts.find((part) => SIGNATURE_TYPES.has(bareMediaType(part.contentType))) ?? parts[1]
  const content = parts.find((part) => part !== signature)
  if (signature === undefined || content === undefined) return null
  return {
    content: content.whole,
    signature: decodeTransfer(signature.body, signature.headers['content-transfer-encoding'] ?? null),
  }
}

/**
 * Variants of signed content that the signature may cover: as received, and in S/MIME's canonical form with CR LF line ends,
 * which a text transport may have changed (RFC 8551 §3.1.1).
 */
export function signedForms(content: Uint8Array): readonly Uint8Array[] {
  let bare = 0
  for (let at = 0; at < content.length; at++) if (content[at] === 0x0a && content[at - 1] !== 0x0d) bare++
  if (bare === 0) return [content]
  const canonical = new Uint8Array(content.length + bare)
  let to = 0
  for (let at = 0; at < content.length; at++) {
    const byte = content[at] as number
    if (byte === 0x0a && content[at - 1] !== 0x0d) canonical[to++] = 0x0d
    canonical[to++] = byte
  }
  return [content, canonical]
}

/** Characters of a line of base64 (RFC 2045 §6.8). */
const LINE = 76

/**
 * Writes `multipart/signed`: the package as its first part, unchanged, and its detached signature.
 * @param options.boundary without a character that needs quotes; it is in no line of the package that begins with `--`
 * @param options.digest as S/MIME names it: `sha-256`
 */
export function serialiseSignedEntity(
  content: Uint8Array,
  signature: Uint8Array,
  { boundary, digest }: { readonly boundary: string; readonly digest: string },
): Uint8Array {
  const encoder = new TextEncoder()
  const lines = base64Text(signature).match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
  const head = encoder.encode(
    `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=${digest}; boundary=${boundary}\r\n\r\n--${boundary}\r\n`,
  )
  const tail = encoder.encode(
    `\r\n--${boundary}\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
      `${lines.join('\r\n')}\r\n--${boundary}--\r\n`,
  )
  const out = new Uint8Array(head.length + content.length + tail.length)
  out.set(head)
  out.set(content, head.length)
  out.set(tail, head.length + content.length)
  return out
}
