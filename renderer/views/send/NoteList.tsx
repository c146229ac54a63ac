import { Check } from 'lucide-react'
import type { SendPlan } from '../../../core/contract/send-request.ts'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import styles from './SendView.module.css'

/** What there is to know of a broadcast, each with advice; that there is nothing is said too. */
export function NoteList({ notes }: Pick<SendPlan, 'notes'>) {
  return (
    <ul className={styles.notes} aria-label="Notes">
      {notes.length === 0 && (
        <li>
          <Check size={14} strokeWidth={2.4} className={styles.fine} aria-hidden />
          <span>Everything can be sent as it is.</span>
        </li>
      )}
      {notes.map(({ level, message, tryThis }) => (
        <li key={message}>
          <SeverityGlyph severity={level} />
          <span>
            {message} <span className={styles.advice}>{tryThis}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}
