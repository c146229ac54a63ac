import { CodecError } from '../bytes/codec-error.ts'
import { u32At } from '../bytes/ints.ts'
import { joinBytes } from '../bytes/join-bytes.ts'
import { BOX_HEADER_BYTES } from '../media/bmff/boxes.ts'

/** Most bytes of one decoded segment: a minute of 8 Mbit/s. */
export const MAX_DECODED_BYTES = 64 << 20
/** Boxes after which what came so far can be handed to a player. */
const WHOLE_AFTER = new Set(['moov', 'mdat'])
const TAKEN = new Set(['ftyp', 'styp', 'moov', 'moof', 'mdat'])
/** An index for random access, which players of segments have no use for. */
const LEFT_OUT = new Set(['mfra', 'free', 'sidx', 'skip'])

/** Cuts a stream of fragmented MP4 into an initialisation segment and whole fragments. */
export class DecodedFragments {
  #pieces: Uint8Array[] = []
  #pendingBytes = 0
  /** Bytes without which there is nothing to look at. */
  #needed = BOX_HEADER_BYTES
  #bytes = 0
  #init: Uint8Array | null = null
  #before: Uint8Array[] = []

  /** `ftyp` and `moov`; null before they came. */
  get init(): Uint8Array | null {
    return this.#init
  }

  /**
   * Takes bytes of the stream.
   * @returns the initialisation segment or fragments that became whole, in order
   * @throws CodecError bmff-… where the bytes are no fragmented MP4, or too many
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#bytes += chunk.length
    if (this.#bytes > MAX_DECODED_BYTES)
      throw new CodecError('bmff-too-many', this.#bytes, `more than ${MAX_DECODED_BYTES} bytes`)
    this.#pieces.push(chunk)
    this.#pendingBytes += chunk.length
    const whole: Uint8Array[] = []
    for (;;) {
      const box = this.#box()
      if (box === null) return whole
      const { type, bytes } = box
      if (LEFT_OUT.has(type)) continue
      if (!TAKEN.has(type) || (type !== 'ftyp' && type !== 'moov' && this.#init === null))
        throw new CodecError('bmff-unexpected', this.#bytes, `an unexpected box ${JSON.stringify(type)}`)
      this.#before.push(bytes)
      if (!WHOLE_AFTER.has(type)) continue
      const piece = joinBytes(this.#before)
      this.#before = []
      if (type === 'moov') this.#init = piece
      whole.push(piece)
    }
  }

  /** The next box, once it is there as a whole. */
  #box(): { readonly type: string; readonly bytes: Uint8Array } | null {
    if (this.#pendingBytes < this.#needed) return null
    const bytes = joinBytes(this.#pieces)
    this.#pieces = [bytes]
    const size = u32At(bytes, 0)
    const type = String.fromCharCode(...bytes.subarray(4, BOX_HEADER_BYTES))
    if (size < BOX_HEADER_BYTES || size > MAX_DECODED_BYTES)
      throw new CodecError('bmff-size', this.#bytes, `a box ${JSON.stringify(type)} of ${size} bytes`)
    this.#needed = size
    if (bytes.length < size) return null
    this.#needed = BOX_HEADER_BYTES
    this.#pieces = [bytes.subarray(size)]
    this.#pendingBytes -= size
    return { type, bytes: bytes.slice(0, size) }
  }
}
