/** A line of a comparison; numbers count from 1, null where the line is not in that text. */
export type DiffLine = {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
  readonly before: number | null
  readonly after: number | null
}

/** Limit of the search; texts with more differences are one block replaced by another. */
const MAX_EDITS = 1500

/** The fewest removed and added lines between two texts (Myers), in reading order. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++
  }
  const lines: DiffLine[] = []
  const same = (left: number, right: number) =>
    lines.push({ kind: 'same', text: before[left] ?? '', before: left + 1, after: right + 1 })
  const removed = (left: number) =>
    lines.push({ kind: 'removed', text: before[left] ?? '', before: left + 1, after: null })
  const added = (right: number) =>
    lines.push({ kind: 'added', text: after[right] ?? '', before: null, after: right + 1 })

  for (let at = 0; at < head; at++) same(at, at)
  let left = head
  let right = head
  const endLeft = before.length - tail
  const endRight = after.length - tail
  for (const step of edits(before.slice(head, endLeft), after.slice(head, endRight))) {
    if (step === 'same') same(left++, right++)
    else if (step === 'removed') removed(left++)
    else added(right++)
  }
  while (left < endLeft) removed(left++)
  while (right < endRight) added(right++)
  for (let at = 0; at < tail; at++) same(endLeft + at, endRight + at)
  return lines
}

/** Steps from one list to the other; empty above the limit. Stores the frontier of each round for the way back. */
function edits(a: readonly string[], b: readonly string[]): readonly DiffLine['kind'][] {
  const most = Math.min(MAX_EDITS, a.length + b.length)
  const offset = most + 1
  let frontier = new Int32Array(2 * most + 3)
  const rounds: Int32Array[] = []
  for (let d = 0; d <= most; d++) {
    rounds.push(frontier)
    const next = frontier.slice()
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && at(frontier, offset + k - 1) < at(frontier, offset + k + 1))
      let x = down ? at(frontier, offset + k + 1) : at(frontier, offset + k - 1) + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++
        y++
      }
      next[offset + k] = x
      if (x >= a.length && y >= b.length) return walkBack(rounds, offset, a.length, b.length)
    }
    frontier = next
  }
  return []
}

function walkBack(rounds: readonly Int32Array[], offset: number, endX: number, endY: number): DiffLine['kind'][] {
  const steps: DiffLine['kind'][] = []
  let x = endX
  let y = endY
  for (let d = rounds.length - 1; d >= 0; d--) {
    const frontier = rounds[d] as Int32Array
    const k = x - y
    const down = k === -d || (k !== d && at(frontier, offset + k - 1) < at(frontier, offset + k + 1))
    const fromK = down ? k + 1 : k - 1
    const fromX = d === 0 ? 0 : at(frontier, offset + fromK)
    const fromY = d === 0 ? 0 : fromX - fromK
    while (x > fromX && y > fromY) {
      steps.push('same')
      x--
      y--
    }
    if (d === 0) break
    steps.push(down ? 'added' : 'removed')
    x = fromX
    y = fromY
  }
  return steps.reverse()
}

function at(array: Int32Array, index: number): number {
  return array[index] ?? 0
}
