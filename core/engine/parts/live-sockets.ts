import type { AppError } from '../../contract/app-error.ts'
import type { LogLevel, LogTopic } from '../../contract/session-spec.ts'
import type { MulticastSource } from '../../contract/session-spec-1.ts'
import type { SocketSnapshot } from '../../contract/snapshot.ts'
import { AppFailure, toAppError } from '../../failure/app-failure.ts'
import type { DatagramSink } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { FlowTable } from '../../protocol/ip/flow-table.ts'
import { MulticastReceiver } from '../../socket/multicast-receiver.ts'
import type { SocketThread } from '../../socket/socket-thread.ts'

/** What live sockets get from their session. */
export type LiveContext = {
  readonly nowUs: () => number
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
  readonly onProblem: (error: AppError) => void
}

/** The sockets of one live source: joined and left as the receiver wants, their troubles told once. */
export class LiveSockets {
  readonly #receiver: MulticastReceiver
  readonly #context: LiveContext
  /** By `ip:port`. */
  readonly #wanted = new Map<string, { readonly destination: Destination; readonly from: string }>()
  readonly #joins: Promise<void>[] = []
  readonly #problems = new Map<string, AppError | null>()
  #joinFailure: AppError | null = null
  #open = false
  /** As they were when they were closed. */
  #last: readonly SocketSnapshot[] | null = null

  constructor(
    source: MulticastSource,
    thread: SocketThread,
    flows: FlowTable,
    sink: DatagramSink,
    context: LiveContext,
  ) {
    this.#context = context
    this.#receiver = new MulticastReceiver(
      {
        ...(source.interfaces === undefined ? {} : { joinOn: source.interfaces }),
        ...(source.bufferBytes === undefined ? {} : { receiveBufferBytes: source.bufferBytes }),
        filter: { include: source.sourceAddresses ?? [], exclude: source.excludeSourceAddresses ?? [] },
        nowUs: context.nowUs,
        flows,
        thread,
      },
      sink,
    )
  }

  /** Joins what is wanted; what no longer is, is left. */
  want(destinations: readonly Destination[]): void {
    const wanted = new Map(
      destinations.map((destination) => [formatDestination(destination.address, destination.port), destination]),
    )
    for (const [key, { destination, from }] of this.#wanted) {
      const still = wanted.get(key)
      // A group whose senders have changed is joined anew.
      if (still !== undefined && sendersOf(still) === from) continue
      this.#wanted.delete(key)
      this.#receiver.leave(destination.address, destination.port)
    }
    for (const [key, destination] of wanted) {
      if (this.#wanted.has(key)) continue
      const from = sendersOf(destination)
      this.#wanted.set(key, { destination, from })
      this.#joins.push(
        this.#receiver.join(destination.address, destination.port, destination.sources).then(
          (refusal) => {
            if (refusal !== null)
              this.#context.log(
                'socket',
                'warning',
                `${key} cannot be joined for packets of ${from} only, as signalled; whoever sends is heard: ${refusal.message}`,
              )
            this.#context.log('socket', 'info', `Joined ${key}`)
          },
          (thrown) => {
            this.#joinFailure ??= toAppError(thrown)
            if (this.#open) this.#context.onProblem(toAppError(thrown))
          },
        ),
      )
    }
  }

  /**
   * Waits for the destinations wanted so far. They must be there before the session counts as open; later ones only report
   * their trouble.
   * @throws AppFailure of the first that could not be joined
   */
  async opened(): Promise<void> {
    await Promise.all(this.#joins)
    this.#joins.length = 0
    this.#open = true
    if (this.#joinFailure === null) return
    const { code, message, tryThis, cause } = this.#joinFailure
    await this.#receiver.close()
    throw new AppFailure(code, message, tryThis, cause)
  }

  /** A socket says itself what is wrong with it, such as an interface that has gone; whoever does not look at it is told once. */
  tellProblems(): void {
    for (const { destination, problem } of this.#receiver.sockets()) {
      const told = this.#problems.get(destination) ?? null
      if (problem?.message === told?.message) continue
      this.#problems.set(destination, problem)
      if (problem !== null) this.#context.onProblem(problem)
      else this.#context.log('socket', 'info', `${destination} is received again`)
    }
  }

  states(): readonly SocketSnapshot[] {
    return this.#last ?? this.#receiver.sockets()
  }

  async close(): Promise<void> {
    this.#last ??= this.#receiver.sockets()
    await this.#receiver.close()
  }
}

function sendersOf({ sources }: Destination): string {
  return (sources ?? []).join(', ')
}
