import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { latencyFigure } from './latency-bench.mjs'
import { cli, median, mustSucceed, percentile, run } from './measure.mjs'
import { syntheticPresentation } from './synthetic.mjs'

const GROUP = '239.255.14.81'
const SEGMENT_SECONDS = 2
/** Ticks of the kernel's processor times, per second (Linux). */
const TICKS = 100
/** What starting takes is not counted. */
const START_MS = 2000
const RUNS = 3
const MEDIA_SECONDS = 8
/** Time beside that of the media, for the start of the first and the end of the last segment. */
const MOST_LATE_SECONDS = 1.5

/**
 * Measures our sender: how fast it writes a capture, how well it keeps its times, and what it costs.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function sendBench(dir) {
  return [
    await written(dir),
    ...(await paced(dir)),
    await processorOf(dir, 'sending at 1 Gbit/s', { inputs: 1, tracks: 25, rateBps: 1e9, limit: 100 }),
    await processorOf(dir, '50 services of 5 tracks', { inputs: 50, tracks: 5, rateBps: 5e6, limit: 10 }),
    await latencyFigure(),
  ]
}

/**
 * `--capture-out` as fast as possible.
 * @param {string} dir
 */
async function written(dir) {
  const shape = { tracks: 10, rateBps: 240e6, seconds: 10 }
  const manifest = presentation(join(dir, 'written'), shape)
  const file = join(dir, 'written.pcapng')
  /** @type {number[]} */
  const rates = []
  for (let turn = 0; turn < RUNS; turn++) {
    const args = ['send', manifest, `route://${GROUP}:7100`, '--pace', 'fast', '--capture-out', file, '--json']
    const done = mustSucceed(await run(process.execPath, [cli, ...args]), 'send')
    rates.push(readFileSync(file).length / 1e6 / done.seconds)
  }
  rmSync(file)
  rmSync(join(dir, 'written'), { recursive: true })
  const value = median(rates)
  const detail = `median of ${RUNS}: ${rates.map((rate) => rate.toFixed(0)).join(', ')}, with the start of the program`
  return { name: 'send to a capture', value, unit: 'MB/s', limit: '≥ 300', ok: value >= 300, detail }
}

/**
 * At 50 Mbit/s: times of arrival, as the kernel of this machine noted them, against those of the schedule.
 * @param {string} dir
 */
