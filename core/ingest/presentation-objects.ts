import { asServiceId } from '../contract/ids.ts'
import { GrowingObject } from '../flow/growing-object.ts'
import { ownBytes } from '../flow/lease.ts'
import type { ObjectKind, ObjectSink } from '../flow/objects.ts'
import type { GrowingBody } from './growing-body.ts'
import type { InlineFile, LiveFeed, LiveSegment, Presentation, PresentationFile } from './presentation.ts'

const SERVICE = asServiceId(1)
const CARRIER = { kind: 'made', by: 'ingest' } as const

/** A file as it is given: its bytes, and its place in the presentation. */
type GivenFile = InlineFile & { readonly kind: ObjectKind; readonly repId: string | null }

/**
 * Gives the files of a presentation to a sink, under their names: of a live one as they come, media piece by piece; of a finished one
 * in the order of their times, as fast as the sink takes them.
 */
export class PresentationObjects {
  readonly #presentation: Presentation
  readonly #sink: ObjectSink
  readonly #nowUs: () => number
  readonly #signal: AbortSignal
  /** The last content of each name that may change; initialisation segments and manifests are given again when they do. */
  readonly #given = new Map<string, Uint8Array>()

  /** @param signal ends it */
  constructor(presentation: Presentation, sink: ObjectSink, nowUs: () => number, signal: AbortSignal) {
    this.#presentation = presentation
    this.#sink = sink
    this.#nowUs = nowUs
    this.#signal = signal
  }

  /** Settles when nothing more comes. Rejects where a file of a finished presentation cannot be read. */
  async run(): Promise<void> {
    const { live } = this.#presentation
    if (live !== undefined) await this.#follow(live)
    else await this.#giveAll()
  }

  async #follow(live: LiveFeed): Promise<void> {
    this.#signal.addEventListener('abort', () => live.onNews(), { once: true })
    while (!this.#signal.aborted) {
      const news = new Promise<void>((resolve) => {
        live.onNews = resolve
      })
      this.#takeNews(live)
      await this.#sink.busy?.()
      if (live.isOver && live.tracks.every((track) => track.peek() === null)) return
      await news
    }
  }

  #takeNews(live: LiveFeed): void {
    for (const track of live.tracks) {
      for (let segment = track.peek(); segment !== null; segment = track.peek()) {
        this.#giveSegment(segment, track.repId)
        track.take()
      }
      if (track.init !== null) this.#giveChanged({ ...fileOf(track.init), kind: 'init', repId: track.repId })
      if (track.playlist !== null)
        this.#giveChanged({ ...fileOf(track.playlist), kind: 'playlist', repId: track.repId })
    }
    this.#giveChanged({ ...fileOf(live.manifest), kind: 'manifest', repId: null })
  }

  #giveSegment(segment: LiveSegment, repId: string): void {
    if (segment.init !== null) this.#giveChanged({ ...fileOf(segment.init), kind: 'init', repId })
    const file = { ...fileOf(segment), kind: 'media', repId } as const
    if (segment.growing === null || segment.growing.state !== 'grows') {
      if (segment.growing?.state !== 'broken') this.#give(file)
    } else this.#giveGrowing(file, segment.growing)
  }

  #giveGrowing(file: GivenFile, body: GrowingBody): void {
    const object = this.#objectOf(file, body.totalBytes)
    let begun = false
    const take = (): void => {
      if (body.length > object.received) object.append(body.bytes.subarray(object.received), this.#nowUs())
      if (!begun && object.received > 0) {
        begun = true
        this.#sink.begun?.(object)
      }
      if (body.state !== 'grows') this.#end(object, body.state === 'whole', begun)
    }
    body.onChange = take
    take()
  }

  #end(object: GrowingObject, isWhole: boolean, begun: boolean): void {
    const file = object.end(isWhole)
    if (file === null) {
      if (begun) this.#sink.lost?.(object)
      return
    }
    this.#sink.whole(file)
  }

  async #giveAll(): Promise<void> {
    const { manifest, tracks, files, bytes } = this.#presentation
    if (manifest !== null) this.#give({ ...fileOf(manifest), kind: 'manifest', repId: null })
    for (const { init, playlist, repId } of tracks) {
      if (init !== null) this.#give({ ...fileOf(init), kind: 'init', repId })
      if (playlist !== null) this.#give({ ...fileOf(playlist), kind: 'playlist', repId })
    }
    const segments = tracks
      .flatMap(({ segments: all, repId }) => all.map((segment) => ({ segment, repId })))
      .sort((a, b) => a.segment.startUs - b.segment.startUs)
    const rest: { segment: PresentationFile; repId: string | null; kind: ObjectKind }[] = [
      ...segments.map((each) => ({ ...each, kind: 'media' as const })),
      ...files.map((segment) => ({ segment, repId: null, kind: 'file' as const })),
    ]
    for (const { segment, repId, kind } of rest) {
      if (this.#signal.aborted) return
      await this.#sink.busy?.()
      await bytes.load(segment)
      const content = bytes.get(segment)
      if (content === null) continue
      const { name, contentType } = segment
      this.#give({ name, contentType, bytes: content.slice(), kind, repId })
      bytes.release(segment)
    }
  }

  /** Gives a file where it is not what was given last under its name. */
  #giveChanged(file: GivenFile): void {
    if (this.#given.get(file.name) === file.bytes) return
    this.#given.set(file.name, file.bytes)
    this.#give(file)
  }

  #give(file: GivenFile): void {
    const object = this.#objectOf(file, file.bytes.byteLength)
    const whole = object.end(true)
    if (whole !== null) this.#sink.whole({ ...whole, lease: ownBytes(file.bytes) })
  }

  #objectOf({ name, contentType, kind, repId }: GivenFile, size: number | null): GrowingObject {
    const lane = repId ?? 'files'
    const facts = { serviceId: SERVICE, name, contentType, kind, representation: repId, carrier: CARRIER, size, lane }
    return new GrowingObject(facts, this.#nowUs())
  }
}

function fileOf({ name, contentType, bytes }: InlineFile): InlineFile {
  return { name, contentType, bytes }
}
