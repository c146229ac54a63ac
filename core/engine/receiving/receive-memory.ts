import { RECEIVE_LIMITS } from '../../receive/object/limits.ts'

/** An eighth of the machine's memory for objects being received or written, within limits. */
export function receiveMemory(totalBytes: number): number {
  return Math.min(2 ** 31, Math.max(RECEIVE_LIMITS.memoryBytes, totalBytes / 8))
}
