import type { MediaKind } from './player-adapter.ts'

/** A segment, on the time line of its playlist and on that of its media, seconds. */
export type PlacedSegment = {
  readonly kind: MediaKind
  readonly name: string
  /** Number of the discontinuities before it: media of other numbers cannot be compared. */
  readonly section: number
  readonly number: number
  readonly startS: number
  readonly durationS: number
}

/** Where a segment should begin on the media's time line, seconds, and what says so. */
export type ExpectedPlace = { readonly timeS: number; readonly by: string }

/**
 * Knows where segments of HLS should begin: their playlists do not say it, but each goes on where the one before it ends, and picture
 * and sound of one time belong together.
 */
export class SegmentPlaces {
  readonly #newest = new Map<MediaKind, PlacedSegment & { readonly beginS: number }>()

  /** Null where nothing came with which it could be compared. */
  expected({ kind, section, number, startS }: PlacedSegment): ExpectedPlace | null {
    const before = this.#newest.get(kind)
    if (before?.section === section) {
      if (before.number + 1 !== number) return null
      return { timeS: before.beginS + before.durationS, by: `${before.name} ends` }
    }
    const beside = this.#newest.get(kind === 'video' ? 'audio' : 'video')
    if (beside === undefined || beside.section !== section) return null
    return { timeS: beside.beginS + startS - beside.startS, by: `its playlist and ${beside.name} have it` }
  }

  /** @param beginS where it begins on the media's time line */
  came(segment: PlacedSegment, beginS: number): void {
    this.#newest.set(segment.kind, { ...segment, beginS })
  }
}
