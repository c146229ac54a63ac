import type { Choices } from './choices.ts'
import { defined } from './defined.ts'
import type { SessionRequest } from './open-request.ts'
import type { OptionValue } from './session-spec.ts'
import { withoutCredentials } from './shown-url.ts'

const LONGEST_TEXT = 4096
const MOST_SOURCES = 256

/** The request as it may be stored: its own fields only, without passwords. */
export function storableRequest({ sources, choices, label }: SessionRequest): SessionRequest {
  return {
    sources: sources.map(withoutCredentials),
    choices: storableChoices(choices),
    ...defined({ label: label === undefined ? undefined : withoutCredentials(label) }),
  }
}

/** Choices as they may be stored and shown: without passwords. */
export function storableChoices(choices: Choices): Choices {
  return Object.fromEntries(Object.entries(choices).map(([name, value]) => [name, storable(value)]))
}

function storable(value: OptionValue | undefined): OptionValue | undefined {
  if (typeof value === 'string') return withoutCredentials(value)
  if (!Array.isArray(value)) return value
  return value.map((one) => (typeof one === 'string' ? withoutCredentials(one) : one)) as OptionValue
}

/** Reads a request that a page sent or an earlier run stored; null where it is none of acceptable size. */
export function readStoredRequest(value: unknown): SessionRequest | null {
  if (typeof value !== 'object' || value === null) return null
  const { sources, choices, label } = beforeRequests(value) ?? (value as { [field: string]: unknown })
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > MOST_SOURCES) return null
  if (!sources.every(isShortText) || !isChoices(choices)) return null
  if (label !== undefined && !isShortText(label)) return null
  return { sources, choices, ...defined({ label }) }
}

/** A recent item as versions before SessionRequest stored it: one capture, or addresses separated by spaces. */
function beforeRequests(item: {
  readonly kind?: unknown
  readonly value?: unknown
  readonly label?: unknown
}): { [Field in keyof SessionRequest]: unknown } | null {
  const { kind, value, label } = item
  if ((kind !== 'capture' && kind !== 'url') || !isShortText(value)) return null
  return { sources: kind === 'url' ? value.trim().split(/\s+/) : [value], choices: {}, label }
}

/** Whether two requests open the same sources. */
export function sameSources(a: SessionRequest, b: SessionRequest): boolean {
  return a.sources.length === b.sources.length && a.sources.every((source, at) => source === b.sources[at])
}

function isChoices(value: unknown): value is Choices {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => isPlain(one) || (Array.isArray(one) && one.every(isPlain))) &&
    JSON.stringify(value).length <= LONGEST_TEXT
  )
}

const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)

const isShortText = (text: unknown): text is string =>
  typeof text === 'string' && text.length > 0 && text.length <= LONGEST_TEXT
