import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cli, mustSucceed, run } from './measure.mjs'
import { syntheticPresentation } from './synthetic.mjs'

const SECONDS = 10
const SEGMENT_SECONDS = 2
const GROUP = '239.255.82.91'

/**
 * Measures live loopback multicast, sender and receiver as two processes on the same cores: every packet must be received. Once
 * with our own sender, and at 1.5 Gbit/s, as one service and as twenty, with a sender from memory.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function liveBench(dir) {
  return [
    await ownSender(dir, 500e6),
    await blasted(dir, { services: 1, channels: 25, rateBps: 1.5e9, port: 7100 }),
    await blasted(dir, { services: 20, channels: 2, rateBps: 1.5e9, port: 7200 }),
  ]
}

/**
 * @param {string} dir
 * @param {number} rateBps
 */
async function ownSender(dir, rateBps) {
  const url = `route://${GROUP}:7001`
  const representations = 25
  const manifest = syntheticPresentation(join(dir, 'live'), {
    representations,
    segments: SECONDS / SEGMENT_SECONDS,
    segmentBytes: Math.ceil((rateBps / 8 / representations) * SEGMENT_SECONDS),
    segmentSeconds: SEGMENT_SECONDS,
  })
  const receiving = await receive([url], [])
  const sent = mustSucceed(
    await run(process.execPath, [cli, 'send', manifest, url, '--interface', '127.0.0.1', '--json']),
    'send',
  )
  const back = lastEvent(mustSucceed(await receiving.finished, 'receive').stdout)
  rmSync(join(dir, 'live'), { recursive: true })
  const out = lastEvent(sent.stdout)
  return figure(`live at ${rateBps / 1e6} Mbit/s, our own sender`, out.sentPackets, back, back.incomplete === 0)
}

/**
 * @param {string} dir
 * @param {{ services: number, channels: number, rateBps: number, port: number }} shape
 */
async function blasted(dir, { services, channels, rateBps, port }) {
  const folder = join(dir, `live-${services}`)
  const urls = Array.from({ length: services }, (_, index) => `route://${GROUP}:${port + index}`)
  const receiving = await receive(urls, ['--out', folder])
  const blast = join(import.meta.dirname, 'blast.mjs')
  const shape = [services, channels, rateBps, SECONDS, SEGMENT_SECONDS].map(String)
  const sent = mustSucceed(await run(process.execPath, [blast, ...shape, GROUP, String(port)]), 'blast')
  const back = lastEvent(mustSucceed(await receiving.finished, 'receive').stdout)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.m4s'),
  ).length
  rmSync(folder, { recursive: true })
  const wanted = services * channels * (SECONDS / SEGMENT_SECONDS)
  const name = `live at ${rateBps / 1e9} Gbit/s to files, ${services} service${services === 1 ? '' : 's'}`
  return figure(name, JSON.parse(sent.stdout).packets, back, files === wanted, `, ${files} of ${wanted} files`)
}

/**
 * Starts to receive, and waits until all groups are joined.
 * @param {readonly string[]} urls
 * @param {readonly string[]} more
 */
async function receive(urls, more) {
  const options = [
    '--interface',
    '127.0.0.1',
    '--services',
    'all',
    '--duration',
    String(SECONDS + 6),
    '--json',
    ...more,
  ]
  let output = ''
  /** @type {(value?: undefined) => void} */
  let joined = () => {}
  const ready = new Promise((resolve) => {
    joined = resolve
  })
  const finished = run(process.execPath, [cli, 'receive', ...urls, ...options, '--log', 'socket@info'], (text) => {
    output += text
    if (output.split('Joined').length > urls.length) joined()
  })
  await Promise.race([ready, finished])
  return { finished }
}

/**
 * @param {string} name
 * @param {number} sent packets
 * @param {{ packets: number, bytes: number, incomplete: number, droppedByHost: number }} back
 * @param {boolean} whole
 */
function figure(name, sent, back, whole, detail = '') {
  const lost = sent - back.packets
  const rate = (back.bytes * 8) / SECONDS / 1e6
  return {
    name,
    value: lost,
    unit: 'packets lost',
    limit: '0',
    ok: lost === 0 && whole,
    detail:
      `${sent} sent, ${back.packets} received, ${rate.toFixed(0)} Mbit/s, ` +
      `${back.incomplete} objects incomplete, ${back.droppedByHost} dropped by this computer${detail}`,
  }
}

/** @param {string} lines */
function lastEvent(lines) {
  const end = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .find((event) => event.event === 'end')
  if (end === undefined) throw new Error('the session did not report its end')
  return end
}
