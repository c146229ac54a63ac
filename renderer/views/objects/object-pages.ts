import type { ObjectRow } from '../../../core/contract/object-table.ts'

export const PAGE_ROWS = 64
const PAGES_KEPT = 48

/**
 * The fetched rows of one view, in pages. The least recently used pages are dropped. `missing` names the pages to fetch.
 */
export class ObjectPages {
  readonly #pages = new Map<number, readonly ObjectRow[]>()

  row(position: number): ObjectRow | null {
    return this.#pages.get(Math.floor(position / PAGE_ROWS))?.[position % PAGE_ROWS] ?? null
  }

  /** Missing pages of `[from, to)`; marks the others as used. */
  missing(from: number, to: number): readonly number[] {
    const missing: number[] = []
    for (let page = Math.floor(from / PAGE_ROWS); page * PAGE_ROWS < to; page++) {
      const rows = this.#pages.get(page)
      if (rows === undefined) missing.push(page)
      else {
        this.#pages.delete(page)
        this.#pages.set(page, rows)
      }
    }
    return missing
  }

  put(page: number, rows: readonly ObjectRow[]): void {
    this.#pages.delete(page)
    this.#pages.set(page, rows)
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break
      this.#pages.delete(oldest)
    }
  }

  /** Replaces fetched rows from `from` on; others are ignored. */
  replace(from: number, rows: readonly ObjectRow[]): void {
    for (const [offset, row] of rows.entries()) {
      const page = Math.floor((from + offset) / PAGE_ROWS)
      const known = this.#pages.get(page)
      if (known === undefined || known.length <= (from + offset) % PAGE_ROWS) continue
      const changed = [...known]
      changed[(from + offset) % PAGE_ROWS] = row
      this.#pages.set(page, changed)
    }
  }
}
