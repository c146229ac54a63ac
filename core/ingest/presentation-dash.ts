import { EntryFaults } from '../bytes/entry-faults.ts'
import { asToi, type Toi } from '../contract/ids.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { Mpd, MpdPeriod, MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { remoteElementAddress } from '../manifest/mpd/mpd-elements.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { relativeMpd } from '../manifest/mpd/relative-mpd.ts'
import { initSegment, type MpdSegment, namedSegment, segmentFinder } from '../manifest/mpd/segments.ts'
import { templateAddress } from '../manifest/mpd/template.ts'
import { sourceChildren } from '../manifest/mpd/xml-source.ts'
import { resolveReference } from '../manifest/reference.ts'
import { FIRST_RESERVED_TOI } from '../protocol/route/toi-plan.ts'
import { fileTemplateOf, numberingOf } from './file-template.ts'
import { type LoadOptions, noteLeftFiles } from './load-options.ts'
import { mpdNotes } from './mpd-notes.ts'
import { nameBelow } from './names-below.ts'
import type { Origin, StoredFiles } from './origin.ts'
import type { InlineFile, Presentation, PresentationSegment, PresentationTrack } from './presentation.ts'
import { type FileRules, trackFiles } from './track-files.ts'
import { hasWholeFiles, representationFiles, wholeFilesNote } from './whole-files.ts'

/**
 * Loads the presentation of a static MPD: reads initialisation segments and checks media files.
 * @param path of the MPD, `bytes` its content
 * @throws AppFailure not-supported | input-unusable | file-unreadable
 */
export async function loadDash(
  origin: Origin,
  path: string,
  name: string,
  bytes: Uint8Array,
  mpd: Mpd,
  options: LoadOptions,
): Promise<Presentation> {
  if (mpd.type === 'dynamic') {
    throw new AppFailure(
      'not-supported',
      `"${path}" is a live MPD (type="dynamic"), which cannot be repeated.`,
      'Send it without --loop: it is sent as long as it lives.',
    )
  }
  for (const note of mpdNotes(mpd.document, name)) options.note(note)
  const { stored } = origin
  const sent = sentMpd(origin, mpd, bytes)
  const all = mpd.periods.flatMap((period, at) =>
    period.adaptationSets.flatMap((set, index) =>
      set.representations.map((representation, place) => {
        const onAir = sent.mpd.periods[at]?.adaptationSets[index]?.representations[place] ?? representation
        return { period, representation, onAir }
      }),
    ),
  )
  const finders = new Map(all.map(({ representation }) => [representation, segmentFinder(representation)]))
  // After a period that lies elsewhere, the times of the others are not those of the files.
  const isWhole = sourceChildren(mpd.document.root, 'Period').every((period) => remoteElementAddress(period) === null)
  const tracks: PresentationTrack[] = []
  for (const { period, representation, onAir } of all) {
    const rules: FileRules = {
      isOther: (segment) => [...finders].some(([other, find]) => other !== representation && find(segment) !== null),
      goesOn: isWhole && period === mpd.periods.at(-1),
      heldBack: options.loop ? 'in a loop, it would overlap the next turn' : null,
      note: options.note,
    }
    tracks.push(await loadTrack(origin, period, { representation, onAir }, stored, rules))
  }
  if (tracks.length === 0) {
    throw new AppFailure('input-unusable', `"${path}" describes no representation.`, 'Use an MPD with media in it.')
  }
  const whole = tracks.filter((track) => track.representation !== null && hasWholeFiles(track.representation))
  const names = [...new Set(whole.flatMap(({ segments }) => segments.map(({ name }) => name)))]
  if (names.length > 0) options.note(wholeFilesNote(names))
  await noteLeftFiles(origin, name, options)
  const end = tracks
    .flatMap((track) => track.segments)
    .reduce((us, last) => Math.max(us, last.startUs + last.durationUs), 0)
  return {
    kind: 'dash',
    manifest: { name, contentType: 'application/dash+xml', ...sent },
    tracks,
    files: [],
    durationUs: mpd.mediaPresentationDurationUs ?? end,
    bytes: stored,
  }
}

