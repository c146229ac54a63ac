import { useEffect } from 'react'
import { OBJECT_STATE } from '../../../core/contract/object-rows.ts'
import { addCommands } from '../../stores/command-store.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { selectionStore, selectObject } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import type { ObjectList } from './object-list.ts'

/** Rows up and down from anywhere in the window, and jumps between objects that lost bytes. */
export function useObjectKeys(list: ObjectList, select: (position: number) => void): void {
  useEffect(() => {
    const step = (by: number) => {
      const { selected, total } = list.state()
      if (total === 0) return
      select(Math.max(0, Math.min(total - 1, selected < 0 ? 0 : selected + by)))
    }
    return addCommands([
      { id: 'next-object', title: 'Select the next object', group: 'Objects', keys: ['j'], run: () => step(1) },
      {
        id: 'previous-object',
        title: 'Select the previous object',
        group: 'Objects',
        keys: ['k'],
        run: () => step(-1),
      },
      {
        id: 'next-error',
        title: 'Go to the next object with losses',
        group: 'Objects',
        keys: ['e'],
        run: () => goToError(1),
      },
      {
        id: 'previous-error',
        title: 'Go to the previous object with losses',
        group: 'Objects',
        keys: ['Shift+e'],
        run: () => goToError(-1),
      },
    ])
  }, [list, select])
}

function goToError(step: 1 | -1): void {
  const { serviceId, channel } = selectionStore.getState()
  const channels = sessionStore.getState().snapshot?.channels ?? []
  const wanted = new Set(
    channels
      .filter(
        (one) => (serviceId === null || one.service === serviceId) && (channel === null || one.channel === channel),
      )
      .map((one) => one.channel),
  )
  const index = nextError(objectColumns, selectionStore.getState().objectIndex, step, (id) => wanted.has(id))
  if (index !== null) selectObject(index)
}

type Columns = { readonly count: number; readonly state: Uint16Array; readonly channel: Uint32Array }

/** The next row in a direction that was given up with holes, going round once; null where there is none. */
export function nextError(
  columns: Columns,
  from: number | null,
  step: 1 | -1,
  shown: (channel: number) => boolean,
): number | null {
  const { count } = columns
  let at = from ?? (step === 1 ? -1 : count)
  for (let tried = 0; tried < count; tried++) {
    at = (at + step + count) % count
    if (columns.state[at] === OBJECT_STATE.partial && shown(columns.channel[at] ?? -1)) return at
  }
  return null
}
