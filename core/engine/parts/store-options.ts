import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { CACHED_SEGMENTS, KEEP_CORRUPT, MAX_BYTES } from './shared-options.ts'

const STORE_OPTIONS = [
  {
    key: 'memoryBytes',
    option: null,
    gpac: null,
    type: { kind: 'bytes', min: 0, max: MAX_BYTES },
    default: 96 << 20,
    group: 'Output',
    level: 'expert',
    label: 'Memory',
    help: 'memory to use before objects spill to disk',
    commands: [],
    test: 'core/engine/engine.test.ts',
  },
  CACHED_SEGMENTS,
  KEEP_CORRUPT,
] as const satisfies readonly OptionRow[]

/** Options of a store: objects in memory up to a budget, then in a temporary folder of the session. */
export type StoreSpec = SpecOf<'store', typeof STORE_OPTIONS>

/** The part `store`. */
export const STORE_PART: PartDescription = {
  kind: 'store',
  title: 'Store',
  help: 'keeps objects to look at, in memory and then on disk',
  takes: 'objects',
  gives: null,
  side: 'receive',
  options: STORE_OPTIONS,
}
