import { OPTION_GROUPS, type OptionCommand, type OptionRow } from './option-row.ts'
import { checkOption, readGpac, writeGpac, writeOption } from './option-values.ts'
import type { PartDescription } from './part-description.ts'
import type { OptionValue } from './session-spec.ts'

/** Chosen values by the name of each option; absent ones have their defaults. */
export type Choices = { readonly [name: string]: OptionValue | undefined }

/** Name of an option among choices. One name is one option, in every part that has it. */
export function choiceName(row: OptionRow): string {
  return row.choice ?? row.key
}

/** Lists every option of the parts once, in the order of the groups. */
export function optionsOf(parts: readonly PartDescription[]): readonly OptionRow[] {
  const rows = new Map<string, OptionRow>()
  for (const { options } of parts)
    for (const row of options) if (!rows.has(choiceName(row))) rows.set(choiceName(row), row)
  return [...rows.values()].sort((a, b) => OPTION_GROUPS.indexOf(a.group) - OPTION_GROUPS.indexOf(b.group))
}

/** Lists the options of a command, each once, in the order of the groups. */
export function commandOptions(parts: readonly PartDescription[], command: OptionCommand): readonly OptionRow[] {
  return optionsOf(
    parts.map((part) => ({ ...part, options: part.options.filter(({ commands }) => commands.includes(command)) })),
  )
}

/**
 * Picks the valid choices of a value that another process or an earlier version wrote.
 * @throws Error that names the first invalid one, where `strict`
 */
export function checkedChoices(rows: readonly OptionRow[], value: unknown, strict: boolean): Choices {
  const kept: Record<string, OptionValue> = {}
  const given = typeof value === 'object' && value !== null ? Object.entries(value) : []
  for (const [name, one] of given) {
    const row = rows.find((each) => choiceName(each) === name)
    const reading = row === undefined ? null : checkOption(row, one)
    if (reading?.ok === true) kept[name] = reading.value
    else if (strict) throw new Error(`${row?.option ?? name} ${reading?.problem ?? 'is no option of receiving'}`)
  }
  return kept
}

/** Default of an option: the caller's own, else the table's. */
export function defaultOf(row: OptionRow, defaults: Choices = {}): OptionValue | null {
  return defaults[choiceName(row)] ?? row.default
}

function isDefault(row: OptionRow, value: OptionValue | undefined, defaults: Choices): value is undefined {
  if (value === undefined || value === defaultOf(row, defaults)) return true
  return Array.isArray(value) && value.length === 0
}

/** Writes choices as a command line has them, `--option value` each, in the order of the rows. */
export function commandLineOf(rows: readonly OptionRow[], choices: Choices, defaults: Choices = {}): string[] {
  const words: string[] = []
  for (const row of rows) {
    const value = choices[choiceName(row)]
    if (row.option === null || isDefault(row, value, defaults)) continue
    const { kind } = row.type
    const written = writeOption(row, value)
    if (kind === 'flag' || kind === 'negated') words.push(row.option)
    else if (written.ok) for (const text of written.texts) words.push(row.option, quoted(text))
  }
  return words
}

/** Writes choices as GPAC's options and as properties of its inputs, and lists those without either. */
export function gpacOptionsOf(
  rows: readonly OptionRow[],
  choices: Choices,
): { readonly words: string[]; readonly properties: string[]; readonly unknown: string[] } {
  const words: string[] = []
  const properties: string[] = []
  const unknown: string[] = []
  for (const row of rows) {
    const value = choices[choiceName(row)]
    if (isDefault(row, value, {})) continue
    const written = writeGpac(row, value)
    const text = written.ok ? written.texts.join('') : ''
    // GPAC ends a property at a colon.
    if (!written.ok || (row.gpac?.property === true && text.includes(':'))) unknown.push(row.option ?? row.label)
    else if (row.gpac?.property === true) properties.push(`:#${row.gpac.name}=${text}`)
    else words.push(`--${row.gpac?.name}=${quoted(text)}`)
  }
  return { words, properties, unknown }
}

/** Writes the choices that are properties of an input as `readProperties` reads them. */
export function propertiesOf(rows: readonly OptionRow[], choices: Choices): string {
  return rows
    .flatMap((row) => {
      const value = choices[choiceName(row)]
      const written = isDefault(row, value, {}) ? null : writeGpac(row, value)
      return written?.ok === true ? [`:#${row.gpac?.name}=${written.texts.join('')}`] : []
    })
    .join('')
}

/** What stands behind the name of an input: `:#NAME=VALUE`, any number of times. */
const PROPERTIES = /^(.*?)((?::#[A-Za-z0-9]+=(?:(?!:#).)*)+)$/s

/**
 * Splits an input as GPAC writes it into its name and its own choices.
 * @returns a fault, as a sentence, where a property is unknown or its value is wrong
 */
export function readProperties(
  rows: readonly OptionRow[],
  text: string,
): { readonly name: string; readonly choices: Choices } | { readonly fault: string } {
  const [, name, properties] = PROPERTIES.exec(text) ?? []
  if (name === undefined || properties === undefined) return { name: text, choices: {} }
  const choices: Record<string, OptionValue> = {}
  const known = rows.filter(({ gpac }) => gpac?.property === true)
  for (const property of properties.slice(2).split(':#')) {
    const [word = '', value = ''] = property.split(/=(.*)/s)
    const row = known.find(({ gpac }) => gpac?.name === word)
    if (row === undefined) {
      const words = known.map(({ gpac }) => gpac?.name).join(', ')
      return { fault: `"${word}" is no property of an input; known are ${words}.` }
    }
    const reading = readGpac(row, value)
    if (!reading.ok) return { fault: `The property ${word} of ${name} is "${value}"; it ${reading.problem}.` }
    choices[choiceName(row)] = reading.value
  }
  return { name, choices }
}

/** Quotes a text so that a shell reads one word. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
