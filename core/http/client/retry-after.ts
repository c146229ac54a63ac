/** Longest wait that a server may ask for, ms. */
const MAX_WAIT_MS = 86_400_000
const HTTP_DATE = /^[A-Z][a-z]{2,8},? [\w :-]+ GMT$|^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}$/

/**
 * Reads a Retry-After value (RFC 9110 §10.2.3): seconds, or a date in any of the three forms of HTTP.
 * @param wallMs UNIX time, for a date
 * @returns the wait, from 0 to a day; null where the field is missing or malformed
 */
export function retryAfterMs(text: string | undefined, wallMs: number): number | null {
  const value = text?.trim() ?? ''
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : HTTP_DATE.test(value)
      ? Date.parse(/GMT$/.test(value) ? value : `${value} GMT`) - wallMs
      : Number.NaN
  return Number.isNaN(ms) ? null : Math.max(0, Math.min(ms, MAX_WAIT_MS))
}
