import type { PartDescription } from '../../core/contract/part-description.ts'

// By a variable: only the data of the tables is wanted here, none of core's types.
const path = '../../core/engine/registry.ts'

/** Every kind of part, as an engine describes them. */
export const PARTS = ((await import(path)) as { PART_DESCRIPTIONS: readonly PartDescription[] }).PART_DESCRIPTIONS
