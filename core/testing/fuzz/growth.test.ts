import { describe, expect, it } from 'vitest'
import { growthOf } from '../growth.ts'
import { seeded } from '../seeded.ts'
import { PARSERS } from './parsers.ts'

const SEED = Number(process.env.ROUTESCOPE_FUZZ_SEED ?? 20261129)
/** Inputs of each parser. */
const INPUTS = Number(process.env.ROUTESCOPE_GROWTH ?? 4)
const SMALL = 24 << 10
const TIMES = 8
/** Linear is 8, quadratic 64. */
const MOST = 24
/** A cost that is a matter, ms. */
const LEAST_MS = 60

/** The sample with one slice of it repeated, up to `bytes`. */
function pumped(sample: Uint8Array, from: number, to: number, bytes: number): Uint8Array {
  const slice = sample.subarray(from, to)
  const count = Math.max(1, Math.floor((bytes - sample.length) / slice.length))
  const input = new Uint8Array(sample.length + count * slice.length)
  input.set(sample.subarray(0, to))
  for (let at = 0; at < count; at++) input.set(slice, to + at * slice.length)
  input.set(sample.subarray(to), to + count * slice.length)
  return input
}

/** A slice of a sample that means something: an element, a line, a word, a byte. */
function sliceOf(sample: Uint8Array, random: () => number): [number, number] {
  const starts = [...sample.keys()].filter((at) => [0x3c, 0x0a, 0x20, 0x3a].includes(sample[at] as number))
  const pick = (all: readonly number[], otherwise: number): number =>
    all[Math.floor(random() * all.length)] ?? otherwise
  const from = random() < 0.6 ? pick(starts, 0) : Math.floor(random() * sample.length)
  const ends = starts.filter((at) => at > from).slice(0, 6)
  const to = random() < 0.6 ? pick(ends, from + 1) : from + 1 + Math.floor(random() * 12)
  return [from, Math.max(from + 1, Math.min(to, sample.length))]
}

describe('every parser takes time in proportion to its input', { timeout: 600_000 }, () => {
  it.each(PARSERS.map((parser, index) => [parser.name, parser, index] as const))('%s', (name, parser, index) => {
    const random = seeded(SEED + index)
    for (let count = 0; count < INPUTS; count++) {
      const sample = parser.samples[Math.floor(random() * parser.samples.length)] as Uint8Array
      const [from, to] = sliceOf(sample, random)
      const run = (bytes: number) => () => {
        const input = pumped(sample, from, to, bytes)
        try {
          parser.parse(input)
        } catch {
          // Malformed input costs as much as any other.
        }
      }
      const growth = growthOf(run(SMALL), run(SMALL * TIMES))
      const repeated = JSON.stringify(Buffer.from(sample.subarray(from, to)).toString('latin1'))
      if (growth.largeMs > LEAST_MS)
        expect(growth.ratio, `${name}, ${repeated} repeated (${growth.smallMs}, ${growth.largeMs} ms)`).toBeLessThan(
          MOST,
        )
    }
    expect(INPUTS).toBeGreaterThan(0)
  })
})
