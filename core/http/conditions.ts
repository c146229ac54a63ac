import type { IncomingHttpHeaders } from 'node:http'

/** Validators of a representation. */
export type Validators = { readonly etag: string; readonly modifiedMs: number | null }

/**
 * Judges the preconditions of a GET or HEAD in the order of RFC 9110 §13.2.2.
 * @returns 304 where the client has it, 412 where a precondition fails, null to go on
 */
export function judgeConditions(headers: IncomingHttpHeaders, { etag, modifiedMs }: Validators): 304 | 412 | null {
  const modified = modifiedMs === null ? null : Math.floor(modifiedMs / 1000) * 1000
  const match = headers['if-match']
  if (match !== undefined) {
    if (match.trim() !== '*' && !tagsOf(match).includes(etag)) return 412
  } else if (modified !== null && modified > dateOf(headers['if-unmodified-since'], Number.POSITIVE_INFINITY))
    return 412
  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined) return hasTag(noneMatch, etag) ? 304 : null
  return modified !== null && modified <= dateOf(headers['if-modified-since'], Number.NEGATIVE_INFINITY) ? 304 : null
}

/** Whether a Range header applies: If-Range is absent, or names exactly this representation. */
export function rangeStillApplies(headers: IncomingHttpHeaders, { etag, modifiedMs }: Validators): boolean {
  const header = headers['if-range']
  if (header === undefined) return true
  if (typeof header !== 'string') return false
  if (header.startsWith('"') || header.startsWith('W/')) return header === etag
  return modifiedMs !== null && Date.parse(header) === Math.floor(modifiedMs / 1000) * 1000
}

/** Whether a header lists a tag: as `*`, weak, or without quotes (GPAC sends those). */
function hasTag(header: string, etag: string): boolean {
  if (header.trim() === '*') return true
  const bare = etag.slice(1, -1)
  return tagsOf(header).some((tag) => tag.replace(/^W\//, '') === etag || tag === bare)
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim())
}

function dateOf(header: string | undefined, otherwise: number): number {
  if (header === undefined) return otherwise
  const time = Date.parse(header)
  return Number.isNaN(time) ? otherwise : time
}
