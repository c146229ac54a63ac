import type { ChannelFacts } from '../../flow/facts.ts'

/** Samples remembered: half a minute at four a second. */
const MAX_LOOKS = 120
/** Least interval of samples, µs. */
const LEAST_US = 100_000
/** Channels sampled; more is a storm of TSIs. */
const MAX_CHANNELS = 1024

/** Packets of each channel by its index, and of all channels of each destination by the destination's number. */
type Look = { readonly timeUs: number; readonly packets: Float64Array; readonly sums: Float64Array }

/**
 * Packet counts of channels at several times, to decide whether packets arrived between two of them. The sum of a destination
 * answers for all its channels: a storm of losses asks with each packet.
 */
export class PacketHistory {
  readonly #looks: Look[] = []
  readonly #destinations = new Map<string, number>()
  /** By channel: number of its destination. */
  readonly #numbers: number[] = []

  channelSeen({ index, destination }: ChannelFacts): void {
    if (index >= MAX_CHANNELS) return
    let number = this.#destinations.get(destination)
    if (number === undefined) {
      number = this.#destinations.size
      this.#destinations.set(destination, number)
    }
    this.#numbers[index] = number
  }

  look(channels: readonly ChannelFacts[], timeUs: number): void {
    const last = this.#looks.at(-1)
    if (last !== undefined && timeUs >= last.timeUs && timeUs - last.timeUs < LEAST_US) return
    const oldest = this.#looks.length === MAX_LOOKS ? this.#looks.shift() : undefined
    const count = Math.min(channels.length, MAX_CHANNELS)
    const { size } = this.#destinations
    const isOfUse = oldest?.packets.length === count && oldest.sums.length === size
    const packets = isOfUse ? oldest.packets : new Float64Array(count)
    const sums = isOfUse ? oldest.sums.fill(0) : new Float64Array(size)
    for (let index = 0; index < count; index++) {
      const arrived = channels[index]?.packets ?? 0
      packets[index] = arrived
      const number = this.#numbers[index]
      if (number !== undefined) sums[number] = (sums[number] as number) + arrived
    }
    this.#looks.push({ timeUs, packets, sums })
  }

  /** Longest time from `fromUs` on without a packet of a destination, as far as remembered, µs. */
  silentUs(destination: string, fromUs: number): number {
    const number = this.#destinations.get(destination) ?? -1
    let before = -1
    let silentUs = 0
    for (const { timeUs, sums } of this.#looks) {
      if (timeUs < fromUs) continue
      const sum = sums[number] ?? 0
      if (before < 0) before = sum
      if (sum > before) break
      silentUs = timeUs - fromUs
    }
    return silentUs
  }

  /** True where other channels of a channel's destination had packets within a stretch of time. */
  othersArrived({ index, destination }: ChannelFacts, fromUs: number, toUs: number): boolean {
    let first: Look | null = null
    let last: Look | null = null
    for (const look of this.#looks) {
      if (look.timeUs < fromUs || look.timeUs > toUs) continue
      first ??= look
      last = look
    }
    if (first === null || last === null) return false
    const number = this.#destinations.get(destination) ?? -1
    const all = (last.sums[number] ?? 0) - (first.sums[number] ?? 0)
    return all > (last.packets[index] ?? 0) - (first.packets[index] ?? 0)
  }
}
