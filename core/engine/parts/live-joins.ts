import type { SocketSnapshot } from '../../contract/snapshot.ts'
import type { DatagramSink } from '../../flow/datagrams.ts'
import type { Destination } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { FlowTable } from '../../protocol/ip/flow-table.ts'
import { SocketThread } from '../../socket/socket-thread.ts'
import type { ReceivingPlan } from '../spec/receiving-sources.ts'
import { type LiveContext, LiveSockets } from './live-sockets.ts'

type Joined = { readonly target: ReceiveTarget; readonly sockets: LiveSockets; wanted: readonly Destination[] }

/** The sockets of all live sources of a session: each joins what its own target wants, but what is left for now. */
export class LiveJoins {
  readonly #sources: readonly Joined[]
  /** Reads the sockets of all of them. */
  readonly #thread: SocketThread
  #left: ReadonlySet<string> = new Set()

  constructor(live: ReceivingPlan['live'], flows: FlowTable, sink: DatagramSink, context: LiveContext) {
    this.#thread = new SocketThread(context.nowUs)
    this.#sources = live.map(({ source, target }) => ({
      target,
      sockets: new LiveSockets(source, this.#thread, flows, sink, context),
      wanted: [],
    }))
  }

  want(destinations: readonly Destination[], target: ReceiveTarget): void {
    const source = this.#sources.find((each) => each.target === target)
    if (source === undefined) return
    source.wanted = destinations
    this.#join(source)
  }

  /** Leaves these destinations, `ip:port`, though they are wanted, and joins again those that are no longer named. */
  leave(left: ReadonlySet<string>): void {
    this.#left = left
    for (const source of this.#sources) this.#join(source)
  }

  /** @throws AppFailure of the first that could not be joined; all are closed then */
  async opened(): Promise<void> {
    try {
      for (const { sockets } of this.#sources) await sockets.opened()
    } catch (failure) {
      await this.close()
      throw failure
    }
  }

  /** Hands on what has arrived by now: before time is told to pass for what waits for it. */
  flush(): void {
    this.#thread.flush()
  }

  tellProblems(): void {
    for (const { sockets } of this.#sources) sockets.tellProblems()
  }

  states(): SocketSnapshot[] {
    return this.#sources.flatMap(({ sockets }) => sockets.states())
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map(({ sockets }) => sockets.close()))
    await this.#thread.close()
  }

  #join({ sockets, wanted }: Joined): void {
    sockets.want(wanted.filter(({ address, port }) => !this.#left.has(formatDestination(address, port))))
  }
}
