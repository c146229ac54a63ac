import { type HexRun, hexColumn, type HexLine as Line, lineCharacters } from './hex-model.ts'
import styles from './InspectorView.module.css'

type HexLineProps = {
  readonly line: Line
  readonly digits: number
  readonly perLine: number
  /** Columns that are marked. */
  readonly mark: readonly [number, number] | null
  /** Column of the cursor, -1 where it is on another line. */
  readonly cursor: number
  readonly onPoint: (column: number) => void
}

/** One line of a hex dump: offset, bytes, characters. */
export function HexLine({ line, digits, perLine, mark, cursor, onPoint }: HexLineProps) {
  const hexStart = digits + 2
  const asciiStart = hexStart + perLine * 3 + 2
  const columnAt = (column: number) => hexStart + hexColumn(column, perLine)
  const characters = lineCharacters(digits, perLine)
  return (
    <div
      className={styles.hexLine}
      style={{ width: `${characters}ch` }}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        const character = ((event.clientX - box.left) / box.width) * characters
        for (let column = perLine - 1; column >= 0; column--) {
          const inAscii = character >= asciiStart && character >= asciiStart + column
          if (inAscii || (character < asciiStart - 1 && character >= columnAt(column) - 0.5)) {
            onPoint(column)
            return
          }
        }
      }}
    >
      {mark !== null && (
        <>
          <i
            className={styles.mark}
            style={{ left: `${columnAt(mark[0])}ch`, width: `${columnAt(mark[1] - 1) + 2 - columnAt(mark[0])}ch` }}
          />
          <i className={styles.mark} style={{ left: `${asciiStart + mark[0]}ch`, width: `${mark[1] - mark[0]}ch` }} />
        </>
      )}
      {cursor >= 0 && (
        <>
          <i className={styles.cursor} style={{ left: `${columnAt(cursor)}ch`, width: '2ch' }} />
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
