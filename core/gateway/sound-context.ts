import { joinBytes } from '../bytes/join-bytes.ts'
import type { SegmentAddress } from '../manifest/mpd/segments.ts'
import { firstDecodeTime } from '../media/bmff/decode-time.ts'
import { editStart, trackTimescales } from '../media/bmff/init-segment.ts'

/** The decode time is among the first bytes of a segment. */
const MAX_HEAD_BYTES = 1 << 20
/** A longer segment of sound is not kept for the next one. */
const MAX_KEPT_BYTES = 8 << 20

/** What is decoded for a segment of sound. */
export type SoundInput = {
  /** Where the segment begins, seconds: what is before it was decoded for its sake; null: nothing is. */
  readonly fromS: number | null
  readonly input: AsyncIterable<Uint8Array>
}

/** Remembers the newest segment of a representation, since the first samples of the next one overlap with its last. */
export class SoundContext {
  readonly #ticks: number
  #last: { readonly address: SegmentAddress; readonly bytes: Uint8Array } | null = null

  /** @param ticks duration of a segment */
  constructor(ticks: number) {
    this.#ticks = ticks
  }

  /** Puts the segment before in front of a segment, where it is at hand. @param media the segment as it arrives */
  async after(init: Uint8Array, media: AsyncIterable<Uint8Array>, address: SegmentAddress): Promise<SoundInput> {
    const pieces = media[Symbol.asyncIterator]()
    const head: Uint8Array[] = []
    let bytes = 0
    let time: bigint | null = null
    while (time === null && bytes < MAX_HEAD_BYTES) {
      const next = await pieces.next()
      if (next.done === true) break
      head.push(next.value)
      bytes += next.value.length
      time = firstDecodeTime(joinBytes(head))
    }
    const before = this.#last !== null && this.#follows(this.#last.address, address) ? this.#last.bytes : null
    const timescale = [...trackTimescales(init).values()][0] ?? 0
    const known = before !== null && time !== null && timescale > 0
    const fromS = known ? (Number(time) - editStart(init)) / timescale : null
    return {
      fromS,
      input: this.#inOrder([init, ...(fromS === null || before === null ? [] : [before])], head, pieces, address),
    }
  }

  #follows(before: SegmentAddress, { number, time }: SegmentAddress): boolean {
    if (number !== null && before.number !== null) return number === before.number + 1
    const ticks = (time ?? Number.NaN) - (before.time ?? Number.NaN)
    return ticks > 0 && ticks <= this.#ticks * 1.5
  }

  async *#inOrder(
    first: readonly Uint8Array[],
    head: readonly Uint8Array[],
    rest: AsyncIterator<Uint8Array>,
    address: SegmentAddress,
  ): AsyncGenerator<Uint8Array, void> {
    const segment = [...head]
    let bytes = 0
    yield* first
    yield* head
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      bytes += next.value.length
      if (bytes <= MAX_KEPT_BYTES) segment.push(next.value)
      yield next.value
    }
    this.#last = bytes <= MAX_KEPT_BYTES ? { address, bytes: joinBytes(segment) } : null
  }
}
