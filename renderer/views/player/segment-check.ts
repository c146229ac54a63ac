import { segmentTimes } from './fragment-times.ts'
import type { ExpectedPlace } from './hls-places.ts'
import type { MediaKind, PlayerOptions } from './player-adapter.ts'
import { initFault, isIsoMedia, NO_FORM, type SegmentForm, segmentFault, segmentForm } from './segment-faults.ts'
import { segmentName } from './segment-log.ts'

const ADVICE = 'The inspector shows its boxes. Save the files with Dump to look at them elsewhere.'

/** So many bad segments before any good one, and others of that kind are not waited for. */
const MOST_BAD = 3
/** A segment so far from its place is not played there, seconds. */
const FAR_S = 60

const round = (seconds: number): number => Math.round(seconds * 10) / 10

/** Where a segment of one track begins on its media's time line, seconds; null where that is not known. */
function beginningOf(bytes: Uint8Array, { tracks }: SegmentForm): number | null {
  const times = segmentTimes(bytes, tracks)
  const timescale = tracks.find(({ id }) => id === times?.track)?.timescale ?? 0
  // Encoders put samples that come before the first one at times below 0, which browsers read as such.
  return times === null || timescale === 0 ? null : Number(BigInt.asIntN(64, times.startTicks)) / timescale
}

/** Looks at ISO media before the browser does, which plays nothing more once it has refused one segment, and tells what it would refuse. */
export class SegmentCheck {
  readonly #options: Pick<PlayerOptions, 'onProblem' | 'refused'>
  /** By representation; segments of others are of no form that is known here. */
  readonly #forms = new Map<string, SegmentForm>()
  /** Segments refused of each kind of which none was good so far. */
  readonly #bad = new Map<MediaKind, number>()
  readonly #good = new Set<MediaKind>()

  constructor(options: Pick<PlayerOptions, 'onProblem' | 'refused'>) {
    this.#options = options
  }

  init(representation: string, kind: MediaKind, url: string, bytes: Uint8Array): void {
    const fault = initFault(bytes)
    if (fault === null) this.#forms.set(representation, segmentForm(bytes))
    else this.#tell(kind, true, url, `cannot be decoded: ${fault}`)
  }

  /** A segment came that needs an initialisation segment, of which its playlist names none: no other has one. */
  lacksInit(kind: MediaKind, url: string): void {
    this.#tell(kind, true, url, 'cannot be decoded: its playlist names no initialisation segment (EXT-X-MAP)')
  }

  /** Where a segment begins on its media's time line, seconds; null where that is not known. */
  beginning(representation: string, bytes: Uint8Array): number | null {
    return beginningOf(bytes, this.#forms.get(representation) ?? NO_FORM)
  }

  /**
   * True where something else has to fill the time of a media segment.
   * @param place where it should begin on the media's time line; null where nothing tells
   */
  refuses(
    representation: string,
    kind: MediaKind,
    url: string,
    bytes: Uint8Array,
    place: ExpectedPlace | null,
  ): boolean {
    // Where no initialisation segment came, its boxes can be looked at all the same.
    const form = this.#forms.get(representation) ?? (isIsoMedia(bytes) ? NO_FORM : null)
    if (form === null) return false
    if (this.#options.refused.has(segmentName(url) ?? '')) return true
    const fault = segmentFault(bytes, form)
    if (fault !== null) {
      const bad = (this.#bad.get(kind) ?? 0) + 1
      this.#bad.set(kind, bad)
      this.#tell(kind, bad === MOST_BAD && !this.#good.has(kind), url, `cannot be decoded: ${fault}`)
      return true
    }
    this.#good.add(kind)
    const beginS = place === null ? null : beginningOf(bytes, form)
    if (place !== null && beginS !== null && Math.abs(beginS - place.timeS) > FAR_S)
      this.#tell(kind, false, url, `begins at ${round(beginS)} s, where ${place.by} at ${round(place.timeS)} s`)
    return false
  }

  #tell(kind: MediaKind, all: boolean, url: string, what: string): void {
    const message = `${segmentName(url) || (all ? 'An initialisation segment' : 'A segment')} ${what}.`
    this.#options.onProblem({
      kind: 'segments',
      message,
      tryThis: ADVICE,
      fatal: false,
      undecodable: { kind, all },
    })
  }
}
