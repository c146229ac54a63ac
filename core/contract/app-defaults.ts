import type { Choices } from './choices.ts'
import type { SourceGroup } from './part-description.ts'

/** Media segments a live session of the app keeps per representation: half an hour at 2 s each. */
const LIVE_SEGMENTS = 900

/** Defaults of the app that differ from those of the tables. */
export const APP_DEFAULTS: Readonly<Record<SourceGroup, Choices>> = {
  Listen: { services: 'all', cachedSegments: LIVE_SEGMENTS },
  Open: { services: 'all' },
  Demo: {},
}
