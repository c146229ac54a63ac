import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './measure.mjs'

/*
 * `npm run fuzz [INPUTS] [SEED]`: every parser with millions of damaged inputs; the tests use thousands. Prints the seed, and a
 * finding as hex, which becomes a vector next to its codec.
 */
const inputs = Number(process.argv[2] ?? 4_000_000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_000)
if (!Number.isSafeInteger(inputs) || !Number.isSafeInteger(seed)) {
  console.error('Right form: npm run fuzz -- INPUTS SEED, both whole numbers.')
  process.exit(2)
}
console.log(`${inputs} inputs, seed ${seed}`)
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const run = ['run', '--project', 'core', '--testTimeout', '0', 'core/testing/fuzz']
const env = { ...process.env, ROUTESCOPE_FUZZ: String(inputs), ROUTESCOPE_FUZZ_SEED: String(seed) }
process.exitCode = spawnSync(process.execPath, [vitest, ...run], { cwd: root, env, stdio: 'inherit' }).status ?? 1
