import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { formatCount, formatTime } from '../../model/format.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { useNow } from '../../ui/use-now.ts'
import { startUs } from './session-edge.ts'

/** The text follows the range after this time without a change. */
const SETTLED_MS = 300

/** The timeline in words, for screen readers. Updates with the snapshot and when the range stops moving; until then it is busy. */
export function TimelineSummary({ id }: { readonly id: string }) {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  // The range goes on with the clock.
  useNow()
  const [moving, setMoving] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const off = timeStore.subscribe(() => {
      clearTimeout(timer)
      setMoving(true)
      timer = setTimeout(() => setMoving(false), SETTLED_MS)
    })
    return () => {
      off()
      clearTimeout(timer)
    }
  }, [])
  return (
    <p id={id} className="visually-hidden" aria-busy={moving}>
      {snapshot === null ? 'No session.' : summaryText(snapshot)} The Objects table lists the same objects as text.
    </p>
  )
}

function summaryText(snapshot: NonNullable<ReturnType<typeof sessionStore.getState>['snapshot']>): string {
  const { fromUs, toUs, base } = timeStore.getState()
  const origin = startUs(snapshot)
  const shown = toUs > fromUs ? ` Shown: ${formatTime(fromUs, base, origin)} to ${formatTime(toUs, base, origin)}.` : ''
  const { objects, incomplete, goneSinceUs } = snapshot.totals
  const gone = goneSinceUs === null ? '' : ` The signal is gone since ${formatTime(goneSinceUs, base, origin)}.`
  return `${formatCount(objects)} objects on ${snapshot.channels.length} channels, ${formatCount(incomplete)} incomplete.${shown}${gone}`
}
