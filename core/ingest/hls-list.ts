import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { keysOf, plainTags, withUri } from '../manifest/hls/sliding-playlist.ts'
import { resolveReference } from '../manifest/reference.ts'
import type { ByteSpan } from './growing-origin.ts'

/** A file of an origin, or a part of one. */
export type HlsFile = { readonly address: string; readonly range: ByteSpan | null }

/** A segment of a live playlist, with its addresses resolved. */
export type HlsEntry = HlsFile & {
  /** Number in the origin's playlist. */
  readonly sequence: number
  readonly durationUs: number
  readonly map: HlsFile | null
  readonly discontinuity: boolean
  /** EXT-X-DISCONTINUITY tags up to it, since the presentation began. */
  readonly discontinuities: number
  readonly gap: boolean
  /** It is still being made: its parts are listed, not yet the whole. */
  readonly isOpen: boolean
  readonly keys: readonly string[]
  readonly tags: readonly string[]
}

/** The segments of a reading of a live playlist. @param url that its names count from */
export function hlsEntries(media: HlsMedia, url: string): HlsEntry[] {
  const keys = keysOf(media)
  let discontinuities = media.discontinuitySequence
  return media.segments.map((segment, index) => {
    const { uri, byteRange, map, sequence, durationS, discontinuity, gap } = segment
    if (discontinuity) discontinuities++
    return {
      address: resolveReference(url, uri),
      range: byteRange,
      sequence,
      durationUs: Math.round(durationS * 1e6),
      map: map === null ? null : { address: resolveReference(url, map.uri), range: map.byteRange },
      discontinuity,
      discontinuities,
      gap,
      isOpen: false,
      keys: (keys[index] ?? []).map((tag) => withUri(tag, (key) => resolveReference(url, key))),
      tags: plainTags(media, segment),
    }
  })
}

/** Which segments of a live playlist are new, from one reading to the next. */
export class HlsList {
  /** Number of the next segment at the origin; null: at the newest. */
  #next: number | null = null
  #behindSinceUs: number | null = null
  #isBroken = false

  /**
   * @returns the new ones, in order; how many of those before them were missed; how far the list went back for good, in segments
   */
  take(
    entries: readonly HlsEntry[],
    nowUs: number,
  ): { readonly entries: readonly HlsEntry[]; readonly missed: number; readonly back: number } {
    const first = entries[0]
    const last = entries.at(-1)
    if (first === undefined || last === undefined) return { entries: [], missed: 0, back: 0 }
    const back = this.#back(last, nowUs)
    if (back > 0) this.#next = null
    this.#next ??= (entries.filter(({ isOpen }) => !isOpen).at(-1) ?? last).sequence
    const missed = Math.max(0, first.sequence - this.#next)
    if (missed > 0 || back > 0) this.#isBroken = true
    const from = this.#next
    const found = entries.filter(({ sequence }) => sequence >= from)
    if (found.length > 0) this.#next = last.sequence + 1
    return { entries: this.#joined(found), missed, back }
  }

  /** The first one after a break begins another time line. */
  #joined(entries: readonly HlsEntry[]): readonly HlsEntry[] {
    const [first, ...others] = entries
    if (!this.#isBroken || first === undefined) return entries
    this.#isBroken = false
    return [{ ...first, discontinuity: true }, ...others]
  }

  /** One server of several may be behind: it catches up soon. */
  #back(last: HlsEntry, nowUs: number): number {
    const back = this.#next === null ? 0 : this.#next - 1 - last.sequence
    if (back <= 0) {
      this.#behindSinceUs = null
      return 0
    }
    this.#behindSinceUs ??= nowUs
    if (nowUs - this.#behindSinceUs < BEHIND_SEGMENTS * last.durationUs) return 0
    this.#behindSinceUs = null
    return back
  }
}

/** Durations of a segment for which a list may be behind. */
const BEHIND_SEGMENTS = 3
