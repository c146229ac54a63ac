import { shownText } from '../contract/shown-text.ts'
import type { MpdPeriod, MpdRepresentation } from '../manifest/mpd/mpd.ts'
import { listSegments } from '../manifest/mpd/segments.ts'
import { US_PER_SECOND } from '../manifest/mpd/time.ts'
import type { SendNote } from './mpd-notes.ts'
import type { Origin } from './origin.ts'
import type { TrackFile } from './track-files.ts'

/** A part of a file, and when it plays, µs. */
export type FilePart = { readonly name: string; readonly startUs: number; readonly endUs: number }

/** A file that is sent whole, from when its first part plays until its last one ends, µs. */
export type WholeFile = { readonly name: string; readonly startUs: number; readonly durationUs: number }

/** Each file of parts once, in the order of their first parts. */
export function wholeFilesOf(parts: readonly FilePart[]): WholeFile[] {
  const files = new Map<string, WholeFile>()
  for (const { name, startUs, endUs } of parts) {
    const from = files.get(name)?.startUs ?? startUs
    files.set(name, { name, startUs: from, durationUs: Math.max(files.get(name)?.durationUs ?? 0, endUs - from) })
  }
  return [...files.values()]
}

/** What a person should know of files that are sent whole. */
export function wholeFilesNote(names: readonly string[]): SendNote {
  const [first = ''] = names
  const others = names.length - 1
  const shown = `"${shownText(first)}"${others === 0 ? '' : ` and ${others} other file${others === 1 ? '' : 's'}`}`
  const [verb, they] = others === 0 ? ['is', 'it has'] : ['are', 'they have']
  return {
    sentence: `${shown} ${verb} sent whole, because the manifest names byte ranges: receivers can play only once ${they} arrived.`,
    tryThis: 'Cut the presentation into one file per segment to have it played while it arrives.',
  }
}

/** Whether the manifest names byte ranges of files (or whole files) in place of segments: SegmentBase, a list with ranges. */
export function hasWholeFiles({ addressing }: MpdRepresentation): boolean {
  if (addressing.kind === 'list') return addressing.urls.some(({ range }) => range !== null)
  return addressing.kind === 'single' || addressing.kind === 'base'
}

/**
 * The files of a representation with byte ranges, numbered from 1. Without a duration the rate decides how long one is sent.
 * @throws AppFailure input-unusable, for one that is missing; others as Origin.locate
 */
export async function representationFiles(
  origin: Origin,
  period: MpdPeriod,
  representation: MpdRepresentation,
): Promise<TrackFile[]> {
  const files = wholeFilesOf(
    listSegments(period, representation).map(({ name, startUs, durationUs }) => ({
      name,
      startUs,
      endUs: startUs + durationUs,
    })),
  )
  const located = await origin.locate(files.map(({ name }) => name))
  return files.map(({ name, startUs, durationUs }, index) => {
    const { path, sizeBytes } = located[index] ?? { path: name, sizeBytes: null }
    if (sizeBytes === null) throw origin.missing(path, `the file of "${representation.id}"`)
    const us = durationUs > 0 ? durationUs : (sizeBytes * 8 * US_PER_SECOND) / (representation.bandwidth ?? Infinity)
    const clock = { number: index + 1, time: startUs, duration: us, timescale: US_PER_SECOND }
    return { segment: { ...clock, startUs, durationUs: Math.round(us), name, range: null }, path, sizeBytes }
  })
}
