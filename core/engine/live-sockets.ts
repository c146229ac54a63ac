import type { AppError } from '../contract/app-error.ts'
import type { LogLevel, LogTopic, MulticastSource } from '../contract/session-spec.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import { AppFailure, toAppError } from '../failure/app-failure.ts'
import type { DatagramSink } from '../protocol/ip/flow.ts'
import type { FlowTable } from '../protocol/ip/flow-table.ts'
import type { Destination } from '../receive/observer.ts'
import { MulticastReceiver } from '../socket/multicast-receiver.ts'
import type { SocketThread } from '../socket/socket-thread.ts'

export type LiveContext = {
  readonly nowUs: () => number
  readonly log: (topic: LogTopic, level: LogLevel, text: string) => void
  readonly onProblem: (error: AppError) => void
}

/** The sockets of one live source: joined and left as the receiver wants, their troubles told once. */
export class LiveSockets {
  readonly #receiver: MulticastReceiver
  readonly #context: LiveContext
  readonly #wanted = new Set<string>()
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
    const keys = new Set(destinations.map(({ address, port }) => `${address} ${port}`))
    for (const key of this.#wanted) {
      if (keys.has(key)) continue
      const [address = '', port] = key.split(' ')
      this.#wanted.delete(key)
      this.#receiver.leave(address, Number(port))
    }
    for (const { address, port } of destinations) {
      const key = `${address} ${port}`
      if (this.#wanted.has(key)) continue
      this.#wanted.add(key)
      this.#joins.push(
        this.#receiver.join(address, port).then(
          () => this.#context.log('socket', 'info', `Joined ${address}:${port}`),
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
