/** A limit, and how long the same takes without a flood on a machine with nothing else to do, ms. */
type FloodLimit = { readonly name: string; readonly mostMs: number; readonly usualMs: number }

export const ANSWER_LIMIT: FloodLimit = { name: 'an HTTP answer', mostMs: 500, usualMs: 2 }
export const END_LIMIT: FloodLimit = { name: 'the end after SIGTERM', mostMs: 2000, usualMs: 60 }

/**
 * Judges a time during a flood by the quiet one of the same run: on a machine that is three times as slow without a flood, three
 * times the limit is allowed.
 * @returns what is wrong, or null
 */
export function beyondLimit({ name, mostMs, usualMs }: FloodLimit, ms: number, quietMs: number): string | null {
  const allowedMs = mostMs * Math.max(1, quietMs / usualMs)
  if (ms <= allowedMs) return null
  const [took, quiet, most] = [ms, quietMs, allowedMs].map(Math.round)
  return `${name} took ${took} ms during the flood, ${quiet} ms without; at most ${most} ms are allowed`
}

/** The middle one. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1] ?? 0
}
