import { createStore } from 'zustand/vanilla'

/** A command of the user, listed in the palette and under `?`. */
export type Command = {
  /** Stable, kebab-case. */
  readonly id: string
  /** Title in the palette, beginning with a verb. */
  readonly title: string
  readonly group: 'Session' | 'View' | 'Objects' | 'Timeline' | 'Player' | 'Window'
  /** Keys in tinykeys' notation: `$mod+k`, `Shift+E`, `End`. */
  readonly keys?: readonly string[]
  /**
   * Keys work only while the focus is inside the element with this `data-panel`; absent: anywhere.
   * Text fields ignore keys without a modifier.
   */
  readonly panel?: string
  /** Absent: always. */
  readonly enabled?: () => boolean
  readonly run: () => void
}

/** Commands by id; views add theirs while they are mounted. */
export const commandStore = createStore<{ readonly commands: readonly Command[] }>(() => ({ commands: [] }))

/** @returns a function that removes them, for the clean-up of an effect */
export function addCommands(commands: readonly Command[]): () => void {
  const ids = new Set(commands.map((command) => command.id))
  commandStore.setState((state) => ({
    commands: [...state.commands.filter((known) => !ids.has(known.id)), ...commands],
  }))
  return () => {
    const mine = new Set(commands)
    commandStore.setState((state) => ({ commands: state.commands.filter((known) => !mine.has(known)) }))
  }
}

/** Runs a command by its id. */
export function runCommand(id: string): void {
  const command = commandStore.getState().commands.find((known) => known.id === id)
  if (command !== undefined && (command.enabled === undefined || command.enabled())) command.run()
}
