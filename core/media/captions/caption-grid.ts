import type { CaptionColour, CaptionRun } from '../../contract/captions.ts'

/** Style of what is written next. */
export type Pen = { readonly colour: CaptionColour; readonly italic: boolean; readonly underline: boolean }

export const PLAIN_PEN: Pen = { colour: 'white', italic: false, underline: false }

type Cell = { readonly text: string; readonly pen: Pen }

/** Rows and columns of characters, most of them transparent. */
export class CaptionGrid {
  readonly columns: number
  #rows: (Cell | undefined)[][]

  constructor(rows: number, columns: number) {
    this.columns = columns
    this.#rows = Array.from({ length: rows }, () => [])
  }

  get rows(): number {
    return this.#rows.length
  }

  get empty(): boolean {
    return this.#rows.every((row) => row.length === 0)
  }

  put(row: number, column: number, text: string, pen: Pen): void {
    const cells = this.#rows[row]
    if (cells !== undefined && column >= 0 && column < this.columns) cells[column] = { text, pen }
  }

  /** Makes columns of a row transparent, `until` excluded. */
  erase(row: number, from = 0, until = this.columns): void {
    const cells = this.#rows[row]
    if (cells === undefined) return
    for (let column = Math.max(0, from); column < Math.min(until, cells.length); column++) cells[column] = undefined
    while (cells.length > 0 && cells.at(-1) === undefined) cells.pop()
  }

  clear(): void {
    for (const row of this.#rows) row.length = 0
  }

  /** Moves the rows of `from` to `to`, inclusive, up by one; the first of them is lost. */
  rollUp(from: number, to: number): void {
    for (let row = Math.max(0, from); row < to; row++) this.#rows[row] = this.#rows[row + 1] ?? []
    if (to >= 0 && to < this.#rows.length) this.#rows[to] = []
  }

  /** Moves the rows that end at `from`, `count` of them, to end at `to`; all else is erased. */
  move(from: number, to: number, count: number): void {
    const kept = this.#rows.slice(Math.max(0, from - count + 1), from + 1)
    this.#rows = this.#rows.map((_, row) => kept[row - to + kept.length - 1] ?? [])
  }

  /** Words of a row, from its first character on; null where it is transparent. Spaces at its ends are left out. */
  line(
    row: number,
  ): { readonly column: number; readonly columns: number; readonly runs: readonly CaptionRun[] } | null {
    const cells = this.#rows[row] ?? []
    const isInk = (cell: Cell | undefined): boolean => cell !== undefined && cell.text.trim() !== ''
    const column = cells.findIndex(isInk)
    if (column < 0) return null
    let last = cells.length - 1
    while (!isInk(cells[last])) last--
    const runs: { text: string; pen: Pen }[] = []
    for (let at = column; at <= last; at++) {
      const { text = ' ', pen } = cells[at] ?? {}
      const before = runs.at(-1)
      const own = pen ?? before?.pen ?? PLAIN_PEN
      if (before !== undefined && samePen(before.pen, own)) before.text += text
      else runs.push({ text, pen: own })
    }
    return { column, columns: last + 1 - column, runs: runs.map(({ text, pen }) => ({ text, ...pen })) }
  }
}

function samePen(one: Pen, other: Pen): boolean {
  return one.colour === other.colour && one.italic === other.italic && one.underline === other.underline
}
