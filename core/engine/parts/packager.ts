import { asServiceId } from '../../contract/ids.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { ownBytes } from '../../flow/lease.ts'
import type { ObjectKind, ObjectSink } from '../../flow/objects.ts'
import type { SampleSink } from '../../flow/samples.ts'
import { serialiseXsDateTime } from '../../manifest/mpd/time.ts'
import { LivePackager, type PackageTaker } from '../../media/package/live-packager.ts'
import type { Part, PartHost } from '../part.ts'
import { MADE, MadeObject } from './made-object.ts'
import type { PackagerSpec } from './packager-options.ts'

/** Number of the service that is made. */
const SERVICE = asServiceId(1)
const TYPES: Readonly<Partial<Record<ObjectKind, string>>> = { manifest: 'application/dash+xml' }

/** Opens a packager. */
export async function openPackager(spec: PartSpec, host: PartHost): Promise<Part> {
  return new PackagerPart(spec as unknown as PackagerSpec, host)
}

/** Makes a DASH presentation of samples and gives its files on, segments while they grow. */
class PackagerPart implements Part, PackageTaker {
  readonly id: string
  readonly input: SampleSink
  readonly #host: PartHost
  readonly #takers: Part[] = []
  #count = 0
  #segment: MadeObject | null = null

  constructor({ id, manifest, mode, segmentS, chunkS }: PackagerSpec, host: PartHost) {
    this.id = id
    this.#host = host
    const options = {
      ...{ manifest, segmentS, chunkS: chunkS ?? null, isLive: mode === 'dynamic' },
      ...{ nowUs: () => host.nowUs(), timeText: serialiseXsDateTime },
    }
    const packager = new LivePackager(options, this)
    this.input = {
      track: (track) => packager.track(track),
      sample: (sample) => packager.sample(sample),
      end: () => packager.end(),
      busy: () => this.#busy(),
    }
  }

  link(to: Part): void {
    this.#takers.push(to)
  }

  whole(name: string, kind: 'manifest' | 'init', bytes: Uint8Array): void {
    const index = this.#count++
    this.#give(name, kind, bytes, index, this.#host.nowUs())
  }

  segmentBegins(name: string): void {
    const segment = new MadeObject(this.#count++, SERVICE, name, 'video/mp4', this.#host.nowUs())
    this.#segment = segment
    for (const sink of this.#sinks()) sink.begun?.(segment)
  }

  segmentGrows(bytes: Uint8Array, start: number, end: number): void {
    this.#segment?.append(bytes.subarray(start, end), this.#host.nowUs())
  }

  segmentEnds(): void {
    const segment = this.#segment
    if (segment === null) return
    this.#segment = null
    segment.complete()
    this.#give(segment.name, 'media', segment.bytes, segment.index, segment.firstTimeUs)
  }

  async stop(): Promise<void> {
    this.input.end()
  }

  #give(name: string, kind: ObjectKind, bytes: Uint8Array, objectIndex: number, firstTimeUs: number): void {
    const file = {
      ...{ serviceId: SERVICE, name, kind, contentType: TYPES[kind] ?? 'video/mp4', lease: ownBytes(bytes) },
      ...{ objectIndex, carrier: MADE, lane: 'made', representation: '1', complete: true, missing: [] },
      ...{ firstTimeUs, lastTimeUs: this.#host.nowUs() },
    }
    for (const sink of this.#sinks()) sink.whole(file)
  }

  #sinks(): ObjectSink[] {
    return this.#takers.map(({ input }) => input as ObjectSink)
  }

  #busy(): Promise<void> | null {
    for (const sink of this.#sinks()) {
      const busy = sink.busy?.() ?? null
      if (busy !== null) return busy
    }
    return null
  }
}
