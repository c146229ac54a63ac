/** A Content-Range value (RFC 9110 §14.4): half-open range, null for an unsatisfied one, and total length. */
export type ContentRange = { readonly range: readonly [number, number] | null; readonly total: number | null }

/** Reads a Content-Range value; null where it is malformed or contradicts itself. */
export function parseContentRange(text: string | undefined): ContentRange | null {
  const match = /^\s*bytes\s+(?:(\d{1,15})-(\d{1,15})|\*)\/(?:(\d{1,15})|\*)\s*$/i.exec(text ?? '')
  if (match === null) return null
  const total = match[3] === undefined ? null : Number(match[3])
  if (match[1] === undefined) return total === null ? null : { range: null, total }
  const from = Number(match[1])
  const to = Number(match[2]) + 1
  if (from >= to || (total !== null && to > total)) return null
  return { range: [from, to], total }
}
