import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'
import { besideBundle } from '../../electron/packaging/beside-bundle.mjs'
import { root } from './measure.mjs'

/*
 * `npm run fuzz -- [--inputs N] [--seed N] [--seconds N] [--only WORD]`: hostile inputs for every parser, every protocol, every
 * stage of every connection, every flood and the manifests that a window plays. A run that was interrupted, or ended by its time,
 * goes on when it is started with the same seed. It prints the worst time and memory of each target, and a finding with what is
 * needed to see it again, which becomes a test beside what it broke.
 */
const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '4000000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1800' },
    only: { type: 'string', default: '' },
  },
})
const [inputs, seed, seconds] = [values.inputs, values.seed, values.seconds].map(Number)
if (![inputs, seed, seconds].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)) {
  console.error('Right form: npm run fuzz -- --inputs N --seed N --seconds N --only WORD, with whole numbers.')
  process.exit(2)
}

const testing = join(root, 'core', 'testing')
/** @param {string} name */
const load = async (name) => {
  const define = { __dirname: JSON.stringify(testing) }
  const inline = { configFile: /** @type {const} */ (false), plugins: [besideBundle()], define }
  return (await runnerImport(join(testing, 'fuzz', name), inline)).module
}
const { fuzzTargets } = await load('all-targets.ts')
const { runFuzz } = await load('fuzz-run.ts')

const all = /** @type {{ name: string }[]} */ (fuzzTargets())
const targets = all.filter(({ name }) => name.includes(values.only))
console.log(`${inputs} inputs over ${targets.length} of ${all.length} targets, seed ${seed}`)
const stateFile = join(root, '.cache', `fuzz-${values.only.replace(/\W+/g, '-') || 'all'}.json`)
const { states, finished } = await runFuzz(targets, { inputs, seed, seconds, stateFile }, console.log)
const failed = [...states.values()].filter(({ complaint }) => complaint !== null).length
const done = [...states.values()].reduce((sum, state) => sum + state.inputs, 0)
console.log(`${done} inputs, ${failed} targets failed${finished ? '' : '; the time is over: start it again to go on'}`)
process.exit(failed === 0 ? 0 : 1)
