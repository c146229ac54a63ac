import type { CaptionTrack, SegmentCaptions } from '../contract/captions.ts'
import type { ServiceId } from '../contract/ids.ts'
import type { ObjectStore } from '../files/object-store.ts'
import type { StoredFile } from '../files/stored-file.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import type { Exchange } from '../http/exchange.ts'
import { decodeCaptions } from '../media/captions/caption-decoder.ts'
import { type CaptionedSegment, readCaptionPictures } from '../media/captions/caption-pictures.ts'
import { initOf, type RepresentationOf } from './look-tracks.ts'
import { askedNames } from './name-answers.ts'

/** A longer segment is not read. */
const MAX_SEGMENT_BYTES = 64 << 20
/** Tracks of pictures whose segments are remembered. */
const MAX_TRACKS = 32
/** Captions of a segment may have begun so long before it, seconds: then they are erased. */
const BEFORE_S = 20
/** Segments that are remembered of a track. */
const MAX_SEGMENTS = 64
/** Segments whose times leave no more than this between them follow each other, seconds. */
const GAP_S = 1

/** Answers with the captions within the pictures of a segment: `/serviceN/~captions/<name>`, as SegmentCaptions. */
export class CaptionAnswers {
  readonly #store: ObjectStore
  readonly #representationOf: RepresentationOf
  /** Segments of each track that were asked for, by their times. */
  readonly #known = new BoundedMap<string, readonly CaptionedSegment[]>(MAX_TRACKS)

  constructor(store: ObjectStore, representationOf: RepresentationOf) {
    this.#store = store
    this.#representationOf = representationOf
  }

  /** @param skip components of the path before the name */
  answer(exchange: Exchange, serviceId: ServiceId, skip: number): void {
    const file = this.#file(serviceId, askedNames(exchange.target, skip))
    // Of what is made here (MMT), or not kept any more, there are none: a player asks for each segment that it shows.
    const captions: SegmentCaptions = { tracks: file === null ? [] : this.#tracksOf(file) }
    exchange.text(200, 'application/json', JSON.stringify(captions), { 'Cache-Control': 'no-store' })
  }

  #file(serviceId: ServiceId, names: readonly string[]): StoredFile | null {
    for (const name of names) {
      const found = this.#store.find(serviceId, name)
      if (found.state === 'ready') return found.file.size > MAX_SEGMENT_BYTES ? null : found.file
    }
    return null
  }

  #tracksOf(file: StoredFile): CaptionTrack[] {
    const bytes = this.#store.read(file)
    if (bytes === null) return []
    const inits = this.#store.current(file.serviceId).filter(({ kind }) => kind === 'init')
    const init = initOf(file, inits, this.#representationOf)
    const segment = readCaptionPictures(init === null ? null : this.#store.read(init), bytes)
    if (segment === null) return []
    const before = this.#before(`${file.serviceId} ${init?.name ?? file.lane}`, segment)
    const pictures = [...before, segment].flatMap((one) => one.pictures)
    return decodeCaptions(pictures, segment.endS).flatMap(({ id, cues }) => {
      const own = cues
        .filter(({ endS }) => endS > segment.startS)
        .map(({ startS, endS, lines }) => ({
          startS: Math.max(0, startS - segment.startS),
          endS: endS - segment.startS,
          lines,
        }))
      // A track that shows nothing now may be chosen as well.
      return cues.length === 0 ? [] : [{ id, cues: own }]
    })
  }

  /** Segments right before one, which is remembered for those behind it. */
  #before(track: string, segment: CaptionedSegment): readonly CaptionedSegment[] {
    const others = (this.#known.get(track) ?? []).filter(({ startS }) => startS !== segment.startS)
    const all = [...others, segment].sort((a, b) => a.startS - b.startS)
    let first = all.indexOf(segment)
    while (isNext(all[first - 1], all[first]) && (all[first - 1]?.endS ?? 0) > segment.startS - BEFORE_S) first--
    const kept = all.filter(({ endS, startS }) => endS > segment.startS - BEFORE_S && startS < segment.endS + BEFORE_S)
    this.#known.set(track, kept.slice(-MAX_SEGMENTS))
    return all.slice(first, all.indexOf(segment))
  }
}

function isNext(one: CaptionedSegment | undefined, next: CaptionedSegment | undefined): boolean {
  return one !== undefined && next !== undefined && Math.abs(next.startS - one.endS) <= GAP_S
}
