import { tinykeys } from 'tinykeys'
import { type Command, commandStore } from '../stores/command-store.ts'

const TEXT_FIELDS =
  'input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]'

const hasModifier = (key: string): boolean => /\$mod|Alt|Control|Meta|^F\d|\+F\d/.test(key)

/** Whether a key press belongs to what has the focus rather than to the window. Pure, for the test. */
export function keyApplies(key: string, panel: string | undefined, target: Element | null): boolean {
  if (panel !== undefined && target?.closest(`[data-panel="${panel}"]`) == null) return false
  if (hasModifier(key)) return true
  if (target?.closest('[role=dialog], [role=menu], [role=listbox]') != null) return false
  if (target?.closest(TEXT_FIELDS) != null) return false
  // A button already does something on these.
  return !((key === 'Space' || key === 'Enter') && target?.closest('button, a[href], summary') != null)
}

/**
 * Binds the keys of all commands, and again whenever commands come and go. One key may belong to several commands: the
 * first whose panel has the focus and that is enabled runs, panel commands before the window's.
 * @returns the function that unbinds
 */
export function bindKeys(page: Window): () => void {
  let unbind = () => {}
  const bind = () => {
    unbind()
    const byKey = new Map<string, Command[]>()
    for (const command of commandStore.getState().commands) {
      for (const key of command.keys ?? []) byKey.set(key, [...(byKey.get(key) ?? []), command])
    }
    const map: Record<string, (event: KeyboardEvent) => void> = {}
    for (const [key, commands] of byKey) {
      const ordered = [...commands].sort((a, b) => Number(b.panel !== undefined) - Number(a.panel !== undefined))
      map[key] = (event) => {
        const target = event.target instanceof Element ? event.target : null
        const command = ordered.find(
          (one) => keyApplies(key, one.panel, target) && (one.enabled === undefined || one.enabled()),
        )
        if (command === undefined) return
        event.preventDefault()
        command.run()
      }
    }
    // Held keys repeat (rows, frames); which target a key belongs to is decided above.
    unbind = tinykeys(page, map, { ignore: (event) => event.isComposing || event.defaultPrevented })
  }
  bind()
  const off = commandStore.subscribe(bind)
  return () => {
    off()
    unbind()
  }
}
