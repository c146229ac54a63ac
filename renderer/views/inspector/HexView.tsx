import { ChevronLeft, ChevronRight } from 'lucide-react'
import { type KeyboardEvent, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'react'
import type { BoxRow, BytesView } from '../../../core/contract/object-boxes.ts'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { formatCount } from '../../model/format.ts'
import { IconButton } from '../../ui/Button.tsx'
import type { Mark } from './BoxesTab.tsx'
import { boxesAround, pathText } from './boxes-model.ts'
import { BytePages } from './byte-pages.ts'
import { isInRange, nextRange, type Range, rangeAt, viewSize } from './byte-ranges.ts'
import { HexLine } from './HexLine.tsx'
import {
  bytesPerLine,
  cursorAfterKey,
  cursorText,
  type HexKind,
  hexLine,
  lineCharacters,
  offsetDigits,
  parseOffset,
} from './hex-model.ts'
import styles from './InspectorView.module.css'

const LINE_HEIGHT = 18
/** Height limit of an element in browsers, with a margin. In longer objects a pixel of scrolling is several lines. */
const MAX_HEIGHT = 8_000_000
/** Most lines at once: a panel on the largest screen. */
const MAX_LINES = 250
/** Padding of the lines, both sides. */
const PADDING = 24
const NO_RANGES: readonly Range[] = []

/** A place to show; `count` makes a repeated one distinct. */
export type HexGoal = { readonly offset: number; readonly count: number }

type HexViewProps = {
  readonly sessionId: string
  readonly detail: ObjectDetail
  readonly view: BytesView
  readonly goal: HexGoal
  /** Bytes that are marked. */
  readonly mark: Mark | null
  /** For the path of the byte under the cursor. */
  readonly boxes: readonly BoxRow[]
}

/** The bytes that arrived, or those that are served, in lines that fit; virtualised. */
export function HexView({ sessionId, detail, view, goal, mark, boxes }: HexViewProps) {
  const { index } = detail.row
  const size = viewSize(detail, view)
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  const [pages] = useState(() => new BytePages(sessionId, index, view, redraw))
  // Served bytes are compared with those that arrived.
  const [arrived] = useState(() => (view === 'served' ? new BytePages(sessionId, index, 'arrived', redraw) : null))
  const [cursor, setCursor] = useState(goal.count > 0 ? goal.offset : 0)
  const [seen, setSeen] = useState({ top: 0, width: 0, height: 300, character: 7 })
  const scroller = useRef<HTMLDivElement>(null)
  const ruler = useRef<HTMLSpanElement>(null)

  const digits = offsetDigits(size)
  const perLine = bytesPerLine(seen.width - PADDING, seen.character, digits)
  const lines = Math.ceil(size / perLine)
  const full = Math.min(lines * LINE_HEIGHT, MAX_HEIGHT)
  const inView = Math.min(MAX_LINES, Math.ceil(seen.height / LINE_HEIGHT))
  const travel = Math.max(1, full - seen.height)
  const topLine =
    full < MAX_HEIGHT
      ? Math.floor(seen.top / LINE_HEIGHT)
      : Math.round((seen.top / travel) * Math.max(0, lines - Math.floor(seen.height / LINE_HEIGHT)))

  const bringIntoView = (offset: number) => {
    const element = scroller.current
    if (element === null) return
    const line = Math.floor(offset / perLine)
    const last = Math.max(1, Math.floor(element.clientHeight / LINE_HEIGHT) - 1)
    if (line >= topLine && line < topLine + last) return
    const wanted = line < topLine ? line : line - last + 1
    element.scrollTop = full < MAX_HEIGHT ? wanted * LINE_HEIGHT : (wanted / Math.max(1, lines - last)) * travel
  }

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = () => {
      const character = (ruler.current?.getBoundingClientRect().width ?? 0) / RULER.length || 7
      setSeen({ top: element.scrollTop, width: element.clientWidth, height: element.clientHeight, character })
    }
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
  const known = useRef(received)
  useEffect(() => {
    if (known.current !== received) {
      known.current = received
      pages.forget()
      arrived?.forget()
    }
    const to = Math.min(size, (topLine + inView + 1) * perLine)
    pages.need(topLine * perLine, to)
    arrived?.need(topLine * perLine, to)
  }, [pages, arrived, topLine, inView, perLine, size, received])

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new goal moves the cursor
  useEffect(() => {
    if (goal.count === 0) return
    setCursor(Math.min(goal.offset, Math.max(0, size - 1)))
    bringIntoView(goal.offset)
  }, [goal])

  const { holes } = detail
  const shownHoles = view === 'arrived' && !detail.unpacked ? holes : NO_RANGES
  const byteAt = (offset: number): number => (isInRange(shownHoles, offset) ? -1 : pages.at(offset))
  const kindAt = (offset: number): HexKind => {
    if (view === 'served') {
      if (isInRange(holes, offset)) return 'filled'
      const before = arrived?.at(offset) ?? -2
      if (before >= 0 && before !== pages.at(offset)) return 'changed'
    }
    return isInRange(detail.recovered, offset) ? 'recovered' : 'byte'
  }
  const go = (offset: number) => {
    setCursor(offset)
    bringIntoView(offset)
  }
  const goToHole = (by: 1 | -1) => {
    const hole = nextRange(holes, cursor, by)
    if (hole !== null) go(hole[0])
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'n' || event.key === 'N') goToHole(event.key === 'n' ? 1 : -1)
    else {
      const next = cursorAfterKey(event.key, cursor, size, Math.max(1, inView - 2), perLine)
      if (next === null) return
      go(next)
    }
    event.preventDefault()
    event.stopPropagation()
  }

  const shown: number[] = []
  for (let line = topLine; line < Math.min(lines, topLine + inView + 1); line++) shown.push(line)
  // In an object over the height limit, lines start at the top of the view.
  const offsetTop = full < MAX_HEIGHT ? topLine * LINE_HEIGHT : seen.top
  const around = boxesAround(boxes, cursor)

  return (
    <div className={styles.hex}>
      <HexBar size={size} holes={holes} cursor={cursor} onGo={go} onHole={goToHole} />
      <section
        ref={scroller}
        className={styles.hexLines}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the dump is read with the arrow keys
        tabIndex={0}
        aria-label={view === 'served' ? 'Served bytes' : 'Bytes'}
        onKeyDown={onKey}
      >
        <span ref={ruler} className={styles.ruler} aria-hidden>
          {RULER}
        </span>
        <div style={{ height: full }} />
        <div
          className={styles.hexWindow}
          style={{ top: offsetTop, width: `calc(${lineCharacters(digits, perLine)}ch + ${PADDING}px)` }}
        >
          {shown.map((line) => (
            <HexLine
              key={line}
              line={hexLine(line * perLine, size, digits, byteAt, perLine, kindAt)}
              digits={digits}
              perLine={perLine}
              mark={markedColumns(mark, line * perLine, perLine)}
              cursor={Math.floor(cursor / perLine) === line ? cursor % perLine : -1}
              onPoint={(column) => setCursor(Math.min(line * perLine + column, size - 1))}
            />
          ))}
        </div>
      </section>
      <output className={styles.hexFoot}>
        {cursorText(cursor, byteAt)}
        {around.length > 0 && <span className={styles.path}>{pathText(around)}</span>}
      </output>
    </div>
  )
}

