import { createStore } from 'zustand/vanilla'
import type { Choices } from '../../core/contract/choices.ts'
import type { RecentItem } from '../../core/contract/shell-api.ts'
import { TIME_BASES, type TimeBase } from './time-store.ts'

export type Theme = 'dark' | 'light'

export type Settings = {
  readonly theme: Theme
  /** What times count from; the live value is in the time store, this is what the next window starts with. */
  readonly timeBase: TimeBase
  /** Sizes in px of each split of the frame, by the split's name. */
  readonly sizes: Readonly<Record<string, readonly number[]>>
  /** The panel in front in each group of tabs, by the group's name. */
  readonly fronts: Readonly<Record<string, string>>
  /** Groups of the frame that are folded away. */
  readonly hidden: readonly string[]
  /** What was typed, and the options chosen, when last listening. */
  readonly listen: { readonly url: string; readonly choices: Choices }
  /** Options with which captures are opened. */
  readonly capture: Choices
  /** Only in a browser: in the app the program keeps them. */
  readonly recent: readonly RecentItem[]
}

const DEFAULTS: Settings = {
  theme: 'dark',
  timeBase: 'local',
  sizes: {},
  fronts: {},
  hidden: [],
  listen: { url: 'atsc://', choices: {} },
  capture: {},
  recent: [],
}

const KEY = 'routescope-settings'
const RECENT_ITEMS = 8

/** What the window remembers. Anything unreadable in the storage is dropped, never an error. */
export const settingsStore = createStore<Settings>(() => ({ ...DEFAULTS, ...stored() }))

settingsStore.subscribe((settings) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // Storage full or forbidden: the settings then last as long as the window.
  }
})

function stored(): Partial<Settings> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof value === 'object' && value !== null ? checked(value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Any object: what in it is a choice is known once the engine has described its parts. */
function choicesIn(value: unknown): Choices {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Choices) : {}
}

function checked(value: Record<string, unknown>): Partial<Settings> {
  const kept: Record<string, unknown> = {}
  if (value.theme === 'dark' || value.theme === 'light') kept.theme = value.theme
  if (TIME_BASES.some((base) => base === value.timeBase)) kept.timeBase = value.timeBase
  for (const key of ['sizes', 'fronts'] as const) {
    if (typeof value[key] === 'object' && value[key] !== null && !Array.isArray(value[key])) kept[key] = value[key]
  }
  const listen = value.listen as { url?: unknown; interface?: unknown; choices?: unknown } | null | undefined
  if (typeof listen?.url === 'string') {
    // Earlier versions remembered one interface and nothing else.
    const before = typeof listen.interface === 'string' ? { interfaces: [listen.interface] } : {}
    kept.listen = { url: listen.url, choices: { ...before, ...choicesIn(listen.choices) } }
  }
  kept.capture = choicesIn(value.capture)
  for (const key of ['hidden', 'recent'] as const) if (Array.isArray(value[key])) kept[key] = value[key]
  return kept as Partial<Settings>
}

export function toggleTheme(): void {
  settingsStore.setState((state) => ({ theme: state.theme === 'dark' ? 'light' : 'dark' }))
}

export function rememberSizes(split: string, sizes: readonly number[]): void {
  settingsStore.setState((state) => ({ sizes: { ...state.sizes, [split]: sizes } }))
}

/** Puts an item first among the recent ones. */
export function rememberRecent(item: RecentItem): void {
  settingsStore.setState((state) => ({
    recent: [item, ...state.recent.filter((known) => known.kind !== item.kind || known.value !== item.value)].slice(
      0,
      RECENT_ITEMS,
    ),
  }))
}
