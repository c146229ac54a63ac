import type { Choices } from '../contract/choices.ts'
import type { PartSpec, SessionSpec } from '../contract/session-spec.ts'
import { CAPTURE_PART } from '../engine/parts/capture-options.ts'
import { MULTICAST_PART } from '../engine/parts/multicast-options.ts'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'
import { chosenParts, partOf } from '../engine/spec/compose.ts'

/** A session of these parts, linked by port. */
export function sessionOf(parts: readonly PartSpec[]): SessionSpec {
  return { format: 'routescope-session', version: 2, parts }
}

/** Parts for choices other than the source: receiver, repair, folder and others. */
export function partsFor(choices: Choices): PartSpec[] {
  return chosenParts(PART_DESCRIPTIONS, choices)
}

/** A multicast source with its choices. */
export function livePart(id: string, url: string, choices: Choices): PartSpec {
  return partOf(MULTICAST_PART, id, { ...choices, url })
}

/** Captures read as one source, with its choices. */
export function capturePart(id: string, files: readonly string[], choices: Choices): PartSpec {
  return partOf(CAPTURE_PART, id, { ...choices, capture: files })
}
