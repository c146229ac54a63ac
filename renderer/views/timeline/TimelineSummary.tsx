import { useStore } from 'zustand'
import { formatCount, formatTime } from '../../model/format.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { startUs } from './session-edge.ts'

/** The picture in words, for those who do not see it. Renders with the snapshot, not with every move of the range. */
export function TimelineSummary({ id }: { readonly id: string }) {
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  return (
    <p id={id} className="visually-hidden">
      {snapshot === null ? 'No session.' : summaryText(snapshot)} The Objects table lists the same objects as text.
    </p>
  )
}

function summaryText(snapshot: NonNullable<ReturnType<typeof sessionStore.getState>['snapshot']>): string {
  const { fromUs, toUs, base } = timeStore.getState()
  const origin = startUs(snapshot)
  const shown = toUs > fromUs ? ` Shown: ${formatTime(fromUs, base, origin)} to ${formatTime(toUs, base, origin)}.` : ''
  const { objects, incomplete } = snapshot.totals
  return `${formatCount(objects)} objects on ${snapshot.channels.length} channels, ${formatCount(incomplete)} incomplete.${shown}`
}
