import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfStale } from '../electron/runtime/build-state.mjs'
import { playwrightCounts, vitestCounts } from './test-counts.mjs'

/*
 * `npm test`: unit, property and socket tests, then the end-to-end ones; the last line has the totals, which the exit status
 * matches.
 */

const root = join(import.meta.dirname, '..')
const results = join(root, '.cache', 'test-results')
const unitResults = join(results, 'unit.json')
const e2eResults = join(results, 'e2e.json')

rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })

try {
  await buildIfStale()
  const unitStatus = await runNode([
    ...['node_modules/vitest/vitest.mjs', 'run'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${unitResults}`],
  ])
  const e2eStatus = await runNode(['e2e/run-e2e.mjs'])
  report([withStatus(vitestCounts(unitResults), unitStatus), withStatus(playwrightCounts(e2eResults), e2eStatus)])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  report([{ passed: 0, failed: 1, skipped: 0 }])
}

/** @param {import('./test-counts.mjs').Counts[]} suites */
function report(suites) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    suites.reduce((total, suite) => total + suite[key], 0)
  process.exitCode = sum('failed') === 0 ? 0 : 1
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
}

/**
 * Counts a runner that fails without a failed test (a crash, an error after the last test) as one failure.
 *
 * @param {import('./test-counts.mjs').Counts} counts
 * @param {number} status
 */
function withStatus(counts, status) {
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit status
 */
function runNode(args) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', failed)
    child.on('close', (code) => done(code ?? 1))
  })
}
