import { defined } from '../contract/defined.ts'
import type { RecordingOptions } from '../contract/session-spec.ts'
import type { RecordingSnapshot } from '../contract/snapshot.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { Receiving } from './faces/receiving.ts'
import type { Graph } from './graph.ts'
import type { PlannedPart } from './graph-plan.ts'
import type { Part, PartHost, PartKind } from './part.ts'
import { RECORDER_PART } from './parts/recorder-options.ts'
import { completePart } from './spec/part-spec.ts'

/** Ended recordings that a window still shows. */
const MAX_ENDED = 8

type Running = { readonly part: Part; readonly receiving: Receiving }

/** Adds recorders to the graph of a running session when a person starts a recording, and removes them at its end. */
export class HandRecordings {
  readonly #graph: Graph
  readonly #partHost: (planned: PlannedPart) => PartHost
  readonly #kind: PartKind | undefined
  readonly #running: Running[] = []
  readonly #ended: Part[] = []
  #count = 0

  constructor(graph: Graph, partHost: (planned: PlannedPart) => PartHost, kinds: readonly PartKind[]) {
    this.#graph = graph
    this.#partHost = partHost
    this.#kind = kinds.find(({ description }) => description === RECORDER_PART)
  }

  /** Files that are being recorded. */
  files(): readonly string[] {
    return this.#running.flatMap(({ part }) => part.recording?.snapshot().file ?? [])
  }

  /** Starts a recording. @throws AppFailure not-supported where there are no packets; folder-not-writable | disk-full */
  async start(file: string, options: RecordingOptions, receiving: Receiving): Promise<void> {
    if (receiving.sources.length === 0)
      throw new AppFailure(
        'not-supported',
        'What comes here comes without packets to record.',
        'Dump the files instead.',
      )
    const kind = this.#kind
    if (kind === undefined) return
    const id = `recording-${++this.#count}`
    const spec = completePart(kind.description, { id, kind: kind.description.kind, file, ...defined(options) })
    const planned: PlannedPart = { spec: spec as PlannedPart['spec'], kind, implied: false, together: [] }
    const part = await kind.open(planned.spec, { ...this.#partHost(planned), byHand: true }, [])
    const sources = this.#graph.parts.filter(({ source }) => source && receiving.sources.includes(source))
    for (const source of sources) part.linked?.(source)
    await part.start?.()
    if (part.recording) receiving.record(part.recording)
    for (const { output } of receiving.sources) output.addFirst(part)
    this.#graph.add(planned, part)
    this.#running.push({ part, receiving })
  }

  /** Ends the one started last. @throws AppFailure not-supported where there is none; disk-full … */
  async stop(name: string): Promise<RecordingSnapshot> {
    const running = this.#running.pop()
    const recording = running?.part.recording
    if (running === undefined || !recording) {
      throw new AppFailure('not-supported', `Nothing is being recorded in ${name}.`, 'Start a recording first.')
    }
    const { part, receiving } = running
    for (const { output } of receiving.sources) output.remove(part)
    this.#ended.push(part)
    if (this.#ended.length > MAX_ENDED) this.#graph.remove(this.#ended.shift() as Part)
    await part.stop('stopped')
    return recording.snapshot()
  }
}
