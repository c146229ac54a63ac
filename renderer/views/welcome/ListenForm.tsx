import { Radio } from 'lucide-react'
import { type FormEvent, useId, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { Choices } from '../../../core/contract/choices.ts'
import { defined } from '../../../core/contract/defined.ts'
import type { PartDescription } from '../../../core/contract/part-description.ts'
import type { OptionValue } from '../../../core/contract/session-spec.ts'
import { shownSources } from '../../../core/contract/shown-url.ts'
import { storableChoices } from '../../../core/contract/stored-request.ts'
import { listen } from '../../app/session-actions.ts'
import { exposuresOfPassing, interfacePrefix, joins, passOnRows, sourceOf, sourcesOf } from '../../model/options.ts'
import { connectionStore } from '../../stores/connection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Chips } from '../forms/Chips.tsx'
import { StartButton } from '../forms/StartButton.tsx'
import { useStart } from '../forms/use-start.ts'
import { CommandLines } from './CommandLines.tsx'
import { InterfaceField } from './InterfaceField.tsx'
import styles from './ListenForm.module.css'
import { interfaceNames } from './listen-model.ts'
import { ReceiveFields } from './ReceiveFields.tsx'
import { linesOf } from './receive-form.ts'
import { useOpening } from './use-opening.ts'
import { useOptionFields, useReceiveForm } from './use-receive-form.ts'

/** The stored interface names; other values are dropped. */
function namesOf(value: OptionValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** Address, interfaces and options of a live source. The form keeps its values when opening fails. */
export function ListenForm() {
  const remembered = useStore(settingsStore, (state) => state.listen)
  const interfaces = useStore(connectionStore, (state) => state.interfaces)
  const opening = useOpening('Listen')
  const [url, setUrl] = useState(remembered.url)
  const [chosen, setChosen] = useState(() => namesOf(remembered.choices.interfaces))
  // A stored interface may no longer exist.
  const known = useMemo(
    () => chosen.filter((value) => interfaces.some(({ address, name }) => address === value || name === value)),
    [chosen, interfaces],
  )
  const form = useReceiveForm('Listen', remembered.choices, url)
  const passed = useMemo(() => passOnRows(form.parts), [form.parts])
  const passing = useOptionFields(passed, remembered.choices)
  const source = sourceOf(form.parts, url.trim())
  const prefix = source === null ? null : interfacePrefix(source)
  const names = useMemo(() => interfaceNames(interfaces), [interfaces])
  const joining =
    source === null ||
    url
      .trim()
      .split(/\s+/)
      .some((word) => isJoining(form.parts, word))
  const urlId = useId()
  const busy = opening !== null && opening.error === null
  const choices: Choices = {
    ...form.choices,
    ...passing.choices,
    ...defined({ interfaces: known.length === 0 || !joining ? undefined : known }),
  }
  const ready = url.trim() !== '' && form.problems.size + passing.problems.size === 0
  // One value for as long as the form says the same, which is what a person is asked about.
  const asked = JSON.stringify([url.trim(), choices])
  const wanted = useMemo(() => {
    const [address, chosen] = JSON.parse(asked) as [string, Choices]
    return { address, chosen }
  }, [asked])
  const start = useStart(ready ? wanted : null, {
    risksOf: ({ chosen }) => exposuresOfPassing(passed, chosen),
    run: async ({ address, chosen }) => {
      settingsStore.setState({ listen: { url: shownSources(address), choices: storableChoices(chosen) } })
      await listen(address, chosen)
    },
  })

  const choose = (text: string) => {
    setUrl(text)
    if (opening?.error != null) sessionStore.setState({ opening: null })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.submit()
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
          title="Several addresses, with spaces between them, are received as one session"
          spellCheck={false}
          autoComplete="off"
          data-listen-address
          aria-invalid={opening?.error != null}
          onChange={(event) => choose(event.target.value)}
        />
        <SourceKinds parts={form.parts} text={url.trim()} names={names} onChoose={choose} />
        {prefix !== null && (
          <p className={styles.examples}>
            {names.map((name) => (
              <button key={name} type="button" onClick={() => choose(prefix + name)}>
                {prefix + name}
              </button>
            ))}
          </p>
        )}
      </div>
      {joining && <InterfaceField chosen={known} onChange={setChosen} />}
      <StartButton
        start={start}
        label={busy ? 'Joining…' : 'Listen'}
        anyway="Listen all the same"
        icon={Radio}
        disabled={busy || !ready}
      />
      {opening?.error != null && <ErrorBlock error={opening.error} />}
      <ReceiveFields {...form.fields} />
      <ReceiveFields title="Push and live origin" {...passing.fields} />
      {ready && <CommandLines lines={linesOf(form.parts, 'Listen', url, choices)} />}
    </form>
  )
}

function isJoining(parts: readonly PartDescription[], text: string): boolean {
  const source = sourceOf(parts, text)
  return source !== null && joins(source)
}

type SourceKindsProps = {
  readonly parts: readonly PartDescription[]
  readonly text: string
  readonly names: readonly string[]
  readonly onChoose: (text: string) => void
}

/** The kinds of live sources: each fills in its example, with an interface of this computer where one is the subject. */
function SourceKinds({ parts, text, names, onChoose }: SourceKindsProps) {
  const current = sourceOf(parts, text)?.pattern
  return (
    <Chips label="Kind of source">
      {sourcesOf(parts).map((source) => {
        const { label, example } = source.pattern
        if (example === null) return null
        const prefix = interfacePrefix(source)
        const filled = prefix === null ? example : `${prefix}${names[0] ?? example.slice(prefix.length)}`
        return (
          <button
            key={label}
            type="button"
            title={filled}
            aria-pressed={source.pattern === current}
            onClick={() => onChoose(filled)}
          >
            {label}
          </button>
        )
      })}
    </Chips>
  )
}
