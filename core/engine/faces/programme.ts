import type { Presentation } from '../../ingest/presentation.ts'

/** What a broadcast sends: objects that are due at their times. */
export type Programme = {
  readonly presentation: Presentation
  /** It begins again when it is over, as one continuous service. */
  readonly loop: boolean
  /** Path or URL, for a person. */
  readonly input: string
}
