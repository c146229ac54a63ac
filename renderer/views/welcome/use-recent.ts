import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import type { SessionRequest } from '../../../core/contract/open-request.ts'
import { shell } from '../../app/shell.ts'
import { settingsStore } from '../../stores/settings-store.ts'

/** Recent sources, stored by the app or by the browser's page. */
export function useRecent(): readonly SessionRequest[] {
  const kept = useStore(settingsStore, (state) => state.recent)
  const [fromShell, setFromShell] = useState<readonly SessionRequest[]>([])
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
