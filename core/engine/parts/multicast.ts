import type { PartSpec } from '../../contract/session-spec.ts'
import type { LeftSnapshot, SocketSnapshot } from '../../contract/snapshot.ts'
import type { Destination } from '../../flow/facts.ts'
import { Joins } from '../../socket/joins.ts'
import { SocketThread } from '../../socket/socket-thread.ts'
import { DatagramOutput } from '../datagram-output.ts'
import type { CaptureFacts, DatagramSource } from '../faces/datagram-source.ts'
import type { AnySection, Part, PartHost, PartTraffic } from '../part.ts'
import { type ReceiveAddress, readReceiveUrl } from '../receiving/receive-address.ts'
import { SourceState } from '../receiving/source-state.ts'
import type { MulticastSpec } from './multicast-options.ts'

/** Opens a multicast source. @throws AppFailure bad-url | interface-gone | join-refused | … */
export async function openMulticast(spec: PartSpec, host: PartHost): Promise<Part> {
  return new MulticastPart(spec as unknown as MulticastSpec, host)
}

/** Listens to a live multicast, and joins the destinations that its receivers want. */
class MulticastPart implements Part, DatagramSource {
  readonly id: string
  readonly label: string
  readonly kind = 'multicast'
  readonly interfaceName: string
  readonly output = new DatagramOutput()
  readonly addresses: readonly ReceiveAddress[]
  readonly wallClock = true
  readonly live = true
  readonly readToEnd = false
  readonly begun = Promise.resolve()
  readonly shiftUs = 0
  left: () => readonly LeftSnapshot[] = () => []
  readonly #host: PartHost
  readonly #tunnel: readonly Destination[] | null
  readonly #thread: SocketThread
  readonly #joins: Joins
  readonly #state: SourceState
  #detach: () => void = () => undefined
  #end: () => void = () => undefined
  readonly #ended: Promise<void>

  constructor(spec: MulticastSpec, host: PartHost) {
    const { url, services, interfaces = [], sourceAddresses = [], excludeSourceAddresses = [] } = spec
    const address: ReceiveAddress = readReceiveUrl(url, services)
    this.id = spec.id
    this.label = url
    this.addresses = [address]
    this.#tunnel = address.tunnel
    this.interfaceName = interfaces[0] ?? 'any'
    this.#host = host
    this.#state = new SourceState(this, host.nowUs)
    this.#thread = host.shared('sockets', () => new SocketThread(() => host.nowUs()))
    this.#joins = new Joins(
      {
        joinOn: interfaces,
        receiveBufferBytes: spec.bufferBytes,
        filter: { include: sourceAddresses, exclude: excludeSourceAddresses },
        nowUs: () => host.nowUs(),
        flows: host.flows,
        thread: this.#thread,
      },
      this.output,
      {
        log: (level, text) => host.log('socket', level, text),
        problem: (error) => host.problem(error, 'error'),
      },
    )
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get source(): DatagramSource {
    return this
  }

  link(to: Part): void {
    this.output.link(to)
  }

  start(): Promise<void> {
    this.output.connect()
    return this.#joins.opened()
  }

  run(): Promise<void> {
    this.#detach = this.#host.live.attach({
      output: this.output,
      flush: () => this.#thread.flush(),
      look: () => this.#joins.reportProblems(),
    })
    return this.#ended
  }

  async stop(): Promise<void> {
    this.end()
    await this.#joins.close()
  }

  want(destinations: readonly Destination[]): void {
    this.#joins.want(this.#tunnel ?? destinations)
  }

  leave(left: ReadonlySet<string>): void {
    this.#joins.leave(left)
  }

  end(): void {
    this.#detach()
    this.#end()
  }

  sockets(): readonly SocketSnapshot[] {
    return this.#joins.states()
  }

  capture(): CaptureFacts | null {
    return null
  }

  state(): readonly AnySection[] {
    return this.#state.sections
  }

  traffic(): PartTraffic {
    return { given: this.output.traffic }
  }
}
