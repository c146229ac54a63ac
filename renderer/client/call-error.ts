import type { AppError } from '../../core/contract/app-error.ts'
import { defined } from '../../core/contract/defined.ts'

/** A failed call, with the error of the engine or of the wire. */
export class EngineCallError extends Error {
  readonly error: AppError

  constructor(error: AppError) {
    super(error.message)
    this.name = 'EngineCallError'
    this.error = error
  }
}

/** Error of calls in flight when the wire breaks. */
export const ENGINE_LOST: AppError = {
  code: 'engine-died',
  message: 'The connection to the engine is lost.',
  tryThis: 'Wait for the connection, then try again.',
}

/** The AppError of any thrown value. */
export function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof EngineCallError) return thrown.error
  return {
    code: 'internal',
    message: `Something failed in the window: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
    tryThis: 'Please report this with the session log.',
    ...defined({ cause: thrown instanceof Error && thrown.stack !== undefined ? thrown.stack : undefined }),
  }
}
