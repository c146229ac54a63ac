import type { ByteRange } from '../flow/objects.ts'

/** One range of a Range header: from `first` to `last` included (null: to the end), or the last `suffix` bytes. */
export type RangeSpec = { readonly first: number; readonly last: number | null } | { readonly suffix: number }

/**
 * Reads a Range header (RFC 9110 §14.2).
 * @returns null where it is to be ignored: absent, another unit, malformed, or several ranges
 */
export function parseRange(header: string | undefined): RangeSpec | null {
  const found = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '')
  if (found === null) return null
  const [, first = '', last = ''] = found
  if (first === '') return last === '' ? null : { suffix: Number(last) }
  if (last !== '' && Number(last) < Number(first)) return null
  return { first: Number(first), last: last === '' ? null : Number(last) }
}

/** Resolves a range to bytes of a file, its end limited to the file's; null where it lies outside. */
export function resolveRange(range: RangeSpec, size: number): ByteRange | null {
  if ('suffix' in range) return range.suffix === 0 || size === 0 ? null : [Math.max(0, size - range.suffix), size]
  if (range.first >= size) return null
  return [range.first, range.last === null ? size : Math.min(size, range.last + 1)]
}

/** Content-Range of a part (RFC 9110 §14.4); a null size is unknown. */
export function contentRange([from, to]: ByteRange, size: number | null): string {
  return `bytes ${from}-${to - 1}/${size ?? '*'}`
}
