import type { AwaitedPresentation } from '../../ingest/awaited-presentation.ts'
import type { Presentation } from '../../ingest/presentation.ts'
import type { PresentationSpec } from '../parts/presentation-options.ts'

/** What a broadcast sends: objects with their send times. */
export type Programme = {
  /** Null: it is not there. Known once the inputs are gathered. */
  readonly presentation: Presentation | null
  /** What its server gives, in time or later; null for what is on this machine. */
  readonly awaited: AwaitedPresentation | null
  /** It repeats for ever, as one continuous service. */
  readonly loop: boolean
  /** Its options: among them its input, for a person, and what its service has of its own. */
  readonly spec: PresentationSpec
}
