import type { LogLevel, LogTopic } from '../contract/session-spec.ts'
import type { ChannelSnapshot } from '../contract/snapshot.ts'
import { partsOf, RepresentationSelection } from './representation-selection.ts'

/** Wall time between two looks at what players ask for, µs. */
const LOOK_US = 1_000_000

/** What carries a file: its TSI where that is known, else its representation. */
type Carrier = { readonly tsi: number | null; readonly representation: string | null }

type DynamicJoinsOptions = {
  readonly services: () => Parameters<typeof partsOf>[0]
  readonly channels: () => readonly ChannelSnapshot[]
  /** Leaves all of these destinations, and joins again those no longer named. */
  readonly leave: (left: ReadonlySet<string>) => void
  /** A destination is about to be left: what is under way there ends. */
  readonly left: (destination: string, nowUs: number) => void
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
}

/** Leaves groups that carry only representations no player asks for, and joins them again when one does (GPAC's dynsel). */
export class DynamicJoins {
  readonly #options: DynamicJoinsOptions
  readonly #selection = new RepresentationSelection()
  #lookedUs = 0

  constructor(options: DynamicJoinsOptions) {
    this.#options = options
  }

  /** A player asked for a file: what carries it is worth being joined. */
  asked(service: number, name: string, carrier: Carrier | null, nowUs: number): void {
    if (carrier === null) return
    const channel = this.#options
      .channels()
      .find(
        (each) =>
          each.service === service &&
          (carrier.tsi === null ? each.representation === carrier.representation : each.tsi === carrier.tsi),
      )
    if (channel === undefined || !this.#selection.asked(service, channel.destination, nowUs)) return
    this.#options.leave(this.#selection.left)
    this.#options.log('route', 'info', `Service ${service}: joined ${channel.destination} again, ${name} is asked for`)
  }

  /** Looks again at what is asked for, now and then. */
  look(nowUs: number): void {
    if (nowUs - this.#lookedUs < LOOK_US) return
    this.#lookedUs = nowUs
    const before = this.#selection.left
    if (!this.#selection.look(partsOf(this.#options.services(), this.#options.channels()), nowUs)) return
    for (const destination of this.#selection.left) {
      if (before.has(destination)) continue
      this.#options.left(destination, nowUs)
      this.#options.log('route', 'info', `Left ${destination}: nobody asks for what it carries`)
    }
    this.#options.leave(this.#selection.left)
  }
}
