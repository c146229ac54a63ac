import { createStore } from 'zustand/vanilla'
import { groupOfPanel, INSPECT_LAYOUT, type PanelId, visiblePanels } from '../model/layout.ts'
import { settingsStore } from './settings-store.ts'

/** A dialog over the frame. */
export type Dialog = 'palette' | 'keys' | 'listen'

/** A panel whose form is shown instead of the first screen, too. */
export type FormPanel = 'send' | 'serve' | 'relay'

export type FrameState = {
  readonly dialog: Dialog | null
  /** Folders of dumps that a quit waits for; null: none was asked for. */
  readonly quitting: readonly string[] | null
  /** Panel with the focus. */
  readonly focused: PanelId | null
  /** Panel that fills the frame; null: all are shown. */
  readonly maximised: PanelId | null
  /** The form that is shown instead of the first screen; null: none. */
  readonly form: FormPanel | null
}

export const frameStore = createStore<FrameState>(() => ({
  dialog: null,
  quitting: null,
  focused: null,
  maximised: null,
  form: null,
}))

export const showQuitting = (quitting: readonly string[] | null): void => frameStore.setState({ quitting })

export const showDialog = (dialog: Dialog | null): void => frameStore.setState({ dialog })

/** Brings a panel to the front of its group, and shows the group. */
export function revealPanel(panel: PanelId): void {
  const group = groupOfPanel(INSPECT_LAYOUT, panel)
  if (group === undefined) return
  settingsStore.setState((state) => ({
    fronts: { ...state.fronts, [group.id]: panel },
    hidden: state.hidden.filter((id) => id !== group.id),
  }))
  const { maximised } = frameStore.getState()
  if (maximised !== null && maximised !== panel) frameStore.setState({ maximised: null })
}

/** Brings a panel to the front and focuses it. */
export function goToPanel(panel: PanelId): void {
  revealPanel(panel)
  // After React has rendered the panel.
  requestAnimationFrame(() => focusPanel(panel))
}

/** Focuses the main element of a panel (`data-main`), or the panel itself. */
export function focusPanel(panel: PanelId): void {
  const section = document.querySelector<HTMLElement>(`[data-panel="${panel}"]`)
  if (section === null) return
  const main = section.querySelector<HTMLElement>('[data-main]') ?? section
  main.focus({ preventScroll: true })
}

/** Focuses the next or previous visible panel (F6). */
export function stepPanel(step: 1 | -1): void {
  const { fronts, hidden } = settingsStore.getState()
  const { maximised } = frameStore.getState()
  const panels = maximised === null ? visiblePanels(INSPECT_LAYOUT, fronts, hidden) : [maximised]
  const { focused } = frameStore.getState()
  const at = focused === null ? -1 : panels.indexOf(focused)
  const next = panels[(at + step + panels.length) % panels.length] ?? panels[0]
  if (next !== undefined) focusPanel(next)
}

/** Hides or shows the group of a panel. */
export function togglePanel(panel: PanelId): void {
  const group = groupOfPanel(INSPECT_LAYOUT, panel)
  if (group === undefined) return
  const { hidden } = settingsStore.getState()
  if (hidden.includes(group.id)) goToPanel(panel)
  else settingsStore.setState({ hidden: [...hidden, group.id] })
}

/** Maximises a panel over the frame, or restores the frame. */
export function toggleMaximised(panel: PanelId): void {
  frameStore.setState((state) => ({ maximised: state.maximised === panel ? null : panel }))
}
