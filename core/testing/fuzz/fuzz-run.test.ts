import { existsSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { TestFolder } from '../program.ts'
import { runFuzz } from './fuzz-run.ts'
import type { FuzzTarget } from './fuzz-target.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** A target that notes the first number of each batch; `wrong` is the batch that it complains of. */
function noting(name: string, seen: number[], wrong = -1): FuzzTarget {
  return {
    name,
    unit: 'inputs',
    weight: 1,
    batch: 10,
    open: async () => ({
      run: async (_, random, spent) => {
        spent(seen.length)
        seen.push(random())
        return seen.length - 1 === wrong ? 'it broke' : null
      },
      memory: () => 1000 + seen.length,
      close: async () => null,
    }),
  }
}
const plan = (file: string, more: Partial<Parameters<typeof runFuzz>[1]> = {}) => ({
  ...{ seed: 7, inputs: 100, seconds: 1e6, stateFile: folder.at(file) },
  ...more,
})

test('shares the inputs, and makes the same of the same seed', async () => {
  const [a, b, again] = [[], [], []] as number[][] as [number[], number[], number[]]
  const lines: string[] = []
  const { states, finished } = await runFuzz([noting('a', a), noting('b', b)], plan('1'), (line) => lines.push(line))
  expect(finished).toBe(true)
  expect(states.get('a')).toEqual({ inputs: 50, worstMs: 4, peakBytes: 1005, complaint: null })
  expect(new Set([...a, ...b]).size).toBe(10)
  await runFuzz([noting('b', again)], plan('2', { inputs: 50 }), () => undefined)
  expect(again).toEqual(b)
  expect(lines).toEqual([
    'ok      a: 50 inputs, worst 4.0 ms, peak 0 MB',
    'ok      b: 50 inputs, worst 4.0 ms, peak 0 MB',
  ])
})

test('goes on where it was interrupted, and begins anew with another seed', async () => {
  const whole: number[] = []
  await runFuzz([noting('a', whole)], plan('3'), () => undefined)
  const parts: number[] = []
  expect(await runFuzz([noting('a', parts)], plan('4', { seconds: 0 }), () => undefined)).toMatchObject({
    finished: false,
  })
  expect(parts).toEqual([])
  await runFuzz([noting('a', parts)], plan('4', { inputs: 30 }), () => undefined)
  await runFuzz([noting('a', parts)], plan('4'), () => undefined)
  expect(parts).toEqual(whole)
  const other: number[] = []
  await runFuzz([noting('a', other)], plan('4', { seed: 8 }), () => undefined)
  expect(other).toHaveLength(10)
  expect(other).not.toEqual(whole)
  expect(existsSync(folder.at('4.new'))).toBe(false)
})

test('names the batch and the seed of what is wrong, and leaves that target', async () => {
  const lines: string[] = []
  const { states } = await runFuzz([noting('a', [], 3), noting('b', [])], plan('5'), (line) => lines.push(line))
  expect(states.get('a')).toMatchObject({
    inputs: 40,
    complaint: expect.stringMatching(/^batch 3 \(seed \d+\): it broke$/),
  })
  expect(states.get('b')).toMatchObject({ inputs: 50, complaint: null })
  expect(lines[0]).toMatch(/^FAILED {2}a: 40 inputs/)
})

test('reports times as ratios to the quiet ones of the same run', async () => {
  const lines: string[] = []
  const target: FuzzTarget = {
    ...{ name: 'flood', unit: 'datagrams', weight: 1, batch: 100 },
    open: async () => ({
      run: async (_, __, spent) => {
        spent(30)
        return null
      },
      memory: () => 2e6,
      endMs: () => 240,
      quiet: () => ({ answerMs: 4, endMs: 160 }),
      close: async () => null,
    }),
  }
  await runFuzz([target], plan('quiet'), (line) => lines.push(line))
  expect(lines).toEqual([
    'ok      flood: 100 datagrams, worst 30.0 ms (7.5 × quiet), peak 2 MB, end after 240 ms (1.5 × quiet)',
  ])
})
