import type { CaptionLine } from '../../contract/captions.ts'
import { CaptionGrid, type Pen, PLAIN_PEN } from './caption-grid.ts'

/** Windows are placed within the middle 80 % of the picture (CTA-708-E §8.3). */
const SAFE = { from: 0.1, size: 0.8 } as const
/** Anchor positions of 16:9 pictures, and of relative positioning (§8.4.5). */
const GRID = { rows: 75, columns: 210 } as const
const PERCENT = 100
/** Rows and columns of standard characters that fit into the safe area. */
const ROWS = 15
const COLUMNS = 42

/** What DefineWindow tells (CTA-708-E §8.10.5.2). */
export type WindowDefinition = {
  readonly visible: boolean
  readonly priority: number
  readonly relative: boolean
  readonly anchorVertical: number
  readonly anchorHorizontal: number
  /** 0 to 8: upper left to lower right. */
  readonly anchorPoint: number
  readonly rows: number
  readonly columns: number
}

/** How rows are justified: 0 left, 1 right, 2 centre, 3 full. */
export type Justify = number

/** One caption window: its text, and where it is. */
export class CaptionWindow {
  #definition: WindowDefinition
  #grid: CaptionGrid
  #row = 0
  #column = 0
  visible: boolean
  justify: Justify = 0
  pen: Pen = PLAIN_PEN

  constructor(definition: WindowDefinition) {
    this.#definition = definition
    this.#grid = new CaptionGrid(definition.rows, definition.columns)
    this.visible = definition.visible
  }

  get priority(): number {
    return this.#definition.priority
  }

  get empty(): boolean {
    return this.#grid.empty
  }

  /** Defines it again, which keeps its text where its size remains (§8.10.5.2). */
  define(definition: WindowDefinition): void {
    const { rows, columns } = this.#definition
    if (rows !== definition.rows || columns !== definition.columns) {
      this.#grid = new CaptionGrid(definition.rows, definition.columns)
      this.#row = 0
      this.#column = 0
    }
    this.#definition = definition
    this.visible = definition.visible
  }

  moveTo(row: number, column: number): void {
    this.#row = Math.min(row, this.#definition.rows - 1)
    this.#column = Math.min(column, this.#definition.columns - 1)
  }

  write(text: string): void {
    this.#grid.put(this.#row, this.#column, text, this.pen)
    this.#column = Math.min(this.#column + 1, this.#definition.columns)
  }

  backspace(): void {
    if (this.#column === 0) return
    this.#column--
    this.#grid.erase(this.#row, this.#column, this.#column + 1)
  }

  clear(): void {
    this.#grid.clear()
    this.#row = 0
    this.#column = 0
  }

  /** To the next row; text scrolls up at the last one. */
  carriageReturn(): void {
    this.#column = 0
    const last = this.#definition.rows - 1
    if (this.#row < last) this.#row++
    else this.#grid.rollUp(0, last)
  }

  /** Erases the row and goes to its start (HCR). */
  restartRow(): void {
    this.#grid.erase(this.#row)
    this.#column = 0
  }

  /** Its rows; none while it is hidden. */
  lines(): CaptionLine[] {
    if (!this.visible) return []
    const { rows, columns, anchorPoint, anchorVertical, anchorHorizontal, relative } = this.#definition
    const y = SAFE.from + (SAFE.size * anchorVertical) / (relative ? PERCENT : GRID.rows)
    const x = SAFE.from + (SAFE.size * anchorHorizontal) / (relative ? PERCENT : GRID.columns)
    const rowHeight = SAFE.size / ROWS
    const columnWidth = SAFE.size / COLUMNS
    // An anchor is at the start, the middle or the end of the window in each direction.
    const top = y - (Math.floor(anchorPoint / 3) * rows * rowHeight) / 2
    const left = x - ((anchorPoint % 3) * columns * columnWidth) / 2
    const lines: CaptionLine[] = []
    for (let row = 0; row < rows; row++) {
      const line = this.#grid.line(row)
      if (line === null) continue
      const place = { top: within(top + row * rowHeight), runs: line.runs }
      if (this.justify === 1) lines.push({ ...place, left: within(left + columns * columnWidth), align: 'end' })
      else if (this.justify === 2)
        lines.push({ ...place, left: within(left + (columns * columnWidth) / 2), align: 'center' })
      else lines.push({ ...place, left: within(left + line.column * columnWidth), align: 'start' })
    }
    return lines
  }
}

/** A share of the picture: a window may be placed beside it. */
function within(share: number): number {
  return Math.min(0.95, Math.max(0, share))
}
