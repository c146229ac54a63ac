import { Server } from 'lucide-react'
import { type FormEvent, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { AppError } from '../../../core/contract/app-error.ts'
import type { Choices } from '../../../core/contract/choices.ts'
import { startServing } from '../../app/session-actions.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Chips } from '../send/Chips.tsx'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { byKind, OptionField, ReceiveFields } from '../welcome/ReceiveFields.tsx'
import { type Drafts, draftsOf, readDrafts } from '../welcome/receive-form.ts'
import { LineField, LineFields } from './LineFields.tsx'
import styles from './ServeView.module.css'
import {
  exposureOf,
  FIRST_ADDRESS,
  onHost,
  type ServedThings,
  serveChoices,
  serveLines,
  serveRows,
} from './serve-form.ts'

/** Sentences that a person has accepted since the window opened. */
const accepted = new Set<string>()

const HOSTS = [
  { label: 'This computer only', host: '127.0.0.1' },
  { label: 'Every network', host: '0.0.0.0' },
] as const

/** Folders, address and options of a server. It keeps its values when starting fails. */
export function ServeForm() {
  const remembered = useStore(settingsStore, ({ serve }) => serve)
  const parts = useStore(connectionStore, partsOf)
  const [things, setThings] = useState<ServedThings>(() => ({
    read: remembered.read,
    write: remembered.write,
    streams: textsIn(remembered.choices.serveStreams),
    listen: String(remembered.choices.serveListen ?? FIRST_ADDRESS),
  }))
  const withStreams = things.streams.length > 0
  const rows = useMemo(() => serveRows(parts, withStreams), [parts, withStreams])
  const before = useMemo(() => draftsOf(rows, remembered.choices), [rows, remembered.choices])
  const [changed, setChanged] = useState<Drafts | null>(null)
  const drafts = changed ?? before
  const { choices: others, problems } = useMemo(() => readDrafts(rows, drafts, {}), [rows, drafts])
  const choices = useMemo(() => serveChoices(things, others), [things, others])
  const [asked, setAsked] = useState<string | null>(null)
  const [starting, setStarting] = useState(false)
  const [error, setError] = useState<AppError | null>(null)
  const ready = choices !== null && problems.size === 0

  const change = (to: Partial<ServedThings>) => {
    setThings({ ...things, ...to })
    setAsked(null)
  }
  const draft = (name: string, value: string | boolean) => setChanged({ ...drafts, [name]: value })
  const start = async (chosen: Choices) => {
    settingsStore.setState({ serve: { read: things.read, write: things.write, choices: chosen } })
    setStarting(true)
    setError(null)
    try {
      await startServing(chosen)
    } catch (thrown) {
      setError(appErrorOf(thrown))
    } finally {
      setStarting(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!ready) return
    const exposure = exposureOf(things)
    if (exposure === null || accepted.has(exposure)) void start(choices)
    else setAsked(exposure)
  }
  const accept = () => {
    if (asked !== null) accepted.add(asked)
    setAsked(null)
    if (choices !== null) void start(choices)
  }
  const basic = byKind(rows.filter(({ level }) => level === 'basic'))
  const expert = rows.filter(({ level }) => level === 'expert')
  return (
    <form className={styles.form} aria-label="Serve folders" onSubmit={submit}>
      <div className={styles.fields}>
        <LineFields
          label="Folder to read"
          adds="Another folder"
          least={1}
          isFolder
          placeholder="A folder whose files can be fetched"
          values={things.read}
          onValues={(read) => change({ read })}
        />
        <LineField
          label="Folder for uploads"
          isFolder
          placeholder="None: nothing can be written"
          value={things.write}
          onChange={(write) => change({ write })}
        />
        <div className={styles.lines}>
          <LineField
            label="Address"
            placeholder="HOST:PORT; port 0 is any free one"
            value={things.listen}
            onChange={(listen) => change({ listen })}
          />
          <Chips label="Who can reach it">
            {HOSTS.map(({ label, host }) => (
              <button
                key={host}
                type="button"
                title={host}
                aria-pressed={things.listen.startsWith(`${host}:`)}
                onClick={() => change({ listen: onHost(things.listen, host) })}
              >
                {label}
              </button>
            ))}
          </Chips>
        </div>
        <LineFields
          label="Stream"
          adds="A file as a live stream"
          least={0}
          placeholder="/live.mp3=/home/me/music.mp3"
          values={things.streams}
          onValues={(streams) => change({ streams })}
        />
        <div className={styles.options}>
          {basic.map((row) => (
            <OptionField key={row.key} row={row} drafts={drafts} problems={problems} defaults={{}} onDraft={draft} />
          ))}
        </div>
        <ReceiveFields
          title="More options"
          rows={expert}
          drafts={drafts}
          problems={new Map([...problems].filter(([name]) => expert.some((row) => (row.choice ?? row.key) === name)))}
          defaults={{}}
          chosen={expert.filter((row) => others[row.choice ?? row.key] !== undefined).length}
          onDraft={draft}
          onReset={() => setChanged({})}
        />
      </div>
      <section className={styles.start} aria-label="Before serving">
        <h2>Before serving</h2>
        <p className={styles.hint}>
          {choices === null
            ? 'Choose a folder to read, or one for uploads.'
            : 'Until it is stopped, the server answers every program that reaches its address.'}
        </p>
        {asked !== null ? (
          <div className={styles.risk} role="alert">
            <p>{asked}</p>
            <span>
              <Button variant="danger" onClick={accept}>
                Serve all the same
              </Button>
              <Button variant="quiet" onClick={() => setAsked(null)}>
                Back
              </Button>
            </span>
          </div>
        ) : (
          <Button type="submit" variant="primary" size="large" icon={Server} disabled={starting || !ready}>
            {starting ? 'Starting…' : 'Start serving'}
          </Button>
        )}
        {error !== null && <ErrorBlock error={error} />}
        {ready && <CommandLines lines={serveLines(parts, choices)} />}
      </section>
    </form>
  )
}

function textsIn(value: Choices[string]): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
