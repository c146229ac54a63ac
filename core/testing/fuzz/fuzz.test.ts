import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { seeded } from '../seeded.ts'
import { fuzzTargets } from './all-targets.ts'
import { complaintOf } from './complaint.ts'
import { mutate } from './mutate.ts'
import { NOT_FOR_BYTES, PARSERS, READING_CLASSES } from './parsers.ts'

/** Inputs of all parsers together; `npm run fuzz` uses millions. */
const INPUTS = Number(process.env.ROUTESCOPE_FUZZ ?? 60_000)
const SEED = Number(process.env.ROUTESCOPE_FUZZ_SEED ?? 20261121)

describe('every parser', () => {
  it.each(PARSERS.map((parser) => [parser.name, parser] as const))('%s reads its samples', (_, parser) => {
    for (const sample of parser.samples) {
      const read = parser.parse(sample)
      expect(read, `a sample of ${sample.length} bytes`).not.toBeNull()
    }
  })

  it.each(PARSERS.map((parser) => [parser.name, parser] as const))(
    '%s accepts samples truncated at each byte',
    (_, parser) => {
      for (const sample of parser.samples) {
        // Long samples are truncated at each of their first bytes, then at regular steps.
        const step = Math.max(1, Math.floor(sample.length / 2000))
        for (let length = 0; length < sample.length; length += length < 500 ? 1 : step) {
          expect(complaintOf(parser.parse, sample.slice(0, length)), `cut at ${length} of ${sample.length}`).toBeNull()
        }
      }
    },
  )

  const each = Math.ceil(INPUTS / PARSERS.length)
  it.each(PARSERS.map((parser, index) => [parser.name, parser, index] as const))(
    `%s accepts ${each} damaged inputs (seed ${SEED})`,
    (_, parser, index) => {
      const random = seeded(SEED + index)
      const samples = parser.samples
      for (let count = 0; count < each; count++) {
        const sample = samples[Math.floor(random() * samples.length)] as Uint8Array
        const other = PARSERS[Math.floor(random() * PARSERS.length)]?.samples[0] ?? sample
        const input = mutate(sample, other, random)
        const wrong = complaintOf(parser.parse, input)
        if (wrong !== null) expect.fail(`${parser.name} ${wrong}\nwith ${Buffer.from(input).toString('hex')}`)
      }
      expect(each).toBeGreaterThan(0)
    },
  )

  const core = fileURLToPath(new URL('../../', import.meta.url))
  const sources = readdirSync(core, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/^(?:testing|platform)[\\/]/.test(path))
    .map((path) => readFileSync(`${core}${path}`, 'utf8'))
  const namesOf = (pattern: RegExp): string[] =>
    sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = '']) => name))

  it('is listed here, so that no parser is untested', () => {
    const found = namesOf(
      /^(?:export (?:async )?function (?=(?:parse|read|unpack|gunzip|decode|probe)[A-Z]|describe)| {2}static (?=parse|decode))(\w+)\(/gm,
    )
    const listed = new Set([...PARSERS.map((parser) => parser.name), ...NOT_FOR_BYTES])
    expect(found.filter((name) => !listed.has(name)).sort()).toEqual([])
    expect([...NOT_FOR_BYTES].filter((name) => !found.includes(name))).toEqual([])
  })

  it('of bytes that come in pieces has a target, too', () => {
    const found = namesOf(/^export class (\w*(?:Reader|Parser|Demuxer|Splitter|Decoder|Fragments|Reorder))\b/gm)
    expect(found.sort()).toEqual(Object.keys(READING_CLASSES).sort())
    const targets = new Set(fuzzTargets().map(({ name }) => name))
    expect(Object.values(READING_CLASSES).filter((target) => !targets.has(target))).toEqual([])
  })
})
