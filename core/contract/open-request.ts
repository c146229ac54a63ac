import type { Choices } from './choices.ts'

/** The presentation shipped with the program, as a source. */
export const DEMO_SOURCE = 'demo:'

/**
 * What a person asks to open, by a command line, a form, a recent item or a link: addresses, captures or the demo, and what was
 * chosen beside them. The engine makes it a SessionSpec.
 */
export type SessionRequest = {
  readonly sources: readonly string[]
  readonly choices: Choices
}
