import { Share2 } from 'lucide-react'
import { type FormEvent, useMemo } from 'react'
import { useStore } from 'zustand'
import { type Choices, choiceName } from '../../../core/contract/choices.ts'
import type { SessionRequest } from '../../../core/contract/open-request.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import { again, requestAgain } from '../../app/session-actions.ts'
import { exposuresOfPassing, groupOf, passOnRows } from '../../model/options.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { sessionStore } from '../../stores/session-store.ts'
import styles from '../forms/Forms.module.css'
import { LineField } from '../forms/LineField.tsx'
import { OptionBlock } from '../forms/OptionBlock.tsx'
import { StartButton } from '../forms/StartButton.tsx'
import { useStart } from '../forms/use-start.ts'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { linesOf } from '../welcome/receive-form.ts'
import { useOptionFields } from '../welcome/use-receive-form.ts'
import { LineFields } from './LineFields.tsx'

/** Pushes what is received to other servers, and serves it as a live origin. */
export function PassOn() {
  const parts = useStore(connectionStore, partsOf)
  const request = useStore(sessionStore, requestAgain)
  const group = request === null ? null : groupOf(parts, request)
  const rows = useMemo(() => passOnRows(parts), [parts])
  if (request === null || group === null || group === 'Demo') return null
  return <PassOnForm key={request.sources.join(' ')} request={request} rows={rows} />
}

type PassOnFormProps = { readonly request: SessionRequest; readonly rows: readonly OptionRow[] }

function PassOnForm({ request, rows }: PassOnFormProps) {
  const parts = useStore(connectionStore, partsOf)
  const { choices, problems, fields } = useOptionFields(rows, request.choices)
  const [named, others] = useMemo(
    () => [rows.filter(({ subject }) => subject === true), rows.filter(({ subject }) => subject !== true)],
    [rows],
  )
  const isNamed = named.some((row) => choices[choiceName(row)] !== undefined)
  const wasNamed = named.some((row) => request.choices[choiceName(row)] !== undefined)
  const ready = problems.size === 0 && (isNamed || wasNamed)
  const change = useMemo(
    () => Object.fromEntries(rows.map((row) => [choiceName(row), choices[choiceName(row)]])),
    [rows, choices],
  )
  const start = useStart<Choices>(ready ? change : null, {
    risksOf: (chosen) => exposuresOfPassing(rows, chosen),
    run: again,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.submit()
  }
  const isLive = groupOf(parts, request) === 'Listen'
  const lines = linesOf(parts, isLive ? 'Listen' : 'Open', request.sources.join(isLive ? ' ' : '\n'), {
    ...request.choices,
    ...change,
  })
  return (
    <form className={styles.form} aria-label="Pass on what is received" onSubmit={submit}>
      <div className={styles.fields}>
        {named.map((row) => (
          <NamedField key={choiceName(row)} row={row} draft={fields.drafts[choiceName(row)]} onDraft={fields.onDraft} />
        ))}
        <OptionBlock {...fields} rows={others} choices={choices} />
      </div>
      <section className={styles.before} aria-label="Before passing on">
        <h2>Pass on what is received</h2>
        <p className={styles.hint}>
          {isNamed || !wasNamed
            ? 'Files are pushed, or served while they come. What is received begins anew with it.'
            : 'Nothing is passed on any more. What is received begins anew.'}
        </p>
        <StartButton
          start={start}
          label={isNamed || !wasNamed ? 'Pass on' : 'Stop passing on'}
          anyway="Pass on all the same"
          icon={Share2}
          disabled={!ready}
        />
        {ready && <CommandLines lines={lines} />}
      </section>
    </form>
  )
}

type NamedFieldProps = {
  readonly row: OptionRow
  readonly draft: string | boolean | undefined
  readonly onDraft: (name: string, value: string) => void
}

/** An address, or any number of them. */
function NamedField({ row, draft, onDraft }: NamedFieldProps) {
  const name = choiceName(row)
  const text = typeof draft === 'string' ? draft : ''
  const placeholder = row.unset ?? ''
  const { label } = row
  if (row.type.kind !== 'list')
    return <LineField {...{ label, placeholder }} value={text} onChange={(value) => onDraft(name, value)} />
  return (
    <LineFields
      {...{ label, placeholder }}
      adds="Another address"
      least={1}
      values={text.split(/, ?/)}
      onValues={(values) => onDraft(name, values.join(', '))}
    />
  )
}
