import type { AppError } from '../contract/app-error.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import type { DatagramSink } from '../flow/datagrams.ts'
import type { Destination } from '../flow/facts.ts'
import { formatDestination } from '../protocol/ip/address.ts'
import { MulticastReceiver, type MulticastReceiverOptions } from './multicast-receiver.ts'

/** Takes log lines and problems of the sockets. */
export type JoinsHost = {
  readonly log: (level: 'info' | 'warning', text: string) => void
  readonly problem: (error: AppError) => void
}

/** Joins the groups that one live source wants, except those left while idle. */
export class Joins {
  readonly #receiver: MulticastReceiver
  readonly #host: JoinsHost
  #wanted: readonly Destination[] = []
  /** Destinations left while idle, as `ip:port`. */
  #left: ReadonlySet<string> = new Set()
  /** By `ip:port`. */
  readonly #joined = new Map<string, { readonly destination: Destination; readonly from: string }>()
  readonly #joining: Promise<void>[] = []
  readonly #problems = new Map<string, AppError | null>()
  /** How datagrams are read, as logged last. */
  #reading = ''
  #joinFailure: AppError | null = null
  #open = false
  /** The sockets at the moment they were closed. */
  #last: readonly SocketSnapshot[] | null = null

  constructor(options: MulticastReceiverOptions, sink: DatagramSink, host: JoinsHost) {
    this.#host = host
    this.#receiver = new MulticastReceiver(options, sink)
  }

  /** Joins these destinations and leaves all others. */
  want(destinations: readonly Destination[]): void {
    this.#wanted = destinations
    this.#apply()
  }

  /** Leaves these destinations (`ip:port`) although they are wanted, and rejoins those no longer listed. */
  leave(left: ReadonlySet<string>): void {
    this.#left = left
    this.#apply()
  }

  /**
   * Waits for the destinations wanted so far. The session opens only when they are joined; later ones only report their
   * problems.
   * @throws AppFailure of the first failed join
   */
  async opened(): Promise<void> {
    await Promise.all(this.#joining)
    this.#joining.length = 0
    this.#open = true
    if (this.#joinFailure === null) return
    const { code, message, tryThis, cause } = this.#joinFailure
    await this.#receiver.close()
    throw new AppFailure(code, message, tryThis, cause)
  }

  /** Reports each problem of a socket once, such as a removed interface, and its end. */
  reportProblems(): void {
    for (const { destination, problem } of this.#receiver.sockets()) {
      const reported = this.#problems.get(destination) ?? null
      if (problem?.message === reported?.message) continue
      this.#problems.set(destination, problem)
      if (problem !== null) this.#host.problem(problem)
      else this.#host.log('info', `${destination} is received again`)
    }
  }

  states(): readonly SocketSnapshot[] {
    return this.#last ?? this.#receiver.sockets()
  }

  async close(): Promise<void> {
    this.#last ??= this.#receiver.sockets()
    await this.#receiver.close()
  }

  #apply(): void {
    const wanted = new Map<string, Destination>()
    for (const destination of this.#wanted) {
      const key = formatDestination(destination.address, destination.port)
      if (!this.#left.has(key)) wanted.set(key, destination)
    }
    for (const [key, { destination, from }] of this.#joined) {
      const still = wanted.get(key)
      // A group with changed senders is joined again.
      if (still !== undefined && sendersOf(still) === from) continue
      this.#joined.delete(key)
      this.#receiver.leave(destination.address, destination.port)
    }
    for (const [key, destination] of wanted) if (!this.#joined.has(key)) this.#join(key, destination)
  }

  #join(key: string, destination: Destination): void {
    const from = sendersOf(destination)
    this.#joined.set(key, { destination, from })
    const joining = this.#receiver.join(destination.address, destination.port, destination.sources).then(
      (refusal) => {
        if (refusal !== null)
          this.#host.log(
            'warning',
            `${key} cannot be joined for packets of ${from} only, as signalled; any sender is accepted: ${refusal.message}`,
          )
        this.#host.log('info', `Joined ${key}`)
        this.#logReading(key)
      },
      (thrown) => {
        this.#joinFailure ??= toAppError(thrown)
        if (this.#open) this.#host.problem(toAppError(thrown))
      },
    )
    this.#joining.push(joining)
  }

  /** Logs once how datagrams are read, and again where it changes. */
  #logReading(key: string): void {
    const reading = this.#receiver.sockets().find(({ destination }) => destination === key)?.reading
    if (reading === undefined || reading === this.#reading) return
    this.#reading = reading
    this.#host.log('info', `Datagrams are read ${reading}`)
  }
}

function sendersOf({ sources }: Destination): string {
  return (sources ?? []).join(', ')
}
