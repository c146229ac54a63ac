import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { crc32, inflateLimited } from './inflate.ts'
import type { CheckingCertificate, HashName, PackedForm, RunningHash } from './types.ts'

export type { CheckingCertificate, HashName, PackedForm, RunningHash, SignatureScheme } from './types.ts'
export { UnpackError } from './types.ts'

/*
 * `#platform` for a worker of a web page: the functions documented in node.ts, without Node. All are synchronous, unlike the
 * page's own digests and decompression.
 */

const HASHES = { md5, sha1, sha224, sha256, sha384, sha512 } as const

export function newHash(name: HashName): RunningHash {
  return HASHES[name].create()
}

export function hashOf(name: HashName, bytes: Uint8Array): Uint8Array {
  return HASHES[name](bytes)
}

export function unpack(form: PackedForm, bytes: Uint8Array, maxBytes: number): Uint8Array {
  return inflateLimited(form, bytes, maxBytes)
}

export const checksum32: (bytes: Uint8Array, before?: number) => number = crc32

const GZIP_HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
const MAX_STORED = 0xffff

/** A gzip text of stored blocks: valid, but not compressed. */
export function gzip(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / MAX_STORED))
  const out = new Uint8Array(GZIP_HEADER.length + blocks * 5 + bytes.length + 8)
  const view = new DataView(out.buffer)
  out.set(GZIP_HEADER)
  let at = GZIP_HEADER.length
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * MAX_STORED, (block + 1) * MAX_STORED)
    out[at] = block === blocks - 1 ? 1 : 0
    view.setUint16(at + 1, part.length, true)
    view.setUint16(at + 3, ~part.length & 0xffff, true)
    out.set(part, at + 5)
    at += 5 + part.length
  }
  view.setUint32(at, crc32(bytes), true)
  view.setUint32(at + 4, bytes.length, true)
  return out
}

/** Characters per call: arguments are put on the stack. */
const TEXT_STEP = 8192

export function latin1Text(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += TEXT_STEP)
    text += String.fromCharCode(...bytes.subarray(at, at + TEXT_STEP))
  return text
}

export function utf16Text(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const units = Uint16Array.from({ length: bytes.length >> 1 }, (_, at) => view.getUint16(at * 2, littleEndian))
  let text = ''
  for (let at = 0; at < units.length; at += TEXT_STEP)
    text += String.fromCharCode(...units.subarray(at, at + TEXT_STEP))
  return text
}

export function base64Text(bytes: Uint8Array): string {
  return btoa(latin1Text(bytes))
}

export function base64Bytes(text: string): Uint8Array {
  const digits = (text.split('=', 1)[0] ?? '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/[^A-Za-z0-9+/]/g, '')
  // A single digit at the end is less than a byte.
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0))
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hexText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

export function indexOfBytes(bytes: Uint8Array, needle: Uint8Array, start = 0): number {
  const first = needle[0]
  if (first === undefined) return Math.min(start, bytes.length)
  for (let at = bytes.indexOf(first, start); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + needle.length > bytes.length) return -1
    if (sameBytes(bytes.subarray(at, at + needle.length), needle)) return at
  }
  return -1
}

export function allocate(bytes: number): Uint8Array {
  return new Uint8Array(bytes)
}

export function copyShared(target: Uint8Array, at: number, source: Uint8Array): void {
  target.set(source, at)
}

/** The only API of the page used here that ES2022 lacks. */
declare const XMLHttpRequest: new () => {
  responseType: string
  readonly status: number
  readonly response: unknown
  open(method: string, url: string, async: boolean): void
  send(): void
}

/** Synchronous requests are allowed in a worker, not in a page. */
export function bundledFile(path: string): Uint8Array {
  const request = new XMLHttpRequest()
  request.open('GET', path, false)
  request.responseType = 'arraybuffer'
  request.send()
  if (request.status !== 200) throw new Error(`${path} cannot be read: status ${request.status}`)
  return new Uint8Array(request.response as ArrayBuffer)
}

/** Null: Web Crypto is asynchronous. Signed signalling is used, and reported as unchecked. */
export function checkingCertificate(_der: Uint8Array): CheckingCertificate | null {
  return null
}
