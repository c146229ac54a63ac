import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commandOptions } from '../contract/choices.ts'
import type { OptionRow } from '../contract/option-row.ts'
import { checkOption, readGpac, readOption } from '../contract/option-values.ts'
import { PART_DESCRIPTIONS } from '../engine/registry.ts'
import { checkPart } from '../engine/spec/part-spec.ts'
import { parseSessionSpec } from '../engine/spec/spec.ts'
import { SpecField } from '../engine/spec/spec-field.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { readCommandLine } from './command-line.ts'

/** Numbers that a timer, an array or a socket does not take, and texts that are hardly numbers. */
const TEXTS = [
  '2147483648',
  '2147484',
  '9007199254740992',
  '1e300',
  '-1',
  '-0',
  'NaN',
  'Infinity',
  '',
  '0x10',
  '1e3',
  '٣',
]
const NUMBERS = [2 ** 31, 2 ** 53, 1e300, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE, 0.5]
const anyText = fc.oneof(fc.constantFrom(...TEXTS), fc.double().map(String), fc.bigInt().map(String), fc.string())
const anyNumber = fc.oneof(fc.constantFrom(...NUMBERS), fc.double(), fc.maxSafeInteger())

/** Longest time of a timer, ms. */
const TIMER_MS = 2 ** 31 - 1

const isNumeric = ({ type: { kind } }: OptionRow): boolean => ['number', 'bytes', 'duration', 'services'].includes(kind)
const ROWS = PART_DESCRIPTIONS.flatMap((part) =>
  part.options.filter(isNumeric).map((row) => [`${part.kind}.${row.key}`, row, part] as const),
)

/** Why a value of the row is out of its range; null where it is inside. */
function outside({ type }: OptionRow, value: unknown): string | null {
  const numbers = (Array.isArray(value) ? value : [value]).filter((each) => typeof each !== 'string')
  const [min, max] =
    type.kind === 'number' || type.kind === 'bytes'
      ? [type.min, type.max]
      : [0, type.kind === 'duration' ? type.max : 2 ** 32 - 1]
  return numbers.every((each) => typeof each === 'number' && each >= min && each <= max) ? null : `${value}`
}

/** A value of an option that names a part's subject. */
function subjectOf(type: OptionRow['type']): string | readonly string[] {
  const text = 'of' in type && type.of === 'url' ? 'http://x/' : 'x:1'
  return type.kind === 'list' ? [text] : text
}

/** The sentence of a refusal names the range, so that a person can correct the value. */
const RANGE = / (?:from -?\d+ to \d+|(?:above|from) 0 and at most \d+)/

describe.each(ROWS)('%s', (_, row, part) => {
  it('has bounds that a timer takes', () => {
    const { type } = row
    if (type.kind === 'duration') expect(type.max * 1000).toBeLessThanOrEqual(TIMER_MS)
    if (type.kind === 'number' && type.unit === 'ms') expect(type.max).toBeLessThanOrEqual(TIMER_MS)
    if (type.kind === 'number' || type.kind === 'bytes') expect(type.max).toBeLessThan(Number.MAX_SAFE_INTEGER)
  })

  it('takes no value out of them, in our words, in those of GPAC and as data', () => {
    fc.assert(
      fc.property(anyText, anyNumber, (text, number) => {
        const readings = [readOption(row, text), checkOption(row, number), checkOption(row, [number])]
        if (row.gpac !== null) readings.push(readGpac(row, text), readGpac(row, String(number)))
        for (const reading of readings) {
          if (reading.ok) expect(outside(row, reading.value)).toBeNull()
          else expect(reading.problem).toMatch(RANGE)
        }
      }),
    )
  })

  it('is refused in a session by a sentence with field, value and range', () => {
    const subjects = Object.fromEntries(
      part.options.filter(({ subject }) => subject).map(({ key, type }) => [key, subjectOf(type)]),
    )
    for (const number of NUMBERS) {
      const read = () =>
        checkPart(
          new SpecField({ ...subjects, id: 'p', kind: part.kind, [row.key]: number }, 's.parts[0]'),
          PART_DESCRIPTIONS,
        )
      if (checkOption(row, number).ok) expect(outside(row, read()[row.key])).toBeNull()
      else
        expect(message(read)).toMatch(
          new RegExp(`^s\\.parts\\[0\\]\\.${row.key} must be .*, not ${escaped(number)}\\.$`),
        )
    }
  })
})

