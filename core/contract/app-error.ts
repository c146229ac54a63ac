/**
 * A failure as a person reads it: one sentence with the value, and what to try. It crosses process borders as plain data, since
 * class identity does not survive there.
 */
export type AppError = {
  readonly code: AppErrorCode
  /** One sentence with its full stop: what failed and where, with the offending value. */
  readonly message: string
  /** What to do about it, one sentence in the imperative. */
  readonly tryThis: string
  /** Error of the system (`EADDRINUSE`, …), for the log. */
  readonly cause?: string
}

/** Stable codes, and the exit status the command line gives for each (design: command-line.md, exit status). */
export const APP_ERROR_EXIT = {
  'bad-command-line': 2,
  'bad-url': 2,
  'bad-spec': 2,
  'not-supported': 2,
  'file-not-found': 1,
  'file-unreadable': 1,
  'not-a-capture': 1,
  'unknown-link-type': 1,
  'no-udp-in-capture': 3,
  'other-protocol': 3,
  'nothing-received': 3,
  'capture-corrupt': 1,
  'port-in-use': 1,
  'address-not-local': 1,
  'interface-gone': 1,
  'join-refused': 1,
  'socket-failed': 1,
  'program-missing': 1,
  'capture-refused': 1,
  'source-unreachable': 1,
  'source-broke': 1,
  'source-silent': 1,
  'folder-not-writable': 1,
  'disk-full': 1,
  'file-in-use': 1,
  'file-exists': 1,
  'bad-manifest': 1,
  'bad-gzip': 1,
  'bad-xml': 1,
  'input-unusable': 1,
  'engine-died': 1,
  'no-such-session': 1,
  internal: 1,
} as const satisfies Record<string, number>

/** Stable names of failures, for programs. */
export type AppErrorCode = keyof typeof APP_ERROR_EXIT

/** Begins the lines on stderr about errors that nothing caught; a test whose program prints it has failed. */
export const LAST_RESORT_MARK = 'routescope: uncaught error'
