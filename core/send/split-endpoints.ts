import { AppFailure } from '../failure/app-failure.ts'
import type { LiveTrack, PresentationTrack } from '../ingest/presentation.ts'
import { PacketSender } from './emitter.ts'

/** Which media leave the group and port of their service: none, each kind, each track, or each track to a group of its own. */
export type SplitMode = 'off' | 'type' | 'all' | 'mcast'

/** A multicast group and port. */
export type Endpoint = { readonly address: string; readonly port: number }

const LAST_PORT = 65_535
const OCTETS = 4
/** Most endpoints of a service whose tracks come and go. */
const MOST_GROWING = 64

/** Gives the tracks of one broadcast after another their endpoints; signalling and files stay at the service's. */
export class SplitEndpoints {
  readonly #mode: SplitMode
  readonly #base: string
  readonly #firstPort: number
  #given = 0

  /**
   * @param address group of the services
   * @param firstPort after the last port of a service
   */
  constructor(mode: SplitMode, address: string, firstPort: number) {
    this.#mode = mode
    this.#base = address
    this.#firstPort = firstPort
  }

  /** An endpoint for each track of a service. @throws AppFailure bad-spec, where there are not enough */
  of(service: Endpoint, tracks: readonly PresentationTrack[]): Endpoint[] {
    if (this.#mode === 'off') return tracks.map(() => service)
    const ofKind = new Map<string | null, Endpoint>()
    return tracks.map(({ contentType }) => {
      const known = this.#mode === 'type' ? ofKind.get(contentType) : undefined
      if (known !== undefined) return known
      const endpoint = this.#next()
      ofKind.set(contentType, endpoint)
      return endpoint
    })
  }

  /**
   * Endpoints for the tracks of a service that come one after another: that of a kind, or of a representation, is the same in
   * every period. Where there are no more, later ones have the service's.
   */
  growing(service: Endpoint): (track: Pick<LiveTrack, 'contentType' | 'repId'>) => Endpoint {
    if (this.#mode === 'off') return () => service
    const given = new Map<string | null, Endpoint>()
    return ({ contentType, repId }) => {
      const key = this.#mode === 'type' ? contentType : repId
      const known = given.get(key)
      if (known !== undefined) return known
      const endpoint = given.size < MOST_GROWING ? this.#next() : service
      given.set(key, endpoint)
      return endpoint
    }
  }

  #next(): Endpoint {
    this.#given++
    const port = this.#mode === 'mcast' ? this.#firstPort : this.#firstPort + this.#given - 1
    if (port > LAST_PORT)
      throw new AppFailure('bad-spec', 'There are not enough ports after the services.', 'Use a lower port.')
    if (this.#mode !== 'mcast') return { address: this.#base, port }
    return { address: this.#groupAfter(this.#given), port }
  }

  #groupAfter(count: number): string {
    const octets = this.#base.split('.').map(Number)
    if (octets.length !== OCTETS)
      throw new AppFailure(
        'bad-spec',
        `${this.#base} has no next groups for the tracks: only IPv4 groups are counted.`,
        'Use an IPv4 group, or another way to split.',
      )
    const value = octets.reduce((sum, octet) => sum * 256 + octet, 0) + count
    // The last IPv4 group is 239.255.255.255.
    if (value >= 240 * 2 ** 24)
      throw new AppFailure('bad-spec', `There are not ${count} groups after ${this.#base}.`, 'Use a lower group.')
    return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.')
  }
}

/** A sender for each endpoint, in their order. */
export function sendersOf(endpoints: readonly Endpoint[], mtu: number): PacketSender[] {
  return endpoints.map(({ address, port }) => new PacketSender(address, port, mtu))
}
