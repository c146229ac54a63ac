import { OBJECT_STATE } from '../../contract/object-rows.ts'
import type { ChannelRole } from '../../contract/report.ts'
import { channelNumber } from '../../flow/carriers.ts'
import type { ChannelFacts } from '../../flow/facts.ts'
import type { ObjectColumns } from './object-columns.ts'

/** True where a row passes. */
export type RowTest = (row: number) => boolean

const ROLES: readonly ChannelRole[] = ['signaling', 'video', 'audio', 'text', 'data', 'unknown']
const NUMBER_FIELDS = [
  'tsi',
  'toi',
  'service',
  'size',
  'received',
  'recovered',
  'packets',
  'repeats',
  'cp',
  'codepoint',
] as const

/**
 * Reads a filter (grammar: `ObjectQuery`). Numbers may be compared: `size:>1000`, `toi:>=5`.
 * @returns the tests that all must pass, or which term is not understood
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
    const field = colon < 0 ? '' : term.slice(0, colon).toLowerCase()
    const test = colon < 0 ? bareWord(term, columns) : fieldTest(field, term.slice(colon + 1), columns, channels)
    if (typeof test === 'string') return { error: `"${term}": ${test}` }
    tests.push(test)
  }
  return { tests }
}

function fieldTest(
  field: string,
  value: string,
  columns: ObjectColumns,
  channels: readonly ChannelFacts[],
): RowTest | string {
  if (value === '') return `a value is missing after ${field}:`
  if (field === 'name') return nameTest(value, columns)
  if (field === 'state') return stateTest(value.toLowerCase(), columns)
  if (field === 'role') {
    const role = value.toLowerCase()
    if (!ROLES.some((each) => each === role)) return `a role is one of ${ROLES.join(', ')}`
    return (row) => channels[columns.channel.values[row] as number]?.role === role
  }
  if (field === 'type') {
    const wanted = value.toLowerCase()
    return (row) => columns.typeOf(row)?.toLowerCase().includes(wanted) === true
  }
  if (!NUMBER_FIELDS.some((each) => each === field)) {
    return `known fields are ${[...NUMBER_FIELDS, 'role', 'state', 'name', 'type'].join(', ')}`
  }
  const match = /^(>=|<=|>|<|=)?(\d+(?:\.\d+)?)$/.exec(value)
  if (match === null) return `${field} wants a number, as in ${field}:5 or ${field}:>5`
  return compare(numberOf(field, columns, channels), match[1] ?? '=', Number(match[2]))
}

/** -1 where it is not known: then no comparison holds. */
function numberOf(field: string, columns: ObjectColumns, channels: readonly ChannelFacts[]): (row: number) => number {
  const channelOf = (row: number): ChannelFacts | undefined => channels[columns.channel.values[row] as number]
  if (field === 'tsi') {
    return (row) => {
      const channel = channelOf(row)
      return channel === undefined ? -1 : channelNumber(channel.carrier)
    }
  }
  if (field === 'service') return (row) => channelOf(row)?.serviceId ?? -1
  if (field === 'toi') return (row) => columns.toi.values[row] as number
  if (field === 'size') return (row) => columns.size.values[row] as number
  if (field === 'recovered') return (row) => columns.recovered.values[row] as number
  if (field === 'received') return (row) => columns.received.values[row] as number
  if (field === 'packets') return (row) => columns.packets.values[row] as number
  if (field === 'repeats') return (row) => columns.repeats.values[row] as number
  return (row) => columns.codepoint.values[row] as number
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

function stateTest(value: string, columns: ObjectColumns): RowTest | string {
  if (value === 'incomplete') {
    return (row) => {
      const state = columns.state.values[row]
      return state === OBJECT_STATE.partial || state === OBJECT_STATE.truncated
    }
  }
  if (!Object.hasOwn(OBJECT_STATE, value))
    return `a state is one of ${Object.keys(OBJECT_STATE).join(', ')}, incomplete`
  const wanted = OBJECT_STATE[value as keyof typeof OBJECT_STATE]
  return (row) => columns.state.values[row] === wanted
}

/** Each name is looked at once, whatever the number of rows that have it. */
function nameTest(value: string, columns: ObjectColumns): RowTest {
  const wanted = value.toLowerCase()
  const { names } = columns
  const passes = new Uint8Array(names.size + 1)
  for (let id = 0; id < names.size; id++) if (names.name(id).toLowerCase().includes(wanted)) passes[id + 1] = 1
  return (row) => passes[columns.name.values[row] as number] === 1
}

function bareWord(word: string, columns: ObjectColumns): RowTest {
  const byName = nameTest(word, columns)
  if (!/^\d+$/.test(word)) return byName
  const toi = Number(word)
  return (row) => columns.toi.values[row] === toi || byName(row)
}
