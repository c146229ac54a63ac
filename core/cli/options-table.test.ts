import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { choiceName } from '../contract/choices.ts'
import { OPTION_GROUPS, type OptionRow, type OptionType, type TextOf } from '../contract/option-row.ts'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'

const root = join(__dirname, '..', '..')
const README = join(root, 'README.md')
const SECTION =
  /(<!-- options: made from the tables of the parts, see core\/cli\/options-table.test.ts -->\n)[\s\S]*?(\n<!-- end -->)/

/** A row of a table, and the kinds of parts that have it. */
type Entry = { readonly row: OptionRow; readonly kinds: string[] }

/** Every row of every part; equal rows of several parts are one. */
function entries(): readonly Entry[] {
  const found = new Map<string, Entry>()
  for (const { kind, options } of PART_DESCRIPTIONS) {
    for (const row of options) {
      const key = `${choiceName(row)} ${row.help}`
      const before = found.get(key)
      if (before === undefined) found.set(key, { row, kinds: [kind] })
      else before.kinds.push(kind)
    }
  }
  return [...found.values()]
}

/**
 * Writes the section "Options" of README.md, in the order of the groups. Run this test with `UPDATE_README=1` to update README.
 */
function optionsTable(): string {
  const rows = entries()
    .filter(({ row }) => row.option !== null)
    .sort((a, b) => OPTION_GROUPS.indexOf(a.row.group) - OPTION_GROUPS.indexOf(b.row.group))
    .map(({ row, kinds }) => {
      const gpac = row.gpac === null ? '–' : `\`${row.gpac.name}\``
      const fallback = row.gpac?.default === undefined ? '' : `, GPAC's ${row.gpac.default}`
      const test = row.test.slice(row.test.lastIndexOf('/') + 1)
      return `| \`${row.option}${wordOf(row.type)}\` | ${kinds.join(', ')} | ${gpac} | ${defaultOf(row)}${fallback} | ${row.help.replaceAll('|', '\\|')} | [${test}](${row.test}) |`
    })
  return ['| option | part | GPAC | default | meaning | test |', '| --- | --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

const TEXT_WORDS: Readonly<Record<TextOf, string>> = {
  interface: 'ADDR',
  address: 'ADDR',
  url: 'URL',
  folder: 'DIR',
  file: 'FILE',
  words: 'TEXT',
  source: 'URL',
  input: 'INPUT',
  endpoint: 'HOST:PORT',
  chances: 'PERCENTxPERCENT',
}

function wordOf(type: OptionType): string {
  switch (type.kind) {
    case 'flag':
    case 'negated':
      return ''
    case 'switch':
      return ' on\\|off'
    case 'choice':
      return ` ${type.values.join('\\|')}`
    case 'number': {
      const word = type.unit === '' ? 'N' : type.unit === '%' ? 'PERCENT' : type.unit.toUpperCase()
      return type.bare === undefined ? ` ${word}` : ` [${word}]`
    }
    case 'duration':
      return ' S'
    case 'bytes':
      return ' BYTES'
    case 'text':
    case 'list':
      return ` ${TEXT_WORDS[type.of]}`
    case 'services':
      return ' WHICH'
  }
}

function defaultOf({ default: value, type }: OptionRow): string {
  if (value === null)
    return type.kind === 'duration' ? 'never' : type.kind === 'list' && type.of !== 'words' ? 'any' : 'none'
  if (type.kind === 'negated') return 'off'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}

describe('the options in README.md', () => {
  it('are the tables of the parts', () => {
    const text = readFileSync(README, 'utf8')
    const made = text.replace(SECTION, (_, begin: string, end: string) => begin + optionsTable() + end)
    if (process.env.UPDATE_README === '1') writeFileSync(README, made)
    expect(SECTION.test(text)).toBe(true)
    expect(made).toBe(process.env.UPDATE_README === '1' ? made : text)
  })

  it.each(entries().map(({ row, kinds }): [string, string, OptionRow] => [kinds.join(', '), row.key, row]))(
    '%s: %s is proved by a test that names it',
    (_, key, row) => {
      const file = join(root, row.test)
      expect(existsSync(file), row.test).toBe(true)
      const text = readFileSync(file, 'utf8')
      const name = choiceName(row)
      const named =
        (row.option !== null && text.includes(row.option)) || new RegExp(`\\b(${key}|${name})\\b`).test(text)
      expect(named, `${row.test} names neither ${row.option} nor ${key} nor ${name}`).toBe(true)
    },
  )

  it('contains every option of GPAC that is listed as supported', () => {
    const names = entries().map(({ row }) => row.gpac?.name)
    for (const name of [
      ...['tunein', 'ifce', 'buffer', 'timeout', 'nbcached', 'kc', 'skipr', 'stsi', 'tsidbg', 'max_segs', 'odir'],
      ...['reorder', 'rtimeout', 'cloop', 'fullseg', 'repair', 'repair_urls', 'max_sess', 'range_merge', 'minrecv'],
      ...['riso', 'llmode', 'dynsel', 'ka', 'stats'],
    ])
      expect(names).toContain(name)
  })
})
