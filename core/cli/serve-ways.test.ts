import { describe, expect, it } from 'vitest'
import { type Choices, choiceName } from '../contract/choices.ts'
import type { OptionRow } from '../contract/option-row.ts'
import { readOption, writeOption } from '../contract/option-values.ts'
import type { OptionValue, SessionSpec } from '../contract/session-spec.ts'
import { SERVER_PART } from '../engine/parts/server-options.ts'
import { specForServing } from '../engine/spec/serve-spec.ts'
import { parseSessionSpec } from '../engine/spec/spec.ts'
import { readCommandLine } from './command-line.ts'

const ROWS = SERVER_PART.options.filter(({ commands }) => commands.includes('serve'))
const WORDS: Readonly<Record<string, string>> = {
  serveStreams: '/live.mp3=a.mp3',
  iceHeaders: 'ice-genre,Rock',
  headers: 'X-A,one',
  requestLog: 'GET,REC',
}

/** A value that is not the default. */
function otherValue(row: OptionRow): OptionValue {
  const { type } = row
  const name = choiceName(row)
  switch (type.kind) {
    case 'flag':
      return true
    case 'choice':
      return type.values.find((value) => value !== row.default) as OptionValue
    case 'number':
    case 'bytes':
      return type.min + 1500
    case 'duration':
      return 7
    case 'list':
      return type.of === 'words' ? [WORDS[name] ?? 'http://a.example'] : ['a']
    case 'text':
      return type.of === 'endpoint' ? '127.0.0.1:8123' : (WORDS[name] ?? 'words')
    default:
      throw new Error(`no value for ${name}`)
  }
}

/** The server of `routescope serve`. */
function byCommandLine(rows: readonly OptionRow[]): SessionSpec {
  const args = rows.flatMap((row) => {
    const written = writeOption(row, otherValue(row))
    if (!written.ok) throw new Error(written.problem)
    return row.type.kind === 'flag'
      ? [row.option as string]
      : written.texts.flatMap((text) => [row.option as string, text])
  })
  const request = readCommandLine(['serve', ...args], '1.0.0')
  if (request.kind !== 'session') throw new Error(request.kind)
  return request.spec
}

/** The server of the form, whose fields are texts. */
function byForm(rows: readonly OptionRow[]): SessionSpec {
  const choices: Record<string, OptionValue> = {}
  for (const row of rows) {
    const written = writeOption(row, otherValue(row))
    const read = readOption(row, written.ok ? written.texts : [])
    if (!read.ok) throw new Error(read.problem)
    choices[choiceName(row)] = read.value
  }
  return specForServing(choices as Choices)
}

/** The server of a session, whatever its part is called. */
function serverOf({ parts }: SessionSpec): unknown {
  return { ...parts.find(({ kind }) => kind === SERVER_PART.kind), id: '' }
}

describe('the command line, the form and a saved session give the same server', () => {
  // Something to serve, and where, are in each of them.
  const always = ROWS.filter((row) => ['serveListen', 'serveRead'].includes(choiceName(row)))

  it.each(ROWS.map((row) => [row.option, row] as const))('with %s', (_, row) => {
    const rows = always.includes(row) ? always : [...always, row]
    const typed = byCommandLine(rows)
    expect(typed.parts[0]).toMatchObject({ [row.key]: otherValue(row) })
    expect(serverOf(byForm(rows))).toEqual(serverOf(typed))
    expect(serverOf(parseSessionSpec(JSON.parse(JSON.stringify(typed)), 'saved'))).toEqual(serverOf(typed))
  })

  it('with all of them', () => {
    const typed = byCommandLine(ROWS)
    expect(serverOf(byForm(ROWS))).toEqual(serverOf(typed))
    expect(serverOf(parseSessionSpec(JSON.parse(JSON.stringify(typed)), 'saved'))).toEqual(serverOf(typed))
  })
})
