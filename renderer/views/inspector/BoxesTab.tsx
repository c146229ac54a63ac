import { useState } from 'react'
import type { BytesView, ObjectBoxes } from '../../../core/contract/object-boxes.ts'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { formatCount } from '../../model/format.ts'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { type BoxLine, boxLines, cutText, valueText } from './boxes-model.ts'
import styles from './InspectorView.module.css'
import { useBoxFields } from './use-boxes.ts'

/** A stretch of the object that is marked in every view of its bytes. */
export type Mark = { readonly offset: number; readonly size: number }

type BoxesTabProps = {
  readonly sessionId: string
  readonly detail: ObjectDetail
  readonly view: BytesView
  readonly boxes: ObjectBoxes
  /** Marks the bytes of a line. */
  readonly onMark: (mark: Mark) => void
  /** Shows the bytes of a line in Hex. */
  readonly onShowBytes: (mark: Mark) => void
}

const placeOf = (line: BoxLine): Mark => (line.kind === 'box' ? line.box : line.field)

/** The boxes of an object, nested, with the fields of those that are unfolded. */
export function BoxesTab({ sessionId, detail, view, boxes, onMark, onShowBytes }: BoxesTabProps) {
  const { fields, toggle } = useBoxFields(sessionId, detail, view)
  const [selected, setSelected] = useState<Mark | null>(null)
  const lines = boxLines(boxes.rows, fields)
  const at = lines.findIndex((line) => {
    const place = placeOf(line)
    return selected !== null && place.offset === selected.offset && place.size === selected.size
  })
  const toggleLine = (position: number) => {
    const line = lines[position]
    if (line?.kind === 'box' && line.box.type !== null) toggle(line.box.offset)
  }
  return (
    <div className={styles.boxes}>
      <Grid
        label={`Boxes, ${view}`}
        columns={columnsFor(onShowBytes)}
        count={lines.length}
        rowAt={(position) => lines[position] ?? null}
        selected={at}
        onSelect={(position) => {
          const line = lines[position]
          if (line === undefined) return
          setSelected(placeOf(line))
          onMark(placeOf(line))
        }}
        onActivate={toggleLine}
        onToggle={toggleLine}
        tree={(line) =>
          line.kind === 'field'
            ? { level: line.level, expanded: null }
            : { level: line.box.depth + 1, expanded: line.box.type === null ? null : line.unfolded }
        }
        rowTone={(line) => (line.kind === 'box' ? (line.box.missing > 0 ? 'cut' : undefined) : 'field')}
        empty={<EmptyState title="Reading the boxes" />}
      />
      {boxes.more && (
        <p className={styles.footnote}>Only the first {formatCount(boxes.rows.length)} boxes are listed.</p>
      )}
    </div>
  )
}

function columnsFor(onShowBytes: (mark: Mark) => void): readonly Column<BoxLine>[] {
  return [
    {
      id: 'name',
      title: 'Box',
      width: 112,
      grow: 1,
      text: (line) => (line.kind === 'field' ? line.field.name : (line.box.type ?? 'no box')),
      tooltip: (line) => (line.kind === 'field' ? line.field.name : undefined),
      cell: (line) =>
        line.kind === 'field' ? (
          <span className={styles.fieldName}>{line.field.name}</span>
        ) : (
          <code className={styles.boxType}>{line.box.type ?? '····'}</code>
        ),
    },
    {
      id: 'value',
      title: 'Value',
      width: 100,
      grow: 2,
      text: valueText,
      tooltip: (line) => valueText(line) || undefined,
      cell: (line) => {
        if (line.kind === 'field') {
          const { value, note } = line.field
          return (
            <span>
              {value === null ? <em className={styles.lost}>not received</em> : value}
              {note !== null && <span className={styles.aside}> {note}</span>}
            </span>
          )
        }
        const { box } = line
        const cut = cutText(box)
        return (
          <span>
            {cut !== null && (
              <span className={styles.cut}>
                {cut}, {formatCount(box.missing)} B missing{' '}
              </span>
            )}
            {box.fault !== null && <span className={styles.fault}>{box.fault} </span>}
            {box.summary !== null && <span className={styles.aside}>{box.summary}</span>}
          </span>
        )
      },
    },
    {
      id: 'offset',
      title: 'Offset',
      width: 58,
      align: 'end',
      text: (line) => formatCount(placeOf(line).offset),
      raw: (line) => String(placeOf(line).offset),
      tooltip: () => 'Show these bytes in Hex',
      cell: (line) => (
        <button
          type="button"
          tabIndex={-1}
          className={styles.jump}
          onClick={(event) => {
            event.stopPropagation()
            onShowBytes(placeOf(line))
          }}
        >
          {formatCount(placeOf(line).offset)}
        </button>
      ),
    },
    {
      id: 'size',
      title: 'Size',
      unit: 'B',
      width: 66,
      align: 'end',
      text: (line) => formatCount(placeOf(line).size),
      raw: (line) => String(placeOf(line).size),
    },
  ]
}
