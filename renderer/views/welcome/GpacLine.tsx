import { ClipboardPaste } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import type { AppError } from '../../../core/contract/app-error.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'
import { frameStore } from '../../stores/frame-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import styles from './GpacLine.module.css'

/** A command line of GPAC, which fills in the form that has it. @param onListen called when the Listen form has another content */
export function GpacLine({ onListen }: { readonly onListen: () => void }) {
  const [line, setLine] = useState('')
  const [error, setError] = useState<AppError | null>(null)
  const [notes, setNotes] = useState<readonly string[]>([])
  const id = useId()
  const fill = async (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    setNotes([])
    try {
      const form = await engine().call('readGpacLine', line)
      setNotes(form.notes)
      if (form.kind === 'listen') {
        settingsStore.setState({ listen: { url: form.url, choices: form.choices } })
        onListen()
      } else {
        if (form.kind === 'send') settingsStore.setState({ send: form.request })
        else settingsStore.setState({ relay: form.request })
        frameStore.setState({ form: form.kind })
      }
    } catch (thrown) {
      setError(appErrorOf(thrown))
    }
  }
  return (
    <form className={styles.form} aria-label="A GPAC command line" onSubmit={(event) => void fill(event)}>
      <label htmlFor={id}>A GPAC command line</label>
      <input
        id={id}
        type="text"
        className={styles.line}
        value={line}
        placeholder="gpac -i live.mpd dashin:forward=file -o route://225.1.1.0:6000"
        spellCheck={false}
        autoComplete="off"
        aria-invalid={error !== null}
        onChange={(event) => {
          setLine(event.target.value)
          setError(null)
        }}
      />
      <Button type="submit" icon={ClipboardPaste} disabled={line.trim() === ''}>
        Fill in the form
      </Button>
      {error !== null && (
        <div className={styles.below}>
          <ErrorBlock error={error} />
        </div>
      )}
      {notes.length > 0 && (
        <ul className={styles.below} role="status">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </form>
  )
}
