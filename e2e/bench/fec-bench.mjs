import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'vite'
import { besideBundle } from '../../electron/packaging/beside-bundle.mjs'
import { cli, mustSucceed, root, run } from './measure.mjs'

const OBJECTS = 20
const OBJECT_BYTES = 1_000_000
const SYMBOL_BYTES = 1448
const LOSS_EVERY = 20
const TRIALS = 10_000

/**
 * Measures RaptorQ: the program's cost of decoding 1 MB objects with 5 % loss, from the report of a capture, and the share of
 * random losses recovered from any K + 2 symbols.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function fecBench(dir) {
  const { lossyObjects, pcapOf, recoveryTrial } = await bundled(dir)
  const capture = join(dir, 'fec.pcap')
  writeFileSync(capture, pcapOf(lossyObjects(OBJECTS, OBJECT_BYTES, SYMBOL_BYTES, LOSS_EVERY)))
  const { stdout } = mustSucceed(await run(process.execPath, [cli, 'inspect', capture, '--json']), 'inspect')
  const channels = JSON.parse(stdout).services[0].sessions[0].channels
  const source = channels.find((/** @type {{ tsi: number }} */ channel) => channel.tsi === 10)
  const repair = channels.find((/** @type {{ tsi: number }} */ channel) => channel.tsi === 15)
  const each = repair.fec.decodeMs / OBJECTS
  const { trials, recovered, wrong } = recoveryTrial(TRIALS, 7)
  return [
    {
      name: 'RaptorQ, 1 MB with 5 % lost',
      value: each,
      unit: 'ms',
      limit: '< 50',
      ok: each < 50 && source.fec.healed === OBJECTS,
      detail: `${source.fec.healed} of ${OBJECTS} objects healed, ${repair.fec.recoveredSymbols} symbols of ${SYMBOL_BYTES} B decoded`,
    },
    {
      name: 'RaptorQ, any K + 2 symbols',
      value: (100 * recovered) / trials,
      unit: '%',
      limit: '≥ 99.9',
      ok: recovered / trials >= 0.999 && wrong === 0,
      detail: `${recovered} of ${trials} random losses recovered, ${wrong} wrongly`,
    },
  ]
}

/**
 * Bundles the tests' generator into one file that Node can load.
 * @param {string} dir
 */
async function bundled(dir) {
  const entry = join(dir, 'fec-entry.ts')
  const from = (/** @type {string} */ path) => JSON.stringify(join(root, path))
  writeFileSync(
    entry,
    `export { lossyObjects } from ${from('core/testing/fec-fixture.ts')}
export { pcapOf } from ${from('core/testing/datagrams.ts')}
export { recoveryTrial } from ${from('core/testing/raptorq-trial.ts')}
`,
  )
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    plugins: [besideBundle()],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      ssrEmitAssets: true,
      outDir: join(dir, 'fec'),
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { input: { fec: entry }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  })
  return createRequire(import.meta.url)(join(dir, 'fec', 'fec.cjs'))
}
