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

/** Inner width of an element in px; 0 before it is measured. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const box = element.current
    if (box === null) return
    const observer = new ResizeObserver(() => setWidth(box.clientWidth))
    observer.observe(box)
    return () => observer.disconnect()
  }, [element])
  return width
}

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
