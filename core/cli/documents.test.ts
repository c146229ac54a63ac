import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCommandLine } from './command-line.ts'

const root = join(__dirname, '..', '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts)

const folders = ['core', 'electron', 'renderer', 'e2e', 'assets']
const inFolders = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    (path) => `${folder}/${path.replaceAll('\\', '/')}`,
  ),
)
const sources = [...inFolders, ...readdirSync(root)]
/** A name that the conventions forbid. */
const FORBIDDEN = 'utils.ts'

const TABLES = ['e2e/attack/README.md', 'e2e/field/README.md', 'e2e/ingest/README.md']

describe.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...TABLES])('%s', (file) => {
  const text = read(file)

  it('names npm scripts that exist', () => {
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1])
    for (const name of named) expect(scripts, `npm run ${name}`).toContain(name)
    for (const short of ['start', 'test']) if (text.includes(`npm ${short}`)) expect(scripts).toContain(short)
  })

  it('points to files that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '')
    for (const target of targets) expect(existsSync(join(root, dirname(file), target)), target).toBe(true)
  })

  it('names source files that exist', () => {
    const named = [...text.matchAll(/`([\w./-]+\.(?:ts|tsx|mjs))`/g)].map((match) => match[1] ?? '')
    const missing = named.filter(
      (name) => name !== FORBIDDEN && !sources.some((source) => `/${source}`.endsWith(`/${name}`)),
    )
    expect(missing).toEqual([])
  })
})

describe.each(TABLES)('%s', (table) => {
  // Numbers of the list of faults, of flaws and figures of the review of the interface, and of the cases of ingest.
  const rows = [...read(table).matchAll(/^\| ((?:review |figure |DI-)?\d+) \|.*\| ([^|]+) \|$/gm)]

  it('has its faults once, in order', () => {
    const numbersOf = (kind: RegExp) =>
      rows.flatMap(([, number = '']) => (kind.test(number) ? [Number(/\d+/.exec(number))] : []))
    const isIngest = table === 'e2e/ingest/README.md'
    const numbers = numbersOf(isIngest ? /^DI/ : /^\d/)
    expect(numbers.length).toBeGreaterThan(0)
    for (const each of [numbers, numbersOf(/^review/), numbersOf(/^figure/)])
      expect(each).toEqual([...new Set(each)].sort((a, b) => a - b))
    if (isIngest) expect(numbers).toHaveLength(27)
    if (table !== 'e2e/attack/README.md') return
    expect(numbers.length).toBeGreaterThanOrEqual(40)
    expect(numbers).toEqual(numbers.map((_, at) => at + 1))
  })

  it.each(rows.map(([, number = '', tests = '']) => [number, tests] as const))(
    '%s names tests that exist',
    (_, tests) => {
      const named = [...tests.matchAll(/`([^`]+)`([^`]*)/g)]
      expect(named.length).toBeGreaterThan(0)
      for (const [, file = '', titles = ''] of named) {
        const source = read(file)
        for (const title of titles.split(/[›;]/)) {
          // A title may end in what differs from case to case.
          const words = /^[^%$…(]*/.exec(title.trim())?.[0].trim() ?? ''
          expect(source, title).toContain(words)
        }
      }
    },
  )
})

describe('README.md', () => {
  const commands = [...read('README.md').matchAll(/^routescope.*$/gm)].map((match) => match[0].replace(/\s+#.*$/, ''))

  it('shows every command', () => {
    for (const command of ['open', 'inspect', 'receive', 'gateway', 'record', 'send', 'run']) {
      expect(
        commands.some((line) => line.startsWith(`routescope ${command} `)),
        command,
      ).toBe(true)
    }
  })

  it.each(commands)('%s is a valid command line', (line) => {
    // Split as a shell does: quoted text is one word.
    const words = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ''))
    expect(() => readCommandLine(words.slice(1), '0.0.0')).not.toThrow()
  })
})
