import { Server } from 'lucide-react'
import { type FormEvent, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { Choices } from '../../../core/contract/choices.ts'
import { startServing } from '../../app/session-actions.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Chips } from '../forms/Chips.tsx'
import styles from '../forms/Forms.module.css'
import { LineField } from '../forms/LineField.tsx'
import { OptionBlock } from '../forms/OptionBlock.tsx'
import { StartButton } from '../forms/StartButton.tsx'
import { useStart } from '../forms/use-start.ts'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { type Drafts, draftsOf, readDrafts } from '../welcome/receive-form.ts'
import { FolderField, LineFields } from './LineFields.tsx'
import {
  exposuresOf,
  FIRST_ADDRESS,
  onHost,
  type ServedThings,
  serveChoices,
  serveLines,
  serveRows,
} from './serve-form.ts'

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
  const ready = choices !== null && problems.size === 0

  const change = (to: Partial<ServedThings>) => setThings({ ...things, ...to })
  const draft = (name: string, value: string | boolean) => setChanged({ ...drafts, [name]: value })
  const start = useStart(problems.size === 0 ? choices : null, {
    risksOf: () => exposuresOf(things),
    run: async (chosen) => {
      settingsStore.setState({ serve: { read: things.read, write: things.write, choices: chosen } })
      await startServing(chosen)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.submit()
  }
  return (
    <form className={styles.form} aria-label="Serve folders" onSubmit={submit}>
      <div className={styles.fields}>
        <LineFields
          label="Folder to read"
          adds="Another folder"
          least={1}
          areFolders
          placeholder="A folder whose files can be fetched"
          values={things.read}
          onValues={(read) => change({ read })}
        />
        <FolderField
          label="Folder for uploads"
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
        <OptionBlock
          rows={rows}
          drafts={drafts}
          problems={problems}
          choices={others}
          onDraft={draft}
          onReset={() => setChanged({})}
        />
      </div>
      <section className={styles.before} aria-label="Before serving">
        <h2>Before serving</h2>
        <p className={styles.hint}>
          {choices === null
            ? 'Choose a folder to read, or one for uploads.'
            : 'Until it is stopped, the server answers every program that reaches its address.'}
        </p>
        <StartButton start={start} label="Start serving" anyway="Serve all the same" icon={Server} disabled={!ready} />
        {ready && <CommandLines lines={serveLines(parts, choices)} />}
      </section>
    </form>
  )
}

function textsIn(value: Choices[string]): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
