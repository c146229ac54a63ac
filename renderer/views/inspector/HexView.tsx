import { type KeyboardEvent, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'react'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { formatCount, formatHex } from '../../model/format.ts'
import { BytePages } from './byte-pages.ts'
import { cursorAfterKey, type HexRun, hexColumn, hexLine, LINE_BYTES, offsetDigits, parseOffset } from './hex-model.ts'
import styles from './InspectorView.module.css'
import { isMissing } from './inspector-model.ts'

const LINE_HEIGHT = 18
/** Height limit of an element in browsers, with a margin. In longer objects a pixel of scrolling is several lines. */
const MAX_HEIGHT = 8_000_000

type HexViewProps = {
  readonly sessionId: string
  readonly detail: ObjectDetail
  readonly goal: { readonly offset: number; readonly count: number }
}

/** The bytes as transported, sixteen per line, virtualised. */
export function HexView({ sessionId, detail, goal }: HexViewProps) {
  const { index } = detail.row
  const size = detail.row.size ?? detail.storedBytes
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  const [pages] = useState(() => new BytePages(sessionId, index, redraw))
  const [cursor, setCursor] = useState(goal.count > 0 ? goal.offset : 0)
  const [view, setView] = useState({ top: 0, height: 300 })
  const scroller = useRef<HTMLDivElement>(null)

  const lines = Math.ceil(size / LINE_BYTES)
  const full = Math.min(lines * LINE_HEIGHT, MAX_HEIGHT)
  const inView = Math.ceil(view.height / LINE_HEIGHT)
  const travel = Math.max(1, full - view.height)
  const topLine =
    full < MAX_HEIGHT
      ? Math.floor(view.top / LINE_HEIGHT)
      : Math.round((view.top / travel) * Math.max(0, lines - Math.floor(view.height / LINE_HEIGHT)))
  const digits = offsetDigits(size)

  const bringIntoView = (offset: number) => {
    const element = scroller.current
    if (element === null) return
    const line = Math.floor(offset / LINE_BYTES)
    const last = Math.max(1, Math.floor(element.clientHeight / LINE_HEIGHT) - 1)
    if (line >= topLine && line < topLine + last) return
    const wanted = line < topLine ? line : line - last + 1
    element.scrollTop = full < MAX_HEIGHT ? wanted * LINE_HEIGHT : (wanted / Math.max(1, lines - last)) * travel
  }

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure)
    measure()
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [])

  // The object grew: gaps of fetched pages may be filled.
  const { received } = detail.row
  const seen = useRef(received)
  useEffect(() => {
    if (seen.current !== received) {
      seen.current = received
      pages.forget()
    }
    pages.need(topLine * LINE_BYTES, Math.min(size, (topLine + inView + 1) * LINE_BYTES))
  }, [pages, topLine, inView, size, received])

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new goal moves the cursor
  useEffect(() => {
    if (goal.count === 0) return
    setCursor(Math.min(goal.offset, Math.max(0, size - 1)))
    bringIntoView(goal.offset)
  }, [goal])

  const byteAt = (offset: number): number => (isMissing(detail.missing, offset) ? -1 : pages.at(offset))
  const go = (offset: number) => {
    setCursor(offset)
    bringIntoView(offset)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const next = cursorAfterKey(event.key, cursor, size, Math.max(1, inView - 2))
    if (next === null) return
    event.preventDefault()
    go(next)
  }

  const shown: number[] = []
  for (let line = topLine; line < Math.min(lines, topLine + inView + 1); line++) shown.push(line)
  // In an object over the height limit, lines start at the top of the view.
  const offsetTop = full < MAX_HEIGHT ? topLine * LINE_HEIGHT : view.top

  return (
    <div className={styles.hex}>
      <HexBar size={size} onGo={go} />
      <section
        ref={scroller}
        className={styles.hexLines}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the dump is read with the arrow keys
        tabIndex={0}
        aria-label="Bytes"
        onKeyDown={onKey}
      >
        <div style={{ height: full }} />
        <div className={styles.hexWindow} style={{ top: offsetTop }}>
          {shown.map((line) => (
            <Line
              key={line}
              line={hexLine(line * LINE_BYTES, size, digits, byteAt)}
              digits={digits}
              cursor={Math.floor(cursor / LINE_BYTES) === line ? cursor % LINE_BYTES : -1}
              onPoint={(column) => setCursor(Math.min(line * LINE_BYTES + column, size - 1))}
            />
          ))}
        </div>
      </section>
      <output className={styles.hexFoot}>{cursorText(cursor, byteAt)}</output>
    </div>
  )
}

