import { useVirtualizer } from '@tanstack/react-virtual'
import { LayoutGrid } from 'lucide-react'
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { hasEnded } from '../../model/names.ts'
import { revealPanel } from '../../stores/frame-store.ts'
import { playerStore } from '../../stores/player-store.ts'
import { playService, selectionStore, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { useWidth } from '../../ui/use-width.ts'
import { orderedServices } from '../services/services-model.ts'
import { ServiceCard } from './ServiceCard.tsx'
import { useLooks } from './use-looks.ts'
import styles from './WallView.module.css'
import { CARD_GAP, cardKey, cardLayout, lacksPictures, wallLine } from './wall-model.ts'

const NONE: readonly ServiceSnapshot[] = []
const OVERSCAN = 1

/** All services at once: a card each, with its newest picture. */
export function WallView() {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const receiver = useStore(sessionStore, (state) => state.receiver)
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const services = useMemo(() => orderedServices(snapshot?.services ?? NONE), [snapshot?.services])
  const selectedId = useStore(selectionStore, (state) => state.serviceId)
  const playing = useStore(playerStore, (state) => state.playing)
  const cursorUs = useStore(timeStore, (state) => state.cursorUs)
  const ended = snapshot !== null && hasEnded(snapshot.phase)
  const wall = snapshot?.wall ?? null
  const looks = useMemo(() => new Map((wall?.services ?? []).map((look) => [look.serviceId, look])), [wall])

  const scroller = useRef<HTMLDivElement>(null)
  const room = useWidth(scroller)
  const { columns, width, height } = cardLayout(Math.max(0, room - 2 * CARD_GAP))
  const rows = Math.ceil(services.length / columns)
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => height + CARD_GAP,
    overscan: OVERSCAN,
  })
  const measured = useRef(height)
  if (measured.current !== height) {
    measured.current = height
    virtual.measure()
  }
  const items = virtual.getVirtualItems()
  const first = (items[0]?.index ?? 0) * columns
  const last = ((items.at(-1)?.index ?? -1) + 1) * columns
  const shown = services.slice(first, last)
  useLooks(sessionId, receiver, shown.map(({ id }) => id).join(' '), ended ? cursorUs : null)

  const id = useId()
  const [position, setPosition] = useState(-1)
  const selected = services.findIndex((service) => service.id === selectedId)
  const at = selected >= 0 ? selected : Math.min(position, services.length - 1)

  const choose = (to: number) => {
    setPosition(to)
    selectService(services[to]?.id ?? null)
    virtual.scrollToIndex(Math.floor(to / columns), { align: 'auto' })
  }
  const tune = (to: number) => {
    const service = services[to]
    if (service === undefined) return
    setPosition(to)
    selectService(service.id)
    revealPanel('player')
    playService(service.id)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const inView = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / (height + CARD_GAP)))
    const to = cardKey(event.key, at, columns, services.length, inView)
    if (event.key === 'Enter' && at >= 0) tune(at)
    else if (to !== null) choose(to)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  if (services.length === 0)
    return (
      <EmptyState icon={LayoutGrid} title={ended ? 'No services' : 'No services yet'}>
        {ended
          ? 'The session received neither signalling nor packets of a service.'
          : 'A card appears with the SLT, configuration or first packets of a service.'}
      </EmptyState>
    )
  return (
    <div className={styles.view}>
      <p className={styles.line} data-lacks={lacksPictures(wall)}>
        {wallLine(wall, services)}
      </p>
      <div
        ref={scroller}
        className={styles.scroller}
        role="listbox"
        aria-label="Service wall"
        aria-activedescendant={at >= first && at < last ? `${id}${at}` : undefined}
        tabIndex={0}
        data-main
        onKeyDown={onKeyDown}
      >
        <div className={styles.rows} style={{ height: virtual.getTotalSize() }} role="presentation">
          {items.map((item) => (
            <div
              key={item.index}
              className={styles.row}
              style={{
                transform: `translateY(${item.start}px)`,
                gridTemplateColumns: `repeat(${columns}, ${width}px)`,
              }}
              role="presentation"
            >
              {services.slice(item.index * columns, (item.index + 1) * columns).map((service, column) => {
                const own = item.index * columns + column
                return (
                  <ServiceCard
                    key={service.id}
                    id={`${id}${own}`}
                    sessionId={sessionId ?? ''}
                    receiver={receiver}
                    service={service}
                    look={looks.get(service.id) ?? null}
                    wall={wall}
                    ended={ended}
                    selected={own === at}
                    plays={playing?.sessionId === sessionId && playing?.serviceId === service.id}
                    position={own}
                    count={services.length}
                    onTune={tune}
                  />
                )
              })}
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
