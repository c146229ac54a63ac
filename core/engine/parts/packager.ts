import { asServiceId } from '../../contract/ids.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { ownBytes } from '../../flow/lease.ts'
import type { ObjectKind, ObjectSink } from '../../flow/objects.ts'
import type { SampleSink } from '../../flow/samples.ts'
import { serialiseXsDateTime } from '../../manifest/mpd/time.ts'
import { LivePackager } from '../../media/package/live-packager.ts'
import { mimeTypeOf, type PackageTaker, type PackageTrack } from '../../media/package/package-track.ts'
import { SampleInterleaver } from '../../media/stream/sample-interleaver.ts'
import type { Part, PartHost, PartTraffic } from '../part.ts'
import { MADE, MadeObject } from './made-object.ts'
import type { PackagerSpec } from './packager-options.ts'

/** Number of the service that is made. */
const SERVICE = asServiceId(1)

/** A file as it is given on. */
type Given = {
  readonly name: string
  readonly kind: ObjectKind
  readonly contentType: string
  readonly objectIndex: number
  readonly firstTimeUs: number
  readonly representation?: string
}

/** Opens a packager. */
export async function openPackager(spec: PartSpec, host: PartHost): Promise<Part> {
  return new PackagerPart(spec as unknown as PackagerSpec, host)
}

/** Makes a DASH or HLS presentation of samples and gives its files on, segments while they grow. */
class PackagerPart implements Part, PackageTaker {
  readonly id: string
  readonly input: SampleSink
  readonly #host: PartHost
  readonly #takers: Part[] = []
  #count = 0
  readonly #given = { items: 0, bytes: 0 }
  /** Segments that grow, by name. */
  readonly #segments = new Map<string, MadeObject>()

  constructor({ id, manifest, mode, dual, segmentS, chunkS }: PackagerSpec, host: PartHost) {
    this.id = id
    this.#host = host
    const options = {
      ...{ manifest, isDual: dual, segmentS, chunkS: chunkS ?? null, isLive: mode === 'dynamic' },
      ...{ nowUs: () => host.nowUs(), timeText: serialiseXsDateTime },
    }
    const packager = new SampleInterleaver(new LivePackager(options, this))
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

  whole(name: string, kind: 'manifest' | 'playlist' | 'init', contentType: string, bytes: Uint8Array): void {
    this.#give({ name, kind, contentType, objectIndex: this.#count++, firstTimeUs: this.#host.nowUs() }, bytes)
  }

  segmentBegins(name: string, { id, track, index: channel }: PackageTrack): void {
    const made = { name, contentType: mimeTypeOf(track), representation: id, role: track.kind, channel }
    const segment = new MadeObject(this.#count++, SERVICE, made, this.#host.nowUs())
    this.#segments.set(name, segment)
    for (const sink of this.#sinks()) sink.begun?.(segment)
  }

  segmentGrows(name: string, bytes: Uint8Array, start: number, end: number): void {
    this.#segments.get(name)?.append(bytes.subarray(start, end), this.#host.nowUs())
  }

  segmentEnds(name: string): void {
    const segment = this.#segments.get(name)
    if (segment === undefined) return
    this.#segments.delete(name)
    segment.complete()
    const { contentType, representation, index: objectIndex, firstTimeUs, bytes } = segment
    this.#give({ name, kind: 'media', contentType, representation, objectIndex, firstTimeUs }, bytes)
  }

  async stop(): Promise<void> {
    this.input.end()
  }

  traffic(): PartTraffic {
    return { given: this.#given }
  }

  #give({ representation = '', ...told }: Given, bytes: Uint8Array): void {
    const file = {
      ...{
        ...told,
        serviceId: SERVICE,
        lease: ownBytes(bytes),
        carrier: MADE,
        lane: `made ${representation}`,
        representation,
      },
      ...{ complete: true, missing: [], lastTimeUs: this.#host.nowUs() },
    }
    this.#given.items++
    this.#given.bytes += bytes.length
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
