import type { AppError } from '../contract/app-error.ts'

/** Says one failure on stderr: what and where, then what to do. */
export function tellFailure(error: AppError): void {
  process.stderr.write(`routescope: ${error.message} ${error.tryThis}\n`)
}
