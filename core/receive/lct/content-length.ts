import { latin1Text } from '#platform'
import { u32At } from '../../bytes/ints.ts'
import { MAX_LEVEL_BOXES } from '../../media/bmff/boxes.ts'
import { decodeContent, isKnownEncoding, looksEncoded } from '../../protocol/content-encoding.ts'
import { looksGzip } from '../../protocol/gzip.ts'
import { isMultipart } from '../../protocol/mime/multipart.ts'
import { xmlRootName } from '../../xml/root-name.ts'
import type { DeliveryContext } from '../context/contexts.ts'
import { codecFault } from '../context/receive-context.ts'
import { digestFault, hasDigest } from '../object/object-digest.ts'
import { unpackWithin } from '../object/reading-work.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { LctChannel } from './lct-channel.ts'

/** Longest end tag, or last delimiter, looked for. */
const MAX_END_TAG = 200
/** Bytes in which the first delimiter of a package is looked for. */
const MAX_PACKAGE_HEAD = 2048
/** Boxes that a segment may begin with. */
const FIRST_BOXES: ReadonlySet<string> = new Set([
  'ftyp',
  'styp',
  'moof',
  'sidx',
  'ssix',
  'prft',
  'emsg',
  'free',
  'moov',
])

/**
 * Length of an object of which neither a header, a table nor a close flag told it, by what its content says of its own end: a digest in its
 * table, the end of its content encoding, the end tag of a document, the sizes of its boxes. More than was received where its end is missing.
 * @param over its transmission has ended; otherwise more chunks may follow
 * @returns null where the content does not tell
 */
export function lengthByContent(
  context: DeliveryContext,
  channel: LctChannel,
  object: TransportObject,
  over: boolean,
): number | null {
  const { prefix, highest } = object.ranges
  if (prefix === highest && isWhole(context, channel, object)) return highest
  const boxes = boxesOf(object)
  if (boxes === null) return null
  if (over) {
    channel.chunks = Math.max(channel.chunks, boxes.chunks)
    return boxes.end
  }
  // As many chunks as the segments before it had.
  return boxes.end === highest && channel.chunks > 0 && boxes.chunks >= channel.chunks ? highest : null
}

function isWhole(context: DeliveryContext, channel: LctChannel, object: TransportObject): boolean {
  const { listed, lastTimeUs } = object
  const bytes = object.bytes(0, object.ranges.highest)
  const { carriesSls } = channel.names
  const contentEncoding = object.contentEncoding ?? (carriesSls && looksGzip(bytes) ? 'gzip' : null)
  const encoded = contentEncoding !== null && isKnownEncoding(contentEncoding)
  let content = bytes
  if (encoded && looksEncoded(bytes, contentEncoding)) {
    const fault = codecFault(() => {
      content = unpackWithin(context.work, bytes, context.limits.unpackedBytes, lastTimeUs, (packed, most) =>
        decodeContent(packed, contentEncoding, most),
      )
    })
    if (fault !== null) return false
  }
  if (hasDigest(listed)) return digestFault(listed, [content, bytes]) === null
  const contentLength = channel.names.contentLength(object.toi)
  // Several members of gzip may follow each other: the content has the last word.
  if (contentLength !== null) return content.length === contentLength
  return content !== bytes || (!encoded && (isDocument(bytes) || (carriesSls && endsAsPackage(bytes))))
}

/** True of XML that ends with the end tag of its root. */
function isDocument(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20)
  if (first !== 0x3c && first !== 0xef) return false
  const root = xmlRootName(bytes)
  if (root === null) return false
  const tail = String.fromCharCode(...bytes.subarray(Math.max(0, bytes.length - MAX_END_TAG))).trimEnd()
  const end = /<\/(?:[^\s<>:/]+:)?([^\s<>:/]+)\s*>$/.exec(tail)
  return end?.[1] === root
}

/** True of a package (RFC 2046 §5.1.1) with its last delimiter. */
function endsAsPackage(bytes: Uint8Array): boolean {
  const tail = latin1Text(bytes.subarray(Math.max(0, bytes.length - MAX_END_TAG))).replace(/[\s\0]+$/, '')
  const boundary = /\n--(\S[^\n]*)--$/.exec(tail)?.[1]
  if (boundary === undefined || !isMultipart(bytes)) return false
  return latin1Text(bytes.subarray(0, MAX_PACKAGE_HEAD)).includes(`--${boundary}`)
}

/**
 * Where the boxes of a segment end, and how many of them have media data (ISO/IEC 14496-12 §4.2), as far as their headers arrived; null where the bytes are no boxes, or
 * the last of them has no data of its own.
 */
function boxesOf(object: TransportObject): { readonly end: number; readonly chunks: number } | null {
  const { highest } = object.ranges
  let at = 0
  let chunks = 0
  let type = ''
  for (let boxes = 0; at < highest; boxes++) {
    if (boxes >= MAX_LEVEL_BOXES || !object.covers(at, at + 8)) return null
    const header = object.bytes(at, Math.min(at + 16, highest))
    type = String.fromCharCode(...header.subarray(4, 8))
    if (at === 0 && !FIRST_BOXES.has(type)) return null
    let size = u32At(header, 0)
    if (size === 1) {
      if (header.length < 16 || !object.covers(at + 8, at + 16)) return null
      size = u32At(header, 8) * 0x1_0000_0000 + u32At(header, 12)
    }
    if (size < 8) return null
    if (type === 'mdat') chunks++
    at += size
  }
  return type === 'mdat' || type === 'moov' ? { end: at, chunks } : null
}
