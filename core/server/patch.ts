import type { IncomingHttpHeaders } from 'node:http'
import { parseRanges } from '../http/ranges.ts'

/** Bytes of a file that an upload replaces, in the order of its body; a null end takes the rest of it. */
export type Patch = readonly { readonly from: number; readonly to: number | null }[]

/**
 * Reads which bytes an upload replaces: as GPAC asks for it by Range, one or several, or by Content-Range (RFC 9110 §14.5).
 * @returns null for a whole file; `malformed` where the header says nothing that can be done
 */
export function readPatch(headers: IncomingHttpHeaders): Patch | null | 'malformed' {
  const written = headers['content-range']
  if (written !== undefined) {
    const [, first, last] = /^\s*bytes\s+(\d{1,15})-(\d{1,15})\/(?:\d{1,15}|\*)\s*$/i.exec(written) ?? []
    if (first === undefined || Number(last) < Number(first)) return 'malformed'
    return [{ from: Number(first), to: Number(last) + 1 }]
  }
  if (headers.range === undefined) return null
  const ranges = parseRanges(headers.range)
  if (ranges === null) return 'malformed'
  const patch: { from: number; to: number | null }[] = []
  for (const [at, range] of ranges.entries()) {
    // Only the last range can take what is left, and the end of a file that changes is no place.
    if ('suffix' in range || (range.last === null && at < ranges.length - 1)) return 'malformed'
    patch.push({ from: range.first, to: range.last === null ? null : range.last + 1 })
  }
  return patch
}

/** Length of the body that a patch needs; null where any will do, of at least the bytes before its last range. */
export function patchLength(patch: Patch): number | null {
  let bytes = 0
  for (const { from, to } of patch) {
    if (to === null) return null
    bytes += to - from
  }
  return bytes
}
