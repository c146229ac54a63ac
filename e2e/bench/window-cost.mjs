import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium } from '@playwright/test'
import { cli } from './measure.mjs'
import { syntheticPresentation } from './synthetic.mjs'

export const RATE_BPS = 50e6
/** From the first rows in the window to the measurement: the state before it opened has been sent, and hot functions are compiled. */
const WARM_UP_SECONDS = 4
const SECONDS = 12
const REPRESENTATIONS = 5
const SEGMENT_SECONDS = 2
const URL = 'route://239.255.82.92:7002'
/** Unit of CPU times in /proc. */
const TICKS_PER_SECOND = 100

/** @typedef {{ bytesPerSecond: number, messages: number, processor: number }} WindowCost */

/**
 * Writes what `windowCost` sends.
 * @param {string} dir scratch folder
 * @returns {string} its manifest
 */
export function windowTraffic(dir) {
  return syntheticPresentation(join(dir, 'fifty'), {
    representations: REPRESENTATIONS,
    segments: (WARM_UP_SECONDS + SECONDS + 20) / SEGMENT_SECONDS,
    segmentBytes: Math.ceil((RATE_BPS / 8 / REPRESENTATIONS) * SEGMENT_SECONDS),
    segmentSeconds: SEGMENT_SECONDS,
  })
}

/**
 * Measures an engine that receives 50 Mbit/s and serves one window, a browser that shows the views of the start.
 * @param {string} program the `dist/cli/routescope.cjs` whose engine it is; this checkout sends
 * @param {string} manifest by `windowTraffic`
 * @returns {Promise<WindowCost>} bytes over its WebSocket; processor: share of one that the engine uses (Linux, else NaN)
 */
export async function windowCost(program, manifest) {
  const engine = spawn(process.execPath, [program, 'open', URL, '--interface', '127.0.0.1', '--no-window'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await servedAddress(engine)
  const sending = spawn(process.execPath, [cli, 'send', manifest, URL, '--interface', '127.0.0.1'], { stdio: 'ignore' })
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  if (executablePath === undefined) throw new Error('There is no Chromium here: `apt-get install chromium`.')
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  try {
    const page = await browser.newPage()
    const received = { bytes: 0, messages: 0 }
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        received.bytes += payload.length
        received.messages += 1
      }),
    )
    await page.goto(address)
    await page.getByRole('grid', { name: 'Objects' }).waitFor()
    await wait(WARM_UP_SECONDS * 1000)
    const before = { ...received, cpuSeconds: cpuSeconds(engine.pid), at: performance.now() }
    await wait(SECONDS * 1000)
    const seconds = (performance.now() - before.at) / 1000
    return {
      bytesPerSecond: (received.bytes - before.bytes) / seconds,
      messages: received.messages - before.messages,
      processor: (cpuSeconds(engine.pid) - before.cpuSeconds) / seconds,
    }
  } finally {
    await browser.close()
    for (const child of [sending, engine]) {
      if (child.exitCode !== null) continue
      child.kill('SIGINT')
      await once(child, 'exit')
    }
  }
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} engine
 * @returns {Promise<string>} the address that it prints
 */
function servedAddress(engine) {
  return new Promise((found, failed) => {
    let text = ''
    engine.stdout.on('data', (chunk) => {
      text += chunk
      const open = /Open (\S+)/.exec(text)?.[1]
      if (open !== undefined) found(open)
    })
    engine.on('exit', () => failed(new Error('the interface was not served')))
  })
}

/** @param {number | undefined} pid @returns {number} of all its threads, user and system */
function cpuSeconds(pid) {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return Number.NaN
  // The fields follow the program's name in brackets, which may contain spaces.
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
