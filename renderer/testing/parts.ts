import type { PartDescription } from '../../core/contract/part-description.ts'

// The variable keeps core's types out of the renderer's project: only the data is used.
const path = '../../core/engine/registry.ts'

/** The engine's descriptions of all kinds of parts. */
export const PARTS = ((await import(path)) as { PART_DESCRIPTIONS: readonly PartDescription[] }).PART_DESCRIPTIONS