async function paced(dir) {
  const manifest = presentation(join(dir, 'paced'), { tracks: 5, rateBps: 50e6, seconds: 10 })
  const url = `route://${GROUP}:7200`
  const [plan, air] = [join(dir, 'plan.pcapng'), join(dir, 'air.pcapng')]
  const fast = ['send', manifest, url, '--pace', 'fast', '--capture-out', plan]
  mustSucceed(await run(process.execPath, [cli, ...fast]), 'send')
  const listening = ['record', url, '--interface', '127.0.0.1', '--capture-out', air, '--log', 'socket@info']
  const recorder = spawn(process.execPath, [cli, ...listening], { stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise((resolve) => recorder.stderr.on('data', (text) => /Joined/.test(String(text)) && resolve(null)))
  const { share } = await sending([manifest, url])
  const ended = new Promise((resolve) => recorder.on('close', resolve))
  recorder.kill('SIGINT')
  await ended
  const scheduled = mediaTimes(plan)
  const passed = [...mediaTimes(air)].map(([key, ns]) => Number(ns - (scheduled.get(key) ?? ns)) / 1e6)
  for (const path of [plan, air]) rmSync(path)
  rmSync(join(dir, 'paced'), { recursive: true })
  // The two broadcasts began at different times. None leaves before its time, so that the earliest one is that of the schedule.
  const onTime = passed.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  const late = passed.map((ms) => ms - onTime)
  const [p50, p99] = [percentile(late, 0.5), percentile(late, 0.99)]
  return [
    {
      name: 'pacing error at 50 Mbit/s, p99',
      value: p99,
      unit: 'ms',
      limit: '< 2',
      ok: p99 < 2 && late.length === scheduled.size,
      detail: `after their times, ${late.length} of ${scheduled.size} packets, half of them within ${p50.toFixed(2)} ms`,
    },
    processor('sending at 50 Mbit/s', share, 25),
  ]
}

/**
 * @param {string} dir
 * @param {string} name
 * @param {{ inputs: number, tracks: number, rateBps: number, limit: number }} load
 */
async function processorOf(dir, name, { inputs, tracks, rateBps, limit }) {
  const at = join(dir, 'load')
  const manifests = Array.from({ length: inputs }, (_, index) =>
    presentation(join(at, String(index)), { tracks, rateBps: rateBps / inputs, seconds: MEDIA_SECONDS }),
  )
  const url = inputs === 1 ? `route://${GROUP}:7300` : `mabr://${GROUP}:7300`
  const { share, seconds } = await sending([...manifests, url])
  rmSync(at, { recursive: true })
  const figure = processor(name, share, limit, `, ${seconds.toFixed(1)} s for ${MEDIA_SECONDS} s of media`)
  // A sender that does not keep up takes longer, at no more than one processor.
  return { ...figure, ok: figure.ok && seconds < MEDIA_SECONDS + MOST_LATE_SECONDS }
}

/**
 * Sends on loopback; its use of processors once it has started, in percent of one.
 * @param {readonly string[]} args
 * @returns {Promise<{ share: number, seconds: number }>}
 */
async function sending(args) {
  let started = Number.NaN
  const options = ['--interface', '127.0.0.1', '--ttl', '0', '--json', '--log', 'send@info']
  const child = spawn(process.execPath, [cli, 'send', ...args, ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr.once('data', () => {
    started = performance.now()
  })
  child.stderr.resume()
  /** @type {{ ms: number, ticks: number }[]} */
  const samples = []
  const watch = setInterval(() => {
    try {
      const [, after = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')
      const fields = after.split(' ')
      const ms = performance.now() - started
      if (ms > START_MS) samples.push({ ms, ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      // It has ended.
    }
  }, 100)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearInterval(watch)
  if (status !== 0) throw new Error(`send ended with status ${status}`)
  const [first, last] = [samples[0], samples.at(-1)]
  const share = first && last ? ((last.ticks - first.ticks) / TICKS / ((last.ms - first.ms) / 1000)) * 100 : Number.NaN
  return { share, seconds: (performance.now() - started) / 1000 }
}

/**
 * @param {string} name
 * @param {number} share
 * @param {number} limit
 */
function processor(name, share, limit, more = '') {
  const detail = `of the ${cpus().length} of this machine${more}`
  return { name, value: share, unit: '% of a processor', limit: `< ${limit}`, ok: share < limit, detail }
}

/**
 * @param {string} dir
 * @param {{ tracks: number, rateBps: number, seconds: number }} shape
 */
function presentation(dir, { tracks, rateBps, seconds }) {
  return syntheticPresentation(dir, {
    representations: tracks,
    segments: seconds / SEGMENT_SECONDS,
    segmentBytes: Math.ceil((rateBps / 8 / tracks) * SEGMENT_SECONDS),
    segmentSeconds: SEGMENT_SECONDS,
  })
}

/**
 * Times of the media packets of one of our pcapng files, ns, by TSI, TOI and offset.
 * @param {string} path
 */
function mediaTimes(path) {
  const bytes = readFileSync(path)
  /** @type {Map<string, bigint>} */
  const times = new Map()
  for (let at = 0; at + 12 <= bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== 6) continue
    const ns = (BigInt(bytes.readUInt32LE(at + 12)) << 32n) | BigInt(bytes.readUInt32LE(at + 16))
    // Behind IPv4 and UDP; codepoint 8 is media, EXT_TOL and start_offset end the header.
    const lct = at + 28 + 28
    if (bytes[lct + 3] !== 8) continue
    const headerBytes = (bytes[lct + 2] ?? 0) * 4
    times.set(bytes.toString('hex', lct + 8, lct + 16) + bytes.readUInt32BE(lct + headerBytes), ns)
  }
  return times
}
