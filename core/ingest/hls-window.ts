import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { type SlidingSegment, slidingPlaylist } from '../manifest/hls/sliding-playlist.ts'
import { relativeReference } from '../manifest/reference.ts'
import type { HlsEntry } from './hls-list.ts'
import type { NamesOnAir } from './names-on-air.ts'

/** Least number of segments in a playlist on air, where as many were sent. */
const LEAST_LISTED = 6

type Listed = SlidingSegment & { readonly discontinuities: number }

/** What a playlist on air takes from the newest reading of that of the origin. */
export type HlsTarget = Pick<HlsMedia, 'version' | 'targetDurationS' | 'independentSegments'>

/** The playlist on air of one live channel: the segments that were sent, the newest last. */
export class HlsWindow {
  readonly #name: string
  readonly #names: NamesOnAir
  #listed: readonly Listed[] = []
  /** Number on air of the first listed one: they go on, however the origin counts. */
  #sequence = 0

  /** @param name of the playlist on air */
  constructor(name: string, names: NamesOnAir) {
    this.#name = name
    this.#names = names
  }

  get isEmpty(): boolean {
    return this.#listed.length === 0
  }

  /** @param gap it is not there @param most segments that the origin lists */
  add(entry: HlsEntry, gap: boolean, most: number): void {
    const { map, discontinuity, keys, tags } = entry
    const last = this.#listed.at(-1)
    if (last === undefined) this.#sequence = entry.sequence
    const listed = {
      uri: this.#reference(this.#names.of(entry.address, entry.range)),
      mapUri: map === null ? null : this.#reference(this.#names.of(map.address, map.range)),
      discontinuity,
      gap,
      keys,
      tags,
      discontinuities: last === undefined ? entry.discontinuities : last.discontinuities + (discontinuity ? 1 : 0),
    }
    const all = [...this.#listed, listed]
    const passed = Math.max(0, all.length - Math.max(most, LEAST_LISTED))
    this.#sequence += passed
    this.#listed = all.slice(passed)
  }

  text({ version, targetDurationS, independentSegments }: HlsTarget, ended: boolean): string {
    const header = {
      version,
      targetDurationS,
      independentSegments,
      mediaSequence: this.#sequence,
      discontinuitySequence: this.#listed[0]?.discontinuities ?? 0,
      ended,
    }
    return slidingPlaylist(header, this.#listed)
  }

  #reference(name: string): string {
    return relativeReference(this.#name, name)
  }
}
