import { X } from 'lucide-react'
import { useId } from 'react'
import { useStore } from 'zustand'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { ReceiveFields } from '../welcome/ReceiveFields.tsx'
import styles from './RelayView.module.css'
import { type EndDraft, type RelaySide, readEnd, rowsOfEnd } from './relay-form.ts'

const PLACEHOLDERS: Readonly<Record<RelaySide, string>> = {
  source: 'udp://, tcp://, route://, atsc://, mabr://, or a media file',
  destination: 'udp://, tcp://, or a media file',
}

type EndFieldsProps = {
  readonly side: RelaySide
  /** `Source 2` */
  readonly label: string
  readonly end: EndDraft
  readonly onEnd: (end: EndDraft) => void
  /** Absent: it cannot be removed. */
  readonly onRemove?: (() => void) | undefined
}

/** Address and options of one end of a relay. */
export function EndFields({ side, label, end, onEnd, onRemove }: EndFieldsProps) {
  const id = useId()
  const parts = useStore(connectionStore, partsOf)
  const rows = rowsOfEnd(parts, side, end.name)
  const { choices, problems } = readEnd(parts, side, end)
  const wrong = end.name.trim() !== '' && rows.length === 0
  return (
    <fieldset className={styles.end} aria-label={label}>
      <label htmlFor={id}>{label}</label>
      <span className={styles.entry}>
        <input
          id={id}
          type="text"
          value={end.name}
          placeholder={PLACEHOLDERS[side]}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong}
          aria-describedby={wrong ? `${id}-problem` : undefined}
          onChange={(event) => onEnd({ ...end, name: event.target.value })}
        />
        {onRemove !== undefined && <IconButton label={`Remove ${label.toLowerCase()}`} icon={X} onClick={onRemove} />}
      </span>
      {wrong && (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          {side === 'source' ? 'Nothing is read from there.' : 'Nothing is sent there.'}
        </p>
      )}
      {rows.length > 0 && (
        <ReceiveFields
          title={`Options of ${label.toLowerCase()}`}
          rows={rows}
          drafts={end.drafts}
          problems={problems}
          defaults={{}}
          chosen={Object.keys(choices).length}
          onDraft={(key, value) => onEnd({ ...end, drafts: { ...end.drafts, [key]: value } })}
          onReset={() => onEnd({ ...end, drafts: {} })}
        />
      )}
    </fieldset>
  )
}