const RULER = '0000000000'

/** Columns of a line that are marked: the first, and the one after the last; null for none. */
function markedColumns(mark: Mark | null, start: number, perLine: number): readonly [number, number] | null {
  if (mark === null) return null
  const from = Math.max(0, mark.offset - start)
  const to = Math.min(perLine, mark.offset + mark.size - start)
  return from < to ? [from, to] : null
}

type HexBarProps = {
  readonly size: number
  readonly holes: readonly Range[]
  readonly cursor: number
  readonly onGo: (offset: number) => void
  readonly onHole: (by: 1 | -1) => void
}

function HexBar({ size, holes, cursor, onGo, onHole }: HexBarProps) {
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
        Go to
        <input
          value={text}
          placeholder="4096 or 0x1000"
          aria-label="Go to offset"
          spellCheck={false}
          aria-invalid={wrong}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {holes.length > 0 && (
        <span className={styles.holes}>
          <IconButton
            icon={ChevronLeft}
            size={14}
            label="Previous hole"
            keys="Shift+n"
            disabled={nextRange(holes, cursor, -1) === null}
            onClick={() => onHole(-1)}
          />
          <span>{holeText(holes, cursor)}</span>
          <IconButton
            icon={ChevronRight}
            size={14}
            label="Next hole"
            keys="n"
            disabled={nextRange(holes, cursor, 1) === null}
            onClick={() => onHole(1)}
          />
        </span>
      )}
      <span className={styles.aside}>{wrong ? `0 to ${formatCount(size - 1)}` : `${formatCount(size)} B`}</span>
    </form>
  )
}

/** `hole 2 of 5` with the cursor in one, else `5 holes`. */
function holeText(holes: readonly Range[], cursor: number): string {
  if (isInRange(holes, cursor)) return `hole ${formatCount(rangeAt(holes, cursor) + 1)} of ${formatCount(holes.length)}`
  return holes.length === 1 ? '1 hole' : `${formatCount(holes.length)} holes`
}
