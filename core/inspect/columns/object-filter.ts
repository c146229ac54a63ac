import {
  COLUMN_WORDS,
  OBJECT_COLUMNS,
  type ObjectColumn,
  type ObjectColumnKey,
  type TextColumnKey,
} from '../../contract/object-table.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import { CHANNEL_VALUES, channelNumberIn } from './channel-values.ts'
import type { ObjectColumns } from './object-columns.ts'

/** True where a row passes. */
export type RowTest = (row: number) => boolean

type Field = { readonly key: ObjectColumnKey; readonly column: ObjectColumn }
type Sources = { readonly columns: ObjectColumns; readonly channels: readonly ChannelFacts[] }

const FIELDS = new Map<string, Field>()
for (const [key, column] of Object.entries(OBJECT_COLUMNS) as [ObjectColumnKey, ObjectColumn][]) {
  for (const term of column.filter?.terms ?? []) FIELDS.set(term, { key, column })
}
const isNumber = ({ column }: Field): boolean => column.type === 'number' || column.type === 'number | null'
const [NUMBERS, WORDS] = [true, false].map((numbers) =>
  [...FIELDS].filter(([, field]) => isNumber(field) === numbers).map(([term]) => term),
) as [string[], string[]]

/**
 * Reads a filter (grammar: `ObjectQuery`). Numbers may be compared: `size:>1000`, `toi:>=5`.
 * @returns the tests that all must pass, or the unknown term
 */
export function parseFilter(
  filter: string,
  columns: ObjectColumns,
  channels: readonly ChannelFacts[],
): { readonly tests: readonly RowTest[] } | { readonly error: string } {
  const tests: RowTest[] = []
  for (const term of filter.split(/\s+/)) {
    if (term === '') continue
    const colon = term.indexOf(':')
    const name = colon < 0 ? '' : term.slice(0, colon).toLowerCase()
    const test = colon < 0 ? bareWord(term, columns) : fieldTest(name, term.slice(colon + 1), { columns, channels })
    if (typeof test === 'string') return { error: `"${term}": ${test}` }
    tests.push(test)
  }
  return { tests }
}

function fieldTest(name: string, value: string, sources: Sources): RowTest | string {
  if (value === '') return `a value is missing after ${name}:`
  const field = FIELDS.get(name)
  if (field === undefined) return `known fields are ${[...NUMBERS, ...WORDS].join(', ')}`
  const { key, column } = field
  if (column.store === 'text') return textTest(key as TextColumnKey, value, sources.columns)
  if (column.type in COLUMN_WORDS) return wordTest(name, field, value.toLowerCase(), sources)
  const match = /^(>=|<=|>|<|=)?(\d+(?:\.\d+)?)$/.exec(value)
  if (match === null) return `${name} wants a number, as in ${name}:5 or ${name}:>5`
  return compare(numberOf(field, sources), match[1] ?? '=', Number(match[2]))
}

/** -1 where unknown: then every comparison fails. */
function numberOf({ key, column }: Field, { columns, channels }: Sources): (row: number) => number {
  const { values } = columns
  if (column.store !== 'channel') return (row) => values[key as 'toi'][row] as number
  return (row) => channelNumberIn(key as 'tsi', channels[values.channel[row] as number])
}

function compare(value: (row: number) => number, operator: string, wanted: number): RowTest {
  const known = (row: number, test: (number: number) => boolean): boolean => {
    const number = value(row)
    return number >= 0 && test(number)
  }
  if (operator === '>') return (row) => known(row, (number) => number > wanted)
  if (operator === '<') return (row) => known(row, (number) => number < wanted)
  if (operator === '>=') return (row) => known(row, (number) => number >= wanted)
  if (operator === '<=') return (row) => known(row, (number) => number <= wanted)
  return (row) => known(row, (number) => number === wanted)
}

function wordTest(
  name: string,
  { key, column }: Field,
  word: string,
  { columns, channels }: Sources,
): RowTest | string {
  const words: readonly string[] = COLUMN_WORDS[column.type as keyof typeof COLUMN_WORDS]
  const also = column.filter?.also ?? {}
  const several = Object.hasOwn(also, word) ? also[word] : undefined
  if (several === undefined && !words.includes(word)) {
    return `a ${name} is one of ${[...words, ...Object.keys(also)].join(', ')}`
  }
  const wanted = several ?? [word]
  const { values } = columns
  if (column.store === 'channel') {
    return (row) => {
      const channel = channels[values.channel[row] as number]
      return channel !== undefined && wanted.includes(CHANNEL_VALUES[key as 'role'].of(channel))
    }
  }
  const passes = Uint8Array.from(words, (each) => (wanted.includes(each) ? 1 : 0))
  return (row) => passes[values[key as 'state'][row] as number] === 1
}

/** Each text is looked at once, whatever the number of rows that have it. */
function textTest(key: TextColumnKey, value: string, columns: ObjectColumns): RowTest {
  const wanted = value.toLowerCase()
  const table = columns.texts[key]
  const passes = new Uint8Array(table.size + 1)
  for (let id = 0; id < table.size; id++) if (table.name(id).toLowerCase().includes(wanted)) passes[id + 1] = 1
  return (row) => passes[columns.values[key][row] as number] === 1
}

function bareWord(word: string, columns: ObjectColumns): RowTest {
  const byName = textTest('name', word, columns)
  if (!/^\d+$/.test(word)) return byName
  const toi = Number(word)
  return (row) => columns.values.toi[row] === toi || byName(row)
}
