import type { BigIntStats } from 'node:fs'
import type { Validators } from '../http/conditions.ts'

/** Tag and date of a file: the tag changes with its length and with the time of its last change, to the nanosecond. */
export function validatorsOf({ size, mtimeNs }: Pick<BigIntStats, 'size' | 'mtimeNs'>): Validators & {
  readonly modifiedMs: number
} {
  return { etag: `"${size.toString(16)}-${mtimeNs.toString(16)}"`, modifiedMs: Number(mtimeNs / 1_000_000n) }
}
