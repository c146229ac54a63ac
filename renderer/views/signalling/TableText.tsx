import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { AppError } from '../../../core/contract/app-error.ts'
import type { SignallingText } from '../../../core/contract/engine-api.ts'
import type { SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'
import { formatCount, formatDuration, formatTime } from '../../model/format.ts'
import { indentXml } from '../../model/syntax.ts'
import { addCommands } from '../../stores/command-store.ts'
import { selectSignalling } from '../../stores/selection-store.ts'
import { sessionStore, shownReceiver } from '../../stores/session-store.ts'
import { timeStore } from '../../stores/time-store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { ErrorBlock } from '../../ui/ErrorBlock.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { Segmented } from '../../ui/Segmented.tsx'
import { SyntaxText } from '../../ui/SyntaxText.tsx'
import { useTimeOrigin } from '../../ui/use-time-origin.ts'
import { DecodedTab } from './DecodedTab.tsx'
import { DiffTab } from './DiffTab.tsx'
import { RawTab } from './RawTab.tsx'
import styles from './SignallingView.module.css'
import { versionsOf } from './signalling-model.ts'
import { VerdictBadge } from './VerdictBadge.tsx'

type Tab = 'decoded' | 'text' | 'raw' | 'diff'
type Shape = 'indented' | 'sent'

type TableTextProps = {
  readonly table: SignallingSnapshot
  /** Panel name, for unique labels: a table may be open in two panels. */
  readonly place: string
}

const NO_TABLES: readonly SignallingSnapshot[] = []

/** One version of a table: decoded, as text, as bytes, and as a diff to the previous version. */
export function TableText({ table, place }: TableTextProps) {
  const signalling = useStore(sessionStore, (state) => state.snapshot?.signalling ?? NO_TABLES)
  const versions = useMemo(() => versionsOf(signalling, table), [signalling, table])
  const [chosen, setTab] = useState<Tab | null>(null)
  // A manifest opens as text, since its values are a summary.
  const tab = chosen ?? (table.type === 'MPD' || table.type === 'HLS' ? 'text' : 'decoded')
  const [shape, setShape] = useState<Shape>('indented')
  const at = versions.findIndex((one) => one.key === table.key)
  const before = versions[at - 1]
  const loaded = useTexts(table.key)
  const compared = useTexts(tab === 'diff' ? (before?.key ?? null) : null)
  useFollowing(versions, table.key)
  useStepping(versions, at)

  const text = loaded.text
  const shown = useMemo(() => shapedText(text, shape), [text, shape])
  const label = `${table.name}, ${place}`
  const tabs: { readonly value: Tab; readonly text: string }[] = [
    { value: 'decoded', text: 'Decoded' },
    { value: 'text', text: text === null || text.language === 'xml' ? 'XML' : 'Text' },
    { value: 'raw', text: 'Raw' },
    { value: 'diff', text: 'Diff' },
  ]
  const has: Readonly<Record<Tab, boolean>> = {
    decoded: text === null || text.values !== null,
    text: text === null || text.text !== '',
    raw: true,
    diff: before !== undefined,
  }
  // Tables that cannot be decoded are shown as text or bytes.
  const front = has[tab] ? tab : tab === 'diff' ? 'diff' : has.text ? 'text' : 'raw'

  return (
    <div className={styles.reader}>
      <div className={styles.bar}>
        <span className={styles.heading} title={table.name}>
          <strong>
            <MiddleCut text={table.name} />
          </strong>
          {table.group !== null && <span>group {table.group}</span>}
        </span>
        {table.signature !== null && <VerdictBadge verdict={table.signature} />}
        <Versions versions={versions} at={at} table={table} />
        <Segmented label="What to show" value={front} onChange={setTab} options={tabs} />
        <CopyButton label="Copy text" text={() => shown} />
      </div>
      <TableFacts table={table} newest={versions.at(-1) ?? table} text={text} />
      <div className={styles.text}>
        {loaded.failed !== null ? (
          <div className={styles.failed}>
            <ErrorBlock error={loaded.failed} />
          </div>
        ) : text === null ? null : front === 'decoded' && text.values !== null ? (
          <DecodedTab key={table.series} label={`Values of ${label}`} values={text.values} />
        ) : front === 'text' ? (
          <div className={styles.tab}>
            {text.language === 'xml' && (
              <div className={styles.facts}>
                <Segmented
                  label="Layout of the text"
                  value={shape}
                  onChange={setShape}
                  options={[
                    { value: 'indented', text: 'Indented' },
                    { value: 'sent', text: 'As sent' },
                  ]}
                />
              </div>
            )}
            <SyntaxText label={`Text of ${label}`} text={shown} language={text.language} />
          </div>
        ) : front === 'raw' ? (
          <RawTab label={`Bytes of ${label}`} bytes={text.raw} size={text.rawBytes} />
        ) : before === undefined ? (
          <p className={styles.note}>There is no earlier version to compare with.</p>
        ) : compared.text === null ? null : (
          <DiffTab
            label={`Changes of ${label}`}
            before={shapedText(compared.text, 'indented')}
            after={shapedText(text, 'indented')}
          />
        )}
      </div>
    </div>
  )
}

function shapedText(text: SignallingText | null, shape: Shape): string {
  if (text === null) return ''
  return shape === 'indented' && text.language === 'xml' ? indentXml(text.text) : text.text
}

type VersionsProps = {
  readonly versions: readonly SignallingSnapshot[]
  readonly at: number
  readonly table: SignallingSnapshot
}

/** The version, with buttons to the previous and the next one. */
function Versions({ versions, at, table }: VersionsProps) {
  const name = table.version === null ? 'no version' : `v${table.version}`
  return (
    <span className={styles.versions}>
      <IconButton
        icon={ChevronLeft}
        label="Previous version"
        keys="["
        disabled={at <= 0}
        onClick={() => selectSignalling(versions[at - 1]?.key ?? table.key)}
      />
      <span>
        {name}
        {versions.length > 1 && (
          <span className={styles.name}>
            {' '}
            {at + 1} of {versions.length}
          </span>
        )}
      </span>
      <IconButton
        icon={ChevronRight}
        label="Next version"
        keys="]"
        disabled={at >= versions.length - 1}
        onClick={() => selectSignalling(versions[at + 1]?.key ?? table.key)}
      />
    </span>
  )
}

type TableFactsProps = {
  readonly table: SignallingSnapshot
  readonly newest: SignallingSnapshot
  readonly text: SignallingText | null
}

function TableFacts({ table, newest, text }: TableFactsProps) {
  const base = useStore(timeStore, (state) => state.base)
  const origin = useTimeOrigin()
  const { interval } = newest
  return (
    <div className={styles.facts}>
      <span>
        {formatCount(table.bytes)} B, seen {formatCount(table.count)} {table.count === 1 ? 'time' : 'times'}, first{' '}
        {formatTime(table.firstTimeUs, base, origin)}, last {formatTime(table.lastTimeUs, base, origin)}
      </span>
      {interval !== null && (
        <span title="Shortest, median and longest time between arrivals">
          every {formatDuration(interval.medianUs)}, {formatDuration(interval.minUs)} to{' '}
          {formatDuration(interval.maxUs)}
        </span>
      )}
      {table.toi !== null && (
        <span title="Contents of the SLS package by its TOI (A/331 Annex C)">
          TSI {table.tsi} TOI {table.toi}
          {table.toiMeaning !== null && ` (${table.toiMeaning})`}
        </span>
      )}
      {text !== null && text.signature !== null && <span>{text.signature.text}</span>}
    </div>
  )
}

/** The content of a table. The previous content stays until the next arrives, so that stepping does not flash. */
function useTexts(key: string | null): { readonly text: SignallingText | null; readonly failed: AppError | null } {
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  // The verdict may change without the content.
  const verdict = useStore(
    sessionStore,
    (state) => state.snapshot?.signalling.find((one) => one.key === key)?.signature ?? null,
  )
  const [text, setText] = useState<SignallingText | null>(null)
  const [failed, setFailed] = useState<AppError | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the verdict is part of what is fetched
  useEffect(() => {
    if (sessionId === null || key === null) return
    let wanted = true
    engine()
      .call('signallingText', sessionId, key, shownReceiver())
      .then((loaded) => {
        if (!wanted) return
        setText(loaded)
        setFailed(null)
      })
      .catch((thrown: unknown) => {
        if (wanted) setFailed(appErrorOf(thrown))
      })
    return () => {
      wanted = false
    }
  }, [sessionId, key, verdict])
  return { text, failed }
}

/** Selects each new version while the newest one is selected. */
function useFollowing(versions: readonly SignallingSnapshot[], key: string): void {
  const newest = useRef<string | null>(null)
  useEffect(() => {
    const last = versions.at(-1)?.key ?? null
    if (last !== null && last !== key && key === newest.current) selectSignalling(last)
    newest.current = last
  }, [versions, key])
}

function useStepping(versions: readonly SignallingSnapshot[], at: number): void {
  useEffect(() => {
    const step = (by: number) => {
      const next = versions[at + by]
      if (next !== undefined) selectSignalling(next.key)
    }
    return addCommands([
      {
        id: 'table-previous-version',
        title: 'Show the previous version of the table',
        group: 'View',
        keys: ['['],
        enabled: () => at > 0,
        run: () => step(-1),
      },
      {
        id: 'table-next-version',
        title: 'Show the next version of the table',
        group: 'View',
        keys: [']'],
        enabled: () => at < versions.length - 1,
        run: () => step(1),
      },
    ])
  }, [versions, at])
}
