import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cli, median, mustSucceed, root, run } from './measure.mjs'
import { windowCost, windowTraffic } from './window-cost.mjs'

const ROUNDS = 7
const WINDOW_ROUNDS = 3
const MOST = 1.03
const WINDOW_MOST = 0.5

/**
 * Compares this checkout with another one that is built, such as an earlier commit, alternating: processor time of reading captures of
 * three lengths, and what a window on 50 Mbit/s costs.
 * @param {string} dir scratch folder
 * @param {string} other folder of the other checkout
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function againstBench(dir, other) {
  const programs = [join(other, 'dist', 'cli', 'routescope.cjs'), cli]
  for (const program of programs) if (!existsSync(program)) throw new Error(`There is no ${program}: build it first.`)
  const figures = []
  for (const seconds of [10, 120, 1800]) {
    const capture = join(dir, `demo-${seconds}.pcapng`)
    const demo = join(root, 'assets', 'demo', 'presentation', 'manifest.mpd')
    const send = ['send', demo, 'route://239.255.82.90:7000', '--loop', '--duration', String(seconds)]
    mustSucceed(await run(process.execPath, [cli, ...send, '--capture-out', capture]), 'send into a capture')
    figures.push(reading(`inspect, ${seconds} s of the demo`, programs, () => ['inspect', capture, '--json']))
    const out = join(dir, `files-${seconds}`)
    mkdirSync(out)
    const receive = (/** @type {string} */ name) => ['receive', '--capture', capture, '--out', join(out, name)]
    figures.push(reading(`capture to files, ${seconds} s`, programs, receive))
  }
  return [...figures, ...(await window(dir, programs))]
}

/**
 * @param {string} name
 * @param {readonly string[]} programs the other one first
 * @param {(name: string) => readonly string[]} args by a name that no other run has
 */
function reading(name, programs, args) {
  const times = programs.map(() => /** @type {number[]} */ ([]))
  for (const [program, at, round] of order(ROUNDS, programs)) {
    times[at]?.push(cpuSeconds([program, ...args(`${at}-${round}`)]))
  }
  return compared(name, times, MOST, (seconds) => `${seconds.toFixed(2)} s of CPU time`)
}

/**
 * @param {string} dir
 * @param {readonly string[]} programs
 */
async function window(dir, programs) {
  const manifest = windowTraffic(dir)
  const bytes = programs.map(() => /** @type {number[]} */ ([]))
  const processor = programs.map(() => /** @type {number[]} */ ([]))
  for (const [program, at] of order(WINDOW_ROUNDS, programs)) {
    const cost = await windowCost(program, manifest)
    bytes[at]?.push(cost.bytesPerSecond)
    processor[at]?.push(cost.processor)
  }
  return [
    compared('to a window at 50 Mbit/s', bytes, WINDOW_MOST, (rate) => `${(rate / 1000).toFixed(1)} kB/s`),
    compared('engine with a window', processor, WINDOW_MOST, (share) => `${(share * 100).toFixed(1)} % of a processor`),
  ]
}

/**
 * @param {string} name
 * @param {readonly (readonly number[])[]} values of the other one, and of this one
 * @param {number} most
 * @param {(value: number) => string} words
 * @returns {import('./measure.mjs').Figure}
 */
function compared(name, [others = [], own = []], most, words) {
  const ratio = median(own) / median(others)
  const ratios = own.map((value, at) => value / (others[at] ?? Number.NaN))
  return {
    name,
    value: ratio,
    unit: 'times',
    limit: `≤ ${most}`,
    ok: ratio <= most,
    detail:
      `${words(median(own))} against ${words(median(others))}, medians of ${own.length}; ` +
      `pairs ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  }
}

/**
 * Runs both in turns, the first one first in every second round.
 * @param {number} rounds
 * @param {readonly string[]} programs
 * @returns {Generator<readonly [program: string, at: number, round: number]>}
 */
function* order(rounds, programs) {
  for (let round = 0; round < rounds; round++) {
    const turns = programs.map((program, at) => /** @type {const} */ ([program, at, round]))
    yield* round % 2 === 0 ? turns : turns.reverse()
  }
}

/**
 * User and system time of a command with all its threads: unlike its duration, it hardly depends on what else the machine does.
 * @param {readonly string[]} args
 */
function cpuSeconds(args) {
  const timed = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null 2>&1'
  const { stderr } = spawnSync('bash', ['-c', timed, 'time', process.execPath, ...args], { encoding: 'utf8' })
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number)
  return user + system
}
