import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * What a suite came to. `failures` has a paragraph of each failed test: where it is, its name, and how it failed.
 *
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Results
 */

const FAILURE_LINES = 25
/** Colours and cursor movements of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins each of them is one
const TERMINAL_CODES = /\u001b\[[0-9;]*[A-Za-z]/g

/**
 * Results of a Vitest JSON report. A file that could not be loaded has no tests and counts as a failure.
 *
 * @param {string} file
 * @returns {Results}
 */
export function vitestResults(file) {
  const report = read(file)
  if (report === null) return NOTHING_RAN
  /** @type {string[]} */
  const failures = []
  let unloaded = 0
  for (const { name, status, message, assertionResults } of report.testResults) {
    const place = relative(process.cwd(), name)
    if (status === 'failed' && assertionResults.length === 0) {
      unloaded += 1
      failures.push(paragraph(place, message))
    }
    for (const test of assertionResults) {
      if (test.status === 'failed')
        failures.push(paragraph(`${place}: ${test.fullName}`, test.failureMessages.join('\n')))
    }
  }
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  }
}

/**
 * Results of a Playwright JSON report; its `errors` belong to no test.
 *
 * @param {string} file
 * @returns {Results}
 */
export function playwrightResults(file) {
  const report = read(file)
  if (report === null) return NOTHING_RAN
  const { expected, unexpected, flaky, skipped } = report.stats
  return {
    passed: expected,
    failed: unexpected + flaky + report.errors.length,
    skipped,
    failures: [
      ...report.suites.flatMap(failuresOfSuite),
      ...report.errors.map((/** @type {{ message?: string }} */ error) =>
        paragraph('Outside the specs', error.message ?? ''),
      ),
    ],
  }
}

/**
 * @param {any} suite of a Playwright report, which nests them
 * @returns {string[]}
 */
function failuresOfSuite(suite) {
  const own = (suite.specs ?? []).flatMap((/** @type {any} */ spec) =>
    spec.tests
      .filter((/** @type {any} */ test) => test.status === 'unexpected' || test.status === 'flaky')
      .map((/** @type {any} */ test) =>
        paragraph(
          `[${test.projectName}] ${spec.file}:${spec.line}: ${spec.title}`,
          test.results
            .flatMap((/** @type {any} */ result) => result.errors)
            .map((/** @type {{ message?: string }} */ error) => error.message ?? '')
            .join('\n'),
        ),
      ),
  )
  return [...own, ...(suite.suites ?? []).flatMap(failuresOfSuite)]
}

/**
 * @param {string} head
 * @param {string} text the failure, of which the first lines are kept
 */
function paragraph(head, text) {
  const lines = text.replace(TERMINAL_CODES, '').trimEnd().split('\n')
  return [head, ...lines.slice(0, FAILURE_LINES).map((line) => `    ${line}`)].join('\n')
}

/** Results of a suite without a report, which has failed as a whole. @type {Results} */
const NOTHING_RAN = { passed: 0, failed: 1, skipped: 0, failures: ['A suite left no report.'] }

/** @param {string} file */
function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}
