import { joinBytes } from '../../bytes/join-bytes.ts'
import { FRAGMENT_INDICATOR } from '../../protocol/mmtp/mpu-payload.ts'
import type { MpuPart } from './mpu-parts.ts'

const { whole, first, last } = FRAGMENT_INDICATOR

/**
 * The complete data units among `parts` (in sending order): unfragmented ones, and those whose fragments are
 * consecutive by their counter of remaining fragments.
 */
export function wholeUnits(parts: readonly MpuPart[]): Uint8Array[] {
  const units: Uint8Array[] = []
  let open: MpuPart[] = []
  for (const part of parts) {
    if (part.indicator === whole) {
      units.push(part.data)
      open = []
      continue
    }
    const before = open.at(-1)
    const follows = before !== undefined && isNext(before, part)
    if (part.indicator === first) open = [part]
    else if (follows) open.push(part)
    else open = []
    if (part.indicator === last && open.length > 1) {
      units.push(joinBytes(open.map(({ data }) => data)))
      open = []
    }
  }
  return units
}

/** True where `part` is the fragment after `before`. */
export function isNext(before: MpuPart, part: MpuPart): boolean {
  return (
    part.movieFragment === before.movieFragment &&
    part.sample === before.sample &&
    ((before.fragmentCounter - part.fragmentCounter) & 0xff) === 1
  )
}
