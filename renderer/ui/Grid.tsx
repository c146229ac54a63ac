// biome-ignore-all lint/a11y/useSemanticElements: rows are positioned absolutely, which table elements do not allow; roles replace them
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and references the selected row as its active descendant
// biome-ignore-all lint/a11y/noStaticElementInteractions: the role is grid or treegrid, which the rule cannot see
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: likewise
// biome-ignore-all lint/a11y/useKeyWithClickEvents: keys are the grid's, see grid-keys.ts
import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, ChevronUp } from 'lucide-react'
import { ContextMenu } from 'radix-ui'
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import styles from './Grid.module.css'
import { gridKey } from './grid-keys.ts'
import { gridTracks } from './grid-tracks.ts'
import { MiddleCut } from './MiddleCut.tsx'
import { useWidth } from './use-width.ts'

/** One column. `text` is what a cell shows and copies. */
export type Column<Row> = {
  readonly id: string
  readonly title: string
  /** Unit in the header, instead of in every cell. */
  readonly unit?: string
  /** Minimum width in px. */
  readonly width: number
  /** Share of the remaining width; absent: none. */
  readonly grow?: number
  readonly align?: 'end'
  readonly sortable?: boolean
  readonly text: (row: Row) => string
  /** Raw value to copy, if it differs from `text`. */
  readonly raw?: (row: Row) => string
  /** Content of a cell, if it is more than `text`. */
  readonly cell?: (row: Row) => ReactNode
  readonly tooltip?: (row: Row) => string | undefined
  /** Names that differ at their ends are cut in the middle where they do not fit. The tooltip has all of the name. */
  readonly cutInMiddle?: true
  /** Accessible name of a cell, where its content is not read as one text; that of a cut name is `text`. */
  readonly spoken?: (row: Row) => string
}

export type TreePlace = { readonly level: number; readonly expanded: boolean | null }

type GridProps<Row> = {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly count: number
  /** Null for a row that is not fetched. */
  readonly rowAt: (position: number) => Row | null
  /** Changes when the text of any row may have changed. */
  readonly version?: number
  /** Position of the selected row, -1 for none. */
  readonly selected: number
  readonly onSelect: (position: number) => void
  /** Enter or double click. */
  readonly onActivate?: (position: number) => void
  readonly sort?: { readonly column: string; readonly descending: boolean }
  readonly onSort?: (column: string) => void
  /** Reports the range of visible rows. */
  readonly onRange?: (from: number, to: number) => void
  /** Level and state of a row in a tree; absent: a flat table. */
  readonly tree?: (row: Row) => TreePlace
  readonly onToggle?: (position: number) => void
  readonly rowTone?: (row: Row) => string | undefined
  readonly empty?: ReactNode
  /** The pointer moved over the rows, or left them. */
  readonly onHover?: (over: boolean) => void
}

const ROW_HEIGHT = 24
const HEADER_HEIGHT = 26
const OVERSCAN = 4

