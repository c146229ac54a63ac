import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cli, mustSucceed, run } from './measure.mjs'
import { syntheticPresentation } from './synthetic.mjs'

const SECONDS = 10
const RATE_BPS = 500e6
const URL = 'route://239.255.82.91:7001'

/**
 * Our sender and our receiver, two processes on loopback multicast: every packet sent must be received.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function liveBench(dir) {
  const segmentSeconds = 2
  const representations = 25
  const manifest = syntheticPresentation(join(dir, 'live'), {
    representations,
    segments: SECONDS / segmentSeconds,
    segmentBytes: Math.ceil((RATE_BPS / 8 / representations) * segmentSeconds),
    segmentSeconds,
  })
  const receiving = run(process.execPath, [
    cli,
    ...['receive', URL, '--interface', '127.0.0.1', '--services', 'all', '--duration', String(SECONDS + 6), '--json'],
  ])
  const sent = mustSucceed(
    await run(process.execPath, [cli, 'send', manifest, URL, '--interface', '127.0.0.1', '--json']),
    'send',
  )
  const received = mustSucceed(await receiving, 'receive')
  rmSync(join(dir, 'live'), { recursive: true })
  const out = lastEvent(sent.stdout)
  const back = lastEvent(received.stdout)
  const lost = out.sentPackets - back.packets
  const rate = (back.bytes * 8) / SECONDS / 1e6
  return [
    {
      name: 'live at 500 Mbit/s for 10 s',
      value: lost,
      unit: 'packets lost',
      limit: '0',
      ok: lost === 0 && back.incomplete === 0,
      detail:
        `${out.sentPackets} sent, ${back.packets} received, ${rate.toFixed(0)} Mbit/s, ` +
        `${back.incomplete} objects incomplete, ${back.droppedByHost} dropped in the receive buffer`,
    },
  ]
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
