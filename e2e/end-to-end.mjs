import { join } from 'node:path'
import { networksOfTheirOwn } from './own-network.mjs'
import { prepare, startPlaywright } from './run-playwright.mjs'

const CONFIG = 'e2e/playwright.config.ts'
/** Runs side by side. A run waits for pictures most of its time: two of them keep two cores busy, three would drop frames. */
const SIDE_BY_SIDE = 2
/** Parts taken in turn by the runs. More would even out their ends no better, and each takes seconds to start. */
const PARTS = 12

/**
 * Runs the end-to-end specs. The whole of them is run in parts, two side by side, each in a network of its own, because they share groups,
 * ports and the loopback interface; where the system gives no such networks, one after another.
 *
 * @param {readonly string[]} args Playwright's own; with any, there is one run
 * @returns {Promise<{ status: number, report: string }[]>} exit status and JSON report (from the root of the checkout) of each run
 */
export async function runEndToEnd(args) {
  await prepare()
  const network = args.length === 0 ? networksOfTheirOwn() : null
  if (network === null) {
    return [{ status: await startPlaywright(CONFIG, args), report: reportOf('e2e') }]
  }
  const waiting = Array.from({ length: PARTS }, (_, index) => index + 1)
  const runs = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => runInTurn(waiting, network)))
  return runs.flat()
}

/**
 * Runs the first of the parts that wait until none is left.
 *
 * @param {number[]} waiting numbers of parts; what is taken is removed
 * @param {readonly string[]} network words before the command
 */
async function runInTurn(waiting, network) {
  const runs = []
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) runs.push(await runPart(part, network))
  return runs
}

/**
 * @param {number} part from 1
 * @param {readonly string[]} network words before the command
 */
async function runPart(part, network) {
  const name = `e2e-${part}`
  const status = await startPlaywright(CONFIG, [`--shard=${part}/${PARTS}`], {
    within: network,
    display: 100 * part,
    env: { ROUTESCOPE_E2E_RUN: name },
  })
  return { status, report: reportOf(name) }
}

/** @param {string} name of a run, as the configuration takes it from ROUTESCOPE_E2E_RUN */
function reportOf(name) {
  return join('.cache', 'test-results', `${name}.json`)
}
