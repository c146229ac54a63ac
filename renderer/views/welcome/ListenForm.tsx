import { Radio } from 'lucide-react'
import { type FormEvent, useId, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { listen } from '../../app/session-actions.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import styles from './ListenForm.module.css'
import { interfaceChoices } from './listen-model.ts'

const EXAMPLES = ['atsc://', 'route://225.1.1.0:6000', 'mabr://225.1.1.0:6000'] as const

/** Where to listen, and on which interface. What was typed is kept, also when it fails. */
export function ListenForm() {
  const remembered = useStore(settingsStore, (state) => state.listen)
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const opening = useStore(sessionStore, (state) => (state.opening?.request.kind === 'url' ? state.opening : null))
  const [url, setUrl] = useState(remembered.url)
  const choices = useMemo(() => interfaceChoices(interfaces), [interfaces])
  const [chosen, setChosen] = useState(remembered.interface ?? '')
  const known = choices.some((choice) => choice.value === chosen) ? chosen : ''
  const urlId = useId()
  const interfaceId = useId()
  const busy = opening !== null && opening.error === null

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const networkInterface = known === '' ? null : known
    settingsStore.setState({ listen: { url: url.trim(), interface: networkInterface } })
    void listen(url.trim(), networkInterface)
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.field}>
        <label htmlFor={urlId}>Address</label>
        <input
          id={urlId}
          type="text"
          className={styles.input}
          value={url}
          spellCheck={false}
          autoComplete="off"
          data-listen-address
          aria-invalid={opening?.error != null}
          onChange={(event) => {
            setUrl(event.target.value)
            if (opening?.error != null) sessionStore.setState({ opening: null })
          }}
        />
        <p className={styles.examples}>
          {EXAMPLES.map((example) => (
            <button key={example} type="button" onClick={() => setUrl(example)}>
              {example}
            </button>
          ))}
        </p>
      </div>
      <div className={styles.field}>
        <label htmlFor={interfaceId}>Network interface</label>
        <select
          id={interfaceId}
          className={styles.input}
          value={known}
          onChange={(event) => setChosen(event.target.value)}
        >
          <option value="">Chosen by the system</option>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.text}
            </option>
          ))}
        </select>
      </div>
      {opening?.error != null && <ErrorBlock error={opening.error} />}
      <Button type="submit" variant="primary" size="large" icon={Radio} disabled={busy || url.trim() === ''}>
        {busy ? 'Joining…' : 'Listen'}
      </Button>
    </form>
  )
}
