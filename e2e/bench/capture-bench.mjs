import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cli, median, mustSucceed, root, run } from './measure.mjs'

const ROUNDS = 5
const BIG_BYTES = 500e6

/**
 * Measures reading a capture: to files next to `cp` of the same bytes, and `inspect` with its memory at two lengths. Both
 * captures are our demo, broadcast in a loop into a file.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function captureBench(dir) {
  const big = join(dir, 'big.pcapng')
  const half = join(dir, 'half.pcapng')
  const probe = join(dir, 'probe.pcapng')
  await makeCapture(probe, 24)
  const secondsPerByte = 24 / statSync(probe).size
  await makeCapture(big, BIG_BYTES * secondsPerByte)
  await makeCapture(half, (BIG_BYTES / 2) * secondsPerByte)
  const bytes = statSync(big).size

  // A new folder per round, all removed at the end: after a removal file systems create files slowly.
  const rounds = join(dir, 'rounds')
  mkdirSync(rounds)
  /** @type {number[]} */
  const copies = []
  /** @type {number[]} */
  const receives = []
  for (let round = 0; round < ROUNDS; round++) {
    copies.push(mustSucceed(await run('cp', [big, join(rounds, `copy-${round}.pcapng`)]), 'cp').seconds)
    const out = join(rounds, `out-${round}`)
    const receive = ['receive', '--capture', big, '--services', 'all', '--out', out]
    receives.push(mustSucceed(await run(process.execPath, [cli, ...receive]), 'receive').seconds)
  }
  const ratio = median(receives) / median(copies)

  /** @type {number[]} */
  const inspects = []
  let peak = 0
  let peakHalf = 0
  for (let round = 0; round < ROUNDS; round++) {
    const whole = mustSucceed(await run(process.execPath, [cli, 'inspect', big, '--json']), 'inspect')
    inspects.push(whole.seconds)
    peak = Math.max(peak, whole.peakBytes ?? 0)
    const shorter = mustSucceed(await run(process.execPath, [cli, 'inspect', half, '--json']), 'inspect')
    peakHalf = Math.max(peakHalf, shorter.peakBytes ?? 0)
  }
  const speed = bytes / median(inspects) / 1e6
  for (const path of [rounds, big, half, probe]) rmSync(path, { recursive: true })
  return [
    {
      name: 'capture to files',
      value: ratio,
      unit: '× cp',
      limit: '≤ 1.5',
      ok: ratio <= 1.5,
      detail: `${(bytes / 1e6).toFixed(0)} MB: receive ${median(receives).toFixed(2)} s, cp ${median(copies).toFixed(2)} s (medians of ${ROUNDS})`,
    },
    {
      name: 'inspect',
      value: speed,
      unit: 'MB/s',
      limit: '≥ 600',
      ok: speed >= 600,
      detail: `${median(inspects).toFixed(2)} s with SHA-256 of every object, start of the program included`,
    },
    {
      name: 'inspect memory',
      value: peak / 1e6,
      unit: 'MB',
      limit: '< 300',
      ok: peak > 0 && peak < 300e6,
      detail: 'peak resident',
    },
    {
      name: 'inspect memory, twice the length',
      value: peak / peakHalf,
      unit: '×',
      limit: '≤ 1.25',
      ok: peak / peakHalf <= 1.25,
      detail: `${(peakHalf / 1e6).toFixed(0)} MB at half the length`,
    },
  ]
}

/**
 * @param {string} file
 * @param {number} seconds of stream time
 */
async function makeCapture(file, seconds) {
  const demo = join(root, 'assets', 'demo', 'presentation', 'manifest.mpd')
  const send = [
    'send',
    demo,
    'route://239.255.82.90:7000',
    '--loop',
    '--duration',
    String(Math.ceil(seconds)),
    '--capture-out',
    file,
  ]
  mustSucceed(await run(process.execPath, [cli, ...send]), 'send into a capture')
}
