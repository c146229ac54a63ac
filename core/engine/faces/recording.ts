import type { RecordingSnapshot } from '../../contract/snapshot.ts'
import type { Destination, LinkFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'

/** A part that writes datagrams to a capture, as what receives them sees it. */
export interface Recording {
  /** Started by a person in the running session. */
  readonly byHand: boolean
  /** Destinations that a target's services have now. */
  want(destinations: readonly Destination[], target: ReceiveTarget): void
  /** A tunnel is recorded whole: what is wanted may be in it. */
  linkSeen(link: LinkFacts): void
  snapshot(): RecordingSnapshot
}
