import { AppFailure } from './app-failure.ts'

/**
 * Failure for a path that was not found because bytes of its name are not UTF-8: Node passes them as U+FFFD, and the file itself
 * cannot be named. Null for any other path.
 */
export function undecodedName(path: string, cause?: unknown): AppFailure | null {
  if (!path.includes('\ufffd')) return null
  return new AppFailure(
    'file-not-found',
    `${path} cannot be found or made: bytes of its name are not UTF-8, and arrive as \ufffd.`,
    'Use another name, or a link with another name.',
    cause,
  )
}
