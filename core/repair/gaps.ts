import type { ByteRange } from '../flow/objects.ts'

/** Ranges of `[0, size)` outside the covered ranges, in order. */
export function gapsOf(size: number, covered: readonly ByteRange[]): ByteRange[] {
  const gaps: ByteRange[] = []
  let at = 0
  for (const [from, to] of [...covered].sort((a, b) => a[0] - b[0])) {
    if (from >= size) break
    if (from > at) gaps.push([at, from])
    if (to > at) at = to
  }
  if (at < size) gaps.push([at, size])
  return gaps
}

/**
 * Merges gaps closer together than `mergeBytes`, in order of their starts: a request costs more than a few bytes
 * fetched twice.
 */
export function mergeGaps(gaps: readonly ByteRange[], mergeBytes: number): ByteRange[] {
  const merged: ByteRange[] = []
  for (const [from, to] of gaps) {
    const last = merged.at(-1)
    if (last !== undefined && from - last[1] < mergeBytes) merged[merged.length - 1] = [last[0], Math.max(last[1], to)]
    else merged.push([from, to])
  }
  return merged
}

/** Parts of `[from, to)` that lie in gaps. */
export function inGaps(gaps: readonly ByteRange[], from: number, to: number): ByteRange[] {
  const parts: ByteRange[] = []
  for (const [start, end] of gaps) {
    if (start >= to) break
    if (end > from) parts.push([Math.max(start, from), Math.min(end, to)])
  }
  return parts
}

/** Total length of the ranges. */
export const sumOf = (ranges: readonly ByteRange[]): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0)
