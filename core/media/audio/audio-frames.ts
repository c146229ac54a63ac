import { ByteQueue } from '../stream/byte-queue.ts'
import type { StreamFaults } from '../stream/stream-faults.ts'
import type { AudioFraming, AudioHeader } from './audio-framing.ts'
import { id3Bytes } from './mpeg-audio.ts'

/** Headers in a row, each at the length that the one before announces, by which a stream is recognised. */
const CHAIN = 3

/** Takes a frame: `bytes[start, end)` with its header, valid during the call, and the stream offset of its start. */
export type AudioFrameTaker = (
  frame: AudioHeader,
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
) => void

/**
 * Splits a stream of audio into frames. Sync is found by three headers in a row; where a header is not at its place the stream is
 * searched again.
 */
export class AudioFrames {
  readonly #framing: AudioFraming
  readonly #take: AudioFrameTaker
  readonly #faults: StreamFaults
  readonly #queue = new ByteQueue(16 * 1024)
  #synced = false
  #skipped = 0
  /** Rest of a tag that is passed over. */
  #tagBytes = 0
  #begun = false

  constructor(framing: AudioFraming, take: AudioFrameTaker, faults: StreamFaults) {
    this.#framing = framing
    this.#take = take
    this.#faults = faults
  }

  /** Stream offset of the next byte to be pushed. */
  get offset(): number {
    return this.#queue.consumed + this.#queue.length
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    this.#queue.append(bytes, start, end)
    this.#work(false)
  }

  /** Nothing follows: an incomplete frame is dropped. */
  flush(): void {
    this.#work(true)
    if (this.#synced && this.#queue.length > 0) this.#faults.add('truncated')
    this.drop()
  }

  /** Bytes are missing: drops what is incomplete, and looks for sync again. */
  drop(): void {
    this.#queue.clear()
    this.#synced = false
  }

  #work(last: boolean): void {
    const queue = this.#queue
    for (;;) {
      if (this.#tagBytes > 0) {
        const count = Math.min(this.#tagBytes, queue.length)
        queue.consume(count)
        this.#tagBytes -= count
      }
      if (queue.length === 0) return
      if (!this.#begun) {
        const tag = id3Bytes(queue.bytes, queue.start, queue.end)
        if (tag === undefined && !last) return
        this.#begun = true
        this.#tagBytes = tag ?? 0
        continue
      }
      if (!this.#synced && !this.#search(last)) return
      if (queue.length < this.#framing.headerBytes) return
      const frame = this.#framing.header(queue.bytes, queue.start)
      if (frame === null) {
        this.#synced = false
        continue
      }
      if (queue.length < frame.frameBytes) return
      if (frame.leftOut === true) this.#faults.add('unsupported')
      else this.#take(frame, queue.bytes, queue.start, queue.start + frame.frameBytes, queue.consumed)
      queue.consume(frame.frameBytes)
    }
  }

  /** Drops bytes up to the next frame that others follow. @returns false where more bytes are needed */
  #search(last: boolean): boolean {
    const queue = this.#queue
    const { headerBytes } = this.#framing
    while (queue.length >= headerBytes) {
      const found = this.#chainAt(queue.start, last)
      if (found === undefined) return false
      if (found) {
        if (this.#skipped > 0) this.#faults.add('resynchronised')
        this.#skipped = 0
        this.#synced = true
        return true
      }
      queue.consume(1)
      this.#skipped++
    }
    return false
  }

  #chainAt(start: number, last: boolean): boolean | undefined {
    const { bytes, end } = this.#queue
    let at = start
    for (let count = 0; count < CHAIN; count++) {
      if (at + this.#framing.headerBytes > end) return last ? count > 0 && at <= end : undefined
      const frame = this.#framing.header(bytes, at)
      if (frame === null) return false
      at += frame.frameBytes
    }
    return true
  }
}
