import { Plus, Workflow } from 'lucide-react'
import { type FormEvent, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { AppError } from '../../../core/contract/app-error.ts'
import { startRelay } from '../../app/session-actions.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { Button } from '../../ui/Button.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { Chips } from '../../views/forms/Chips.tsx'
import forms from '../forms/Forms.module.css'
import { CommandLines } from '../welcome/CommandLines.tsx'
import { EndFields } from './EndFields.tsx'
import { Graph } from './Graph.tsx'
import styles from './RelayView.module.css'
import { type DestinationDraft, draftOfRelay, type RelayDraft, relayRequest, withoutSource } from './relay-form.ts'
import { useRelayPlan } from './use-relay-plan.ts'

const EMPTY = { name: '', drafts: {} }

/** Sources and destinations, and what is joined to what. It keeps its values when starting fails. */
export function RelayForm() {
  const remembered = useStore(settingsStore, ({ relay }) => relay)
  const parts = useStore(connectionStore, partsOf)
  const [changed, setDraft] = useState<RelayDraft | null>(null)
  const before = useMemo(() => draftOfRelay(parts, remembered), [parts, remembered])
  const draft = changed ?? before
  const [starting, setStarting] = useState(false)
  const [error, setError] = useState<AppError | null>(null)
  const request = useMemo(() => relayRequest(parts, draft), [parts, draft])
  const planned = useRelayPlan(request)
  const plan = planned !== null && 'plan' in planned ? planned.plan : null
  const refusal = planned !== null && 'error' in planned ? planned.error : null
  const { sources, destinations } = draft

  const change = (to: Partial<RelayDraft>) => {
    setDraft({ ...draft, ...to })
    setError(null)
  }
  const setDestination = (at: number, to: DestinationDraft) =>
    change({ destinations: destinations.map((each, other) => (other === at ? to : each)) })
  const start = async (replace: boolean) => {
    if (request === null) return
    settingsStore.setState({ relay: request })
    setStarting(true)
    setError(null)
    try {
      await startRelay(request, replace)
    } catch (thrown) {
      setError(appErrorOf(thrown))
    } finally {
      setStarting(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void start(false)
  }
  const labelOf = (side: string, at: number, all: readonly unknown[]) => (all.length === 1 ? side : `${side} ${at + 1}`)
  return (
    <form className={forms.form} aria-label="Relay media" onSubmit={submit}>
      <div className={styles.fields}>
        <section className={styles.ends} aria-label="Sources">
          {sources.map((end, at) => (
            <EndFields
              // biome-ignore lint/suspicious/noArrayIndexKey: an end is its place
              key={at}
              side="source"
              label={labelOf('Source', at, sources)}
              end={end}
              onEnd={(to) => change({ sources: sources.map((each, other) => (other === at ? to : each)) })}
              onRemove={sources.length > 1 ? () => change(withoutSource(draft, at)) : undefined}
            />
          ))}
          <Chips label="More sources">
            <button type="button" onClick={() => change({ sources: [...sources, EMPTY] })}>
              <Plus size={12} aria-hidden /> Another source
            </button>
          </Chips>
        </section>
        <section className={styles.ends} aria-label="Destinations">
          {destinations.map((end, at) => {
            const label = labelOf('Destination', at, destinations)
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: an end is its place
              <div key={at} className={styles.end}>
                <EndFields
                  side="destination"
                  label={label}
                  end={end}
                  onEnd={(to) => setDestination(at, { ...end, ...to })}
                  onRemove={
                    destinations.length > 1
                      ? () => change({ destinations: destinations.filter((_, other) => other !== at) })
                      : undefined
                  }
                />
                {sources.length > 1 && (
                  <Joins
                    label={label}
                    sources={sources.map(({ name }, place) => name.trim() || `Source ${place + 1}`)}
                    without={end.without}
                    onWithout={(without) => setDestination(at, { ...end, without })}
                  />
                )}
              </div>
            )
          })}
          <Chips label="More destinations">
            <button
              type="button"
              onClick={() => change({ destinations: [...destinations, { ...EMPTY, without: [] }] })}
            >
              <Plus size={12} aria-hidden /> Another destination
            </button>
          </Chips>
        </section>
      </div>
      <section className={styles.start} aria-label="Before relaying">
        <h2>Before relaying</h2>
        {request === null ? (
          <p className={forms.hint}>Name a source and a destination of media, and join them.</p>
        ) : (
          plan !== null && (
            <Graph label="How it would run" parts={plan.parts} links={plan.links} traffic={[]} isRunning={false} />
          )
        )}
        <Button
          type="submit"
          variant="primary"
          size="large"
          icon={Workflow}
          disabled={starting || request === null || refusal !== null}
        >
          {starting ? 'Starting…' : 'Start relaying'}
        </Button>
        {request !== null && refusal !== null && <ErrorBlock error={refusal} />}
        {error !== null && (
          <ErrorBlock
            error={error}
            actions={
              error.code === 'file-exists' && <Button onClick={() => void start(true)}>Overwrite and start</Button>
            }
          />
        )}
        {request !== null && plan !== null && <CommandLines lines={plan} />}
      </section>
    </form>
  )
}

type JoinsProps = {
  readonly label: string
  readonly sources: readonly string[]
  readonly without: readonly number[]
  readonly onWithout: (without: readonly number[]) => void
}

/** The sources that a destination takes from. */
function Joins({ label, sources, without, onWithout }: JoinsProps) {
  const isNone = sources.every((_, at) => without.includes(at))
  return (
    <fieldset className={styles.joins}>
      <legend>{label} takes from</legend>
      {sources.map((name, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a source is its place
        <label key={at}>
          <input
            type="checkbox"
            checked={!without.includes(at)}
            onChange={(event) =>
              onWithout(event.target.checked ? without.filter((each) => each !== at) : [...without, at])
            }
          />
          <span>{name}</span>
        </label>
      ))}
      {isNone && (
        <p className={styles.problem} role="alert">
          Join a source to it, or remove it.
        </p>
      )}
    </fieldset>
  )
}
