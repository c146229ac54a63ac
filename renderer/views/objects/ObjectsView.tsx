import { Boxes, SearchX } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useStore } from 'zustand'
import type { ObjectQuery } from '../../../core/contract/object-rows.ts'
import type { ObjectSortColumn } from '../../../core/contract/object-table.ts'
import { engine } from '../../client/engine-client.ts'
import { formatCount } from '../../model/format.ts'
import { channelLabel, serviceNameOf } from '../../model/names.ts'
import { revealPanel } from '../../stores/frame-store.ts'
import { selectChannel, selectionStore, selectObject, selectService } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Grid } from '../../ui/Grid.tsx'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import { carriersOf, objectColumnsFor, objectTone } from './columns.tsx'
import { FilterBar } from './FilterBar.tsx'
import styles from './ObjectsView.module.css'
import { ObjectList } from './object-list.ts'
import { combinedFilter, firstSort, nextSort } from './objects-model.ts'
import { useObjectKeys } from './use-object-keys.ts'

/** The objects of the session, filtered and sorted by the engine, fetched as they are scrolled to. */
export function ObjectsView() {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const receiver = useStore(sessionStore, (state) => state.receiver ?? undefined)
  return sessionId === null ? null : (
    <Objects key={`${sessionId} ${receiver}`} sessionId={sessionId} receiver={receiver} />
  )
}

const REFRESH_MS = 500
const TYPING_MS = 180

type ObjectsProps = { readonly sessionId: string; readonly receiver: string | undefined }

function Objects({ sessionId, receiver }: ObjectsProps) {
  const list = useMemo(() => new ObjectList(engine(), sessionId, receiver), [sessionId, receiver])
  const state = useSyncExternalStore(list.subscribe, list.state)
  const [typed, setTyped] = useState('')
  const [settled, setSettled] = useState('')
  const [chosenSort, setSort] = useState<ObjectQuery['sort'] | null>(null)
  const hovering = useRef(false)

  const live = useStore(sessionStore, (session) => session.snapshot?.source.live ?? false)
  const pace = useStore(sessionStore, (session) => session.snapshot?.source.pace ?? null)
  const objectCount = useStore(sessionStore, (session) => session.snapshot?.totals.objects ?? 0)
  const running = useStore(sessionStore, (session) => session.snapshot?.phase === 'running')
  const service = useStore(selectionStore, (selection) => selection.serviceId)
  const channelId = useStore(selectionStore, (selection) => selection.channel)
  const objectIndex = useStore(selectionStore, (selection) => selection.objectIndex)
  const channel = useStore(
    sessionStore,
    (session) => session.snapshot?.channels.find((one) => one.channel === channelId) ?? null,
  )
  const protocol = useStore(
    sessionStore,
    (session) => session.snapshot?.services.find((one) => one.id === service)?.protocol ?? null,
  )
  const carriers = useStore(sessionStore, (session) => carriersOf(session.snapshot?.channels ?? []))
  const base = useStore(timeStore, (time) => time.base)
  const origin = useTimeOrigin()

  const started = useStore(sessionStore, (session) => session.snapshot !== null)
  const sort = useMemo(() => chosenSort ?? firstSort({ live, pace }), [chosenSort, live, pace])
  const filter = combinedFilter(settled, service, channel)

  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  // Before the query, which records the number of objects.
  useEffect(() => list.setCount(objectCount), [list, objectCount])
  useEffect(() => {
    if (started) void list.setQuery({ filter, sort })
  }, [list, started, filter, sort])
  useEffect(() => void list.setObject(objectIndex), [list, objectIndex])

  // New rows are shown at once only if no visible row moves: at the edge of a table without pointer or selection.
  const wrapper = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const timer = setInterval(() => {
      const grid = wrapper.current?.querySelector('[role=grid]')
      const { newer, total } = list.state()
      const short = grid != null && grid.scrollHeight <= grid.clientHeight + 1
      const steady = !hovering.current && (selectionStore.getState().objectIndex === null || total === 0)
      const atEdge = grid == null || short || (sort.descending ? grid.scrollTop === 0 : isAppending(sort, list))
      if (newer > 0 && steady && atEdge) void list.refresh()
      else void list.refetchChanging()
    }, REFRESH_MS)
    return () => clearInterval(timer)
  }, [list, sort])
  // At the end of the session the last rows are shown at once, unless the pointer is over the table.
  useEffect(() => {
    if (!running && !hovering.current && list.state().newer > 0) void list.refresh()
  }, [list, running])

  const columns = useMemo(() => {
    const all = objectColumnsFor(base, origin, (id) => serviceNameOf(sessionStore.getState().snapshot, id), carriers)
    return service === null ? all : all.filter((column) => column.id !== 'service')
  }, [base, origin, service, carriers])
  const select = useCallback(
    (position: number) => {
      const row = list.selectPosition(position)
      if (row !== null) selectObject(row.index)
      else {
        // Scrolled faster than rows are fetched: the row follows.
        list.want(position, position + 1)
      }
    },
    [list],
  )
  useObjectKeys(list, select)

  if (state.failed !== null && !state.ready) return <ErrorBlock error={state.failed} />
  const narrowed = service !== null || channelId !== null
  return (
    <div className={styles.view} ref={wrapper}>
      <FilterBar
        typed={typed}
        onType={setTyped}
        error={state.filterError}
        total={state.total}
        all={filter === '' ? null : objectCount}
        service={service === null ? null : serviceNameOf(sessionStore.getState().snapshot, service)}
        onClearService={() => selectService(null)}
        channel={channel === null ? null : channelLabel(channel)}
        onClearChannel={() => selectChannel(null)}
      />
      <div className={styles.table}>
        <Grid
          label="Objects"
          columns={columns}
          count={state.total}
          rowAt={list.row}
          version={state.version}
          selected={state.selected}
          onSelect={select}
          onActivate={(position) => {
            select(position)
            revealPanel('inspector')
          }}
          sort={sort}
          onSort={(column) => setSort(nextSort(sort, column as ObjectSortColumn))}
          onRange={list.want}
          rowTone={objectTone}
          onHover={(over) => {
            hovering.current = over
          }}
          empty={
            protocol === 'mmtp' && typed.trim() === '' ? (
              <EmptyState icon={Boxes} title="No MPU yet">
                An MPU appears with its first packet. Services lists packets and losses of this service.
              </EmptyState>
            ) : typed.trim() !== '' || narrowed ? (
              <EmptyState
                icon={SearchX}
                title="No object matches"
                actions={
                  <Button
                    onClick={() => {
                      setTyped('')
                      selectService(null)
                    }}
                  >
                    Show all {formatCount(objectCount)}
                  </Button>
                }
              />
            ) : (
              <EmptyState icon={Boxes} title={running ? 'No objects yet' : 'No objects'}>
                {running
                  ? 'Segments, manifests, signalling and MPUs appear with their first packet.'
                  : 'The session received no ROUTE, FLUTE or MMTP object.'}
              </EmptyState>
            )
          }
        />
        {state.newer > 0 && state.ready && (
          <button type="button" className={styles.pill} onClick={() => void list.refresh()}>
            {filter === '' ? '' : 'up to '}
            {formatCount(state.newer)} new
          </button>
        )}
      </div>
    </div>
  )
}

/** Whether new rows are appended below the visible ones: in ascending order of time. */
function isAppending(sort: ObjectQuery['sort'], list: ObjectList): boolean {
  return sort.column === 'firstTimeUs' || list.state().total === 0
}
