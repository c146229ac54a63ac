import type { SocketSnapshot } from '../../contract/snapshot.ts'

/** Stretches of trouble remembered; older ones are past the losses they could explain. */
const MAX_STRETCHES = 256
/** What is shown as the present lag is the longest of so long, µs. */
const RECENT_US = 5_000_000

/** Something that went wrong in this computer between two looks at it. */
type Stretch = { readonly destination: string | null; readonly fromUs: number; readonly toUs: number; amount: number }

/** What one look found newly dropped. */
export type NewDrops = { readonly destination: string | null; readonly packets: number; readonly fromUs: number }

/**
 * What this computer did to the stream itself: packets its sockets dropped, and how long the program was kept from reading
 * them, each with the stretch of time it happened in. It is told counters that only grow, and remembers when they did.
 */
export class HostTrouble {
  readonly #counters = new Map<string, { drops: number; atUs: number }>()
  readonly #buffers = new Map<string, number>()
  /** Destinations whose system does not count drops. */
  readonly #untold = new Set<string>()
  readonly #drops: Stretch[] = []
  readonly #lags: Stretch[] = []
  #total: number | null = null
  #captureDrops: number | null = null
  #captureUs = -1
  #longestLagMs: number | null = null

  /** Packets dropped in all; null where nothing tells. */
  get dropped(): number | null {
    return this.#total
  }

  /** Of these, those that captures report; null where they report none. */
  get droppedInCapture(): number | null {
    return this.#captureDrops
  }

  /** Longest lag of the whole session, ms; null where it was never looked at. */
  get longestLagMs(): number | null {
    return this.#longestLagMs
  }

  /** Looks at the sockets as they are now. @returns what they dropped since the look before */
  sockets(sockets: readonly SocketSnapshot[], timeUs: number): NewDrops[] {
    const found: NewDrops[] = []
    for (const { destination, interface: on, joinedWallUs, droppedByHost, grantedBufferBytes } of sockets) {
      this.#buffers.set(destination, grantedBufferBytes)
      if (droppedByHost === null) {
        this.#untold.add(destination)
        continue
      }
      this.#total ??= 0
      const key = `${destination} ${on} ${joinedWallUs}`
      const before = this.#counters.get(key) ?? { drops: 0, atUs: joinedWallUs }
      const packets = droppedByHost - before.drops
      if (packets > 0) found.push(this.#add(destination, packets, before.atUs, timeUs))
      this.#counters.set(key, { drops: droppedByHost, atUs: timeUs })
    }
    return found
  }

  /** Takes the number of packets a capture says were dropped while it was made, up to this time of it. */
  captureDrops(total: number, timeUs: number): NewDrops[] {
    const fromUs = this.#captureUs < 0 ? timeUs : this.#captureUs
    this.#captureUs = timeUs
    const packets = total - (this.#captureDrops ?? 0)
    if (packets <= 0) return []
    this.#captureDrops = total
    this.#total ??= 0
    return [this.#add(null, packets, fromUs, timeUs)]
  }

  /** The program was kept from reading its sockets for `lagMs` at some time within the stretch. */
  lag(lagMs: number, fromUs: number, timeUs: number): void {
    this.#longestLagMs = Math.max(this.#longestLagMs ?? 0, lagMs)
    if (lagMs > 0) remember(this.#lags, { destination: null, fromUs, toUs: timeUs, amount: lagMs })
  }

  /** Longest lag lately, ms; null where it is not looked at. */
  lagNow(nowUs: number): number | null {
    return this.#longestLagMs === null ? null : this.#longest(nowUs - RECENT_US, nowUs)
  }

  /** Packets dropped for a destination in a stretch that overlaps this one. */
  droppedIn(destination: string, fromUs: number, toUs: number): number {
    let packets = 0
    for (const stretch of this.#drops) {
      if (stretch.destination !== null && stretch.destination !== destination) continue
      if (stretch.fromUs <= toUs && stretch.toUs >= fromUs) packets += stretch.amount
    }
    return packets
  }

  lagIn(fromUs: number, toUs: number): number {
    return this.#longest(fromUs, toUs)
  }

  /** Whether the system counts what it drops for a destination: true of everything that is no socket of ours. */
  tells(destination: string): boolean {
    return !this.#untold.has(destination)
  }

  /** Receive buffer granted for a destination, bytes; null where there is no socket. */
  bufferOf(destination: string): number | null {
    return this.#buffers.get(destination) ?? null
  }

  #longest(fromUs: number, toUs: number): number {
    let longest = 0
    for (const { fromUs: from, toUs: to, amount } of this.#lags)
      if (from <= toUs && to >= fromUs) longest = Math.max(longest, amount)
    return longest
  }

  #add(destination: string | null, packets: number, fromUs: number, toUs: number): NewDrops {
    this.#total = (this.#total ?? 0) + packets
    remember(this.#drops, { destination, fromUs, toUs, amount: packets })
    return { destination, packets, fromUs }
  }
}

function remember(stretches: Stretch[], stretch: Stretch): void {
  stretches.push(stretch)
  if (stretches.length > MAX_STRETCHES) stretches.shift()
}
