import type { JsonValue } from '../../../core/contract/report.ts'
import { fieldWords, singular } from '../../model/field-words.ts'

/** One row of decoded values: a value, or a group that folds. */
export type ValueLine = {
  /** Names and indices joined by dots, which identify the row. */
  readonly path: string
  readonly name: string
  readonly level: number
  /** Null for a group. */
  readonly value: string | null
  /** Size of a group: `5 entries`. */
  readonly summary: string
  readonly expanded: boolean | null
}

/** In tables with more rows, groups below the second level are initially folded. */
const OPEN_ALL = 300

/** Fields that identify a list item, best first. */
const TITLES = [
  'serviceId',
  'tsi',
  'toi',
  'uri',
  'contentLocation',
  'repId',
  'appContextId',
  'aeaId',
  'name',
  'id',
  'subject',
  'packetId',
]
const NAMES = ['shortServiceName', 'name', 'contentType', 'contentLocation', 'destinationAddress']

/**
 * Decoded values as rows of a tree.
 * @param toggled paths of groups that differ from their initial state
 */
export function valueLines(values: JsonValue, toggled: ReadonlySet<string>): readonly ValueLine[] {
  const deep = count(values, OPEN_ALL + 1) <= OPEN_ALL
  const lines: ValueLine[] = []
  const add = (key: string, value: JsonValue, path: string, level: number, item = false): void => {
    // What a table does not have is not listed.
    if (value === null) return
    const name = item ? key : fieldWords(key)
    if (typeof value !== 'object') {
      lines.push({ path, name, level, value: written(value), summary: '', expanded: null })
      return
    }
    const isList = Array.isArray(value)
    const entries: readonly (readonly [string, JsonValue])[] = isList
      ? value.map((each, index) => [itemName(each, `${fieldWords(singular(key))} ${index + 1}`), each] as const)
      : Object.entries(value)
    const present = entries.filter(([, each]) => each !== null).length
    if (present === 0) {
      lines.push({ path, name, level, value: 'none', summary: '', expanded: null })
      return
    }
    if (Array.isArray(value) && value.every((each) => typeof each !== 'object' || each === null)) {
      lines.push({ path, name, level, value: value.map(written).join(', '), summary: '', expanded: null })
      return
    }
    const [single] = entries
    if (isList && entries.length === 1 && single !== undefined) {
      // A list of one is its entry.
      add(itemName(single[1], fieldWords(singular(key))), single[1], `${path}.0`, level, true)
      return
    }
    const expanded = (deep || level <= 2) !== toggled.has(path)
    const one = isList ? 'entry' : 'value'
    const items = present === 1 ? `1 ${one}` : `${present} ${isList ? 'entries' : 'values'}`
    lines.push({ path, name, level, value: null, summary: items, expanded })
    if (!expanded) return
    entries.forEach(([inner, each], index) => {
      add(inner, each, `${path}.${index}`, level + 1, isList)
    })
  }
  if (typeof values !== 'object' || values === null) add('value', values, '0', 1)
  else {
    Object.entries(values).forEach(([key, each], index) => {
      add(key, each, String(index), 1)
    })
  }
  return lines
}

/** @param otherwise name of an item that nothing identifies */
function itemName(item: JsonValue, otherwise: string): string {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return otherwise
  const fields = item as { readonly [key: string]: JsonValue }
  const title = TITLES.find((name) => isPlain(fields[name]))
  if (title === undefined) return otherwise
  const more = NAMES.find((name) => name !== title && isPlain(fields[name]))
  return `${fieldWords(title)} ${fields[title]}${more === undefined ? '' : ` · ${fields[more]}`}`
}

function isPlain(value: JsonValue | undefined): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

function written(value: JsonValue): string {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return value === '' ? '(empty)' : String(value)
}

function count(value: JsonValue, most: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let sum = 1
  for (const each of Object.values(value)) {
    sum += count(each, most)
    if (sum > most) break
  }
  return sum
}
