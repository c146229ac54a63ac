import type { AppError } from '../contract/app-error.ts'
import type { LinkSpec } from '../contract/session-spec.ts'
import { toAppError } from '../failure/app-failure.ts'
import type { Receiving } from './faces/receiving.ts'
import type { GraphPlan, PlannedPart } from './graph-plan.ts'
import type { Part, PartHost, StopReason } from './part.ts'

/** What the graph asks of the session that runs it. */
export type GraphHost = {
  /** What one part gets. */
  partHost(planned: PlannedPart): PartHost
  /** A part failed while it ran or was stopped. */
  failed(error: AppError): void
  /** The sources have stopped: nothing arrives any more. */
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

  /** In the order of the links: whatever gives comes before what takes. */
  get parts(): readonly Part[] {
    return this.#nodes.map(({ part }) => part)
  }

  /** Which part feeds which; those taken in later are not in it. */
  get links(): readonly LinkSpec[] {
    return this.#plan.links
  }

  /** With what was planned of each. */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /**
   * Opens and links all parts, sinks before sources, so that nothing arrives before it can be kept.
   * @throws AppFailure for the first thing that cannot be opened; `close` gives back what was opened before
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
    for (const { part } of [...this.#nodes].reverse()) await part.start?.()
  }

  /** The receiver that a part is, stands behind or gives to; null where there is none. */
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

  /** Grows when parts come or go while it runs. */
  get changes(): number {
    return this.#changes
  }

  /** Takes in a part that was opened and linked later, as the last. */
  add(planned: PlannedPart, part: Part): void {
    this.#changes++
    this.#nodes.push({ planned, part })
  }

  /** Forgets a part that was taken in later and has stopped. */
  remove(part: Part): void {
    this.#changes++
    this.#nodes = this.#nodes.filter((node) => node.part !== part)
  }

  /** Runs all parts. @returns settles when nothing more is to come: of the sources, or, where there are none, of what is sent */
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

  /** Stops sources, then puts through what is open, in the order of the links. Never rejects. */
  async stop(why: StopReason): Promise<void> {
    const sources = this.#nodes.filter(({ planned }) => planned.kind.description.takes === null)
    await Promise.all(sources.map(({ part }) => this.#try(() => part.stop(why))))
    await this.#try(() => this.#host.sourcesStopped())
    const others = this.#nodes.filter((node) => !sources.includes(node))
    for (const { part } of others) part.ending?.()
    for (const { part } of others) await this.#try(() => part.stop(why))
    for (const { part } of this.#nodes) await this.#try(() => part.finish?.() ?? Promise.resolve())
  }

  /** Nobody waits any longer for what is still being fetched. */
  flush(): void {
    for (const { part } of this.#nodes) part.flush?.()
  }

  /** Gives everything back. Never rejects. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#nodes.map(({ part }) => part.close?.()))
  }

  /** `source (multicast) -> receiver* -> repair* -> folder (folder)`, a line for each link; `*`: implied. */
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

/** One line for each link, `a (multicast) -> receiver*`; `*`: implied. Parts without links stand by themselves. */
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
