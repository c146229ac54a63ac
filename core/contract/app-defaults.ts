import type { Choices } from './choices.ts'
import type { SourcePattern } from './part-description.ts'

/** Media segments a live session of the app keeps per representation: at 2 s each, half an hour to look back at. */
const LIVE_SEGMENTS = 900

/** What the app does where nothing is chosen, as far as it is not what the tables say. */
export const APP_DEFAULTS: Readonly<Record<SourcePattern['group'], Choices>> = {
  Listen: { services: 'all', cachedSegments: LIVE_SEGMENTS },
  Open: { services: 'all' },
}
