import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Choices, choiceName, commandOptions, defaultOf } from '../contract/choices.ts'
import type { OptionCommand, OptionGroup, OptionRow, OptionType, TextOf } from '../contract/option-row.ts'
import { readOption } from '../contract/option-values.ts'
import type { PartDescription } from '../contract/part-description.ts'

/** Groups that the help lists after those of receiving, in order. */
const LATER = [
  ...['--capture', '--comment', '--rotate-size', '--rotate-time', '--snap', '--duration', '--capture-out', '--log'],
  ...['--json', '--report', '--interface', '--pace', '--loop', '--link-type', '--mtu', '--carousel', '--ttl'],
]
const LATER_GROUPS: readonly OptionGroup[] = ['Capture', 'Recording', 'Sending']
/** Groups whose word values the help lists. */
const LISTED_GROUPS: readonly OptionGroup[] = ['Serving', ...LATER_GROUPS]

/** Options of a command that belong to no part, each with its help. */
export type OwnOptions = Readonly<Record<`--${string}`, Option>>

/**
 * Adds the options of a command: everyday ones and its own first, expert ones in groups below.
 * @param defaults of the command that differ from those of the tables
 */
export function addOptions(
  command: Command,
  name: OptionCommand,
  parts: readonly PartDescription[],
  defaults: Choices,
  own: OwnOptions,
): Command {
  const rows = commandOptions(parts, name).filter(({ option }) => option !== null)
  const early = rows.filter(({ group, level }) => level === 'basic' && !LATER_GROUPS.includes(group))
  for (const [name, option] of Object.entries(own)) if (!LATER.includes(name)) command.addOption(option)
  for (const row of early) command.addOption(optionOf(row, defaults))
  const later = new Map<string, Option>(Object.entries(own).filter(([name]) => LATER.includes(name)))
  for (const row of rows) {
    if (row.level === 'basic' && !early.includes(row)) later.set(row.option as string, optionOf(row, defaults))
  }
  const rank = (option: string): number => (LATER.includes(option) ? LATER.indexOf(option) : LATER.length)
  for (const [, option] of [...later].sort(([a], [b]) => rank(a) - rank(b))) command.addOption(option)
  for (const row of rows) {
    if (row.level !== 'expert') continue
    command.addOption(optionOf(row, defaults).helpGroup(`Expert options, ${row.group.toLowerCase()}:`))
  }
  return command
}

/** Reads the choices of a command line, by name. */
export function choicesOf(
  name: OptionCommand,
  parts: readonly PartDescription[],
  options: Readonly<Record<string, unknown>>,
): Choices {
  const chosen: Record<string, unknown> = {}
  for (const row of commandOptions(parts, name)) {
    if (row.option === null) continue
    const value = options[optionOf(row, {}).attributeName()]
    // Commander gives true for every `--no-…` that is absent.
    if (value === undefined || (row.type.kind === 'negated' && value === true)) continue
    chosen[choiceName(row)] = value
  }
  return chosen as Choices
}

function optionOf(row: OptionRow, defaults: Choices): Option {
  const { type } = row
  if (type.kind === 'flag' || type.kind === 'negated') return new Option(row.option as string, row.help)
  const bare = type.kind === 'number' ? type.bare : undefined
  const word = bare === undefined ? `<${wordOf(row)}>` : `[${wordOf(row)}]`
  const option = new Option(`${row.option} ${word}`, `${row.help}${defaultText(row, defaults)}`)
  if (bare !== undefined) option.preset(bare)
  if (type.kind === 'choice' && LISTED_GROUPS.includes(row.group)) {
    if (row.group === 'Serving') option.default(row.default)
    return option.choices(type.values)
  }
  return option.argParser((given: unknown, before: unknown) => {
    const reading = readOption(row, String(given))
    if (!reading.ok) throw new InvalidArgumentError(`it ${reading.problem}`)
    if (type.kind !== 'list') return reading.value
    return [...((before as readonly string[] | undefined) ?? []), ...(reading.value as readonly string[])]
  })
}

const NUMBER_WORDS: Readonly<Record<string, string>> = { '': 'n', '%': 'percent' }
const VALUE_WORDS: Readonly<Partial<Record<OptionType['kind'], string>>> = {
  switch: 'on|off',
  choice: 'mode',
  duration: 's',
  bytes: 'bytes',
  services: 'which',
}
const TEXT_WORDS: Readonly<Record<TextOf, string>> = {
  interface: 'addr',
  address: 'addr',
  url: 'url',
  folder: 'dir',
  file: 'file',
  words: 'text',
  source: 'url',
  input: 'input',
  endpoint: 'host:port',
  chances: 'percent x percent',
}

function wordOf({ type, word }: OptionRow): string {
  if (word !== undefined) return word
  if (type.kind === 'number') return NUMBER_WORDS[type.unit] ?? type.unit
  if (type.kind === 'text' || type.kind === 'list') return TEXT_WORDS[type.of]
  return VALUE_WORDS[type.kind] ?? 'value'
}

const DEFAULT_SHOWN: readonly OptionType['kind'][] = ['switch', 'choice', 'bytes', 'number']

function defaultText(row: OptionRow, defaults: Choices): string {
  const value = defaultOf(row, defaults)
  if (value === null || LISTED_GROUPS.includes(row.group) || !DEFAULT_SHOWN.includes(row.type.kind)) return ''
  return ` (default ${value === true ? 'on' : value === false ? 'off' : String(value)})`
}
