import type { ChannelSnapshot, ServiceSnapshot } from '../../contract/snapshot.ts'

/** Where the media of a service come from besides its signalling: the destinations of representations. */
export type ServiceParts = { readonly service: number; readonly destinations: readonly string[] }

type Service = Pick<ServiceSnapshot, 'id' | 'destination'>
type Channel = Pick<ChannelSnapshot, 'service' | 'destination' | 'representation'>

/** Destinations of each service that carry representations and nothing else; never that of its signalling. */
export function mediaDestinationsOf(services: readonly Service[], channels: readonly Channel[]): ServiceParts[] {
  const mixed = new Set<string>()
  for (const { destination, representation } of channels) if (representation === null) mixed.add(destination)
  for (const { destination } of services) if (destination !== null) mixed.add(destination)
  return services.map(({ id }) => {
    const own = channels.filter((channel) => channel.service === id && !mixed.has(channel.destination))
    return { service: id, destinations: [...new Set(own.map((channel) => channel.destination))] }
  })
}

/** A group of representations that nobody asked for during so long is left, µs. */
const IDLE_US = 10_000_000

/**
 * Which groups of representations are worth staying joined to (GPAC's dynsel): while somebody plays a service, those of its
 * destinations that are not asked for. Without a player nothing is left, so that the next one finds what there is.
 */
export class RepresentationSelection {
  /** When a file of it was last asked for, by service and destination. */
  readonly #asked = new Map<string, number>()
  /** When the players of a service began to ask, and when they last did. */
  readonly #playing = new Map<number, { sinceUs: number; lastUs: number }>()
  #left: ReadonlySet<string> = new Set()

  /** Destinations that are left now. */
  get left(): ReadonlySet<string> {
    return this.#left
  }

  /** A player asked for a file that this destination carries. @returns true where it had been left: join it again */
  asked(service: number, destination: string, nowUs: number): boolean {
    this.#asked.set(`${service} ${destination}`, nowUs)
    const playing = this.#playing.get(service)
    if (playing === undefined || nowUs - playing.lastUs > IDLE_US)
      this.#playing.set(service, { sinceUs: nowUs, lastUs: nowUs })
    else playing.lastUs = nowUs
    if (!this.#left.has(destination)) return false
    this.#left = new Set([...this.#left].filter((one) => one !== destination))
    return true
  }

  /** Looks again at what is asked for. @returns true where something is to be left */
  look(services: readonly ServiceParts[], nowUs: number): boolean {
    const idle = new Set<string>()
    const busy = new Set<string>()
    for (const { service, destinations } of services) {
      const playing = this.#playing.get(service)
      const active = playing !== undefined && nowUs - playing.lastUs <= IDLE_US && nowUs - playing.sinceUs >= IDLE_US
      for (const destination of destinations) {
        const askedUs = this.#asked.get(`${service} ${destination}`)
        if (active && (askedUs === undefined || nowUs - askedUs > IDLE_US)) idle.add(destination)
        // What was left stays so when its players stop: whoever asks for it brings it back.
        else if (!this.#left.has(destination)) busy.add(destination)
      }
    }
    const left = new Set([...this.#left, ...idle].filter((destination) => !busy.has(destination)))
    const more = [...left].some((destination) => !this.#left.has(destination))
    this.#left = left
    return more
  }
}
