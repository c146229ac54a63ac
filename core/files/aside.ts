import { randomBytes } from 'node:crypto'
import { ASIDE_PREFIX } from './safe-name.ts'

/** Name of a temporary file, which no other file of this or another process has. */
export function asideName(): string {
  return `${asidesOf(process.pid)}${randomBytes(6).toString('hex')}`
}

/** Beginning of the names of a process's temporary files. */
export function asidesOf(pid: number): string {
  return `${ASIDE_PREFIX}${pid}-`
}
