import type {
  BroadcastSink,
  CaptureSource,
  MulticastSource,
  PresentationSource,
  SessionSpec1,
  SinkSpec,
  SourceSpec,
} from '../../contract/session-spec-1.ts'
import { AppFailure } from '../../failure/app-failure.ts'

/**
 * What a session receives from, and what it sends; null where it only receives.
 * @throws AppFailure not-supported | bad-spec
 */
export function partsOf(spec: SessionSpec1): {
  receiving: (CaptureSource | MulticastSource)[]
  presentation: PresentationSource | null
} {
  const receiving: (CaptureSource | MulticastSource)[] = []
  const sending: PresentationSource[] = []
  for (const source of spec.sources) {
    if (source.kind === 'presentation') sending.push(source)
    else receiving.push(source)
  }
  if (sending.length > 1) throw tooMany(sending)
  const report = spec.sinks.find((sink) => sink.kind === 'report')
  if (report !== undefined && receiving.length === 0) throw nothingToReport(report.file)
  return { receiving, presentation: sending[0] ?? null }
}

/**
 * The sinks of all that is received. It is one, wherever it came from: every source feeds the same sinks.
 * @throws AppFailure bad-spec
 */
export function sinksOfAll(spec: SessionSpec1, sources: readonly SourceSpec[]): SinkSpec[] {
  const [first = [], ...others] = sources.map((source) => sinksOf(spec, source))
  if (others.some((sinks) => sinks.length !== first.length || sinks.some((sink) => !first.includes(sink)))) {
    throw new AppFailure(
      'bad-spec',
      `The sources ${sources.map((source) => source.id).join(', ')} are linked to different sinks.`,
      'Link all that is received to the same sinks, or run a session for each.',
    )
  }
  return first
}

/**
 * Where a presentation is sent, and the capture that keeps what is sent.
 * @throws AppFailure bad-spec
 */
export function airOf(
  spec: SessionSpec1,
  presentation: PresentationSource,
): { air: BroadcastSink[]; captureFile: string | null } {
  const sinks = sinksOf(spec, presentation)
  const air = sinks.filter((sink): sink is BroadcastSink => sink.kind === 'broadcast')
  if (air.length === 0) {
    throw new AppFailure('bad-spec', `${presentation.id} is sent nowhere.`, 'Add a sink of kind broadcast.')
  }
  return { air, captureFile: sinks.find((sink) => sink.kind === 'capture')?.file ?? null }
}

function sinksOf(spec: SessionSpec1, source: SourceSpec): SinkSpec[] {
  const links = spec.links?.filter((link) => link.from === source.id) ?? []
  if (links.length === 0) {
    // Without links a source feeds every sink that can take what it gives.
    const sends = source.kind === 'presentation'
    return spec.sinks.filter((sink) => (sink.kind === 'broadcast' ? sends : !sends || sink.kind === 'capture'))
  }
  return spec.sinks.filter((sink) => links.some((link) => link.to === sink.id))
}

function nothingToReport(file: string): AppFailure {
  return new AppFailure(
    'bad-spec',
    `The report ${file} would stay empty: this session only sends, and a report says what was received.`,
    'Leave the report out; --capture-out keeps what is sent, and inspect reports on it.',
  )
}

function tooMany(sources: readonly SourceSpec[]): AppFailure {
  return new AppFailure(
    'not-supported',
    `The session sends ${sources.length} sources (${sources.map((source) => source.id).join(', ')}); one is supported.`,
    'Run a session for each.',
  )
}
