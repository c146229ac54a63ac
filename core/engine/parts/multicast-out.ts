import type { AppError } from '../../contract/app-error.ts'
import { defined } from '../../contract/defined.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import type { Flow } from '../../flow/datagrams.ts'
import { MulticastSender } from '../../socket/multicast-sender.ts'
import type { DatagramInput } from '../faces/datagram-input.ts'
import type { Part, PartHost, PartTraffic } from '../part.ts'
import type { MulticastOutSpec } from './multicast-out-options.ts'

/** Opens the sockets of sending. @throws AppFailure address-not-local | interface-gone | socket-failed */
export async function openMulticastOut(spec: PartSpec, host: PartHost): Promise<Part> {
  const { id, interface: on, ttl } = spec as unknown as MulticastOutSpec
  return new MulticastOutPart(id, await MulticastSender.open({ ttl, ...defined({ interface: on }) }), host)
}

/** Sends datagrams to their destinations. */
class MulticastOutPart implements Part, DatagramInput {
  readonly id: string
  readonly toNetwork = true
  readonly #sender: MulticastSender
  readonly #host: PartHost
  readonly #reported = new Set<string>()
  /** Datagrams since the event loop had a turn. */
  #since = 0

  constructor(id: string, sender: MulticastSender, host: PartHost) {
    this.id = id
    this.#sender = sender
    this.#host = host
    host.log('socket', 'debug', `${id} sends ${sender.isBatching ? 'in batches' : 'packet by packet'}`)
  }

  get input(): DatagramInput {
    return this
  }

  sourceOf(group: string): string | null {
    return this.#sender.sourceOf(group)
  }

  get lost(): number {
    return this.#sender.counters.errors
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number): void {
    // Most datagrams fill their buffer and need no view.
    const payload = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
    this.#sender.send(flow.destinationAddress, flow.destinationPort, payload)
    this.#since++
  }

  /** Back-pressure: null where nothing was sent; otherwise settles when the system has it and everything else had a turn. */
  busy(): Promise<void> | null {
    this.#sender.flush()
    this.#report(this.#sender.problem)
    if (this.#since === 0) return null
    this.#since = 0
    return this.#sender.counters.pending === 0 ? turn() : this.#sender.drained()
  }

  async stop(): Promise<void> {
    await this.#sender.drained()
  }

  async close(): Promise<void> {
    await this.#sender.close()
  }

  traffic(): PartTraffic {
    return { waiting: { items: this.#sender.counters.pending, bytes: 0 } }
  }

  /** Reports packets that cannot be sent, once for each reason. */
  #report(problem: AppError | null): void {
    if (problem === null || this.#reported.has(problem.message)) return
    this.#reported.add(problem.message)
    this.#host.problem(problem, 'error')
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
