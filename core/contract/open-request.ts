import type { Choices } from './choices.ts'

/** The presentation shipped with the program, as a source. */
export const DEMO_SOURCE = 'demo:'

/**
 * A person's request to open addresses, captures or the demo with chosen options, by a command line, a form, a recent item or a
 * link. The engine makes a SessionSpec of it.
 */
export type SessionRequest = {
  readonly sources: readonly string[]
  readonly choices: Choices
}
