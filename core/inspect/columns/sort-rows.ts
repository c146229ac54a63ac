/**
 * Sorts row numbers by a key, equal keys by a second one, and stable: a merge sort over typed arrays, since the
 * built-in sort calls a function for each comparison.
 * @param rows is left unchanged
 */
export function sortRows(
  rows: Uint32Array,
  key: Float64Array,
  second: Float64Array | null,
  descending: boolean,
): Uint32Array {
  const order = { key, second, descending }
  let from = Uint32Array.from(rows.keys())
  let to = new Uint32Array(rows.length)
  for (let width = 1; width < rows.length; width *= 2) {
    for (let start = 0; start < rows.length; start += width * 2) {
      const middle = Math.min(start + width, rows.length)
      const end = Math.min(start + width * 2, rows.length)
      mergeRuns(from, to, { start, middle, end }, order)
    }
    const swap = from
    from = to
    to = swap
  }
  for (let at = 0; at < rows.length; at++) to[at] = rows[from[at] as number] as number
  return to
}

/** Two sorted runs, one behind the other. */
type Runs = { readonly start: number; readonly middle: number; readonly end: number }

type Order = { readonly key: Float64Array; readonly second: Float64Array | null; readonly descending: boolean }

function mergeRuns(from: Uint32Array, to: Uint32Array, { start, middle, end }: Runs, order: Order): void {
  const { key, second, descending } = order
  let left = start
  let right = middle
  for (let at = start; at < end; at++) {
    if (
      left < middle &&
      (right >= end || !comesBefore(from[right] as number, from[left] as number, key, second, descending))
    ) {
      to[at] = from[left++] as number
    } else {
      to[at] = from[right++] as number
    }
  }
}

function comesBefore(
  a: number,
  b: number,
  key: Float64Array,
  second: Float64Array | null,
  descending: boolean,
): boolean {
  let x = key[a] as number
  let y = key[b] as number
  if (x === y && second !== null) {
    x = second[a] as number
    y = second[b] as number
  }
  return descending ? x > y : x < y
}
