import { segmentTimes } from './fragment-times.ts'
import type { MediaKind, PlayerOptions } from './player-adapter.ts'
import { initFault, type SegmentForm, segmentFault, segmentForm } from './segment-faults.ts'
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

  /**
   * True where something else has to fill the time of a media segment.
   * @param placeS where its manifest has it on the media's time line; null where it does not tell
   */
  refuses(representation: string, kind: MediaKind, url: string, bytes: Uint8Array, placeS: number | null): boolean {
    const form = this.#forms.get(representation)
    if (form === undefined) return false
    if (this.#options.refused.has(segmentName(url) ?? '')) return true
    const fault = segmentFault(bytes, form)
    if (fault !== null) {
      const bad = (this.#bad.get(kind) ?? 0) + 1
      this.#bad.set(kind, bad)
      this.#tell(kind, bad === MOST_BAD && !this.#good.has(kind), url, `cannot be decoded: ${fault}`)
      return true
    }
    this.#good.add(kind)
    const beginS = placeS === null ? null : beginningOf(bytes, form)
    if (placeS !== null && beginS !== null && Math.abs(beginS - placeS) > FAR_S)
      this.#tell(kind, false, url, `begins at ${round(beginS)} s, where its manifest has it at ${round(placeS)} s`)
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
