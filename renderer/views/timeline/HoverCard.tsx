import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { OBJECT_STATE } from '../../../core/contract/object-table.ts'
import type { ObjectState } from '../../../core/contract/report.ts'
import { engine } from '../../client/engine-client.ts'
import {
  formatCount,
  formatDuration,
  formatPercent,
  formatTime,
  formatToi,
  shownDifferenceUs,
} from '../../model/format.ts'
import { objectColumns } from '../../stores/object-columns.ts'
import { sessionStore, shownReceiver } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { OBJECT_STATE_TEXT, ObjectStateGlyph } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import type { Hover } from './hit-test.ts'
import { RequestFacts } from './RequestFacts.tsx'
import { startUs } from './session-edge.ts'
import styles from './TimelineView.module.css'

/** Rest of the pointer before the name is requested. */
const REST_MS = 120
const STATES = Object.keys(OBJECT_STATE) as ObjectState[]

/** The object or request under the pointer. */
export function HoverCard({ hover }: { readonly hover: NonNullable<Hover> }) {
  const below = hover.y < 150
  return (
    <div
      className={styles.card}
      style={{
        left: `clamp(4px, ${hover.x + 14}px, calc(100% - 264px))`,
        ...(below ? { top: hover.y + 16 } : { bottom: `calc(100% - ${hover.y - 12}px)` }),
      }}
      aria-hidden
    >
      {'row' in hover ? <ObjectFacts row={hover.row} /> : <RequestFacts request={hover.request} />}
    </div>
  )
}

/** Its name is fetched, the rest is read from the columns. */
function ObjectFacts({ row }: { readonly row: number }) {
  const name = useObjectName(row)
  const base = useStore(timeStore, (state) => (state.base === 'cursor' ? 'local' : state.base))
  const origin = useStore(sessionStore, (state) => startUs(state.snapshot))
  const snapshot = useStore(sessionStore, (state) => state.snapshot)
  const channel = snapshot?.channels.find((one) => one.channel === objectColumns.values.channel[row])
  const state = STATES[objectColumns.values.state[row] ?? 0] ?? 'receiving'
  const size = objectColumns.values.size[row] ?? -1
  const received = objectColumns.values.received[row] ?? 0
  const recovered = objectColumns.values.recovered[row] ?? 0
  const first = objectColumns.values.firstTimeUs[row] ?? 0
  const last = objectColumns.values.lastTimeUs[row] ?? 0
  const repeats = objectColumns.values.repeats[row] ?? 0
  return (
    <>
      <div className={styles.cardName}>
        <MiddleCut
          text={
            name ??
            `${channel?.protocol === 'mmtp' ? 'MPU' : 'TOI'} ${formatToi(objectColumns.values.toi[row] as number)}`
          }
        />
      </div>
      <div className={styles.cardState}>
        <ObjectStateGlyph state={state} recovered={recovered > 0} /> {OBJECT_STATE_TEXT[state]}
        {state !== 'complete' && size > 0 && ` ${formatPercent(received + recovered, size, 1)}`}
        {repeats > 0 && `, ${formatCount(repeats)} ${repeats === 1 ? 'repeat' : 'repeats'}`}
      </div>
      <dl className={styles.cardFacts}>
        <dt>{channel?.protocol === 'mmtp' ? 'packet_id / MPU' : 'TSI / TOI'}</dt>
        <dd>
          {channel?.tsi ?? '–'} / {formatToi(objectColumns.values.toi[row] as number)}
        </dd>
        <dt>Received</dt>
        <dd>
          {formatCount(received)} of {formatCount(size < 0 ? null : size)} B
        </dd>
        {recovered > 0 && (
          <>
            <dt>By FEC</dt>
            <dd>{formatCount(recovered)} B</dd>
          </>
        )}
        <dt>First packet</dt>
        <dd>{formatTime(first, base, origin)}</dd>
        <dt>Last packet</dt>
        <dd>
          {formatTime(last, base, origin)}, {formatDuration(shownDifferenceUs(first, last, base, origin))}
        </dd>
      </dl>
    </>
  )
}

function useObjectName(row: number): string | null {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  const [known, setKnown] = useState<{ readonly row: number; readonly name: string | null } | null>(null)
  useEffect(() => {
    if (sessionId === null) return
    let wanted = true
    const timer = setTimeout(() => {
      engine()
        .call('objectDetail', sessionId, row, shownReceiver())
        .then((detail) => {
          if (wanted) setKnown({ row, name: detail.row.name })
        })
        // The card stays without a name; the inspector shows errors.
        .catch(() => undefined)
    }, REST_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [sessionId, row])
  return known?.row === row ? known.name : null
}
