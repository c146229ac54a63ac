import type { LinkTraffic } from '../contract/relay-request.ts'
import type { Graph } from './graph.ts'
import type { Amount, Section } from './part.ts'
import { ByteRate } from './rate-meter.ts'

/** How often a window is shown the traffic, µs. */
const SHOWN_EVERY_US = 1_000_000

/** What passes the links of a running graph: counters of the parts, looked at once a second while a window shows the session. */
export class GraphTraffic {
  /** The section of the session that shows it. */
  readonly section: Section<'graph'>
  readonly #graph: Graph
  readonly #nowUs: () => number
  readonly #isOver: () => boolean
  readonly #rates = new Map<string, ByteRate>()
  #lookedUs = Number.NEGATIVE_INFINITY
  #wasOver = false
  #version = 0

  /** @param isOver the graph has stopped: nothing passes any more */
  constructor(graph: Graph, nowUs: () => number, isOver: () => boolean) {
    this.#graph = graph
    this.#nowUs = nowUs
    this.#isOver = isOver
    this.section = { name: 'graph', version: () => this.#look(), read: () => this.#links() }
  }

  #look(): number {
    const isOver = this.#isOver()
    if (isOver ? this.#wasOver : this.#nowUs() - this.#lookedUs < SHOWN_EVERY_US) return this.#version
    this.#lookedUs = this.#nowUs()
    this.#wasOver = isOver
    return ++this.#version
  }

  #links(): readonly LinkTraffic[] {
    const traffic = new Map(this.#graph.nodes.map(({ planned, part }) => [planned.spec.id, part.traffic?.()]))
    return this.#graph.links.map(({ from, to }) => {
      const passed = traffic.get(from)?.given ?? traffic.get(to)?.taken
      const waiting = traffic.get(to)?.waiting
      return {
        ...{ from, to },
        passed: passed === undefined ? null : this.#measured(`${from}\n${to}`, passed),
        // What was left when it stopped does not wait any more.
        waiting: waiting === undefined || this.#wasOver ? null : { items: waiting.items, bytes: waiting.bytes },
      }
    })
  }

  #measured(link: string, { items, bytes }: Amount): LinkTraffic['passed'] {
    const rate = this.#rates.get(link) ?? new ByteRate()
    this.#rates.set(link, rate)
    const rateBps = rate.bitsPerSecond(this.#nowUs(), bytes)
    return { items, bytes, rateBps: this.#wasOver ? 0 : rateBps }
  }
}