/** The MPD as it is sent: what leads to other places is written so that receivers find the files. */
function sentMpd({ address }: Origin, mpd: Mpd, bytes: Uint8Array): { readonly mpd: Mpd; readonly bytes: Uint8Array } {
  if (address === '') return { mpd, bytes }
  const text = relativeMpd(mpd.document, address)
  const sent = text === mpd.document.text ? bytes : new TextEncoder().encode(text)
  return { mpd: parseMpd(sent, '', new EntryFaults(true)), bytes: sent }
}

/** A representation as its origin names its files, and as they are named on air. */
type Named = { readonly representation: MpdRepresentation; readonly onAir: MpdRepresentation }

/** The name on air of a segment, which is below the manifest. @throws AppFailure not-supported */
function nameOnAir({ representation, onAir }: Named, segment: MpdSegment): string {
  if (representation === onAir) return segment.name
  const { addressing, baseUrl } = representation
  const index =
    addressing.kind !== 'list'
      ? 0
      : hasWholeFiles(representation)
        ? addressing.urls.findIndex(({ url }) => resolveReference(baseUrl, url) === segment.name)
        : segment.number - addressing.startNumber
  const isFile = addressing.kind === 'base' || addressing.kind === 'single'
  const name = isFile ? onAir.baseUrl : namedSegment(onAir, segment, index).name
  nameBelow(name)
  return name
}

async function loadTrack(
  origin: Origin,
  period: MpdPeriod,
  named: Named,
  stored: StoredFiles,
  rules: FileRules,
): Promise<PresentationTrack> {
  const { representation, onAir } = named
  const { id, addressing, mimeType } = representation
  const contentType = mimeType ?? 'application/octet-stream'
  const byTime = addressing.kind === 'template' && templateAddress(addressing.media) === 'time'
  const segments: PresentationSegment[] = []
  const files = hasWholeFiles(representation)
    ? await representationFiles(origin, period, representation)
    : await trackFiles(origin, period, representation, rules)
  const names = files.map(({ segment }) => nameOnAir(named, segment))
  // GPAC's receivers take a channel without a template for static files, and leave a capture after the first of them.
  const numbering = addressing.kind === 'list' && !hasWholeFiles(representation) ? numberingOf(names) : null
  for (const [index, { segment, path, sizeBytes }] of files.entries()) {
    const entry = {
      name: names[index] ?? '',
      contentType,
      sizeBytes,
      toi: numbering === null ? toiOf(segment, byTime, id) : asToi(numbering.first + index),
      startUs: (period.startUs ?? 0) + segment.startUs,
      durationUs: segment.durationUs,
    }
    stored.add(entry, path)
    segments.push(entry)
  }
  if (segments.length === 0) {
    throw new AppFailure(
      'input-unusable',
      `Representation "${id}" has no segments.`,
      'Check that the MPD gives a duration, or a SegmentTimeline.',
    )
  }
  const init = initSegment(representation)
  const initName = initSegment(onAir)?.name ?? ''
  const initFile: InlineFile | null =
    init === null || segments.some(({ name }) => name === initName)
      ? null
      : { name: initName, contentType, bytes: await origin.read(init.name, `initialisation segment of "${id}"`) }
  return {
    repId: id,
    contentType: representation.contentType,
    mimeType,
    codecs: representation.codecs,
    lang: representation.lang,
    bandwidth: representation.bandwidth ?? largestRate(segments),
    init: initFile,
    segments,
    fileTemplate: numbering?.template ?? fileTemplateOf(onAir, segments),
    playlist: null,
    representation: onAir,
  }
}

/** @throws AppFailure not-supported, where a number or time does not fit a TOI */
function toiOf(segment: MpdSegment, byTime: boolean, id: string): Toi {
  const toi = byTime ? segment.time : segment.number
  if (toi < FIRST_RESERVED_TOI) return asToi(toi)
  throw unsupported(
    `segment "${segment.name}" of "${id}" has ${byTime ? 'time' : 'number'} ${toi}, above the 32 bits of a TOI`,
  )
}

function largestRate(segments: readonly PresentationSegment[]): number {
  const rates = segments.map((segment) => (segment.sizeBytes * 8_000_000) / Math.max(1, segment.durationUs))
  return Math.ceil(rates.reduce((most, rate) => Math.max(most, rate), 0))
}

function unsupported(reason: string): AppFailure {
  return new AppFailure(
    'not-supported',
    `The presentation cannot be sent: ${reason}.`,
    'Cut it into one file per segment with a SegmentTemplate or SegmentList.',
  )
}
