import { useEffect } from 'react'
import { addCommands } from '../../stores/command-store.ts'
import type { ObjectList } from './object-list.ts'

/** Adds commands that step through the rows from anywhere in the window. */
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
    ])
  }, [list, select])
}
