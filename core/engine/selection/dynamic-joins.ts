import type { LogLevel, LogTopic } from '../../contract/session-spec.ts'
import type { ChannelSnapshot, LeftSnapshot, SocketSnapshot } from '../../contract/snapshot.ts'
import type { Destination } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { IdleSessions } from './idle-sessions.ts'
import { mediaDestinationsOf, RepresentationSelection } from './representation-selection.ts'

/** Interval of checks of the players' requests, µs. */
const LOOK_US = 1_000_000

/** Channel of a file: its number where known, else its representation. */
type FileChannel = { readonly number: number | null; readonly representation: string | null }

type DynamicJoinsOptions = {
  readonly services: () => Parameters<typeof mediaDestinationsOf>[0]
  readonly channels: () => readonly ChannelSnapshot[]
  readonly sockets: () => readonly SocketSnapshot[]
  /** Leaves these destinations, and joins again those no longer named. */
  readonly leave: (left: ReadonlySet<string>) => void
  /** Called before a destination is left: its open objects end. */
  readonly left: (destination: string, nowUs: number) => void
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
}

/**
 * Leaves groups that carry only representations no player asks for (GPAC's dynsel), and those silent for longer than their
 * configuration allows; joins them again when a player asks for what they carry.
 */
export class DynamicJoins {
  readonly #options: DynamicJoinsOptions
  readonly #selection = new RepresentationSelection()
  readonly #idle = new IdleSessions()
  #lookedUs = 0

  constructor(options: DynamicJoinsOptions) {
    this.#options = options
  }

  /** Takes the destinations that signalling wants, before they are joined. */
  want(destinations: readonly Destination[], target: ReceiveTarget): void {
    this.#joinAgain(this.#idle.want(destinations, target), 'the configuration has changed')
  }

  /**
   * Reports a player's request for a file, whose destination is then joined.
   * @param carrier null where it is not known
   * @param have whether the file is stored already
   */
  asked(service: number, name: string, carrier: FileChannel | null, have: boolean, nowUs: number): void {
    if (carrier === null && have) return
    const channel =
      carrier === null
        ? undefined
        : this.#options
            .channels()
            .find(
              (each) =>
                each.service === service &&
                (carrier.number === null
                  ? each.representation === carrier.representation
                  : each.tsi === carrier.number),
            )
    const destination = channel?.destination ?? null
    const back = this.#idle.asked(service, destination, nowUs)
    if (destination !== null && this.#selection.asked(service, destination, nowUs)) back.push(destination)
    this.#joinAgain(back, `${name} of service ${service} is asked for`)
  }

  /** Checks requests and silent sessions once a second, and leaves destinations. */
  look(nowUs: number): void {
    if (nowUs - this.#lookedUs < LOOK_US) return
    this.#lookedUs = nowUs
    const before = this.#selection.left
    if (this.#selection.look(mediaDestinationsOf(this.#options.services(), this.#options.channels()), nowUs)) {
      const unasked = [...this.#selection.left].filter((destination) => !before.has(destination))
      this.#leave(unasked, () => 'no player asks for it', nowUs)
    }
    const silent = this.#idle.look(this.#options.sockets(), nowUs)
    this.#leave(silent, (destination) => `silent for ${seconds(this.#idle.silentMs(destination))}`, nowUs)
  }

  /** Destinations that are left, and why. */
  left(): LeftSnapshot[] {
    const unasked = [...this.#selection.left].map((destination) => ({
      destination,
      reason: 'no player asks for it',
    }))
    const silent = [...this.#idle.left]
      .filter((destination) => !this.#selection.left.has(destination))
      .map((destination) => ({ destination, reason: `silent for ${seconds(this.#idle.silentMs(destination))}` }))
    return [...unasked, ...silent]
  }

  #leave(destinations: readonly string[], reason: (destination: string) => string, nowUs: number): void {
    if (destinations.length === 0) return
    for (const destination of destinations) {
      this.#options.left(destination, nowUs)
      this.#options.log('route', 'info', `Left ${destination}: ${reason(destination)}`)
    }
    this.#apply()
  }

  #joinAgain(destinations: readonly string[], reason: string): void {
    if (destinations.length === 0) return
    this.#apply()
    this.#options.log('route', 'info', `Joined ${[...new Set(destinations)].join(', ')} again: ${reason}`)
  }

  #apply(): void {
    this.#options.leave(new Set([...this.#selection.left, ...this.#idle.left]))
  }
}

function seconds(ms: number | null): string {
  return `${Math.round((ms ?? 0) / 100) / 10} s`
}
