import type { BoxField, BoxRow } from '../../../core/contract/object-boxes.ts'
import { formatCount } from '../../model/format.ts'

/** A line of the tree of boxes: a box, or a field of an unfolded one. */
export type BoxLine =
  | { readonly kind: 'box'; readonly box: BoxRow; readonly unfolded: boolean }
  | { readonly kind: 'field'; readonly field: BoxField; readonly level: number }

/** Boxes with the fields of the unfolded ones below them. @param fields of the unfolded boxes, by offset */
export function boxLines(
  boxes: readonly BoxRow[],
  fields: ReadonlyMap<number, readonly BoxField[]>,
): readonly BoxLine[] {
  const lines: BoxLine[] = []
  for (const box of boxes) {
    const own = box.type === null ? undefined : fields.get(box.offset)
    lines.push({ kind: 'box', box, unfolded: own !== undefined })
    for (const field of own ?? []) lines.push({ kind: 'field', field, level: box.depth + 2 })
  }
  return lines
}

/** The boxes around a byte, outermost first. */
export function boxesAround(boxes: readonly BoxRow[], at: number): readonly BoxRow[] {
  return boxes.filter(({ offset, size }) => offset <= at && at < offset + size)
}

/** `moof ▸ traf ▸ tfdt`. */
export function pathText(boxes: readonly BoxRow[]): string {
  return boxes.map(({ type }) => type ?? 'no box').join(' ▸ ')
}

/** State of a box in words; null where all of it arrived. */
export function cutText(box: BoxRow): string | null {
  if (box.missing === 0) return null
  if (box.missing >= box.size) return 'lost'
  return 'cut'
}

/** What a line says beside its name. */
export function valueText(line: BoxLine): string {
  if (line.kind === 'field') {
    const { value, note } = line.field
    return [value ?? 'not received', note].filter((part) => part !== null).join(' ')
  }
  const { missing, fault, summary } = line.box
  const cut = cutText(line.box)
  return [cut === null ? null : `${cut}, ${formatCount(missing)} B missing`, fault, summary]
    .filter((part) => part !== null)
    .join(' ')
}
