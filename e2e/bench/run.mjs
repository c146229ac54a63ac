import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { againstBench } from './against-bench.mjs'
import { captureBench } from './capture-bench.mjs'
import { fecBench } from './fec-bench.mjs'
import { hourBench } from './hour-bench.mjs'
import { liveBench } from './live-bench.mjs'
import { root } from './measure.mjs'
import { mediaBench } from './media-bench.mjs'
import { sendBench } from './send-bench.mjs'
import { serveBench } from './serve-bench.mjs'
import { startBench } from './start-bench.mjs'
import { windowBench } from './window-bench.mjs'

/*
 * `npm run bench [start|capture|hour|fec|media|live|send|serve|window]`: speed and size against our limits. Ratios are taken within one run,
 * because machines differ and are noisy; the table is printed, and bench-results/ gets the figures as JSON.
 * `npm run bench -- --against FOLDER` compares with another checkout instead.
 */
// The window needs a display; without one the whole run gets a virtual one.
if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
  const under = ['-a', '-s', '-screen 0 1600x1000x24', process.execPath, ...process.argv.slice(1)]
  const { error, status } = spawnSync('xvfb-run', under, { stdio: 'inherit' })
  if (error !== undefined) console.error('There is no display and no Xvfb: `apt-get install xvfb xauth`.')
  process.exit(status ?? 1)
}

const parts = {
  start: startBench,
  capture: captureBench,
  hour: hourBench,
  fec: fecBench,
  media: mediaBench,
  live: liveBench,
  send: sendBench,
  serve: serveBench,
  window: windowBench,
}
const { values, positionals: chosen } = parseArgs({ allowPositionals: true, options: { against: { type: 'string' } } })
const unknown = chosen.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(`There is no bench "${unknown.join(', ')}"; choose from ${Object.keys(parts).join(', ')}.`)
  process.exit(2)
}
const scratch = mkdtempSync(join(tmpdir(), 'routescope-bench-'))
/** @type {import('./measure.mjs').Figure[]} */
const figures = []
try {
  if (values.against !== undefined) figures.push(...(await againstBench(scratch, resolve(values.against))))
  for (const [name, part] of Object.entries(parts)) {
    if (values.against === undefined ? chosen.length > 0 && !chosen.includes(name) : !chosen.includes(name)) continue
    console.error(`Measuring ${name} …`)
    figures.push(...(await part(scratch)))
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

const rows = figures.map(({ name, value, unit, limit, ok, detail }) => [
  ok ? '✓' : '✗',
  name,
  `${Number.isInteger(value) ? value : value.toPrecision(3)} ${unit}`,
  limit,
  detail,
])
const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))

const results = join(root, 'bench-results')
mkdirSync(results, { recursive: true })
const stamp = new Date().toISOString().replace(/[:.]/g, '-')
const machine = { node: process.version, cores: cpus().length, model: cpus()[0]?.model ?? null }
writeFileSync(join(results, `${stamp}.json`), `${JSON.stringify({ machine, figures }, null, 1)}\n`)
process.exitCode = figures.every((figure) => figure.ok) ? 0 : 1
