import { u32At } from '../../bytes/ints.ts'
import { type Hole, isWhole, nextHole } from '../holes.ts'
import { MAX_LEVEL_BOXES } from './boxes.ts'

/** A top-level box of a segment with missing bytes, or a gap without a recognisable box. */
export type SegmentBox = {
  /** Null for a gap. */
  readonly type: string | null
  readonly offset: number
  /** Up to the start of the next one; all sizes add up to the length of the segment. */
  readonly size: number
  /** Value of its size field; differs from `size` where it exceeds the segment, or bytes after the box were added. */
  readonly announced: number
  readonly headerBytes: number
  /** No byte is missing. */
  readonly whole: boolean
}

/** Top-level boxes of a segment (ISO/IEC 14496-12, 23009-1): only these are accepted in a search. */
const SEGMENT_TYPES = new Set(['styp', 'sidx', 'ssix', 'prft', 'emsg', 'moof', 'mdat', 'free', 'skip', 'uuid'])
const KNOWN_TYPES = new Set([...SEGMENT_TYPES, 'ftyp', 'moov', 'meta'])
/** The same as numbers, and their first letters: a search makes no strings. */
const SEGMENT_CODES = new Set([...SEGMENT_TYPES].map(codeOf))
const BEGINS = new Uint8Array(256)
for (const code of SEGMENT_CODES) BEGINS[code >>> 24] = 1

/**
 * The boxes and gaps of a segment with holes, from its first byte to its last. Where the header of a box is missing, the next
 * plausible one is searched in the received bytes.
 * @returns null where no box is found, or more than any segment has
 */
export function segmentBoxes(bytes: Uint8Array, holes: readonly Hole[]): SegmentBox[] | null {
  const boxes: SegmentBox[] = []
  const end = bytes.length
  let found = false
  for (let at = 0; at < end; ) {
    if (boxes.length >= MAX_LEVEL_BOXES) return null
    const last = boxes.at(-1)
    if (end - at < 8 && last !== undefined) {
      // Too short for a box: the previous one takes these bytes.
      boxes[boxes.length - 1] = { ...last, size: end - last.offset }
      break
    }
    const box = boxAt(bytes, holes, at)
    if (box === null) {
      const next = nextHeader(bytes, holes, at + 8)
      boxes.push({ type: null, offset: at, size: next - at, announced: 0, headerBytes: 8, whole: false })
      at = next
    } else {
      found = true
      boxes.push(box)
      at += box.size
    }
  }
  return found ? boxes : null
}

/**
 * The box at an offset where one must begin, limited to the end of the bytes; null where its header is incomplete or invalid.
 */
export function boxAt(bytes: Uint8Array, holes: readonly Hole[], at: number): SegmentBox | null {
  const left = bytes.length - at
  if (left < 8 || !isWhole(holes, at, at + 8)) return null
  let announced = u32At(bytes, at)
  let headerBytes = 8
  if (announced === 1) {
    if (left < 16 || !isWhole(holes, at, at + 16)) return null
    announced = u32At(bytes, at + 8) * 0x1_0000_0000 + u32At(bytes, at + 12)
    headerBytes = 16
  } else if (announced === 0) announced = left // to the end of the file
  if (announced < headerBytes) return null
  const type = typeAt(bytes, at)
  if (!KNOWN_TYPES.has(type) && (announced > left || !/^[\x20-\x7e\xa9]{4}$/.test(type))) return null
  const size = Math.min(announced, left)
  return {
    type,
    offset: at,
    size,
    announced,
    headerBytes,
    whole: announced <= left && isWhole(holes, at, at + announced),
  }
}

/** Offset of the next plausible header: of a known type, inside the bytes, and followed by another, a hole or the end. */
function nextHeader(bytes: Uint8Array, holes: readonly Hole[], from: number): number {
  const end = bytes.length
  let at = from
  while (at + 8 <= end) {
    const hole = nextHole(holes, at)
    if (hole !== null && hole[0] < at + 8) {
      at = hole[1]
      continue
    }
    const last = (hole === null ? end : hole[0]) - 8
    for (; at <= last; at++) {
      if (BEGINS[bytes[at + 4] as number] === 1 && isBelievable(bytes, holes, at)) return at
    }
  }
  return end
}

function isBelievable(bytes: Uint8Array, holes: readonly Hole[], at: number): boolean {
  if (!SEGMENT_CODES.has(u32At(bytes, at + 4))) return false
  const box = boxAt(bytes, holes, at)
  if (box === null || box.announced > box.size) return false
  const next = at + box.size
  if (next === bytes.length || !isWhole(holes, next, next + 8)) return true
  return boxAt(bytes, holes, next) !== null
}

function typeAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at + 4, at + 8))
}

/** Four characters as a box has them. */
function codeOf(type: string): number {
  return [...type].reduce((code, letter) => code * 256 + letter.charCodeAt(0), 0)
}
