import type { Report } from '../../contract/report.ts'
import type { SessionColumns } from '../../inspect/session-columns.ts'
import type { SessionViews } from '../../inspect/session-views.ts'
import type { DatagramSource } from '../faces/datagram-source.ts'
import { labelOf, sumsOf } from './sources.ts'

/** The report of a receiver: its columns, with the name, times and counters of its sources. */
export function reportOf(columns: SessionColumns, sources: readonly DatagramSource[]): Report {
  return columns.views.report(...reportInputs(sources))
}

/** The same as JSON text, made while it is read. */
export function reportPiecesOf(columns: SessionColumns, sources: readonly DatagramSource[]): Iterable<string> {
  return columns.views.reportPieces(...reportInputs(sources))
}

function reportInputs(sources: readonly DatagramSource[]): Parameters<SessionViews['report']> {
  const kind = (sources.find(({ live }) => live) ?? sources[0])?.kind ?? 'capture'
  const { datagrams, bytes, firstTimeUs, lastTimeUs, capture } = sumsOf(sources)
  const untimed = capture?.untimed === true
  return [
    {
      kind,
      name: labelOf(sources),
      firstTime: untimed ? null : seconds(firstTimeUs),
      lastTime: untimed ? null : seconds(lastTimeUs),
    },
    {
      frames: capture?.frames ?? datagrams,
      udp: datagrams,
      bytes,
      fragmentsDropped: capture?.fragmentsDropped ?? 0,
      malformed: capture?.malformed ?? 0,
    },
  ]
}

function seconds(timeUs: number | null): number | null {
  return timeUs === null ? null : timeUs / 1e6
}
