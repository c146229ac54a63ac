import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cli, mustSucceed, run } from './measure.mjs'
import { syntheticPresentation } from './synthetic.mjs'

const MINUTES = 60
const RATE_BPS = 50e6
const SEGMENT_SECONDS = 2
const REPRESENTATIONS = 10
const MEMORY_LIMIT = 400e6

/**
 * Measures an hour of 50 Mbit/s, replayed fast: one minute sixty times, each round with new objects. As `inspect` reads it, and
 * as the app keeps it, with every object in the store.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function hourBench(dir) {
  const capture = join(dir, 'minute.pcapng')
  const manifest = syntheticPresentation(join(dir, 'minute'), {
    representations: REPRESENTATIONS,
    segments: 60 / SEGMENT_SECONDS,
    segmentBytes: Math.ceil((RATE_BPS / 8 / REPRESENTATIONS) * SEGMENT_SECONDS),
    segmentSeconds: SEGMENT_SECONDS,
  })
  const send = ['send', manifest, 'route://239.255.82.93:7300', '--pace', 'fast', '--capture-out', capture]
  mustSucceed(await run(process.execPath, [cli, ...send]), 'send into a capture')
  rmSync(join(dir, 'minute'), { recursive: true })
  const spec = join(dir, 'hour.json')
  const receive = { services: 'all' }
  writeFileSync(
    spec,
    JSON.stringify({
      format: 'routescope-session',
      version: 1,
      sources: [{ id: 'source', kind: 'capture', files: [capture], pace: 'fast', loop: MINUTES, receive }],
      sinks: [{ id: 'store', kind: 'store', maxSegments: 900 }],
    }),
  )
  const figures = [
    await memory('inspect', ['inspect', capture, '--loop', String(MINUTES)]),
    await memory('the store', ['run', spec, '--json']),
  ]
  rmSync(capture)
  return figures
}

/**
 * @param {string} what
 * @param {readonly string[]} args
 */
async function memory(what, args) {
  const finished = mustSucceed(await run(process.execPath, [cli, ...args]), what)
  const peak = finished.peakBytes ?? 0
  return {
    name: `an hour of 50 Mbit/s, ${what}`,
    value: peak / 1e6,
    unit: 'MB',
    limit: `< ${MEMORY_LIMIT / 1e6}`,
    ok: peak > 0 && peak < MEMORY_LIMIT,
    detail: `peak resident, replayed in ${finished.seconds.toFixed(0)} s`,
  }
}
