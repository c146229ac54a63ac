import { type RefObject, useEffect, useMemo, useState } from 'react'
import type { Column } from './Grid.tsx'

/** Number of columns that fit, at least `least`. */
export function fittingColumns(widths: readonly number[], room: number, least: number): number {
  let used = 0
  let fit = 0
  for (const width of widths) {
    used += width
    if (used > room) break
    fit += 1
  }
  return Math.min(widths.length, Math.max(least, fit))
}

/** The first columns that fit an element without scrolling, for lists whose last columns are optional. */
export function useFittingColumns<Row>(
  element: RefObject<HTMLElement | null>,
  columns: readonly Column<Row>[],
  least: number,
): readonly Column<Row>[] {
  const [count, setCount] = useState(least)
  useEffect(() => {
    const box = element.current
    if (box === null) return
    const widths = columns.map((column) => column.width)
    const observer = new ResizeObserver(() => setCount(fittingColumns(widths, box.clientWidth, least)))
    observer.observe(box)
    return () => observer.disconnect()
  }, [element, columns, least])
  return useMemo(() => columns.slice(0, count), [columns, count])
}
