import { createStore } from 'zustand/vanilla'

/** Something a person can do, listed in the palette and under `?`. */
export type Command = {
  /** Stable, kebab-case. */
  readonly id: string
  /** As written in the palette: a verb first. */
  readonly title: string
  readonly group: 'Session' | 'View' | 'Objects' | 'Timeline' | 'Player' | 'Window'
  /** tinykeys notation (`$mod+k`, `Shift+E`, `End`); several keys may do the same. */
  readonly keys?: readonly string[]
  /**
   * Keys work only while the focus lies inside the element with this `data-panel`; absent: anywhere.
   * Keys without a modifier are ignored in text fields in any case.
   */
  readonly panel?: string
  /** Absent: always. */
  readonly enabled?: () => boolean
  readonly run: () => void
}

/** Commands by id; views add theirs while they are mounted. */
export const commandStore = createStore<{ readonly commands: readonly Command[] }>(() => ({ commands: [] }))

/** @returns the function that takes them away again; shaped to be an effect's clean-up */
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

/** Runs a command by id, as the palette, the menu and buttons do. */
export function runCommand(id: string): void {
  const command = commandStore.getState().commands.find((known) => known.id === id)
  if (command !== undefined && (command.enabled === undefined || command.enabled())) command.run()
}
