import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { ObjectSink } from '../../flow/objects.ts'
import { ObjectFanOut } from '../../flow/tee.ts'
import type { Programme } from '../faces/programme.ts'
import type { Part, PartHost } from '../part.ts'

/** Opens the files of a presentation, which it is linked to later. */
export async function openIngestObjects({ id }: PartSpec, host: PartHost): Promise<Part> {
  return new IngestObjectsPart(id, host)
}

/** Gives the files of one presentation to its takers. */
class IngestObjectsPart implements Part {
  readonly id: string
  readonly #host: PartHost
  readonly #sinks: Part[] = []
  readonly #stopping = new AbortController()
  #programme: Programme | null = null

  constructor(id: string, host: PartHost) {
    this.id = id
    this.#host = host
  }

  linked(from: Part): void {
    const programme = from.programme ?? null
    if (programme === null || this.#programme !== null)
      throw new AppFailure('bad-spec', `${this.id} takes one presentation.`, 'Link one presentation to it.')
    this.#programme = programme
  }

  link(to: Part): void {
    this.#sinks.push(to)
  }

  async ready(): Promise<void> {
    if (this.#programme === null)
      throw new AppFailure('bad-spec', `${this.id} has nothing to give.`, 'Link a presentation to it.')
    const { gatherInputs } = await import('./gathered-inputs.ts')
    await gatherInputs([this.#programme], 'fast')
  }

  async run(): Promise<void> {
    const presentation = this.#programme?.presentation ?? (await this.#late())
    if (presentation === null) return
    const { PresentationObjects } = await import('../../ingest/presentation-objects.ts')
    const sink = new ObjectFanOut(this.#sinks.map(({ input }) => input as ObjectSink))
    await new PresentationObjects(presentation, sink, () => this.#host.nowUs(), this.#stopping.signal).run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
  }

  /** The presentation of a server that answers only now. */
  #late(): Promise<Programme['presentation']> {
    const awaited = this.#programme?.awaited ?? null
    if (awaited === null) return Promise.resolve(null)
    return new Promise((resolve) => {
      awaited.onCame = (presentation) => {
        presentation.live?.start()
        resolve(presentation)
      }
      this.#stopping.signal.addEventListener('abort', () => resolve(null), { once: true })
    })
  }
}
