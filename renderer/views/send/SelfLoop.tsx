import { useState } from 'react'
import { useStore } from 'zustand'
import type { ReturnedObject, SelfLoopSnapshot, SentServiceSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { formatCount, formatDuration, formatTime, UNKNOWN } from '../../model/format.ts'
import { goToPanel } from '../../stores/frame-store.ts'
import { selectObject } from '../../stores/selection-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { Segmented } from '../../ui/Segmented.tsx'
import { Figure } from '../forms/Figure.tsx'
import forms from '../forms/Forms.module.css'
import { LoopTimeline } from './LoopTimeline.tsx'
import { isWrong, RETURN_TEXT, severityOf, verdictOf } from './return-words.ts'
import styles from './SendView.module.css'
import { type Heading, numberHeadings, TableHead } from './TableHead.tsx'

/** Rows of the table. */
const MOST_ROWS = 60
const HEADINGS: readonly Heading[] = [
  { text: 'Object' },
  { text: 'Came back' },
  ...numberHeadings('Sent at', 'Bytes', 'Missing', 'Delay'),
]
const FILTERS = [
  { value: 'all', text: 'All' },
  { value: 'wrong', text: 'Not as sent' },
] as const

type SelfLoopProps = {
  readonly loop: SelfLoopSnapshot
  readonly services: readonly SentServiceSnapshot[]
}

/** What came back of what is sent, object by object. */
export function SelfLoop({ loop, services }: SelfLoopProps) {
  const [filter, setFilter] = useState<'all' | 'wrong'>('all')
  const { counts, delayUs, strange } = loop
  const { severity, text } = verdictOf(loop)
  const shown = loop.objects.filter((each) => filter === 'all' || isWrong(each.state))
  const rows = shown.slice(-MOST_ROWS).reverse()
  return (
    <section className={styles.loop} aria-label="Received back">
      <div className={styles.loopHead}>
        <h3>
          {severity !== null && <SeverityGlyph severity={severity} />} Received back: <span>{text}</span>
        </h3>
        <Segmented label="Objects shown" options={FILTERS} value={filter} onChange={setFilter} />
      </div>
      <dl className={forms.figures}>
        <Figure name="Equal" value={formatCount(counts.equal + counts.late)} />
        <Figure name="Late" value={formatCount(counts.late)} hint={`More than ${formatDuration(loop.lateAfterUs)}`} />
        <Figure name="Incomplete" value={formatCount(counts.incomplete)} />
        <Figure name="Lost" value={formatCount(counts.lost)} />
        <Figure name="Other bytes" value={formatCount(counts.differs)} />
        <Figure name="On the way" value={formatCount(counts.coming)} />
        {strange > 0 && <Figure name="Not sent here" value={formatCount(strange)} />}
        <Figure
          name="Delay, middle / 95 % / longest"
          value={
            delayUs === null
              ? UNKNOWN
              : [delayUs.median, delayUs.p95, delayUs.longest].map((us) => formatDuration(us)).join(' / ')
          }
        />
      </dl>
      <LoopTimeline loop={loop} services={services} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well */}
      <div className={styles.loopRows} tabIndex={0}>
        <table className={styles.table} aria-label="Objects received back">
          <TableHead headings={HEADINGS} />
          <tbody>
            {rows.map((each) => (
              <ObjectRow key={`${each.destination} ${each.tsi} ${each.toi} ${each.beganUs}`} object={each} />
            ))}
            {rows.length === 0 && (
              <tr>
                <td colSpan={HEADINGS.length} className={forms.hint}>
                  {filter === 'all' ? 'Nothing has been sent yet.' : 'Everything came back as it was sent.'}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function ObjectRow({ object }: { readonly object: ReturnedObject }) {
  const timeBase = useStore(timeStore, ({ base }) => base)
  const { tsi, toi, index, name, state, beganUs, sizeBytes, missingBytes, delayUs, transmissions } = object
  const severity = severityOf(state)
  const text = name ?? `TSI ${tsi}, TOI ${toi}`
  return (
    <tr data-state={state}>
      <td>
        {index === null ? (
          <MiddleCut text={text} />
        ) : (
          <button type="button" className={styles.objectLink} onClick={() => inspect(index)}>
            <MiddleCut text={text} />
          </button>
        )}
      </td>
      <td>
        <span className={styles.returned}>
          {severity !== null && <SeverityGlyph severity={severity} />}
          {RETURN_TEXT[state]}
          {transmissions > 1 && <span className={styles.advice}>sent {formatCount(transmissions)} times</span>}
        </span>
      </td>
      <td data-number>{formatTime(beganUs, timeBase === 'utc' ? 'utc' : 'local', null)}</td>
      <td data-number>{formatCount(sizeBytes)}</td>
      <td data-number>{formatCount(missingBytes)}</td>
      <td data-number>{formatDuration(delayUs)}</td>
    </tr>
  )
}

function inspect(index: number): void {
  selectObject(index)
  goToPanel('inspector')
}
