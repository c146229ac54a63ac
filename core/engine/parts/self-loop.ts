import { hashOf, hexText } from '#platform'
import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { RepairFact } from '../../flow/facts.ts'
import type { FlowObject } from '../../flow/objects.ts'
import { Version } from '../../flow/version.ts'
import type { Receiving } from '../faces/receiving.ts'
import type { AnySection, ObjectNeeds, Part, PartHost } from '../part.ts'
import { LoopLedger } from '../self-loop/loop-ledger.ts'
import { LoopLink } from '../self-loop/loop-link.ts'
import { oneReceiver } from './repair.ts'

/** After the last packet, what is on its way is looked at this often, and waited for this long. */
const LOOK_MS = 50
const WAIT_MS = 3500
/** How long the times of joining are taken for current, µs. */
const JOINS_US = 100_000

/** Makes a self-loop, which has nothing to open. */
export async function openSelfLoop({ id }: PartSpec, host: PartHost): Promise<Part> {
  return new SelfLoopPart(id, host)
}

/** Compares what a session receives with what it sends; it ends the session once the broadcast is over and has come back. */
class SelfLoopPart implements Part {
  readonly id: string
  readonly #host: PartHost
  readonly #link: LoopLink
  readonly #ledger: LoopLedger
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  #receiving: Receiving | null = null
  #joins = new Map<string, number>()
  #joinsUs = 0
  #stopped = false
  #wake: () => void = () => undefined

  constructor(id: string, host: PartHost) {
    this.id = id
    this.#host = host
    this.#link = host.shared(LoopLink.key, () => new LoopLink())
    this.#ledger = new LoopLedger(host.nowUs, (destination) => this.#joinedUs(destination))
    this.#link.ledger = this.#ledger
    this.#sections = [
      {
        name: 'selfLoop',
        version: () => this.#version.of(this.#ledger.changes, this.#stopped ? 0 : Math.floor(host.nowUs() / 1e6)),
        read: () => this.#ledger.snapshot(),
      },
    ]
  }

  linked(from: Part): void {
    this.#receiving = oneReceiver(this.id, this.#receiving, from)
    this.#receiving.observe({
      objectEnded: (object) => this.#ended(object),
      objectRepaired: (index, repair) => this.#repaired(index, repair),
    })
  }

  async start(): Promise<void> {
    if (this.#receiving !== null) return
    throw new AppFailure(
      'bad-spec',
      `${this.id} compares what is received, and nothing is.`,
      'Link a receiver of the broadcast to it.',
    )
  }

  async run(): Promise<void> {
    await this.#link.over
    const untilUs = this.#host.nowUs() + WAIT_MS * 1000
    while (!this.#stopped && !this.#ledger.isSettled && this.#host.nowUs() < untilUs) await this.#pause()
    for (const source of this.#receiving?.sources ?? []) if (source.live) source.end?.()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    this.#ledger.end()
    this.#ledger.settle()
  }

  wants(): 'facts' {
    return 'facts'
  }

  needs(): ObjectNeeds {
    return { hash: true, patched: false }
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  #ended(object: FlowObject): void {
    const { state, size, index } = object
    if (state !== 'complete' || size === null) {
      this.#ledger.incomplete(object)
      return
    }
    const known = this.#receiving?.columns.objects.sha256Of(index) ?? null
    this.#ledger.received(object, known ?? hexText(hashOf('sha256', object.lease(0, size).bytes)))
  }

  #repaired(index: number, { how, whole }: RepairFact): void {
    if (how === 'http' && whole !== null) this.#ledger.repaired(index, hexText(hashOf('sha256', whole)))
  }

  #joinedUs(destination: string): number | null {
    const now = this.#host.nowUs()
    if (now - this.#joinsUs > JOINS_US) {
      this.#joinsUs = now
      const sockets = this.#receiving?.sources.flatMap((source) => source.sockets()) ?? []
      for (const { destination: joined, joinedWallUs } of sockets) this.#joins.set(joined, joinedWallUs)
    }
    return this.#joins.get(destination) ?? null
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
