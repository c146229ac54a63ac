import type { Destination, LinkFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import type { Recording } from '../faces/recording.ts'

/** Recordings of what a receiver receives: each is told of all wanted destinations and links, also of those before it. */
export class Recordings {
  readonly #recordings = new Set<Recording>()
  /** Destinations that each target wants. */
  readonly #wanted = new Map<ReceiveTarget, readonly Destination[]>()
  readonly #links: LinkFacts[] = []

  get count(): number {
    return this.#recordings.size
  }

  add(recording: Recording): void {
    this.#recordings.add(recording)
    for (const [target, wanted] of this.#wanted) recording.want(wanted, target)
    for (const link of this.#links) recording.linkSeen(link)
  }

  want(wanted: readonly Destination[], target: ReceiveTarget): void {
    this.#wanted.set(target, wanted)
    for (const recording of this.#recordings) recording.want(wanted, target)
  }

  linkSeen(link: LinkFacts): void {
    this.#links.push(link)
    for (const recording of this.#recordings) recording.linkSeen(link)
  }
}
