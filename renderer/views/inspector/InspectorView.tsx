import { ScanSearch } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { selectionStore } from '../../stores/selection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { KeyHint } from '../../ui/KeyHint.tsx'
import { TableText } from '../signalling/TableText.tsx'
import styles from './InspectorView.module.css'
import { ObjectInspector } from './ObjectInspector.tsx'

/** The object or the signalling table that was selected last. */
export function InspectorView() {
  const objectIndex = useStore(selectionStore, (state) => state.objectIndex)
  const signallingKey = useStore(selectionStore, (state) => state.signallingKey)
  const table = useStore(sessionStore, (state) => state.snapshot?.signalling.find((one) => one.key === signallingKey))
  const last = useLastSelected()
  const showTable = table !== undefined && (last === 'table' || objectIndex === null)
  if (showTable) return <TableText table={table} place="inspector" />
  if (objectIndex !== null) return <ObjectInspector index={objectIndex} />
  return (
    <div className={styles.nothing}>
      <EmptyState icon={ScanSearch} title="Nothing selected">
        Select an object in the timeline or the table to see its headers, boxes and bytes, or a signalling table to read
        it. In the timeline, <KeyHint keys="." /> and <KeyHint keys="," /> step along a lane, <KeyHint keys="e" /> goes
        to the next incomplete object.
      </EmptyState>
    </div>
  )
}

function useLastSelected(): 'object' | 'table' {
  const [last, setLast] = useState<'object' | 'table'>('object')
  useEffect(
    () =>
      selectionStore.subscribe((state, before) => {
        if (state.objectIndex !== before.objectIndex && state.objectIndex !== null) setLast('object')
        else if (state.signallingKey !== before.signallingKey && state.signallingKey !== null) setLast('table')
      }),
    [],
  )
  return last
}
