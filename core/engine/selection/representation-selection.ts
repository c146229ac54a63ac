import type { ServiceSnapshot } from '../../contract/service-snapshot.ts'
import type { ChannelSnapshot } from '../../contract/snapshot.ts'

/** Destinations of a service's representations. */
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

/** Time without requests after which a group is left, µs. */
const IDLE_US = 10_000_000

/**
 * Finds groups of representations to leave (GPAC's dynsel): while a service is played, those of its destinations that no player
 * asks for. Without a player nothing is left, so that the next one finds every representation.
 */
export class RepresentationSelection {
  /** Time of the last request, by service and destination. */
  readonly #asked = new Map<string, number>()
  /** Times of the first and last request of players, by service. */
  readonly #playing = new Map<number, { sinceUs: number; lastUs: number }>()
  #left: ReadonlySet<string> = new Set()

  /** Destinations that are left. */
  get left(): ReadonlySet<string> {
    return this.#left
  }

  /** Reports a request for a file of this destination. @returns true where it is to be joined again */
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

  /** Checks which destinations to leave. @returns true where there is a new one */
  look(services: readonly ServiceParts[], nowUs: number): boolean {
    const idle = new Set<string>()
    const busy = new Set<string>()
    for (const { service, destinations } of services) {
      const playing = this.#playing.get(service)
      const active = playing !== undefined && nowUs - playing.lastUs <= IDLE_US && nowUs - playing.sinceUs >= IDLE_US
      for (const destination of destinations) {
        const askedUs = this.#asked.get(`${service} ${destination}`)
        if (active && (askedUs === undefined || nowUs - askedUs > IDLE_US)) idle.add(destination)
        // A destination stays left when its players stop; the next request joins it again.
        else if (!this.#left.has(destination)) busy.add(destination)
      }
    }
    const left = new Set([...this.#left, ...idle].filter((destination) => !busy.has(destination)))
    const more = [...left].some((destination) => !this.#left.has(destination))
    this.#left = left
    return more
  }
}
