import { CodecError } from '../bytes/codec-error.ts'
import { attr, descendants } from '../xml/xml-element.ts'
import { parseXml } from '../xml/xml-parser.ts'

/** When to ask for an object that was lost: once it has been silent for so long, so much later, and a random time up to the third, ms. */
export type Backoff = { readonly silentMs: number; readonly fixedMs: number; readonly randomMs: number }

/** No table makes a receiver wait longer, ms. */
const MAX_BACKOFF_MS = 3_600_000

/** `PostFileRepair` of an Associated Procedure Description (A/331 §7.1.7); null where it has none that can be read. */
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