const COMMANDS = {
  open: ['open', 'atsc://'],
  inspect: ['inspect', 'x.pcap'],
  receive: ['receive', 'atsc://'],
  gateway: ['gateway', 'atsc://', '--listen', ':0'],
  record: ['record', 'atsc://', '--capture-out', 'x.pcapng'],
  send: ['send', 'x.mpd', 'route://239.1.1.1:6000'],
} as const
const OPTIONS = Object.entries(COMMANDS).flatMap(([name, args]) =>
  commandOptions(PART_DESCRIPTIONS, name as keyof typeof COMMANDS)
    .filter((row) => row.option !== null && isNumeric(row))
    .map((row) => [`${name} ${row.option}`, row, args] as const),
)

describe.each(OPTIONS)('%s', (_, row, args) => {
  it.each(TEXTS)('%s is in its range, or refused by option, value and range', (text) => {
    const read = () => readCommandLine([...args, `${row.option}=${text}`], '1')
    if (readOption(row, text).ok) return expect(message(read) ?? '').not.toMatch(/must be/)
    const sentence = message(read) ?? ''
    expect(sentence).toContain(row.option)
    expect(sentence).toContain(`'${text}'`)
    expect(sentence).toMatch(RANGE)
  })
})

describe('the duration of a session', () => {
  const spec = (durationS: unknown) => ({
    format: 'routescope-session',
    version: 2,
    parts: [{ id: 'a', kind: 'multicast', url: 'atsc://' }],
    durationS,
  })

  it.each(NUMBERS.filter((each) => each !== Number.MIN_VALUE && each !== 0.5))(
    '%d s are refused in a session',
    (number) => {
      expect(message(() => parseSessionSpec(spec(number), 's'))).toMatch(/durationS must be .* at most 2147483,.* not /)
    },
  )

  it.each(TEXTS.filter((text) => text !== '1e3'))('%s is refused on every command line', (text) => {
    for (const args of [...Object.values(COMMANDS).slice(1), ['run', 's.json']]) {
      const sentence = message(() => readCommandLine([...args, `--duration=${text}`], '1'))
      expect(sentence).toMatch(/--duration <s>.*above 0 and at most 2147483/)
      expect(sentence).toContain(`'${text}'`)
    }
  })

  it('may be as long as a timer', () => {
    expect(parseSessionSpec(spec(2_147_483), 's')).toMatchObject({ durationS: 2_147_483 })
    expect(readCommandLine(['receive', 'atsc://', '--duration', '2147483'], '1')).toMatchObject({
      spec: { durationS: 2_147_483 },
    })
  })
})

describe('a port', () => {
  it.each(['99999', '65536', '-1', '1e3', '0x10', 'x'])('%s of a URL is refused', (port) => {
    const command = ['receive', 'atsc://', '--repair-url', `http://127.0.0.1:${port}/x`]
    expect(message(() => readCommandLine(command, '1'))).toMatch(/--repair-url .*port from 0 to 65535/)
  })

  it.each(['http://h', 'http://h:80/a:b', 'http://u:p@h:8080/', 'https://[::1]/x', 'http://[::1]:1/', 'http://h:/'])(
    'of %s is taken',
    (url) => {
      expect(readCommandLine(['receive', 'atsc://', '--repair-url', url], '1')).toMatchObject({ kind: 'session' })
    },
  )

  it.each(['70000', '65536', '-1', '1e3', '0x10', '', 'NaN'])('%s is refused', (port) => {
    for (const command of [
      ['gateway', 'atsc://', '--listen'],
      ['open', 'atsc://', '--listen'],
    ])
      expect(message(() => readCommandLine([...command, `127.0.0.1:${port}`], '1'))).toMatch(/port from 0 to 65535/)
  })
})

const escaped = (number: number): string => String(number).replace(/[+.]/g, '\\$&')

function message(read: () => unknown): string | null {
  try {
    read()
  } catch (error) {
    if (error instanceof AppFailure) return error.message
    throw error
  }
  return null
}