/** A virtualised table with one selected row, for mouse, keyboard and screen readers. */
export function Grid<Row>(props: GridProps<Row>) {
  const { columns, count, rowAt, selected, onSelect, onRange, tree } = props
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const [target, setTarget] = useState<{ readonly row: Row; readonly column: Column<Row> } | null>(null)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: HEADER_HEIGHT,
    scrollPaddingStart: HEADER_HEIGHT,
  })
  const items = virtual.getVirtualItems()
  const from = items[0]?.index ?? 0
  const to = (items.at(-1)?.index ?? -1) + 1
  useEffect(() => onRange?.(from, to), [onRange, from, to])

  const room = useWidth(scroller)
  const style = useMemo(() => {
    const least = columns.reduce((sum, column) => sum + column.width, 0)
    return { '--tracks': gridTracks(columns, room), '--least': `${least}px` } as CSSProperties
  }, [columns, room])

  const revealed = useRef(-1)
  const reveal = (position: number) => {
    revealed.current = position
    if (position >= 0) virtual.scrollToIndex(position, { align: 'auto' })
  }
  const shown = useRef(-1)
  useEffect(() => {
    if (selected === shown.current) return
    shown.current = selected
    // A key has revealed the row already; a second call would lay the page out again.
    if (selected !== revealed.current) reveal(selected)
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current) return
    const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - HEADER_HEIGHT) / ROW_HEIGHT) - 1)
    const action = gridKey(event, { selected, count, page })
    if (action === null) return
    if (action.kind === 'copy') {
      if (!getSelection()?.isCollapsed) return
      const row = rowAt(selected)
      if (row !== null) void navigator.clipboard.writeText(rowText(row, columns))
    } else if (action.kind === 'activate') {
      if (props.onActivate === undefined || selected < 0) return
      props.onActivate(selected)
    } else if (action.kind === 'toggle') {
      const row = rowAt(selected)
      if (tree === undefined || row === null) return
      if (tree(row).expanded === !action.expand) props.onToggle?.(selected)
    } else {
      onSelect(action.position)
      reveal(action.position)
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div className={styles.frame}>
      <ContextMenu.Root>
        <ContextMenu.Trigger asChild>
          <div
            ref={scroller}
            className={styles.grid}
            style={style}
            role={tree === undefined ? 'grid' : 'treegrid'}
            aria-label={props.label}
            aria-rowcount={count + 1}
            aria-colcount={columns.length}
            aria-activedescendant={selected >= from && selected < to ? `${id}${selected}` : undefined}
            tabIndex={0}
            data-main
            onKeyDown={onKeyDown}
            // Not `onPointerEnter`, which also fires when a table opens under a resting pointer.
            onPointerMove={() => props.onHover?.(true)}
            onPointerLeave={() => props.onHover?.(false)}
            onContextMenu={(event) => setTarget(cellAt(event.target, columns, rowAt))}
          >
            <Header columns={columns} sort={props.sort} onSort={props.onSort} />
            {count > 0 && (
              <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
                {items.map((item) => (
                  <GridRow
                    key={item.index}
                    id={`${id}${item.index}`}
                    row={rowAt(item.index)}
                    columns={columns as readonly Column<unknown>[]}
                    position={item.index}
                    top={item.start - HEADER_HEIGHT}
                    selected={item.index === selected}
                    version={props.version ?? 0}
                    tree={tree as ((row: unknown) => TreePlace) | undefined}
                    tone={props.rowTone as ((row: unknown) => string | undefined) | undefined}
                    onSelect={onSelect}
                    onActivate={props.onActivate}
                    onToggle={props.onToggle}
                  />
                ))}
              </div>
            )}
          </div>
        </ContextMenu.Trigger>
        <ContextMenu.Portal>
          <ContextMenu.Content className={styles.menu}>
            {target === null ? (
              <ContextMenu.Item className={styles.item} disabled>
                No cell here
              </ContextMenu.Item>
            ) : (
              <>
                <CopyItem label={`Copy ${target.column.title.toLowerCase()}`} text={target.column.text(target.row)} />
                {target.column.raw !== undefined && (
                  <CopyItem label="Copy raw value" text={target.column.raw(target.row)} />
                )}
                <CopyItem label="Copy row" text={rowText(target.row, columns)} />
              </>
            )}
          </ContextMenu.Content>
        </ContextMenu.Portal>
      </ContextMenu.Root>
      {count === 0 && props.empty !== undefined && <div className={styles.empty}>{props.empty}</div>}
    </div>
  )
}

function CopyItem({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <ContextMenu.Item className={styles.item} onSelect={() => void navigator.clipboard.writeText(text)}>
      {label}
      <span className={styles.preview}>{text.slice(0, 40)}</span>
    </ContextMenu.Item>
  )
}

function rowText<Row>(row: Row, columns: readonly Column<Row>[]): string {
  return columns.map((column) => column.text(row)).join('\t')
}

function cellAt<Row>(
  target: EventTarget,
  columns: readonly Column<Row>[],
  rowAt: (position: number) => Row | null,
): { readonly row: Row; readonly column: Column<Row> } | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-column]') : null
  const line = cell?.closest<HTMLElement>('[data-position]')
  const row = line == null ? null : rowAt(Number(line.dataset.position))
  const column = columns.find((one) => one.id === cell?.dataset.column)
  return row === null || column === undefined ? null : { row, column }
}

