import { createStore } from 'zustand/vanilla'
import type { Choices } from '../../core/contract/choices.ts'
import type { SessionRequest } from '../../core/contract/open-request.ts'
import type { RelayDestination, RelayEnd, RelayRequest } from '../../core/contract/relay-request.ts'
import type { SendInput, SendRequest } from '../../core/contract/send-request.ts'
import { readStoredRequest, sameSources, storableRequest } from '../../core/contract/stored-request.ts'
import { TIME_BASES, type TimeBase } from './time-store.ts'

export type Theme = 'dark' | 'light'

export type Settings = {
  readonly theme: Theme
  /** Time base for the next window; the time store has the current one. */
  readonly timeBase: TimeBase
  /** Sizes of each split in px, by the split's id. */
  readonly sizes: Readonly<Record<string, readonly number[]>>
  /** Front panel of each group, by the group's id. */
  readonly fronts: Readonly<Record<string, string>>
  /** Hidden groups. */
  readonly hidden: readonly string[]
  /** Address and options of the Listen form. */
  readonly listen: { readonly url: string; readonly choices: Choices }
  /** Options for captures. */
  readonly capture: Choices
  /** The Send form. */
  readonly send: SendRequest
  /** The Serve form: folders to read, and for uploads (empty: none), and its other options. */
  readonly serve: { readonly read: readonly string[]; readonly write: string; readonly choices: Choices }
  /** The Relay form. */
  readonly relay: RelayRequest
  /** Recent sources of a browser; the app stores its own. */
  readonly recent: readonly SessionRequest[]
}

const DEFAULTS: Settings = {
  theme: 'dark',
  timeBase: 'local',
  sizes: {},
  fronts: {},
  hidden: [],
  listen: { url: 'atsc://', choices: {} },
  capture: {},
  send: { inputs: [{ input: '', own: {} }], destination: 'route://239.255.1.1:6000', choices: {}, receiveBack: true },
  serve: { read: [''], write: '', choices: {} },
  relay: { sources: [{ name: '', choices: {} }], destinations: [{ name: '', choices: {}, from: [0] }] },
  recent: [],
}

const KEY = 'routescope-settings'
const RECENT_ITEMS = 8

/** The stored settings. Unreadable values are dropped. */
export const settingsStore = createStore<Settings>(() => ({ ...DEFAULTS, ...stored() }))

settingsStore.subscribe((settings) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings))
  } catch {
    // Storage is full or forbidden: the settings last until the window closes.
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

/** Accepts any object: choices are checked once the engine has described its parts. */
function choicesIn(value: unknown): Choices {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Choices) : {}
}

/** Accepts any value; there is always one input. */
function sendInputsIn(value: unknown): readonly SendInput[] {
  const inputs = (Array.isArray(value) ? value : []).flatMap((each: { input?: unknown; own?: unknown } | null) =>
    typeof each?.input === 'string' ? [{ input: each.input, own: choicesIn(each.own) }] : [],
  )
  return inputs.length === 0 ? DEFAULTS.send.inputs : inputs
}

/** Accepts any value; there is always one end on each side. */
function relayIn(value: { readonly [Key in keyof RelayRequest]?: unknown } | null | undefined): RelayRequest {
  const ends = (list: unknown): (RelayEnd & { from?: unknown })[] =>
    (Array.isArray(list) ? list : []).flatMap((each: { name?: unknown; choices?: unknown; from?: unknown } | null) =>
      typeof each?.name === 'string' ? [{ name: each.name, choices: choicesIn(each.choices), from: each.from }] : [],
    )
  const sources = ends(value?.sources).map(({ name, choices }) => ({ name, choices }))
  const destinations = ends(value?.destinations).map(
    ({ name, choices, from }): RelayDestination => ({
      ...{ name, choices },
      from: Array.isArray(from) ? from.filter((each): each is number => typeof each === 'number') : [],
    }),
  )
  return sources.length === 0 || destinations.length === 0 ? DEFAULTS.relay : { sources, destinations }
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
    // Earlier versions stored a single interface.
    const before = typeof listen.interface === 'string' ? { interfaces: [listen.interface] } : {}
    kept.listen = { url: listen.url, choices: { ...before, ...choicesIn(listen.choices) } }
  }
  kept.capture = choicesIn(value.capture)
  const send = value.send as { [Key in 'input' | 'inputs' | keyof Settings['send']]?: unknown } | null | undefined
  if (typeof send?.destination === 'string') {
    const { destination, choices, receiveBack } = send
    const inputs = sendInputsIn(send.inputs ?? [{ input: send.input }])
    kept.send = { inputs, destination, choices: choicesIn(choices), receiveBack: receiveBack !== false }
  }
  const serve = value.serve as { [Key in keyof Settings['serve']]?: unknown } | null | undefined
  if (Array.isArray(serve?.read) && typeof serve.write === 'string') {
    const read = serve.read.filter((folder): folder is string => typeof folder === 'string')
    kept.serve = { read: read.length === 0 ? [''] : read, write: serve.write, choices: choicesIn(serve.choices) }
  }
  if (value.relay !== undefined) kept.relay = relayIn(value.relay as Parameters<typeof relayIn>[0])
  if (Array.isArray(value.hidden)) kept.hidden = value.hidden
  if (Array.isArray(value.recent)) kept.recent = value.recent.flatMap((one) => readStoredRequest(one) ?? [])
  return kept as Partial<Settings>
}

export function toggleTheme(): void {
  settingsStore.setState((state) => ({ theme: state.theme === 'dark' ? 'light' : 'dark' }))
}

export function rememberSizes(split: string, sizes: readonly number[]): void {
  settingsStore.setState((state) => ({ sizes: { ...state.sizes, [split]: sizes } }))
}

/** Moves a request to the front of the recent ones. */
export function rememberRecent(request: SessionRequest): void {
  const stored = storableRequest(request)
  settingsStore.setState((state) => ({
    recent: [stored, ...state.recent.filter((known) => !sameSources(known, stored))].slice(0, RECENT_ITEMS),
  }))
}
