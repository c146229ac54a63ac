import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { InclusiveRange, Mpd, MpdPeriod, MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { namedRanges } from '../manifest/mpd/named-ranges.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { relativeMpd } from '../manifest/mpd/relative-mpd.ts'
import { initSegment, namedSegment, type Span } from '../manifest/mpd/segments.ts'
import type { ByteSpan, LiveDocument } from './growing-origin.ts'
import { nameBelow } from './names-below.ts'
import { hasWholeFiles } from './whole-files.ts'

/** A representation in a period: as the origin names its files, and as they are named on air. */
export type LiveEntry = {
  readonly period: MpdPeriod
  readonly startUs: number
  readonly origin: MpdRepresentation
  readonly onAir: MpdRepresentation
}

/** One reading of a live manifest. */
export type LivePlan = {
  readonly mpd: Mpd
  /** The same with the names of files on air. */
  readonly onAir: Mpd
  readonly bytes: Uint8Array
  /** Entries of each channel, in the order of their periods; a period whose files are named as before goes on in its channel. */
  readonly channels: ReadonlyMap<string, readonly LiveEntry[]>
  /** Nothing will be added to it. */
  readonly isFinal: boolean
}

/**
 * Reads a live manifest. Periods that have no start yet are left out.
 * @throws AppFailure bad-manifest | not-supported
 */
export function livePlan({ bytes, url }: LiveDocument, shown: string): LivePlan {
  try {
    const mpd = parseMpd(bytes, url.split(/[?#]/, 1)[0], new EntryFaults(true))
    const { bytes: sent, onAir } = planOnAir(mpd, bytes, url)
    const channels = new Map<string, LiveEntry[]>()
    for (const [at, period] of mpd.periods.entries()) {
      const { startUs } = period
      if (startUs === null) continue
      const sentSets = onAir.periods[at]?.adaptationSets ?? []
      for (const [set, { representations }] of period.adaptationSets.entries())
        for (const [index, origin] of representations.entries()) {
          const other = sentSets[set]?.representations[index]
          if (other === undefined) continue
          check(shown, other)
          const key = channelKey(other)
          const entry = { period, startUs, origin, onAir: other }
          const known = channels.get(key)
          if (known === undefined) channels.set(key, [entry])
          else known.push(entry)
        }
    }
    const last = mpd.periods.at(-1)
    const isFinal = mpd.type === 'static' || (mpd.minimumUpdatePeriodUs === null && last?.durationUs != null)
    return { mpd, onAir, bytes: sent, channels, isFinal }
  } catch (thrown) {
    throw unusable(shown, thrown)
  }
}

/** The manifest with the names of files on air: all below it, and a file for each byte range of a list. */
function planOnAir(mpd: Mpd, bytes: Uint8Array, url: string): { readonly bytes: Uint8Array; readonly onAir: Mpd } {
  const text = relativeMpd(mpd.document, url)
  const below = text === mpd.document.text ? bytes : new TextEncoder().encode(text)
  const onAir = parseMpd(below, '', new EntryFaults(true))
  const named = namedRanges(onAir)
  if (named === onAir.document.text) return { bytes: below, onAir }
  const sent = new TextEncoder().encode(named)
  return { bytes: sent, onAir: parseMpd(sent, '', new EntryFaults(true)) }
}

/** What reads a manifest, with a failure in words. @throws AppFailure bad-manifest */
export async function readable<Read>(shown: string, read: () => Promise<Read>): Promise<Read> {
  try {
    return await read()
  } catch (thrown) {
    throw unusable(shown, thrown)
  }
}

function unusable(shown: string, thrown: unknown): unknown {
  if (!(thrown instanceof CodecError)) return thrown
  return new AppFailure(
    'bad-manifest',
    `"${shown}" is no usable MPD: ${thrown.message}.`,
    'Correct the MPD, or make it again.',
    thrown.code,
  )
}

/** A file as it is named on air, its address, and its bytes there; null for all of them. */
export type LiveName = { readonly name: string; readonly at: string; readonly range: ByteSpan | null }

/** The file of a span. */
export function liveNames({ origin, onAir }: LiveEntry, span: Span): LiveName {
  const { addressing } = origin
  const index = addressing.kind === 'list' ? span.number - addressing.startNumber : 0
  const { name: at, range } = namedSegment(origin, span, index)
  return { name: namedSegment(onAir, span, index).name, at, range: spanOf(range) }
}

/** The initialisation segment of an entry; null where it has none. */
export function liveInit({ origin, onAir }: LiveEntry): LiveName | null {
  const from = initSegment(origin)
  const to = initSegment(onAir)
  return from === null || to === null ? null : { name: to.name, at: from.name, range: spanOf(from.range) }
}

function spanOf(range: InclusiveRange | null): ByteSpan | null {
  return range === null ? null : [range[0], range[1] + 1]
}

const FIRST_SPAN: Span = { number: 1, time: 0, duration: 0, timescale: 1, startUs: 0, durationUs: 0 }

/** What is the same for all segments of a channel: their representation's id, the form of their names, their initialisation. */
function channelKey(onAir: MpdRepresentation): string {
  const { id, baseUrl, addressing } = onAir
  const media = addressing.kind === 'template' ? addressing.media : ''
  return [id, baseUrl, media, initSegment(onAir)?.name ?? ''].join('\n')
}

/** @throws AppFailure not-supported */
function check(shown: string, onAir: MpdRepresentation): void {
  if (hasWholeFiles(onAir))
    throw new AppFailure(
      'not-supported',
      `"${shown}" is live, and "${shownText(onAir.id)}" is not cut into a file per segment.`,
      'Use a live presentation with a SegmentTemplate or SegmentList.',
    )
  const { addressing } = onAir
  // All names of a template have its form.
  const named = addressing.kind === 'list' ? addressing.urls.map((_, index) => index) : [0]
  for (const index of named) nameBelow(namedSegment(onAir, FIRST_SPAN, index).name)
  const init = initSegment(onAir)
  if (init === null) return
  nameBelow(init.name)
  if (init.range !== null)
    throw new AppFailure(
      'not-supported',
      `"${shown}" is live, and the initialisation of "${shownText(onAir.id)}" is a part of a file.`,
      'Use a live presentation with an initialisation segment of its own.',
    )
}
