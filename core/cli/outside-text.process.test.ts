import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapOf } from '../testing/datagrams.ts'
import { outsideNames } from '../testing/outside-names.ts'
import { routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

let capture: string
beforeAll(() => {
  capture = folder.at('names.pcap')
  writeFileSync(capture, pcapOf(outsideNames()))
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSPELT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|^FORGED/mu
const MARKS = /\p{M}{5}/u

describe('names with escape sequences, line breaks and controls of direction', () => {
  it.each([
    ['inspect', ['inspect']],
    ['inspect --json', ['inspect', '--json']],
    ['a scan', ['receive', '--services', 'scan', '--capture']],
    ['a scan as JSON', ['receive', '--json', '--services', 'scan', '--capture']],
    ['the log', ['receive', '--log', 'all@debug', '--services', 'all', '--out', 'OUT', '--capture']],
  ])('are spelt by %s', async (what, args) => {
    const { stdout, stderr } = await routescope([
      ...args.map((arg) => (arg === 'OUT' ? folder.at('out') : arg)),
      capture,
    ])
    expect(stdout + stderr).not.toMatch(UNSPELT)
    // JSON is read by programs: its values are whole.
    if (!args.includes('--json')) expect(stdout + stderr).not.toMatch(MARKS)
    expect(stdout + stderr).toMatch(
      what.endsWith('JSON') || what.endsWith('json') ? /FORGED LINE/ : /\\n ?FORGED LINE|\\x9b31m/,
    )
  })

  it('read back from JSON as they were sent', async () => {
    const { stdout } = await routescope(['inspect', '--json', capture])
    expect(JSON.parse(stdout).services[0].name).toBe('A\u009b31m\nFORGED LINE\u0085\u202e\u2028B')
  })
})
