import { answerTargets } from './answer-targets.ts'
import { captureTargets } from './capture-targets.ts'
import { connectionTargets } from './connection-targets.ts'
import { fileTargets } from './file-targets.ts'
import { floodTargets } from './flood-targets.ts'
import type { FuzzTarget } from './fuzz-target.ts'
import { ingestTargets } from './ingest-targets.ts'
import { manifestTargets } from './manifest-targets.ts'
import { mediaTargets } from './media-targets.ts'
import { parserTargets } from './parser-targets.ts'
import { receptionTargets } from './reception-targets.ts'
import { serverTargets } from './server-targets.ts'

/** Every target of `npm run fuzz`. */
export const fuzzTargets = (): FuzzTarget[] => [
  ...parserTargets(),
  ...manifestTargets(),
  ...fileTargets(),
  ...mediaTargets(),
  ...ingestTargets(),
  ...receptionTargets(),
  ...captureTargets(),
  ...answerTargets(),
  ...connectionTargets(),
  ...serverTargets(),
  ...floodTargets(),
]
