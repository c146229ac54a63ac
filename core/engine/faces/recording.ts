import type { RecordingSnapshot } from '../../contract/snapshot.ts'
import type { Destination, LinkFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'

/** A part that writes datagrams to a capture, as a receiver sees it. */
export interface Recording {
  /** Started by a person in the running session. */
  readonly byHand: boolean
  /** Sets the destinations of a target's services. */
  want(destinations: readonly Destination[], target: ReceiveTarget): void
  /** Reports a tunnel, which is recorded whole: wanted services may be in it. */
  linkSeen(link: LinkFacts): void
  snapshot(): RecordingSnapshot
}
