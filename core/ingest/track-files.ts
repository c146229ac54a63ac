import type { MpdPeriod, MpdRepresentation, TemplateAddressing } from '../manifest/mpd/mpd.ts'
import { listSegments, type MpdSegment, namedSegment, segmentFinder } from '../manifest/mpd/segments.ts'
import { templateAddress } from '../manifest/mpd/template.ts'
import { US_PER_SECOND } from '../manifest/mpd/time.ts'
import { resolveReference } from '../manifest/reference.ts'
import type { SendNote } from './mpd-notes.ts'
import type { Located, Origin } from './origin.ts'

/** A segment with its file. */
export type TrackFile = { readonly segment: MpdSegment; readonly path: string; readonly sizeBytes: number }

/** How the files of a presentation decide about the segments of a template without a timeline. */
export type FileRules = {
  /** A name that another period or representation has: it is no further segment of this one. */
  readonly isOther: (name: string) => boolean
  /** False: segments beyond the computed ones are not looked for. */
  readonly goesOn: boolean
  /** Why a further segment that is there is not sent after all; null to send it. */
  readonly heldBack: string | null
  readonly note: (note: SendNote) => void
}

/** Most segments looked for beyond those that the duration gives. */
const MAX_FURTHER = 524_288

/**
 * The segments of a representation that are there. With a timeline or a list each has to be there; of a template without one, the
 * files decide: the last one may be missing by rounding (ISO/IEC 23009-1 §5.3.9.5.3), and the run goes on as long as there are
 * files; `$Time$` has the times of the files.
 * @throws AppFailure input-unusable, for one that is missing; others as Origin.locate
 */
export async function trackFiles(
  origin: Origin,
  period: MpdPeriod,
  representation: MpdRepresentation,
  rules: FileRules,
): Promise<TrackFile[]> {
  const { addressing, id } = representation
  const isComputed = addressing.kind === 'template' && addressing.timeline === null && addressing.duration !== null
  if (isComputed && templateAddress(addressing.media) === 'time') {
    const timed = await timedFiles(origin, period, representation, addressing)
    if (timed !== null) return timed
  }
  const listed = listSegments(period, representation)
  const located = await origin.locate(listed.map(({ name }) => name))
  const found: TrackFile[] = []
  for (const [index, segment] of listed.entries()) {
    const { path, sizeBytes } = located[index] ?? { path: segment.name, sizeBytes: null }
    if (sizeBytes !== null) {
      found.push({ segment, path, sizeBytes })
      continue
    }
    if (!isComputed || index === 0 || index < listed.length - 1)
      throw origin.missing(path, `segment ${segment.number} of "${id}"`)
    rules.note({
      sentence: `Segment ${segment.number} of "${id}" is not sent: "${origin.shown(path)}" is not there, as where the duration is rounded up.`,
      tryThis: 'Nothing is missing if the presentation ends before it.',
    })
    return found
  }
  if (isComputed && rules.goesOn && addressing.endNumber === null)
    found.push(...(await furtherFiles(origin, representation, addressing, found.at(-1)?.segment ?? null, rules)))
  return found
}

/** Files that go on where the duration of a `$Number$` template ends. */
async function furtherFiles(
  origin: Origin,
  representation: MpdRepresentation,
  addressing: TemplateAddressing,
  last: MpdSegment | null,
  rules: FileRules,
): Promise<TrackFile[]> {
  const found: TrackFile[] = []
  for (let turn = 0; turn < MAX_FURTHER; turn++) {
    const index = (last === null ? 0 : last.number + 1 - addressing.startNumber) + turn
    const segment = segmentAt(representation, addressing, index)
    if (rules.isOther(segment.name)) break
    const [file = null] = await origin.locate([segment.name])
    if (file === null || file.sizeBytes === null) break
    if (rules.heldBack !== null) {
      rules.note({
        sentence: `Segment ${segment.number} of "${representation.id}" is not sent: ${rules.heldBack}.`,
        tryThis: 'Make the duration of the presentation longer to send it.',
      })
      break
    }
    found.push({ segment, path: file.path, sizeBytes: file.sizeBytes })
  }
  return found
}

/** The segment of a template with a constant duration. @param index from 0 */
function segmentAt(representation: MpdRepresentation, addressing: TemplateAddressing, index: number): MpdSegment {
  const duration = addressing.duration ?? 1
  const time = index * duration + addressing.presentationTimeOffset
  return timedSegment(representation, addressing, addressing.startNumber + index, time, duration)
}

function timedSegment(
  representation: MpdRepresentation,
  { timescale, presentationTimeOffset }: TemplateAddressing,
  number: number,
  time: number,
  duration: number,
): MpdSegment {
  const toUs = (ticks: number): number => Math.round(((ticks - presentationTimeOffset) / timescale) * US_PER_SECOND)
  const startUs = toUs(time)
  const span = { number, time, duration, timescale, startUs, durationUs: toUs(time + duration) - startUs }
  return namedSegment(representation, span, 0)
}

/**
 * The files of a `$Time$` template, whose names have their times: a constant duration gives other ones where segments differ. Null
 * where the origin cannot list them.
 */
async function timedFiles(
  origin: Origin,
  period: MpdPeriod,
  representation: MpdRepresentation,
  addressing: TemplateAddressing,
): Promise<TrackFile[] | null> {
  const { presentationTimeOffset, timescale, startNumber } = addressing
  const duration = addressing.duration ?? 1
  const find = segmentFinder(representation)
  const [fixed = ''] = resolveReference(representation.baseUrl, addressing.media)
    .replace('$RepresentationID$', representation.id)
    .split('$', 1)
  const names = await origin.filesBeside(fixed)
  if (names === null) return null
  const lengthTicks =
    period.durationUs === null ? Number.POSITIVE_INFINITY : (period.durationUs / US_PER_SECOND) * timescale
  const times = names
    .flatMap((name) => find(name)?.time ?? [])
    .filter((time) => time >= presentationTimeOffset && time - presentationTimeOffset < lengthTicks)
    .sort((a, b) => a - b)
  const segments = times.map((time, index) =>
    timedSegment(representation, addressing, startNumber + index, time, (times[index + 1] ?? time + duration) - time),
  )
  const located: Located[] = await origin.locate(segments.map(({ name }) => name))
  return segments.flatMap((segment, index) => {
    const { path, sizeBytes } = located[index] ?? { path: '', sizeBytes: null }
    return sizeBytes === null ? [] : [{ segment, path, sizeBytes }]
  })
}
