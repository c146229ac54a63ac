import type { Graph } from './graph.ts'
import type { SessionContents } from './session-contents.ts'

/** What a session is for, as its parts show: from this the command line decides what it waits for and tells. */
export class SessionAims {
  readonly #graph: Graph
  readonly #contents: SessionContents

  constructor(graph: Graph, contents: SessionContents) {
    this.#graph = graph
    this.#contents = contents
  }

  /** Whether standard input is a source, so that it brings no keys. */
  get readsStdin(): boolean {
    return this.#graph.parts.some(({ source }) => source?.readsStdin)
  }

  /** Something is received from the network or a capture. */
  get hasDatagrams(): boolean {
    return this.#graph.parts.some(({ source }) => source)
  }

  /** A source ends by itself, as a capture does. */
  get endsByItself(): boolean {
    return this.#graph.parts.some(({ source }) => source && !source.live)
  }

  /** Only packets are kept. */
  get recordsOnly(): boolean {
    const sinks = this.#graph.nodes.filter(({ planned }) => planned.kind.description.gives === null)
    return sinks.every(({ part }) => part.recording || part.wants?.() === 'facts')
  }

  /** Only the list of services is wanted. */
  get scans(): boolean {
    return this.#contents
      .receivers()
      .some(({ sources }) =>
        sources.some(({ addresses }) => addresses.some(({ target }) => target.services === 'scan')),
      )
  }

  /** It joins services to have their files. */
  get expectsFiles(): boolean {
    const targets = this.#contents
      .receivers()
      .flatMap(({ sources }) => sources.flatMap(({ addresses }) => addresses.map(({ target }) => target)))
    return !this.recordsOnly && targets.some(({ services }) => services !== 'scan' && services !== 'none')
  }
}
