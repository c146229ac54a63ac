import type { Choices } from './choices.ts'
import type { RelayRequest } from './relay-request.ts'
import type { SendRequest } from './send-request.ts'

/** A line of GPAC's grammar as the content of a form. */
export type GpacForm = (
  | { readonly kind: 'listen'; readonly url: string; readonly choices: Choices }
  | { readonly kind: 'send'; readonly request: SendRequest }
  | { readonly kind: 'relay'; readonly request: RelayRequest }
) & {
  /** What of the line the form does not have, one sentence each. */
  readonly notes: readonly string[]
}
