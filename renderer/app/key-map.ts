import { tinykeys } from 'tinykeys'
import { type Command, commandStore } from '../stores/command-store.ts'

const TEXT_FIELDS =
  'input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]'

const hasModifier = (key: string): boolean => /\$mod|Alt|Control|Meta|^F\d|\+F\d/.test(key)

/** Whether a command's key applies while `target` has the focus. */
export function keyApplies(key: string, panel: string | undefined, target: Element | null): boolean {
  if (panel !== undefined && target?.closest(`[data-panel="${panel}"]`) == null) return false
  if (hasModifier(key)) return true
  if (target?.closest('[role=dialog], [role=menu], [role=listbox]') != null) return false
  if (target?.closest(TEXT_FIELDS) != null) return false
  // These keys press the focused control.
  return !((key === 'Space' || key === 'Enter') && target?.closest('button, a[href], summary') != null)
}

/**
 * Binds the keys of all commands, and again when commands are added or removed. If a key belongs to several commands, the
 * first enabled one runs whose panel has the focus; panel commands precede the window's.
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
    // Repeats of a pressed key count (rows, frames). `keyApplies` decides by target.
    unbind = tinykeys(page, map, { ignore: (event) => event.isComposing || event.defaultPrevented })
  }
  bind()
  const off = commandStore.subscribe(bind)
  return () => {
    off()
    unbind()
  }
}
