import { FileUp, FolderOpen, RadioTower } from 'lucide-react'
import { type FormEvent, type ReactNode, useId, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { AppError } from '../../../core/contract/app-error.ts'
import { defined } from '../../../core/contract/defined.ts'
import { DEMO_SOURCE } from '../../../core/contract/open-request.ts'
import type { SendRequest } from '../../../core/contract/send-request.ts'
import { withoutCredentials } from '../../../core/contract/shown-url.ts'
import { startSending } from '../../app/session-actions.ts'
import { shell } from '../../app/shell.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { interfaceChoices } from '../welcome/listen-model.ts'
import { byKind, OptionField, ReceiveFields } from '../welcome/ReceiveFields.tsx'
import { type Drafts, draftsOf, readDrafts } from '../welcome/receive-form.ts'
import { ChannelTable } from './ChannelTable.tsx'
import { NoteList } from './NoteList.tsx'
import styles from './SendView.module.css'
import { DESTINATIONS, formOf, risksOf, sendLines, sendRows } from './send-form.ts'
import { type Preflight, usePreflight } from './use-preflight.ts'

/** Risks that a person has accepted since the window opened. */
const accepted = new Set<string>()

/** Input, destination and options of a broadcast, with what would be sent. It keeps its values when starting fails. */
export function SendForm() {
  const remembered = useStore(settingsStore, ({ send }) => send)
  const parts = useStore(connectionStore, partsOf)
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const [input, setInput] = useState(remembered.input)
  const [destination, setDestination] = useState(remembered.destination)
  const [outInterface, setInterface] = useState(String(remembered.choices.outInterface ?? ''))
  const [receiveBack, setReceiveBack] = useState(remembered.receiveBack)
  const [transport, setTransport] = useState(remembered.choices.transport)
  const form = formOf(destination, defined({ transport }))
  const rows = useMemo(() => sendRows(parts, form), [parts, form])
  const [changed, setChanged] = useState<Drafts | null>(null)
  const before = useMemo(() => draftsOf(rows, remembered.choices), [rows, remembered.choices])
  const drafts = changed ?? before
  const { choices: read, problems } = useMemo(() => readDrafts(rows, drafts, {}), [rows, drafts])
  const known = interfaces.some(({ address }) => address === outInterface)
  const choices = useMemo(
    () => ({ ...read, ...defined({ outInterface: known ? outInterface : undefined }) }),
    [read, known, outInterface],
  )
  const [error, setError] = useState<AppError | null>(null)
  const [starting, setStarting] = useState(false)
  const [asked, setAsked] = useState<readonly string[]>([])
  const complete = input.trim() !== '' && destination.trim() !== '' && problems.size === 0
  const request = useMemo<SendRequest | null>(
    () => (complete ? { inputs: [input.trim()], destination: destination.trim(), choices, receiveBack } : null),
    [complete, input, destination, choices, receiveBack],
  )
  const preflight = usePreflight(request === null ? null : { ...request, receiveBack: false })
  const ids = { input: useId(), destination: useId(), interface: useId(), back: useId() }

  const start = async (asking: SendRequest) => {
    settingsStore.setState({
      send: {
        input: withoutCredentials(asking.inputs[0] ?? ''),
        destination: asking.destination,
        choices,
        receiveBack,
      },
    })
    setStarting(true)
    setError(null)
    try {
      await startSending(asking)
    } catch (thrown) {
      setError(appErrorOf(thrown))
    } finally {
      setStarting(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (request === null) return
    const risks = risksOf(request.destination, choices).filter((risk) => !accepted.has(risk))
    setAsked(risks)
    if (risks.length === 0) void start(request)
  }
  const accept = () => {
    for (const risk of asked) accepted.add(risk)
    setAsked([])
    if (request !== null) void start(request)
  }
  const draft = (name: string, value: string | boolean) => {
    setChanged({ ...drafts, [name]: value })
    if (name === 'transport') setTransport(String(value))
  }
  const basic = byKind(rows.filter(({ level }) => level === 'basic'))
  const expert = rows.filter(({ level }) => level === 'expert')
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.fields}>
        <div className={styles.field}>
          <label htmlFor={ids.input}>Input</label>
          <span className={styles.entry}>
            <input
              id={ids.input}
              type="text"
              value={input}
              placeholder="A DASH or HLS manifest, a folder, a file, or an http(s) address"
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setInput(event.target.value)}
            />
            <ChooseButtons onChoose={setInput} />
          </span>
          <Chips label="Examples of inputs">
            <button type="button" aria-pressed={input === DEMO_SOURCE} onClick={() => setInput(DEMO_SOURCE)}>
              Built-in demo
            </button>
          </Chips>
        </div>
        <div className={styles.field}>
          <label htmlFor={ids.destination}>Destination</label>
          <input
            id={ids.destination}
            type="text"
            value={destination}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setDestination(event.target.value)}
          />
          <Chips label="Kind of broadcast">
            {DESTINATIONS.map(({ label, example }) => (
              <button
                key={label}
                type="button"
                title={example}
                aria-pressed={destination.startsWith(example.slice(0, example.indexOf('//')))}
                onClick={() => setDestination(example)}
              >
                {label}
              </button>
            ))}
          </Chips>
        </div>
        <div className={styles.options}>
          <div className={styles.field}>
            <label htmlFor={ids.interface}>Network interface</label>
            <select
              id={ids.interface}
              value={known ? outInterface : ''}
              onChange={(event) => setInterface(event.target.value)}
            >
              <option value="">Chosen by the system</option>
              {interfaceChoices(interfaces).map((choice) => (
                <option key={choice.value} value={choice.value}>
                  {choice.text}
                </option>
              ))}
            </select>
          </div>
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
          chosen={expert.filter((row) => read[row.choice ?? row.key] !== undefined).length}
          onDraft={draft}
          onReset={() => setChanged({})}
        />
      </div>
      <section className={styles.plan} aria-label="Before sending">
        <h2>Before sending</h2>
        <Plan preflight={preflight} />
        <div
          className={styles.back}
          title="The session also listens to the address and shows in every view what arrives"
        >
          <input
            id={ids.back}
            type="checkbox"
            checked={receiveBack}
            onChange={(event) => setReceiveBack(event.target.checked)}
          />
          <label htmlFor={ids.back}>Receive it back on this computer</label>
        </div>
        {asked.length > 0 ? (
          <div className={styles.risks} role="alert">
            {asked.map((risk) => (
              <p key={risk}>{risk}</p>
            ))}
            <span>
              <Button variant="danger" onClick={accept}>
                Send all the same
              </Button>
              <Button variant="quiet" onClick={() => setAsked([])}>
                Back
              </Button>
            </span>
          </div>
        ) : (
          <Button
            type="submit"
            variant="primary"
            size="large"
            icon={RadioTower}
            disabled={starting || request === null || preflight.state === 'refused'}
          >
            {starting ? 'Starting…' : 'Start sending'}
          </Button>
        )}
        {error !== null && <ErrorBlock error={error} />}
        {request !== null && <CommandLines lines={sendLines(parts, input, destination, choices)} />}
      </section>
    </form>
  )
}

