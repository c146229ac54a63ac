import { RadioTower } from 'lucide-react'
import { type FormEvent, useId, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import { optionsOf } from '../../../core/contract/choices.ts'
import { defined } from '../../../core/contract/defined.ts'
import type { PartDescription } from '../../../core/contract/part-description.ts'
import type { SendInput, SendPlan, SendRequest } from '../../../core/contract/send-request.ts'
import { withoutCredentials } from '../../../core/contract/shown-url.ts'
import { startSending } from '../../app/session-actions.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { Chips } from '../forms/Chips.tsx'
import forms from '../forms/Forms.module.css'
import { LineField } from '../forms/LineField.tsx'
import { OptionBlock } from '../forms/OptionBlock.tsx'
import { StartButton } from '../forms/StartButton.tsx'
import { useStart } from '../forms/use-start.ts'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { interfaceChoices } from '../welcome/listen-model.ts'
import { type Drafts, draftsOf, readDrafts } from '../welcome/receive-form.ts'
import { ChannelTable } from './ChannelTable.tsx'
import { InputFields } from './InputFields.tsx'
import { NoteList } from './NoteList.tsx'
import styles from './SendView.module.css'
import { ServiceTable } from './ServiceTable.tsx'
import { DESTINATIONS, formOf, ownRows, risksOf, sendLines, sendRows } from './send-form.ts'
import { type Preflight, usePreflight } from './use-preflight.ts'

/** Input, destination and options of a broadcast, with what would be sent. It keeps its values when starting fails. */
export function SendForm() {
  const remembered = useStore(settingsStore, ({ send }) => send)
  const parts = useStore(connectionStore, partsOf)
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const [inputs, setInputs] = useState<readonly DraftInput[]>(() => draftInputs(parts, remembered.inputs))
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
  const [withFiles, setWithFiles] = useState(false)
  const own = useMemo(() => ownRows(parts, form, withFiles), [parts, form, withFiles])
  const owns = useMemo(() => inputs.map((each) => readDrafts(own, each.own, {})), [inputs, own])
  const complete =
    inputs.every(({ input }) => input.trim() !== '') &&
    destination.trim() !== '' &&
    problems.size === 0 &&
    owns.every((each) => each.problems.size === 0)
  const request = useMemo<SendRequest | null>(
    () =>
      complete
        ? {
            inputs: inputs.map(({ input }, at) => ({ input: input.trim(), own: owns[at]?.choices ?? {} })),
            destination: destination.trim(),
            choices,
            receiveBack,
          }
        : null,
    [complete, inputs, owns, destination, choices, receiveBack],
  )
  const preflight = usePreflight(request === null ? null : { ...request, receiveBack: false })
  const planned = plannedServices(preflight)
  const hasFiles = planned.some(({ content }) => content === 'files')
  if (planned.length > 0 && hasFiles !== withFiles) setWithFiles(hasFiles)
  const ids = { interface: useId(), back: useId() }
  const start = useStart(request, {
    risksOf: (asking) => risksOf(asking.destination, asking.choices),
    run: async (asking) => {
      remember(asking)
      await startSending(asking)
    },
  })

  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.submit()
  }
  const change = (at: number, to: Partial<DraftInput>) =>
    setInputs(inputs.map((each, other) => (other === at ? { ...each, ...to } : each)))
  const draft = (name: string, value: string | boolean) => {
    setChanged({ ...drafts, [name]: value })
    if (name === 'transport') setTransport(String(value))
  }
  return (
    <form className={forms.form} onSubmit={submit}>
      <div className={forms.fields}>
        <InputFields
          inputs={inputs.map(({ input }) => input)}
          onInput={(at, input) => change(at, { input })}
          onAdd={() => setInputs([...inputs, EMPTY])}
          onRemove={(at) => setInputs(inputs.filter((_, other) => other !== at))}
        />
        <div className={forms.lines}>
          <LineField
            label="Destination"
            placeholder="route://, atsc:// or mabr://, with a group and port"
            value={destination}
            onChange={setDestination}
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
        <OptionBlock
          rows={rows}
          drafts={drafts}
          problems={problems}
          choices={read}
          onDraft={draft}
          onReset={() => setChanged({})}
        >
          <div className={forms.field}>
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
        </OptionBlock>
      </div>
      <section className={forms.before} aria-label="Before sending">
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
        <StartButton
          start={start}
          label="Start sending"
          anyway="Send all the same"
          icon={RadioTower}
          disabled={request === null || preflight.state === 'refused'}
        />
        {request !== null && <CommandLines lines={sendLines(parts, request)} />}
      </section>
      {own.length > 0 && (
        <ServiceTable
          rows={own}
          inputs={inputs}
          problems={owns.map((each) => each.problems)}
          planned={planned}
          onDraft={(at, name, value) => change(at, { own: { ...inputs[at]?.own, [name]: value } })}
        />
      )}
    </form>
  )
}

/** What is filled in of one input. */
type DraftInput = { readonly input: string; readonly own: Drafts }

const EMPTY: DraftInput = { input: '', own: {} }

/** Keeps a request for the next time, without user names and passwords. */
function remember(request: SendRequest): void {
  const inputs = request.inputs.map((each) => ({ ...each, input: withoutCredentials(each.input) }))
  settingsStore.setState({ send: { ...request, inputs } })
}

function draftInputs(parts: readonly PartDescription[], inputs: readonly SendInput[]): readonly DraftInput[] {
  const rows = optionsOf(parts)
  return inputs.map(({ input, own }) => ({ input, own: draftsOf(rows, own) }))
}

function plannedServices(preflight: Preflight): SendPlan['services'] {
  const plan = preflight.state === 'ready' ? preflight.plan : preflight.state === 'loading' ? preflight.before : null
  return plan?.services ?? []
}

/** What would be sent. While another input is loaded the last plan stays, so that nothing moves. */
function Plan({ preflight }: { readonly preflight: Preflight }) {
  if (preflight.state === 'none')
    return (
      <p className={forms.hint}>Choose an input: what it has, and what receivers would not take, is listed here.</p>
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
