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

type Track = { readonly width: number; readonly grow?: number }

/**
 * Column widths as CSS grid tracks. Where not all columns fit, those that fit share the remaining width, so that the edge of
 * the table cuts no column; the others are scrolled to.
 * @param room width of the table in px; 0: unknown
 */
export function gridTracks(columns: readonly Track[], room: number): string {
  const widths = columns.map(({ width }) => width)
  const fit = fittingColumns(widths, room, 1)
  if (room === 0 || fit === columns.length) {
    return columns
      .map(({ width, grow }) => (grow === undefined ? `${width}px` : `minmax(${width}px, ${grow}fr)`))
      .join(' ')
  }
  const shown = columns.slice(0, fit)
  const left = Math.max(0, room - widths.slice(0, fit).reduce((sum, width) => sum + width, 0))
  const shares = shown.reduce((sum, { grow = 0 }) => sum + grow, 0)
  return columns
    .map(({ width, grow = 0 }, at) => {
      if (at >= fit) return `${width}px`
      const extra = shares === 0 ? (at === fit - 1 ? left : 0) : (left * grow) / shares
      return `${width + extra}px`
    })
    .join(' ')
}
