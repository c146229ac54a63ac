import { expect, type Locator } from '@playwright/test'

export type GridLine = Readonly<Record<string, string>>

/** A table of the window. Only visible rows exist as elements, so reading all rows means scrolling. */
export class GridOnPage {
  readonly grid: Locator

  constructor(grid: Locator) {
    this.grid = grid
  }

  get selectedRow(): Locator {
    return this.grid.getByRole('row', { selected: true })
  }

  /** Announced number of rows, without the header. */
  async count(): Promise<number> {
    return Number(await this.grid.getAttribute('aria-rowcount')) - 1
  }

  row(text: string | RegExp): Locator {
    return this.grid.getByRole('row').filter({ hasText: text })
  }

  /** All rows in order: the cells' text by column title, without thousands separators. */
  async lines(): Promise<readonly GridLine[]> {
    const lines = new Map<number, GridLine>()
    const count = await this.count()
    await expect
      .poll(async () => {
        for (const [position, line] of await this.#linesInView()) lines.set(position, line)
        const next = Array.from({ length: count }, (_, at) => at).find((at) => !lines.has(at))
        if (next !== undefined) await this.#scrollTo(next / count)
        return lines.size
      })
      .toBe(count)
    return [...lines].sort(([a], [b]) => a - b).map(([, line]) => line)
  }

  #linesInView(): Promise<[number, GridLine][]> {
    return this.grid.evaluate((grid) => {
      const words = (element: Element) => (element.textContent ?? '').replace(/\u2009/g, '').trim()
      const titles = [...grid.querySelectorAll('[role=columnheader]')].map(
        (header) => header.querySelector('span')?.textContent ?? '',
      )
      return [...grid.querySelectorAll('[role=row][aria-rowindex]')].flatMap(
        (row): [number, Record<string, string>][] => {
          const cells = [...row.querySelectorAll('[role=gridcell]')].map(words)
          // A row without text is not loaded yet; the header has no cells.
          if (cells.every((cell) => cell === '')) return []
          const line = Object.fromEntries(cells.map((cell, at) => [titles[at] ?? '', cell]))
          return [[Number(row.getAttribute('aria-rowindex')) - 2, line]]
        },
      )
    })
  }

  async #scrollTo(share: number): Promise<void> {
    await this.grid.evaluate((grid, at) => {
      grid.scrollTop = at * grid.scrollHeight
    }, share)
  }
}
