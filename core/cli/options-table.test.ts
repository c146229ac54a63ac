import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RECEIVE_OPTIONS, type ReceiveOption, type ReceiveOptionType } from '../contract/receive-options.ts'

const root = join(__dirname, '..', '..')
const README = join(root, 'README.md')
const SECTION =
  /(<!-- receive options: made from the table, see core\/cli\/options-table.test.ts -->\n)[\s\S]*?(\n<!-- end -->)/

/**
 * The table of receive options as README.md shows it (section "Receive options"). To write the section again after
 * a change of the table, run this test with `UPDATE_README=1`.
 */
function optionsTable(): string {
  const rows = (RECEIVE_OPTIONS as readonly ReceiveOption[]).map((row) => {
    const gpac = row.gpac === null ? '–' : `\`${row.gpac}\``
    const fallback = row.gpacDefault === undefined ? '' : `, GPAC's ${row.gpacDefault}`
    const test = row.test.slice(row.test.lastIndexOf('/') + 1)
    return `| \`${row.option}${wordOf(row.type)}\` | ${gpac} | ${standardOf(row)}${fallback} | ${row.help.replaceAll('|', '\\|')} | [${test}](${row.test}) |`
  })
  return ['| option | GPAC | default | meaning | test |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function wordOf(type: ReceiveOptionType): string {
  switch (type.kind) {
    case 'flag':
    case 'negated':
      return ''
    case 'switch':
      return ' on\\|off'
    case 'choice':
      return ` ${type.values.join('\\|')}`
    case 'number':
      return type.unit === '' ? ' N' : ` ${type.unit === '%' ? 'PERCENT' : type.unit.toUpperCase()}`
    case 'duration':
      return ' S'
    case 'bytes':
      return ' BYTES'
    case 'list':
      return type.of === 'url' ? ' URL' : ' ADDR'
    case 'services':
      return ' WHICH'
    case 'folder':
      return ' DIR'
  }
}

function standardOf({ standard, type, key }: ReceiveOption): string {
  if (standard === null) return key === 'timeoutS' ? 'never' : type.kind === 'list' ? 'any' : 'none'
  if (type.kind === 'negated') return 'off'
  if (typeof standard === 'boolean') return standard ? 'on' : 'off'
  return String(standard)
}

describe('the receive options in README.md', () => {
  it('are the table', () => {
    const text = readFileSync(README, 'utf8')
    const made = text.replace(SECTION, (_, begin: string, end: string) => begin + optionsTable() + end)
    if (process.env.UPDATE_README === '1') writeFileSync(README, made)
    expect(SECTION.test(text)).toBe(true)
    expect(made).toBe(process.env.UPDATE_README === '1' ? made : text)
  })

  it.each(RECEIVE_OPTIONS.map((row): [string, ReceiveOption] => [row.option, row]))(
    '%s is proved by a test that names it',
    (option, row) => {
      const file = join(root, row.test)
      expect(existsSync(file), row.test).toBe(true)
      const text = readFileSync(file, 'utf8')
      const field = row.path.slice(row.path.lastIndexOf('.') + 1)
      const named = text.includes(option) || new RegExp(`\\b(${row.key}|${field})\\b`).test(text)
      expect(named, `${row.test} names neither ${option} nor ${row.key} nor ${field}`).toBe(true)
    },
  )

  it('holds every option of GPAC that is said to be there', () => {
    const names = RECEIVE_OPTIONS.map((row) => row.gpac as string | null)
    for (const name of [
      ...['tunein', 'ifce', 'buffer', 'timeout', 'nbcached', 'kc', 'skipr', 'stsi', 'tsidbg', 'max_segs', 'odir'],
      ...['reorder', 'rtimeout', 'cloop', 'fullseg', 'repair', 'repair_urls', 'max_sess', 'range_merge', 'minrecv'],
      ...['riso', 'llmode', 'dynsel', 'ka', 'stats'],
    ])
      expect(names).toContain(name)
  })
})
