import type { HlsEntry } from './hls-list.ts'
import { type HlsTarget, HlsWindow } from './hls-window.ts'
import type { NamesOnAir } from './names-on-air.ts'
import type { PartedSegment } from './parted-segment.ts'
import type { LiveSegment } from './presentation.ts'

/** A segment that has come, begun to, or is a gap, until it is listed. */
type Waiting = {
  readonly entry: HlsEntry
  readonly segment: LiveSegment | null
  readonly isListed: boolean
  readonly parted: PartedSegment | null
}

/** The segments of a playlist that wait to be sent, and the playlist on air, which lists those that were. */
export class HlsOutgoing {
  readonly #window: HlsWindow
  readonly #waiting: Waiting[] = []

  /** @param name of the playlist on air */
  constructor(name: string, names: NamesOnAir) {
    this.#window = new HlsWindow(name, names)
  }

  get count(): number {
    return this.#waiting.length
  }

  /** The oldest one that waits; null: none does. */
  get first(): LiveSegment | null {
    return this.#waiting[0]?.segment ?? null
  }

  /**
   * @param segment null: it is not there, and a gap in the playlist @param parted where it is still coming
   * @param most segments that the origin lists
   * @returns whether the playlist has changed
   */
  add(entry: HlsEntry, segment: LiveSegment | null, parted: PartedSegment | null, most: number): boolean {
    const isFirst = this.#window.isEmpty && this.#waiting.length === 0
    // The first one is listed from its begin on: a playlist without segments plays nowhere.
    const isListed = isFirst && segment !== null && parted === null
    this.#waiting.push({ entry, segment, isListed, parted })
    if (isListed) this.#window.add(entry, false, most)
    return this.#listGaps(most) || isListed
  }

  /** The oldest one was sent. */
  take(most: number): void {
    const sent = this.#waiting.shift()
    if (sent !== undefined && !sent.isListed) this.#window.add(...listed(sent), most)
    this.#listGaps(most)
  }

  /** The playlist on air; null before its first segment. */
  text(target: HlsTarget, ended: boolean): string | null {
    return this.#window.isEmpty ? null : this.#window.text(target, ended && this.#waiting.length === 0)
  }

  /** Lists those that are not there, once all before them were sent. */
  #listGaps(most: number): boolean {
    let has = false
    for (let first = this.#waiting[0]; first?.segment === null; first = this.#waiting[0]) {
      // What a playlist begins with must be there.
      if (!this.#window.isEmpty) this.#window.add(first.entry, true, most)
      this.#waiting.shift()
      has = true
    }
    return has
  }
}

/** How a segment that was sent is listed, under the name it had on air, and whether it is a gap after all. */
function listed({ entry, parted }: Waiting): readonly [HlsEntry, boolean] {
  if (parted === null) return [entry, false]
  const { address, range } = entry
  return [{ ...(parted.complete ?? entry), address, range }, parted.body.state === 'broken']
}
