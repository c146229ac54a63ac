import { CodecError } from '../../bytes/codec-error.ts'
import { u32At } from '../../bytes/ints.ts'

/** A box of an ISO base media file (ISO/IEC 14496-12 §4.2) and its position in the bytes. */
export type Box = {
  /** Four-character code, Latin-1. */
  readonly type: string
  /** Offset of its size field. */
  readonly offset: number
  /** Size with header. */
  readonly size: number
  /** 8, 16 with a 64-bit size, 16 more for `uuid`. */
  readonly headerBytes: number
}

/** Bytes of a size and a type: what each box begins with. */
export const BOX_HEADER_BYTES = 8
/** Most boxes at one level; a segment of one-frame chunks has a few hundred. */
export const MAX_LEVEL_BOXES = 16_384

/**
 * The sequence of boxes in `bytes[start, end)`: the top level of a file, or the children of a box (`childBoxes`).
 * @throws CodecError bmff-truncated (a header or box ends after `end`), bmff-size (smaller than its header), bmff-too-many
 */
export function readBoxes(bytes: Uint8Array, start = 0, end = bytes.length): Box[] {
  const boxes: Box[] = []
  let at = start
  while (at < end) {
    const box = readBox(bytes, at, end)
    if (boxes.length >= MAX_LEVEL_BOXES)
      throw new CodecError('bmff-too-many', at, `more than ${MAX_LEVEL_BOXES} boxes at one level`)
    boxes.push(box)
    at += box.size
  }
  return boxes
}

/** Children of a box; `fieldBytes` skips the fields before them (4 for a full box such as `meta`). */
export function childBoxes(bytes: Uint8Array, box: Box, fieldBytes = 0): Box[] {
  const start = box.offset + box.headerBytes + fieldBytes
  const end = box.offset + box.size
  if (start > end)
    throw new CodecError('bmff-truncated', start, `${box.type} at byte ${box.offset} ends before its children`)
  return readBoxes(bytes, start, end)
}

/** First child at the end of a path of container boxes, such as `mdia`, `mdhd`; undefined where one is missing. */
export function findBox(bytes: Uint8Array, parent: Box, ...path: readonly string[]): Box | undefined {
  let box: Box | undefined = parent
  for (const type of path) {
    if (box === undefined) return undefined
    box = childBoxes(bytes, box).find((child) => child.type === type)
  }
  return box
}

/**
 * Version of a full box, and the offset after version and flags, where at least `needed` bytes follow.
 * @throws CodecError bmff-truncated
 */
export function fullBox(bytes: Uint8Array, box: Box, needed: number): { version: number; fields: number } {
  const fields = box.offset + box.headerBytes + 4
  if (fields + needed > box.offset + box.size)
    throw new CodecError('bmff-truncated', fields, `${box.type} at byte ${box.offset} is too short: ${box.size} bytes`)
  return { version: bytes[fields - 4] ?? 0, fields }
}

function readBox(bytes: Uint8Array, at: number, end: number): Box {
  const left = end - at
  if (left < 8) throw new CodecError('bmff-truncated', at, `a box header at byte ${at} needs 8 bytes, ${left} are left`)
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
  let size = u32At(bytes, at)
  let headerBytes = 8
  if (size === 1) {
    headerBytes = 16
    if (left < 16) throw new CodecError('bmff-truncated', at, `${type} at byte ${at}: its 64-bit size is cut off`)
    size = u32At(bytes, at + 8) * 0x1_0000_0000 + u32At(bytes, at + 12)
  } else if (size === 0) size = left // to the end of the file
  if (type === 'uuid') headerBytes += 16
  if (size < headerBytes)
    throw new CodecError('bmff-size', at, `${type} at byte ${at} has a size of ${size} bytes, less than its header`)
  if (size > left)
    throw new CodecError('bmff-truncated', at, `${type} at byte ${at} has a size of ${size} bytes, ${left} are left`)
  return { type, offset: at, size, headerBytes }
}
