import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { RecentItem } from '../../../core/contract/shell-api.ts'
import { shell } from '../../app/shell.ts'
import { settingsStore } from '../../stores/settings-store.ts'

/** Recent sources, stored by the app or by the browser's page. */
export function useRecent(): readonly RecentItem[] {
  const kept = useStore(settingsStore, (state) => state.recent)
  const [fromShell, setFromShell] = useState<readonly RecentItem[]>([])
  useEffect(() => {
    let wanted = true
    void shell()
      ?.recent()
      .then((items) => {
        if (wanted) setFromShell(items)
      })
    return () => {
      wanted = false
    }
  }, [])
  return shell() === undefined ? kept : fromShell
}
