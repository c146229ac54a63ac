import type { PartSpec } from '../../contract/session-spec.ts'
import type { FlowFile, ObjectSink } from '../../flow/objects.ts'
import { StreamFaults } from '../../media/stream/stream-faults.ts'
import { SampleFan } from '../media/byte-taker.ts'
import { ServiceMedia } from '../media/service-media.ts'
import { NOTHING, type ObjectNeeds, type Part, type PartHost, type PartTraffic } from '../part.ts'
import type { MediaObjectsSpec } from './media-options.ts'

/** Opens a reader of received segments. */
export async function openMediaObjects(spec: PartSpec, host: PartHost): Promise<Part> {
  return new MediaObjectsPart(spec as unknown as MediaObjectsSpec, host)
}

/** Takes the segments of the first service that has any apart into samples, one representation for each type of media. */
class MediaObjectsPart implements Part, ObjectSink {
  readonly id: string
  readonly #spec: MediaObjectsSpec
  readonly #host: PartHost
  readonly #takers: Part[] = []
  readonly #faults = new StreamFaults()
  #media: ServiceMedia | null = null
  #fan: SampleFan | null = null

  constructor(spec: MediaObjectsSpec, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
  }

  get input(): ObjectSink {
    return this
  }

  get to(): readonly Part[] {
    return []
  }

  link(to: Part): void {
    this.#takers.push(to)
  }

  whole(file: FlowFile): void {
    this.#opened().file(file)
  }

  restarted(): void {
    this.#media?.restart()
  }

  busy(): Promise<void> | null {
    return this.#media?.busy() ?? null
  }

  async stop(): Promise<void> {
    this.#media?.end()
    for (const [fault, count] of this.#faults.entries())
      this.#host.log('engine', 'info', `${this.id}: ${fault}, ${count} times`)
  }

  traffic(): PartTraffic {
    return { given: this.#fan ?? NOTHING }
  }

  wants(): 'all' {
    return 'all'
  }

  needs(): ObjectNeeds {
    return { hash: false, patched: true }
  }

  #opened(): ServiceMedia {
    this.#fan ??= new SampleFan(this.#takers)
    this.#media ??= new ServiceMedia(this.#fan, this.#spec.representation, this.#faults)
    return this.#media
  }
}
