import type { Choices } from './choices.ts'

/** The presentation shipped with the program, as a source. */
export const DEMO_SOURCE = 'demo:'

/** Standard input as a source. */
export const STDIN_SOURCE = '-'

/**
 * A person's request to open sources with chosen options, by a command line, a form, a dropped file or a recent item. Each source
 * is a text, opened by the part with a pattern that matches (`openerOf`). The engine makes a SessionSpec of it.
 */
export type SessionRequest = {
  readonly sources: readonly string[]
  readonly choices: Choices
  /** Name in the window that opens it; absent: `sourcesLabel`. */
  readonly label?: string
}
