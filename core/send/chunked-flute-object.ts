import type { GrowingBody } from '../ingest/growing-body.ts'
import { serialiseChunkName } from '../protocol/flute/chunk-name.ts'
import type { ObjectOnAir, OutgoingObject } from './emitter.ts'

/** A chunk under the name that its table has. */
type NamedChunk = { readonly name: string; readonly bytes: Uint8Array }

/**
 * Sends a segment that is still coming in FLUTE objects of what has come, each after the table that names it with its offset
 * (ETSI TS 103 769 Annex F, chunked mode). Where the end is told after the last bytes, an empty object says it.
 */
export class ChunkedFluteObject implements OutgoingObject {
  readonly onAir: ObjectOnAir
  readonly #body: GrowingBody
  readonly #name: string
  readonly #open: (chunk: NamedChunk) => readonly OutgoingObject[]
  /** Of the chunk on its way: its table and itself. */
  #objects: readonly OutgoingObject[] = []
  #offset = 0
  #isEnding = false
  #isCut = false
  #endsSession = false

  /**
   * @param name of the segment in the tables
   * @param open lists a chunk; @returns its table and itself
   * @param first tells the segment's place: that of its first chunk
   */
  constructor(
    body: GrowingBody,
    name: string,
    first: Pick<ObjectOnAir, 'tsi' | 'toi'>,
    open: (chunk: NamedChunk) => readonly OutgoingObject[],
  ) {
    this.#body = body
    this.#name = name
    this.#open = open
    const isOut = (): boolean => this.#isEnding && this.#objects.length === 0
    this.onAir = {
      ...first,
      get bytes() {
        return body.bytes
      },
      get isOut() {
        return isOut()
      },
    }
  }

  get sizeBytes(): number {
    return this.#body.totalBytes ?? this.#body.length
  }

  get offset(): number {
    return this.#offset
  }

  /** Also where it broke and all that came is sent: its end is not told. */
  get done(): boolean {
    if (this.#objects.length > 0) return false
    return this.#isEnding || this.#isCut || (this.#body.state === 'broken' && this.#offset === this.#body.length)
  }

  get isReady(): boolean {
    return this.#objects.length > 0 || this.#offset < this.#body.length || this.#body.state !== 'grows'
  }

  endSession(cut: boolean): void {
    this.#endsSession = true
    this.#isCut = cut
    this.#objects.at(-1)?.endSession(cut)
  }

  next(into: Uint8Array): number {
    if (this.#objects.length === 0) this.#begin()
    const [object, ...others] = this.#objects
    if (object === undefined) throw new RangeError('nothing of the segment has come')
    const length = object.next(into)
    if (object.done) this.#objects = others
    return length
  }

  #begin(): void {
    const { length, state, bytes } = this.#body
    const offset = this.#offset
    this.#isEnding = state === 'whole'
    const chunk = { resource: this.#name, offset, isLast: this.#isEnding, hasRandomAccessPoint: offset === 0 }
    this.#objects = this.#open({ name: serialiseChunkName(chunk), bytes: bytes.subarray(offset, length) })
    this.#offset = length
    if (this.#endsSession && this.#isEnding) this.#objects.at(-1)?.endSession(false)
  }
}
