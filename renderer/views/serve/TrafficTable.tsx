import { ListFilter, Search, X } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { formatCount } from '../../model/format.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import styles from './ServeView.module.css'
import { filteredLines, heldLines } from './traffic-model.ts'

type TrafficTableProps<Line> = {
  readonly label: string
  /** The choice between the tables, at the left of the bar. */
  readonly tabs: ReactNode
  readonly columns: readonly Column<Line>[]
  /** What is known now. */
  readonly lines: readonly Line[]
  /** How many there were in all. */
  readonly total: number
  /** What the filter looks at. */
  readonly textOf: (line: Line) => string
  /** What the filter takes. */
  readonly words: string
  /** What an empty table says. */
  readonly empty: string
  readonly actions?: (lines: readonly Line[]) => ReactNode
}

/** A table that grows while it is read. While a row is selected or under the pointer, new ones wait, so that nothing moves. */
export function TrafficTable<Line extends { readonly key: string }>(props: TrafficTableProps<Line>) {
  const { label, lines: all, total, textOf } = props
  const [words, setWords] = useState('')
  const [selectedKey, setSelectedKey] = useState<string | null>(null)
  /** The lines that stay where they are; null: all follow what comes. */
  const [held, setHeld] = useState<readonly Line[] | null>(null)
  const staying = useMemo(() => (held === null ? all : heldLines(held, all)), [held, all])
  const lines = useMemo(() => filteredLines(staying, words, textOf), [staying, words, textOf])
  const waiting = useMemo(() => {
    if (held === null) return 0
    const known = new Set(held.map(({ key }) => key))
    return filteredLines(all, words, textOf).filter(({ key }) => !known.has(key)).length
  }, [held, all, words, textOf])
  const hold = () => setHeld((before) => before ?? all)
  const follow = () => {
    setSelectedKey(null)
    setHeld(null)
  }
  return (
    <section className={styles.traffic} aria-label={label}>
      <div className={styles.bar}>
        {props.tabs}
        <div className={styles.filter}>
          <Search size={13} aria-hidden />
          <input
            type="text"
            aria-label={`Filter ${label.toLowerCase()}`}
            placeholder={props.words}
            value={words}
            spellCheck={false}
            autoComplete="off"
            data-filter
            onChange={(event) => setWords(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setWords('')
              else if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
              if (event.key !== 'Escape' || words === '')
                event.currentTarget.closest('section')?.querySelector<HTMLElement>('[data-main]')?.focus()
              event.preventDefault()
              event.stopPropagation()
            }}
          />
          {words !== '' && <IconButton label="Clear filter" icon={X} size={12} onClick={() => setWords('')} />}
        </div>
        <p className={styles.count}>
          {words === '' ? '' : `${formatCount(lines.length)} of `}
          {total > all.length ? `the last ${formatCount(all.length)} of ${formatCount(total)}` : formatCount(total)}
        </p>
        <span className={styles.spring} />
        {waiting > 0 && (
          <Button variant="quiet" onClick={follow}>
            {formatCount(waiting)} new
          </Button>
        )}
        {lines.length > 0 && props.actions?.(lines)}
      </div>
      <div className={styles.grid}>
        <Grid
          label={label}
          columns={props.columns}
          count={lines.length}
          rowAt={(position) => lines[position] ?? null}
          selected={selectedKey === null ? -1 : lines.findIndex(({ key }) => key === selectedKey)}
          onSelect={(position) => {
            setSelectedKey(lines[position]?.key ?? null)
            hold()
          }}
          onHover={(over) => {
            if (over) hold()
            else if (selectedKey === null) setHeld(null)
          }}
          empty={
            words === '' || all.length === 0 ? (
              <EmptyState title={props.empty}>Each appears here as it comes.</EmptyState>
            ) : (
              <EmptyState
                icon={ListFilter}
                title="Nothing matches"
                actions={<Button onClick={() => setWords('')}>Show all</Button>}
              />
            )
          }
        />
      </div>
    </section>
  )
}
