import { cli, median, mustSucceed, run } from './measure.mjs'

const RUNS = 21
const MOST = 1.4

/**
 * Measures the start of the smallest command against bare Node, alternating.
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function startBench() {
  /** @type {number[]} */
  const bare = []
  /** @type {number[]} */
  const own = []
  for (let at = 0; at < RUNS; at++) {
    bare.push(mustSucceed(await run(process.execPath, ['-e', '0']), 'node').seconds)
    own.push(mustSucceed(await run(process.execPath, [cli, '--version']), '--version').seconds)
  }
  const ratio = median(own) / median(bare)
  return [
    {
      name: 'Start, --version against bare Node',
      value: ratio,
      unit: 'times',
      limit: `≤ ${MOST}`,
      ok: ratio <= MOST,
      detail: `${(median(own) * 1000).toFixed(0)} ms against ${(median(bare) * 1000).toFixed(0)} ms, medians of ${RUNS}`,
    },
  ]
}
