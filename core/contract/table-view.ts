/** How a value is written: `count` in groups of three, `plain` as it is, `time` by the time base chosen. */
export type ValueFormat = 'count' | 'plain' | 'text' | 'time' | 'rate' | 'duration'

/** How a column is shown. */
export type TableView = {
  readonly title: string
  /** In the title, not in the cells. */
  readonly unit?: string
  readonly format: ValueFormat
  /** Columns are in the order of their weights; where they do not fit, the last are left out. */
  readonly weight: number
  /** Least width in px, and the share of the width left over. */
  readonly width: number
  readonly grow?: number
  /** Hint of every cell. */
  readonly hint?: string
}

/** Columns of a table that are shown, in the order of their weights. */
export function shownColumns<Key extends string>(
  table: Readonly<Record<Key, { readonly type: string; readonly view?: TableView }>>,
): readonly { readonly key: Key; readonly view: TableView }[] {
  return (Object.keys(table) as Key[])
    .flatMap((key) => {
      const { view } = table[key]
      return view === undefined ? [] : [{ key, view }]
    })
    .sort((a, b) => a.view.weight - b.view.weight)
}
