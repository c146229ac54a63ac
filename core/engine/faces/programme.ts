import type { Presentation } from '../../ingest/presentation.ts'

/** What a broadcast sends: objects with their send times. */
export type Programme = {
  readonly presentation: Presentation
  /** It repeats for ever, as one continuous service. */
  readonly loop: boolean
  /** Path or URL, for a person. */
  readonly input: string
  /** Its service id; null: the next one that the broadcast has. */
  readonly serviceId: number | null
  /** Its service name; null: the broadcast makes one. */
  readonly serviceName: string | null
}
