import type { AppError } from '../contract/app-error.ts'
import type { LinkSpec } from '../contract/session-spec.ts'
import { toAppError } from '../failure/app-failure.ts'
import type { Receiving } from './faces/receiving.ts'
import type { GraphPlan, PlannedPart } from './graph-plan.ts'
import type { Part, PartHost, StopReason } from './part.ts'

/** Services of the session that runs the graph. */
export type GraphHost = {
  /** Makes the host of one part. */
  partHost(planned: PlannedPart): PartHost
  /** Reports a part that failed while it ran or was stopped. */
  failed(error: AppError): void
  /** Called when all parts are open and none has started. Rejects to end the session. */
  opened(): Promise<void>
  /** Called once all sources have stopped. */
  sourcesStopped(): Promise<void>
}

type Node = { readonly planned: PlannedPart; readonly part: Part }

/** The running parts of a session, linked as planned. */
export class Graph {
  readonly #plan: GraphPlan
  readonly #host: GraphHost
  /** In the order of the links. */
  #nodes: Node[] = []
  #changes = 0

  constructor(plan: GraphPlan, host: GraphHost) {
    this.#plan = plan
    this.#host = host
  }

  /** In the order of the links: a giver precedes its takers. */
  get parts(): readonly Part[] {
    return this.#nodes.map(({ part }) => part)
  }

  /** Which part feeds which, without parts added later. */
  get links(): readonly LinkSpec[] {
    return this.#plan.links
  }

  /** Running parts with their plans. */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /**
   * Opens and links all parts, sinks before sources, so that nothing arrives too early.
   * @throws AppFailure for the first part that cannot be opened; `close` closes those opened before
   */
  async open(): Promise<void> {
    for (const planned of [...this.#plan.parts].reverse()) {
      const { kind, spec, together } = planned
      this.#nodes.unshift({ planned, part: await kind.open(spec, this.#host.partHost(planned), together) })
    }
    for (const { from, to } of this.#plan.links) {
      const [giver, taker] = [this.#part(from), this.#part(to)]
      taker.linked?.(giver)
      giver.link?.(taker)
    }
    for (const { part } of this.#nodes) await part.ready?.()
    await this.#host.opened()
    for (const { part } of [...this.#nodes].reverse()) await part.start?.()
  }

  /** The receiver that a part is, follows or feeds; null where there is none. */
  receivingOf(id: string): Receiving | null {
    const near = new Set([id])
    for (const each of near) {
      const receiving = this.#nodes.find(({ planned }) => planned.spec.id === each)?.part.receiving
      if (receiving) return receiving
      for (const { from, to } of this.#plan.links) if (to === each) near.add(from)
    }
    const [taker] = this.#plan.links.filter(({ from, to }) => from === id && this.#part(to).receiving)
    return taker === undefined ? null : (this.#part(taker.to).receiving ?? null)
  }

  /** Grows when parts are added or removed while the graph runs. */
  get changes(): number {
    return this.#changes
  }

  /** Adds a part that was opened and linked later, as the last. */
  add(planned: PlannedPart, part: Part): void {
    this.#changes++
    this.#nodes.push({ planned, part })
  }

  /** Removes a part that was added later and has stopped. */
  remove(part: Part): void {
    this.#changes++
    this.#nodes = this.#nodes.filter((node) => node.part !== part)
  }

  /** Runs all parts. Settles when the sources have ended, or all parts where there are no sources. */
  async run(): Promise<void> {
    const running = this.#nodes.flatMap(({ part }) => {
      const run = part.run?.()
      if (run === undefined) return []
      run.catch((thrown) => this.#host.failed(toAppError(thrown)))
      return [{ part, run }]
    })
    const leading = running.filter(({ part }) => part.source)
    await Promise.allSettled((leading.length > 0 ? leading : running).map(({ run }) => run))
  }

  /**
   * Stops what sends, so that the last of it can be received back, then sources, then flushes the other parts, each in the order of
   * the links. Never rejects.
   */
  async stop(why: StopReason): Promise<void> {
    const senders = this.#nodes.filter(({ planned }) => planned.kind.description.side === 'send')
    for (const { part } of senders) await this.#try(() => part.stop(why))
    const received = this.#nodes.filter((node) => !senders.includes(node))
    const sources = received.filter(({ planned }) => planned.kind.description.takes === null)
    await Promise.all(sources.map(({ part }) => this.#try(() => part.stop(why))))
    await this.#try(() => this.#host.sourcesStopped())
    const others = received.filter((node) => !sources.includes(node))
    for (const { part } of others) part.ending?.()
    for (const { part } of others) await this.#try(() => part.stop(why))
    for (const { part } of this.#nodes) await this.#try(() => part.finish?.() ?? Promise.resolve())
  }

  /** Drops pending fetches, so that `stop` settles soon. */
  flush(): void {
    for (const { part } of this.#nodes) part.flush?.()
  }

  /** Closes all parts. Never rejects. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#nodes.map(({ part }) => part.close?.()))
  }

  /** The plan in words, see `describePlan`. */
  describe(): string {
    return describePlan(this.#plan)
  }

  #part(id: string): Part {
    const node = this.#nodes.find(({ planned }) => planned.spec.id === id)
    if (node === undefined) throw new Error(`no part ${id}`)
    return node.part
  }

  async #try(what: () => Promise<unknown>): Promise<void> {
    try {
      await what()
    } catch (thrown) {
      this.#host.failed(toAppError(thrown))
    }
  }
}

/** One line for each link, `a (multicast) -> receiver*`, and for each part without links; `*`: implied. */
export function describePlan({ parts, links }: GraphPlan): string {
  const name = (id: string): string => {
    const part = parts.find(({ spec }) => spec.id === id)
    const more = part?.together.map((spec) => `+${spec.id}`).join('') ?? ''
    const kind = part?.spec.kind === id ? '' : ` (${part?.spec.kind})`
    return `${id}${more}${part?.implied ? '*' : ''}${kind}`
  }
  const linked = (id: string): boolean => links.some(({ from, to }: LinkSpec) => from === id || to === id)
  const order = new Map(parts.map(({ spec }, at) => [spec.id, at]))
  const sorted = [...links].sort(
    (a, b) => (order.get(a.from) ?? 0) - (order.get(b.from) ?? 0) || (order.get(a.to) ?? 0) - (order.get(b.to) ?? 0),
  )
  return [
    ...sorted.map(({ from, to }) => `${name(from)} -> ${name(to)}`),
    ...parts.filter(({ spec }) => !linked(spec.id)).map(({ spec }) => name(spec.id)),
  ].join('\n')
}
