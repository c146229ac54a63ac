import type { Choices } from './choices.ts'
import type { SourcePattern } from './part-description.ts'

/** Media segments a live session of the app keeps per representation: half an hour at 2 s each. */
const LIVE_SEGMENTS = 900

/** Defaults of the app that differ from those of the tables. */
export const APP_DEFAULTS: Readonly<Record<SourcePattern['group'], Choices>> = {
  Listen: { services: 'all', cachedSegments: LIVE_SEGMENTS },
  Open: { services: 'all' },
}
