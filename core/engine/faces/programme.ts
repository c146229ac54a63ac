import type { AwaitedPresentation } from '../../ingest/awaited-presentation.ts'
import type { Presentation } from '../../ingest/presentation.ts'
import type { PresentationSpec } from '../parts/presentation-options.ts'

/** What a broadcast sends: objects with their send times. */
export type Programme = {
  /** Null: its origin has not given it, and is asked again. */
  readonly presentation: Presentation | null
  readonly awaited: AwaitedPresentation | null
  /** It repeats for ever, as one continuous service. */
  readonly loop: boolean
  /** Its options: among them its input, for a person, and what its service has of its own. */
  readonly spec: PresentationSpec
}
