import type { CommandName, EventName } from '../../core/contract/engine-api.ts'
import { shownDocument, shownText } from '../../core/contract/shown-text.ts'

type ShowText = (text: string) => string

/**
 * What brings text from outside into the window, and how it is shown; strings of other commands (a folder, a file) go back to
 * the engine, or to a file, and stay as they are.
 */
const SHOWN: Readonly<Partial<Record<CommandName | EventName, ShowText>>> = {
  sections: shownText,
  problem: shownText,
  log: shownText,
  listSessions: shownText,
  objectRows: shownText,
  objectDetail: shownText,
  objectBoxes: shownText,
  boxFields: shownText,
  signallingText: shownDocument,
}

/** A value from the engine with every text in it as it may be shown; the same value where that changes nothing. */
export function shownValue<Value>(name: CommandName | EventName, value: Value): Value {
  const show = SHOWN[name]
  return show === undefined ? value : (shown(value, show) as Value)
}

function shown(value: unknown, show: ShowText): unknown {
  if (typeof value === 'string') return show(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Array.isArray(value) ? shownItems(value, show) : shownFields(value as Record<string, unknown>, show)
}

function shownItems(items: readonly unknown[], show: ShowText): readonly unknown[] {
  let changed: unknown[] | null = null
  items.forEach((item, at) => {
    const seen = shown(item, show)
    if (seen === item) return
    changed ??= [...items]
    changed[at] = seen
  })
  return changed ?? items
}

function shownFields(fields: Readonly<Record<string, unknown>>, show: ShowText): Readonly<Record<string, unknown>> {
  let changed = false
  const entries = Object.entries(fields).map(([name, value]) => {
    const entry = [show(name), shown(value, show)] as const
    changed ||= entry[0] !== name || entry[1] !== value
    return entry
  })
  return changed ? Object.fromEntries(entries) : fields
}
