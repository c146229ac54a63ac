import { useStore } from 'zustand'
import type { ServedRequest } from '../../../core/contract/served-requests.ts'
import { formatCount, formatDuration, formatTime } from '../../model/format.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { heldText, severityOfRequest, statusText } from '../serve/traffic-model.ts'
import { startUs } from './session-edge.ts'
import styles from './TimelineView.module.css'

/** A request of a player to the session's gateway. */
export function RequestFacts({ request }: { readonly request: ServedRequest }) {
  const base = useStore(timeStore, (state) => (state.base === 'cursor' ? 'local' : state.base))
  const origin = useStore(sessionStore, (state) => startUs(state.snapshot))
  const { method, target, timeUs, durationUs, sentBytes, range, error } = request
  const severity = severityOfRequest(request)
  const held = heldText(request, timeUs)
  return (
    <>
      <div className={styles.cardName}>
        <MiddleCut text={`${method} ${target}`} />
      </div>
      <div className={styles.cardState}>
        {severity !== null && <SeverityGlyph severity={severity} />} {statusText(request)}
        {error !== null && `: ${error}`}
      </div>
      <dl className={styles.cardFacts}>
        <dt>Asked</dt>
        <dd>
          {formatTime(timeUs, base, origin)}, {formatDuration(durationUs)}
        </dd>
        <dt>Sent</dt>
        <dd>{formatCount(sentBytes)} B</dd>
        {range !== null && (
          <>
            <dt>Range</dt>
            <dd>{range}</dd>
          </>
        )}
        {held !== '' && (
          <>
            <dt>Held</dt>
            <dd>{held}</dd>
          </>
        )}
      </dl>
    </>
  )
}
