import { useMemo, useRef } from 'react'
import type { GraphPart, LinkTraffic } from '../../../core/contract/relay-request.ts'
import { formatBytesShort, formatCount, formatRate } from '../../model/format.ts'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { useWidth } from '../../ui/use-width.ts'
import styles from './Graph.module.css'
import { type GraphLink, layOut } from './graph-layout.ts'

const ROW_HEIGHT = 66
const NODE_HEIGHT = 44
/** Narrowest column, px: below it the graph scrolls. */
const MIN_COLUMN = 168
/** Left and right of it, px. */
const PADDING = 4
/** Part of a column that a part takes; the rest is for the link behind it. */
const NODE_SHARE = 2 / 3

type GraphProps = {
  readonly label: string
  readonly parts: readonly GraphPart[]
  readonly links: readonly GraphLink[]
  /** What passes the links; empty for a graph that does not run. */
  readonly traffic: readonly LinkTraffic[]
  readonly isRunning: boolean
}

/** The graph of a session: its parts from left to right, and over each link its rate, below it what waits. */
export function Graph({ label, parts, links, traffic, isRunning }: GraphProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const { places, columns, rows } = useMemo(() => layOut(parts, links), [parts, links])
  const column = Math.max(MIN_COLUMN, (width - PADDING) / Math.max(1, columns - 1 + NODE_SHARE))
  const node = Math.min(220, column * NODE_SHARE)
  const left = (at: number) => at * column
  const middle = (row: number) => row * ROW_HEIGHT + NODE_HEIGHT / 2 + 4
  const total = left(columns - 1) + node
  const height = (rows - 1) * ROW_HEIGHT + NODE_HEIGHT + 12
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well
    <section ref={box} className={styles.graph} aria-label={label} tabIndex={0}>
      <div className={styles.canvas} style={{ width: total, height }}>
        <svg className={styles.lines} width={total} height={height} aria-hidden>
          {links.map(({ from, to }) => {
            const [a, b] = [places.get(from), places.get(to)]
            if (a === undefined || b === undefined) return null
            const [x1, x2] = [left(a.column) + node, left(b.column)]
            const [y1, y2] = [middle(a.row), middle(b.row)]
            const bend = Math.min(48, (x2 - x1) / 2)
            return (
              <path
                key={`${from} ${to}`}
                data-running={isRunning}
                d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
              />
            )
          })}
        </svg>
        <ul className={styles.parts} aria-label="Parts">
          {[...places.values()].map(({ part, column: at, row }) => (
            <li
              key={part.id}
              className={styles.part}
              data-implied={part.implied}
              title={[part.title, part.subject].filter(Boolean).join(': ')}
              style={{ left: left(at), top: middle(row) - NODE_HEIGHT / 2, width: node, height: NODE_HEIGHT }}
            >
              <span className={styles.title}>{part.title}</span>
              <span className={styles.subject}>
                <MiddleCut text={part.subject === '' ? part.id : part.subject} />
              </span>
            </li>
          ))}
        </ul>
        {traffic.map((link) => {
          const [a, b] = [places.get(link.from), places.get(link.to)]
          if (a === undefined || b === undefined || link.passed === null) return null
          const gap = left(b.column) - left(a.column) - node
          return (
            <div
              key={`${link.from} ${link.to}`}
              className={styles.passing}
              aria-hidden
              style={{
                left: left(b.column) - Math.min(gap, column - node),
                top: (b.column - a.column > 1 ? middle(b.row) : (middle(a.row) + middle(b.row)) / 2) - 17,
                width: Math.min(gap, column - node),
              }}
            >
              <span>{rateText(link)}</span>
              <span data-some={(link.waiting?.bytes ?? 0) + (link.waiting?.items ?? 0) > 0}>{waitingText(link)}</span>
            </div>
          )
        })}
      </div>
    </section>
  )
}

/** Rate of a link; of one whose bytes are not counted, how much has passed. */
function rateText({ passed }: LinkTraffic): string {
  if (passed === null) return ''
  return passed.bytes === 0 && passed.items > 0 ? `${formatCount(passed.items)}` : formatRate(passed.rateBps)
}

/** What waits at the end of a link; empty where nothing does. */
export function waitingText({ waiting }: LinkTraffic): string {
  if (waiting === null || waiting.items + waiting.bytes === 0) return ''
  return waiting.bytes === 0 ? formatCount(waiting.items) : formatBytesShort(waiting.bytes)
}