type HeaderProps<Row> = {
  readonly columns: readonly Column<Row>[]
  readonly sort: GridProps<Row>['sort'] | undefined
  readonly onSort: GridProps<Row>['onSort'] | undefined
}

function Header<Row>({ columns, sort, onSort }: HeaderProps<Row>) {
  return (
    <div className={styles.header} role="row" aria-rowindex={1}>
      {columns.map((column) => {
        const sorted = sort?.column === column.id
        const words = (
          <>
            <span className={styles.title}>{column.title}</span>
            {column.unit !== undefined && <span className={styles.unit}>{column.unit}</span>}
          </>
        )
        const Arrow = sort?.descending === true ? ChevronDown : ChevronUp
        return (
          <div
            key={column.id}
            role="columnheader"
            className={column.align === 'end' ? `${styles.head} ${styles.end}` : styles.head}
            aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
          >
            {column.sortable === true && onSort !== undefined ? (
              <button type="button" className={styles.sort} tabIndex={-1} onClick={() => onSort(column.id)}>
                {words}
                {sorted && <Arrow size={12} strokeWidth={2.4} aria-hidden />}
              </button>
            ) : (
              words
            )}
          </div>
        )
      })}
    </div>
  )
}

type GridRowProps = {
  readonly id: string
  readonly row: unknown
  readonly columns: readonly Column<unknown>[]
  readonly position: number
  readonly top: number
  readonly selected: boolean
  readonly version: number
  readonly tree: ((row: unknown) => TreePlace) | undefined
  readonly tone: ((row: unknown) => string | undefined) | undefined
  readonly onSelect: (position: number) => void
  readonly onActivate: ((position: number) => void) | undefined
  readonly onToggle: ((position: number) => void) | undefined
}

const GridRow = memo(function GridRow(props: GridRowProps) {
  const { row, columns, position, tree } = props
  const place = row === null ? undefined : tree?.(row)
  return (
    <div
      id={props.id}
      role="row"
      className={styles.row}
      style={{ transform: `translateY(${props.top}px)` }}
      aria-rowindex={position + 2}
      aria-selected={props.selected}
      aria-level={place === undefined ? undefined : place.level}
      aria-expanded={place?.expanded ?? undefined}
      data-position={position}
      data-tone={row === null ? undefined : props.tone?.(row)}
      onClick={() => props.onSelect(position)}
      onDoubleClick={() => props.onActivate?.(position)}
    >
      {row === null ? (
        // One cell only: dragging the scrollbar passes many rows that are not fetched.
        <div role="gridcell" aria-colspan={columns.length} className={`${styles.cell} ${styles.whole}`}>
          <span className={styles.pending} />
        </div>
      ) : (
        columns.map((column, at) => (
          <div
            key={column.id}
            role="gridcell"
            data-column={column.id}
            className={column.align === 'end' ? `${styles.cell} ${styles.end}` : styles.cell}
            title={column.tooltip?.(row) ?? nameOf(column, row)}
            aria-label={column.spoken?.(row) ?? nameOf(column, row)}
          >
            {at === 0 && place !== undefined && <Twist place={place} onToggle={() => props.onToggle?.(position)} />}
            {column.cell?.(row) ??
              (column.cutInMiddle === true ? <MiddleCut text={column.text(row)} /> : <span>{column.text(row)}</span>)}
          </div>
        ))
      )}
    </div>
  )
})

/** The name in a cell that cuts it: its two parts are one word. */
function nameOf<Row>(column: Column<Row>, row: Row): string | undefined {
  return column.cutInMiddle === true ? column.text(row) : undefined
}

function Twist({ place, onToggle }: { readonly place: TreePlace; readonly onToggle: () => void }) {
  const Arrow = place.expanded === true ? ChevronDown : ChevronRight
  return (
    <span className={styles.twist} style={{ marginLeft: (place.level - 1) * 14 }}>
      {place.expanded !== null && (
        <button
          type="button"
          tabIndex={-1}
          aria-label={place.expanded ? 'Fold' : 'Unfold'}
          onClick={(event) => {
            event.stopPropagation()
            onToggle()
          }}
          onDoubleClick={(event) => event.stopPropagation()}
        >
          <Arrow size={13} aria-hidden />
        </button>
      )}
    </span>
  )
}
