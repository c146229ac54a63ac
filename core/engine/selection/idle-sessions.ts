import type { Destination } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'

/** Packet count of a socket. */
type Counted = { readonly destination: string; readonly packets: number }

type Idle = NonNullable<Destination['idle']>
type Watched = { readonly packets: number; sinceUs: number }

/**
 * Finds sessions that have been silent for longer than their sessionIdleTimeout (TS 103 769 §10.2.1.2). They may be left until a
 * player asks for their files or the configuration changes.
 */
export class IdleSessions {
  readonly #wanted = new Map<ReceiveTarget, ReadonlyMap<string, Idle>>()
  readonly #watched = new Map<string, Watched>()
  readonly #left = new Map<string, Idle>()

  /** Destinations that are left. */
  get left(): Iterable<string> {
    return this.#left.keys()
  }

  /** How long a destination was silent when it was left, ms; null where it is not left. */
  silentMs(destination: string): number | null {
    return this.#left.get(destination)?.afterMs ?? null
  }

  /** Takes the wanted destinations of one target. @returns destinations that a new configuration joins again */
  want(destinations: readonly Destination[], target: ReceiveTarget): string[] {
    const idles = new Map<string, Idle>()
    for (const { address, port, idle } of destinations)
      if (idle !== undefined) idles.set(formatDestination(address, port), idle)
    this.#wanted.set(target, idles)
    const back: string[] = []
    for (const [destination, { generation }] of this.#left) {
      const now = this.#idleOf(destination)
      if (now?.generation === generation) continue
      this.#left.delete(destination)
      if (now !== undefined) back.push(destination)
    }
    return back
  }

  /**
   * Reports a player's request for a file of a service.
   * @param destination of the file; null where unknown: any of the service's
   * @returns destinations to be joined again
   */
  asked(service: number, destination: string | null, nowUs: number): string[] {
    const watched = destination === null ? undefined : this.#watched.get(destination)
    if (watched !== undefined) watched.sinceUs = nowUs
    const back = [...this.#left].filter(([left, { services }]) =>
      destination === null ? services.includes(service) : left === destination,
    )
    for (const [left] of back) this.#left.delete(left)
    return back.map(([left]) => left)
  }

  /** @returns destinations that exceed their timeout, which count as left from now on */
  look(sockets: readonly Counted[], nowUs: number): string[] {
    const found: string[] = []
    const open = new Set<string>()
    for (const { destination, packets } of sockets) {
      const idle = this.#idleOf(destination)
      if (idle === undefined || this.#left.has(destination)) continue
      open.add(destination)
      const watched = this.#watched.get(destination)
      if (watched === undefined || watched.packets !== packets) {
        this.#watched.set(destination, { packets, sinceUs: nowUs })
      } else if (nowUs - watched.sinceUs >= idle.afterMs * 1000) {
        this.#left.set(destination, idle)
        found.push(destination)
      }
    }
    // A destination that is joined again starts a new timeout.
    for (const destination of this.#watched.keys()) if (!open.has(destination)) this.#watched.delete(destination)
    for (const destination of found) this.#watched.delete(destination)
    return found
  }

  #idleOf(destination: string): Idle | undefined {
    for (const idles of this.#wanted.values()) {
      const idle = idles.get(destination)
      if (idle !== undefined) return idle
    }
    return undefined
  }
}
