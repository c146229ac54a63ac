import type { SectionMap, SectionName } from '../../contract/snapshot.ts'
import type { SessionColumns } from '../../inspect/session-columns.ts'
import type { Receiving } from '../faces/receiving.ts'
import type { AnySection } from '../part.ts'

type Shown = Pick<Receiving, 'columns' | 'served'>

/** Sections of a receiver; each is a view of its columns. */
export function receiverSections(receiver: Shown): readonly AnySection[] {
  const section = <S extends SectionName>(
    name: S,
    read: (columns: SessionColumns) => SectionMap[S] | null,
  ): AnySection =>
    ({
      name,
      version: () =>
        receiver.columns.views.version(name) + (name === 'services' ? receiver.served.playableVersion() : 0),
      read: () => read(receiver.columns),
    }) as unknown as AnySection
  return [
    section('totals', (columns) => columns.views.totals()),
    section('services', (columns) => columns.views.services((service) => receiver.served.playable(service))),
    section('flows', (columns) => columns.views.flows()),
    section('links', (columns) => columns.views.links()),
    section('channels', (columns) => columns.views.channels()),
    section('signalling', (columns) => columns.views.signalling()),
    section('alarms', (columns) => columns.views.alarms()),
    section('losses', (columns) => columns.views.losses()),
    section('host', (columns) => columns.views.host()),
    section('systemTime', (columns) => columns.views.systemTime()),
  ]
}
