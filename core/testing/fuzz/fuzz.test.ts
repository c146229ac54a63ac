import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { seeded } from '../seeded.ts'
import { complaintOf } from './complaint.ts'
import { mutate } from './mutate.ts'
import { NOT_FOR_BYTES, PARSERS } from './parsers.ts'

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

  it('is listed here, so that no parser is untested', () => {
    const core = fileURLToPath(new URL('../../', import.meta.url))
    const found: string[] = []
    for (const folder of ['xml', 'protocol', 'manifest', 'media', 'capture']) {
      for (const path of readdirSync(`${core}${folder}`, { recursive: true, encoding: 'utf8' })) {
        if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue
        const source = readFileSync(`${core}${folder}/${path}`, 'utf8')
        for (const [, name = ''] of source.matchAll(
          /^export function ((?:parse|read|unpack|gunzip)[A-Z]\w*|describe\w+)\(/gm,
        )) {
          found.push(name)
        }
      }
    }
    const listed = new Set([...PARSERS.map((parser) => parser.name), ...NOT_FOR_BYTES])
    expect(found.filter((name) => !listed.has(name)).sort()).toEqual([])
    expect([...NOT_FOR_BYTES].filter((name) => !found.includes(name))).toEqual([])
  })
})
