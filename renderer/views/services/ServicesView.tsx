import { RadioTower } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { useStore } from 'zustand'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { formatChannelNumber, formatCount, formatRate } from '../../model/format.ts'
import { lossNote, lossSummary } from '../../model/losses.ts'
import { categoryName, hasEnded, protocolName, serviceName, serviceTitle } from '../../model/names.ts'
import { revealPanel } from '../../stores/frame-store.ts'
import { playService, selectionStore, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { ServiceStateGlyph, serviceStateText } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { useFittingColumns } from '../../ui/use-fitting-columns.ts'
import { ServiceDetail } from './ServiceDetail.tsx'
import styles from './ServicesView.module.css'
import { orderedServices } from './services-model.ts'

/** @param ended nothing arrives any more */
const columnsFor = (ended: boolean): readonly Column<ServiceSnapshot>[] => [
  {
    id: 'name',
    title: 'Service',
    width: 118,
    grow: 1,
    text: serviceName,
    tooltip: (service) => `${serviceName(service)}: ${serviceStateText(service.state, ended).toLowerCase()}`,
    spoken: (service) => `${serviceTitle(service)}, ${serviceStateText(service.state, ended)}`,
    cell: (service) => (
      <>
        <ServiceStateGlyph state={service.state} />
        <span className={styles.number}>
          {service.major === null ? '' : formatChannelNumber(service.major, service.minor)}
        </span>{' '}
        <span className={styles.name}>
          <MiddleCut text={serviceName(service)} />
        </span>{' '}
        {(service.state === 'silent' || service.state === 'closed') && (
          <span className={service.state === 'silent' ? styles.silent : undefined}>
            {serviceStateText(service.state, ended)}
          </span>
        )}
      </>
    ),
  },
  { id: 'protocol', title: 'Protocol', width: 66, text: (service) => protocolName(service.protocol) },
  {
    id: 'rate',
    title: 'Rate',
    width: 76,
    align: 'end',
    text: (service) => formatRate(service.rateBps),
    raw: (service) => String(service.rateBps),
  },
  { id: 'state', title: 'State', width: 88, text: (service) => serviceStateText(service.state, ended) },
  {
    id: 'loss',
    title: 'Loss',
    unit: 'of bytes',
    width: 110,
    align: 'end',
    text: ({ loss }) => lossSummary(loss, false),
    tooltip: ({ loss }) => lossNote(loss),
  },
  { id: 'category', title: 'Category', width: 92, text: (service) => categoryName(service.category) },
  { id: 'objects', title: 'Objects', width: 72, align: 'end', text: (service) => formatCount(service.objects) },
  {
    id: 'incomplete',
    title: 'Incomplete',
    width: 82,
    align: 'end',
    text: (service) => formatCount(service.incomplete),
    cell: (service) => (
      <span className={service.incomplete > 0 ? styles.bad : undefined}>{formatCount(service.incomplete)}</span>
    ),
  },
  { id: 'id', title: 'Id', width: 64, align: 'end', text: (service) => String(service.id) },
]

/** Only the name is always shown; the other columns need a wider panel. */
const COLUMNS_AT_LEAST = 1

const NONE: readonly ServiceSnapshot[] = []

/** The services, and the details of the selected one. */
export function ServicesView() {
  const services = useStore(sessionStore, (state) => state.snapshot?.services ?? NONE)
  const running = useStore(sessionStore, (state) => state.snapshot?.phase === 'running')
  const selectedId = useStore(selectionStore, (state) => state.serviceId)
  const rows = useMemo(() => orderedServices(services), [services])
  const selected = rows.findIndex((service) => service.id === selectedId)

  const play = (position: number) => {
    const service = rows[position]
    if (service === undefined) return
    selectService(service.id)
    revealPanel('player')
    playService(service.id)
  }

  const list = useRef<HTMLDivElement>(null)
  const ended = useStore(sessionStore, (state) => state.snapshot !== null && hasEnded(state.snapshot.phase))
  const all = useMemo(() => columnsFor(ended), [ended])
  const columns = useFittingColumns(list, all, COLUMNS_AT_LEAST)

  return (
    <div className={styles.view}>
      <div className={styles.list} ref={list} data-numbers={rows.some((service) => service.major !== null)}>
        <Grid
          label="Services"
          columns={columns}
          count={rows.length}
          rowAt={(position) => rows[position] ?? null}
          selected={selected}
          onSelect={(position) => selectService(rows[position]?.id ?? null)}
          onActivate={play}
          rowTone={(service) => (service.packets === 0 ? 'dim' : undefined)}
          empty={
            <EmptyState icon={RadioTower} title={running ? 'No services yet' : 'No services'}>
              {running
                ? 'A service appears with its SLT, configuration or first packets.'
                : 'The session received neither signalling nor packets of a service.'}
            </EmptyState>
          }
        />
      </div>
      <ServiceDetail service={rows[selected] ?? null} onPlay={() => play(selected)} />
    </div>
  )
}
