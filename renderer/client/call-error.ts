import type { AppError } from '../../core/contract/app-error.ts'
import { defined } from '../../core/contract/defined.ts'

/** A call that failed; `error` is what the engine, or the wire, said. */
export class EngineCallError extends Error {
  readonly error: AppError

  constructor(error: AppError) {
    super(error.message)
    this.name = 'EngineCallError'
    this.error = error
  }
}

/** Why calls in flight fail when the wire breaks. */
export const ENGINE_LOST: AppError = {
  code: 'engine-died',
  message: 'The connection to the engine was lost.',
  tryThis: 'Wait a moment: it is being restored; then try again.',
}

/** Any thrown value as something to show. */
export function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof EngineCallError) return thrown.error
  return {
    code: 'internal',
    message: `Something failed in the window: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
    tryThis: 'Please report this with the session log.',
    ...defined({ cause: thrown instanceof Error && thrown.stack !== undefined ? thrown.stack : undefined }),
  }
}
