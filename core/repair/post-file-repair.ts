import { CodecError } from '../bytes/codec-error.ts'
import { attr, descendants } from '../xml/xml-element.ts'
import { parseXml } from '../xml/xml-parser.ts'

/**
 * Time of the first request for a lost object, ms: after this silence, a fixed delay, and a random delay up to
 * `randomMs`.
 */
export type Backoff = { readonly silentMs: number; readonly fixedMs: number; readonly randomMs: number }

/** Upper bound of a back-off, ms. */
const MAX_BACKOFF_MS = 3_600_000

/**
 * Reads `PostFileRepair` of an Associated Procedure Description (A/331 §7.1.7).
 * @returns null without a readable one
 */
export function readPostFileRepair(apd: Uint8Array): Backoff | null {
  try {
    const [repair] = descendants(parseXml(apd), 'PostFileRepair')
    if (repair === undefined) return null
    return {
      silentMs: 0,
      fixedMs: milliseconds(attr(repair, 'offsetTime')),
      randomMs: milliseconds(attr(repair, 'randomTimePeriod')),
    }
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}

function milliseconds(seconds: string | null): number {
  const value = Number(seconds ?? 0)
  return Number.isFinite(value) && value > 0 ? Math.min(value * 1000, MAX_BACKOFF_MS) : 0
}
