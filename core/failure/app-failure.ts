import type { AppError, AppErrorCode } from '../contract/app-error.ts'

/** An `AppError` as a thrown error: thrown where the reason is known, caught where it is shown to the user. */
export class AppFailure extends Error {
  readonly error: AppError

  constructor(code: AppErrorCode, message: string, tryThis: string, cause?: unknown) {
    super(message)
    this.name = 'AppFailure'
    this.error = cause === undefined ? { code, message, tryThis } : { code, message, tryThis, cause: messageOf(cause) }
  }
}

/** Any thrown value as an `AppError`; anything but an `AppFailure` becomes `internal` with the original message. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppFailure) return thrown.error
  return {
    code: 'internal',
    message: `Something failed inside Routescope: ${messageOf(thrown)}.`,
    tryThis: 'Please report this with the session log.',
    cause: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
  }
}

function messageOf(cause: unknown): string {
  if (cause instanceof Error) {
    const code = (cause as { code?: unknown }).code
    return typeof code === 'string' && !cause.message.includes(code) ? `${code}: ${cause.message}` : cause.message
  }
  return String(cause)
}
