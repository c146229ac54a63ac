import type { ByteRange } from '../flow/objects.ts'

/** One range of a Range header: from `first` to `last` included (null: to the end), or the last `suffix` bytes. */
export type RangeSpec = { readonly first: number; readonly last: number | null } | { readonly suffix: number }

/** Most ranges of one request. */
const MAX_RANGES = 64
/** Most that the parts of one answer may have together, in sizes of the file: parts may overlap. */
const MAX_TIMES = 4

/** One range, with the unit before it. */
const RANGE = /^\s*(bytes\s*=)?\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i

/**
 * Reads a Range header (RFC 9110 §14.2): one range or several, `bytes=0-1,5-6`; GPAC writes the unit before each.
 * @returns null where it is to be ignored: absent, another unit, malformed, or too many ranges
 */
export function parseRanges(header: string | undefined): readonly RangeSpec[] | null {
  const parts = header?.split(',') ?? []
  if (parts.length > MAX_RANGES) return null
  const ranges: RangeSpec[] = []
  for (const part of parts) {
    const [, unit, first = '', last = ''] = RANGE.exec(part) ?? []
    if (first === '' && last === '') return null
    if (unit === undefined && ranges.length === 0) return null
    if (first === '') ranges.push({ suffix: Number(last) })
    else if (last !== '' && Number(last) < Number(first)) return null
    else ranges.push({ first: Number(first), last: last === '' ? null : Number(last) })
  }
  return ranges.length === 0 ? null : ranges
}

/** Reads a Range header of one range; null where it is to be ignored: several ranges too. */
export function parseRange(header: string | undefined): RangeSpec | null {
  const ranges = parseRanges(header)
  return ranges?.length === 1 ? (ranges[0] as RangeSpec) : null
}

/** Resolves a range to bytes of a file, its end limited to the file's; null where it lies outside. */
export function resolveRange(range: RangeSpec, size: number): ByteRange | null {
  if ('suffix' in range) return range.suffix === 0 || size === 0 ? null : [Math.max(0, size - range.suffix), size]
  if (range.first >= size) return null
  return [range.first, range.last === null ? size : Math.min(size, range.last + 1)]
}

/**
 * Resolves the ranges of a request, in its order; those that lie outside are left out.
 * @returns no range where all lie outside; null where they are to be ignored, because together they are several times the file
 */
export function resolveRanges(ranges: readonly RangeSpec[], size: number): readonly ByteRange[] | null {
  const parts = ranges.flatMap((range) => {
    const part = resolveRange(range, size)
    return part === null ? [] : [part]
  })
  const bytes = parts.reduce((sum, [from, to]) => sum + to - from, 0)
  return bytes > MAX_TIMES * size ? null : parts
}

/** Content-Range of a part (RFC 9110 §14.4); a null size is unknown. */
export function contentRange([from, to]: ByteRange, size: number | null): string {
  return `bytes ${from}-${to - 1}/${size ?? '*'}`
}
