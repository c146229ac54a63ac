import { type HlsLowLatency, lowLatencyOf } from '../manifest/hls/low-latency.ts'
import type { HlsMedia } from '../manifest/hls/playlist.ts'
import { resolveReference } from '../manifest/reference.ts'
import type { HeldReading } from './growing-origin.ts'
import { type HlsEntry, hlsEntries } from './hls-list.ts'
import { nextName, openRange, PartedSegment, type PartFetch, type PartFile, partFiles } from './parted-segment.ts'

/** Times of its target duration for which a server may hold a request (RFC 8216bis §6.2.5.2). */
const HELD_TARGETS = 3
/** Shortest time between two readings that bring nothing, ms. */
const LEAST_POLL_MS = 50

/** The segments of a playlist that are listed in parts while they are made, and how to ask for the next part. */
export class HlsLowLatencyFeed {
  readonly #fetch: PartFetch
  readonly #takesParts: boolean
  readonly #open = new Map<number, PartedSegment>()
  #newest: { readonly low: HlsLowLatency; readonly last: number; readonly parts: number } | null = null
  #isPlain = false

  /** @param takesParts false: segments are taken once they are whole */
  constructor(fetch: PartFetch, takesParts: boolean) {
    this.#fetch = fetch
    this.#takesParts = takesParts
  }

  /** Whether segments come in parts. */
  get isPartial(): boolean {
    return this.#newest !== null
  }

  /** The segments of a reading, also the one that is being made, and whether it says more than the one before. */
  take(media: HlsMedia, url: string): { readonly entries: readonly HlsEntry[]; readonly isNews: boolean } {
    const low = media.endList || !this.#takesParts ? null : lowLatencyOf(media)
    const entries = hlsEntries(low?.media ?? media, url)
    const parts = low === null ? [] : partFiles(low.parts, url)
    const listed = entries.map((entry) =>
      entry.sequence === low?.open
        ? this.#opened(
            entry,
            entries,
            parts.find(({ sequence }) => sequence === entry.sequence),
          )
        : entry,
    )
    for (const [sequence, segment] of this.#open) {
      const entry = listed.find((each) => each.sequence === sequence)
      segment.update(parts, entry === undefined || entry.isOpen ? null : entry)
      if (entry === undefined || (media.endList && entry.isOpen)) segment.abandon()
    }
    const before = this.#newest
    const last = entries.at(-1)?.sequence ?? media.mediaSequence
    this.#newest = low === null ? null : { low, last, parts: parts.filter(({ sequence }) => sequence === last).length }
    if (low?.hint != null) this.#fetch.hint({ address: resolveReference(url, low.hint.uri), range: low.hint.byteRange })
    const isNews = this.#newest?.last !== before?.last || this.#newest?.parts !== before?.parts
    return { entries: listed, isNews }
  }

  /** A segment that comes in parts; null for one that is whole. Those before it are given up. */
  partedOf(sequence: number): PartedSegment | null {
    for (const older of this.#open.keys()) if (older < sequence) this.#open.delete(older)
    return this.#open.get(sequence) ?? null
  }

  /** A request that is answered once there is something new; null where the server does not hold any. */
  held({ targetDurationS }: HlsMedia): HeldReading | null {
    if (this.#newest === null || !this.#newest.low.canBlockReload || this.#isPlain) return null
    const { low, last, parts } = this.#newest
    const [msn, part] = low.open === null ? [last + 1, 0] : [last, parts]
    return { directives: `_HLS_msn=${msn}&_HLS_part=${part}`, heldMs: HELD_TARGETS * targetDurationS * 1000 }
  }

  /** Time between two readings that are not held, ms; null: as of a playlist without parts. */
  get pollMs(): number | null {
    return this.#newest === null ? null : Math.max(this.#newest.low.partTargetS * 1000, LEAST_POLL_MS)
  }

  /** A held request was answered, or failed: then the next one is an ordinary one. */
  answered(ok: boolean): void {
    this.#isPlain = !ok
  }

  /** A segment whose name is told once it is whole: until then it has the one that follows the others. */
  #opened(entry: HlsEntry, entries: readonly HlsEntry[], first: PartFile | undefined): HlsEntry {
    if (!this.#open.has(entry.sequence)) this.#open.set(entry.sequence, new PartedSegment(entry.sequence))
    const range = first?.range ?? null
    const [before, last] = entries.slice(-3)
    const isNamed = range !== null || entries.length < 3
    const name = isNamed ? null : nextName(before?.address ?? '', last?.address ?? '')
    return { ...entry, address: name ?? entry.address, range: openRange(range), isOpen: true }
  }
}
