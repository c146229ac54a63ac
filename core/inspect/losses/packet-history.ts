import type { ChannelFacts } from '../../flow/facts.ts'

/** Samples remembered: half a minute at four a second. */
const MAX_LOOKS = 120
/** Least interval of samples, µs. */
const LEAST_US = 100_000
/** Channels sampled; more is a storm of TSIs. */
const MAX_CHANNELS = 1024

type Look = { readonly timeUs: number; readonly packets: Float64Array }

/** Packet counts of channels at several times, to decide whether packets arrived between two of them. */
export class PacketHistory {
  readonly #looks: Look[] = []

  look(channels: readonly ChannelFacts[], timeUs: number): void {
    const last = this.#looks.at(-1)
    if (last !== undefined && timeUs >= last.timeUs && timeUs - last.timeUs < LEAST_US) return
    const oldest = this.#looks.length === MAX_LOOKS ? this.#looks.shift() : undefined
    const count = Math.min(channels.length, MAX_CHANNELS)
    const packets = oldest?.packets.length === count ? oldest.packets : new Float64Array(count)
    for (let index = 0; index < count; index++) packets[index] = channels[index]?.packets ?? 0
    this.#looks.push({ timeUs, packets })
  }

  /** Longest time from `fromUs` on without a packet of these channels, as far as remembered, µs. */
  silentUs(channels: readonly ChannelFacts[], fromUs: number): number {
    let first: Look | null = null
    let silentUs = 0
    for (const look of this.#looks) {
      if (look.timeUs < fromUs) continue
      first ??= look
      const { packets } = first
      if (channels.some(({ index }) => (look.packets[index] ?? 0) > (packets[index] ?? 0))) break
      silentUs = look.timeUs - fromUs
    }
    return silentUs
  }

  /** True where other channels of a channel's destination had packets within a stretch of time. */
  othersArrived(channels: readonly ChannelFacts[], channel: ChannelFacts, fromUs: number, toUs: number): boolean {
    const within = this.#looks.filter(({ timeUs }) => timeUs >= fromUs && timeUs <= toUs)
    const first = within[0]
    const last = within.at(-1)
    if (first === undefined || last === undefined) return false
    return channels.some(
      (each) =>
        each?.destination === channel.destination &&
        each !== channel &&
        (last.packets[each.index] ?? 0) > (first.packets[each.index] ?? 0),
    )
  }
}
