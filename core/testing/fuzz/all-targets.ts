import type { FuzzTarget } from './fuzz-target.ts'
import { parserTargets } from './parser-targets.ts'
import { receptionTargets } from './reception-targets.ts'

/** Every target of `npm run fuzz`. */
export const fuzzTargets = (): FuzzTarget[] => [...parserTargets(), ...receptionTargets()]
