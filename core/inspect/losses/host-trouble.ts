import type { SocketSnapshot } from '../../contract/snapshot.ts'

/** Bound on stretches remembered; older ones are past the losses they could explain. */
const MAX_STRETCHES = 256
/** Stretches in which packets are kept back are put together up to this length, µs. */
const SHORT_STRETCH_US = 250_000
/** The shown lag is the longest within this time, µs. */
const RECENT_US = 5_000_000

/** Drops or lag of this computer between two samples. */
type Stretch = { readonly destination: string | null; readonly fromUs: number; toUs: number; amount: number }

/** New drops in one sample. */
export type NewDrops = { readonly destination: string | null; readonly packets: number; readonly fromUs: number }

/**
 * Losses and delays caused by this computer: packets dropped by its sockets, and lag in reading them, each with its
 * stretch of time. Sampled from counters that only grow.
 */
export class HostTrouble {
  readonly #counters = new Map<string, { drops: number; atUs: number }>()
  readonly #buffers = new Map<string, number>()
  /** Destinations whose system does not count drops. */
  readonly #untold = new Set<string>()
  readonly #drops: Stretch[] = []
  readonly #lags: Stretch[] = []
  readonly #passed: Stretch[] = []
  readonly #kept: Stretch[] = []
  readonly #keptTotals = new Map<string, number>()
  #keptUs = -1
  #passedOver = 0
  #passedUs = -1
  #total: number | null = null
  #captureDrops: number | null = null
  #captureUs = -1
  #longestLagMs: number | null = null

  /** Packets dropped in all; null without a counter. */
  get dropped(): number | null {
    return this.#total
  }

  /** Of these, drops reported in captures; null without any report. */
  get droppedInCapture(): number | null {
    return this.#captureDrops
  }

  /** Longest lag of the session, ms; null where never sampled. */
  get longestLagMs(): number | null {
    return this.#longestLagMs
  }

  /**
   * Samples the sockets.
   * @returns drops since the last sample
   */
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

  /** Takes a capture's own drop counter at this stream time. */
  captureDrops(total: number, timeUs: number): NewDrops[] {
    const fromUs = this.#captureUs < 0 ? timeUs : this.#captureUs
    this.#captureUs = timeUs
    const packets = total - (this.#captureDrops ?? 0)
    if (packets <= 0) return []
    this.#captureDrops = total
    this.#total ??= 0
    return [this.#add(null, packets, fromUs, timeUs)]
  }

  /** Takes the number of frames up to this time that a capture has and that could not be read. */
  passedOver(total: number, timeUs: number): void {
    const fromUs = this.#passedUs < 0 ? timeUs : this.#passedUs
    this.#passedUs = timeUs
    if (total <= this.#passedOver) return
    remember(this.#passed, { destination: null, fromUs, toUs: timeUs, amount: total - this.#passedOver })
    this.#passedOver = total
  }

  /** Takes the number of packets that loss models of the session kept back up to this time, by destination. */
  keptBack(packets: ReadonlyMap<string, number>, timeUs: number): void {
    const fromUs = this.#keptUs < 0 ? timeUs : this.#keptUs
    this.#keptUs = timeUs
    for (const [destination, total] of packets) {
      const amount = total - (this.#keptTotals.get(destination) ?? 0)
      if (amount <= 0) continue
      this.#keptTotals.set(destination, total)
      const last = this.#kept.at(-1)
      if (last?.destination === destination && timeUs - last.fromUs < SHORT_STRETCH_US) {
        last.toUs = timeUs
        last.amount += amount
        continue
      }
      remember(this.#kept, { destination, fromUs, toUs: timeUs, amount })
    }
  }

  /** Packets for a destination that loss models of the session kept back, in stretches that overlap this one. */
  keptBackIn(destination: string, fromUs: number, toUs: number): number {
    return amountIn(this.#kept, destination, fromUs, toUs)
  }

  /** Whether frames of a stretch could not be read, whatever they held. */
  wasPassedOver(fromUs: number, toUs: number): boolean {
    return this.#passed.some((stretch) => stretch.fromUs <= toUs && stretch.toUs >= fromUs)
  }

  /** Reading of the sockets was delayed by `lagMs` at some time within the stretch. */
  lag(lagMs: number, fromUs: number, timeUs: number): void {
    this.#longestLagMs = Math.max(this.#longestLagMs ?? 0, lagMs)
    if (lagMs > 0) remember(this.#lags, { destination: null, fromUs, toUs: timeUs, amount: lagMs })
  }

  /** Longest recent lag, ms; null where not sampled. */
  lagNow(nowUs: number): number | null {
    return this.#longestLagMs === null ? null : this.#longest(nowUs - RECENT_US, nowUs)
  }

  /** Packets dropped for a destination, or (null) in the capture, in stretches that overlap this one. */
  droppedIn(destination: string | null, fromUs: number, toUs: number): number {
    return amountIn(this.#drops, destination, fromUs, toUs)
  }

  lagIn(fromUs: number, toUs: number): number {
    return this.#longest(fromUs, toUs)
  }

  /** True where the system counts drops for a destination; also for any source but our sockets. */
  tells(destination: string): boolean {
    return !this.#untold.has(destination)
  }

  /** Receive buffer granted for a destination, bytes; null without a socket. */
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

function amountIn(stretches: readonly Stretch[], destination: string | null, fromUs: number, toUs: number): number {
  let amount = 0
  for (const stretch of stretches) {
    if (stretch.destination !== destination) continue
    if (stretch.fromUs <= toUs && stretch.toUs >= fromUs) amount += stretch.amount
  }
  return amount
}

function remember(stretches: Stretch[], stretch: Stretch): void {
  stretches.push(stretch)
  if (stretches.length > MAX_STRETCHES) stretches.shift()
}
