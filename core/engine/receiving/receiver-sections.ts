import type { SectionMap, SectionName } from '../../contract/snapshot.ts'
import type { ServiceFacts } from '../../flow/facts.ts'
import type { ServedState } from '../../inspect/report/service-state.ts'
import type { SessionColumns } from '../../inspect/session-columns.ts'

import type { AnySection } from '../part.ts'

type Shown = {
  readonly columns: SessionColumns
  playable(service: ServiceFacts): ServedState
  playableVersion(): number
}

/** Sections of a receiver; each is a view of its columns. */
export function receiverSections(receiver: Shown): readonly AnySection[] {
  const section = <S extends SectionName>(
    name: S,
    read: (columns: SessionColumns) => SectionMap[S] | null,
  ): AnySection =>
    ({
      name,
      version: () => receiver.columns.version(name) + (name === 'services' ? receiver.playableVersion() : 0),
      read: () => read(receiver.columns),
    }) as unknown as AnySection
  return [
    section('totals', (columns) => columns.totals()),
    section('services', (columns) => columns.services((service) => receiver.playable(service))),
    section('flows', (columns) => columns.flows()),
    section('links', (columns) => columns.links()),
    section('channels', (columns) => columns.channels()),
    section('signalling', (columns) => columns.signalling()),
    section('alarms', (columns) => columns.alarms()),
    section('losses', (columns) => columns.losses()),
    section('host', (columns) => columns.host()),
    section('systemTime', (columns) => columns.systemTime()),
  ]
}