/** What would be sent. While another input is loaded the last plan stays, so that nothing moves. */
function Plan({ preflight }: { readonly preflight: Preflight }) {
  if (preflight.state === 'none')
    return (
      <p className={styles.hint}>Choose an input: what it has, and what receivers would not take, is listed here.</p>
    )
  if (preflight.state === 'refused') return <ErrorBlock error={preflight.error} />
  const plan = preflight.state === 'ready' ? preflight.plan : preflight.before
  if (plan === null) return <Progress label="Loading the input" done={0} total={null} />
  return (
    <div
      className={preflight.state === 'ready' ? styles.planned : styles.stale}
      aria-busy={preflight.state !== 'ready'}
    >
      <ChannelTable services={plan.services} counts="none" />
      <NoteList notes={plan.notes} />
    </div>
  )
}

function Chips({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <fieldset className={styles.chips} aria-label={label}>
      {children}
    </fieldset>
  )
}

/** The system's dialogs; a browser has none for paths of the server. */
function ChooseButtons({ onChoose }: { readonly onChoose: (path: string) => void }) {
  const desktop = shell()
  if (desktop === undefined) return null
  const choose = async (asking: Promise<string | null>) => {
    const path = await asking
    if (path !== null) onChoose(path)
  }
  return (
    <>
      <Button icon={FileUp} onClick={() => void choose(desktop.choosePresentation())}>
        File…
      </Button>
      <Button icon={FolderOpen} onClick={() => void choose(desktop.chooseFolder(''))}>
        Folder…
      </Button>
    </>
  )
}