function HexBar({ size, onGo }: { readonly size: number; readonly onGo: (offset: number) => void }) {
  const [text, setText] = useState('')
  const offset = text === '' ? null : parseOffset(text, size)
  const wrong = text !== '' && offset === null
  return (
    <form
      className={styles.hexBar}
      onSubmit={(event) => {
        event.preventDefault()
        if (offset !== null) onGo(offset)
      }}
    >
      <label className={styles.goto}>
        Go to offset
        <input
          value={text}
          placeholder="4096 or 0x1000"
          spellCheck={false}
          aria-invalid={wrong}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <span className={styles.aside}>{wrong ? `0 to ${formatCount(size - 1)}` : `${formatCount(size)} B`}</span>
    </form>
  )
}

type LineProps = {
  readonly line: ReturnType<typeof hexLine>
  readonly digits: number
  /** Column of the cursor, -1 where it is on another line. */
  readonly cursor: number
  readonly onPoint: (column: number) => void
}

function Line({ line, digits, cursor, onPoint }: LineProps) {
  const hexStart = digits + 2
  const asciiStart = hexStart + LINE_BYTES * 3 + 2
  return (
    <div
      className={styles.hexLine}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        const character = ((event.clientX - box.left) / box.width) * (asciiStart + LINE_BYTES)
        for (let column = LINE_BYTES - 1; column >= 0; column--) {
          const inAscii = character >= asciiStart && character >= asciiStart + column
          if (inAscii || (character < asciiStart - 1 && character >= hexStart + hexColumn(column) - 0.5)) {
            onPoint(column)
            return
          }
        }
      }}
    >
      {cursor >= 0 && (
        <>
          <i className={styles.cursor} style={{ left: `${hexStart + hexColumn(cursor)}ch`, width: '2ch' }} />
          <i className={styles.cursor} style={{ left: `${asciiStart + cursor}ch`, width: '1ch' }} />
        </>
      )}
      <span className={styles.offset}>{line.offset}</span>
      <span className={styles.cells} style={{ left: `${hexStart}ch` }}>
        <Runs runs={line.hex} />
      </span>
      <span className={styles.cells} style={{ left: `${asciiStart}ch` }} data-ascii>
        <Runs runs={line.ascii} />
      </span>
    </div>
  )
}

function Runs({ runs }: { readonly runs: readonly HexRun[] }) {
  return runs.map((run, position) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: runs have no identity but their position in the line
    <span key={position} data-kind={run.kind}>
      {run.text}
    </span>
  ))
}

/** Offset and value under the cursor, also as big-endian integers, which these formats use. */
function cursorText(cursor: number, byteAt: (offset: number) => number): string {
  const place = `${formatCount(cursor)} (${formatHex(cursor)})`
  const bytes = [0, 1, 2, 3].map((step) => byteAt(cursor + step))
  const [first = -2, second = -2] = bytes
  if (first === -1) return `${place}: not received`
  if (first < 0) return place
  const words = [`${place}: ${first}`]
  if (second >= 0) words.push(`u16 ${formatCount(first * 256 + second)}`)
  if (bytes.every((byte) => byte >= 0))
    words.push(`u32 ${formatCount(bytes.reduce((sum, byte) => sum * 256 + byte, 0))}`)
  return words.join(', ')
}
