import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfStale } from '../electron/runtime/build-state.mjs'
import { runEndToEnd } from './end-to-end.mjs'
import { playwrightResults, vitestResults } from './test-results.mjs'

/*
 * `npm test`: unit, property and socket tests, then the end-to-end ones; at the end all that failed, so that a log that was cut
 * from above still tells it; the last line has the totals, which the exit status matches.
 */

const root = join(import.meta.dirname, '..')
const results = join(root, '.cache', 'test-results')
const unitResults = join(results, 'unit.json')

rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })

try {
  await buildIfStale()
  const unitStatus = await runNode([
    ...['node_modules/vitest/vitest.mjs', 'run'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${unitResults}`],
  ])
  const runs = await runEndToEnd([])
  report([
    withStatus(vitestResults(unitResults), unitStatus),
    ...runs.map(({ status, report: file }) => withStatus(playwrightResults(join(root, file)), status)),
  ])
} catch (error) {
  report([{ passed: 0, failed: 1, skipped: 0, failures: [error instanceof Error ? error.message : String(error)] }])
}

/** @param {import('./test-results.mjs').Results[]} suites */
function report(suites) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    suites.reduce((total, suite) => total + suite[key], 0)
  const failures = suites.flatMap((suite) => suite.failures)
  if (failures.length > 0) console.log(`\nFailed:\n\n${failures.join('\n\n')}`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
}

/**
 * Counts a runner that fails without a failed test (a crash, an error after the last test) as one failure.
 *
 * @param {import('./test-results.mjs').Results} results
 * @param {number} status
 * @returns {import('./test-results.mjs').Results}
 */
function withStatus(results, status) {
  if (status === 0 || results.failed > 0) return results
  return {
    ...results,
    failed: 1,
    failures: [...results.failures, `A suite ended with status ${status} without a failed test.`],
  }
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
