import { type RefObject, useMemo } from 'react'
import type { Column } from './Grid.tsx'
import { fittingColumns } from './grid-tracks.ts'
import { useWidth } from './use-width.ts'

/** The first columns that fit an element without scrolling, for lists whose last columns are optional. */
export function useFittingColumns<Row>(
  element: RefObject<HTMLElement | null>,
  columns: readonly Column<Row>[],
  least: number,
): readonly Column<Row>[] {
  const room = useWidth(element)
  return useMemo(() => {
    const widths = columns.map((column) => column.width)
    return columns.slice(0, fittingColumns(widths, room, least))
  }, [columns, room, least])
}
