import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { _electron } from '@playwright/test'
import { cli, mustSucceed, percentile, root, run } from './measure.mjs'
import { syntheticPresentation } from './synthetic.mjs'
import { RATE_BPS, windowCost, windowTraffic } from './window-cost.mjs'

const OBJECTS = 100_000
const FRAME_LIMIT_MS = 17
/** Two notches of a usual wheel per turn: over 7 000 pixels a second. */
const SCROLL_PIXELS = 240
/** Bytes a second; the commit that the window was first measured at had 23 000. */
const TRAFFIC_LIMIT = 11_000
const URL = 'route://239.255.82.92:7002'

/**
 * Measures the window: frames while scrolling and zooming over many objects in Electron, and the traffic from the engine to a
 * window while 50 Mbit/s arrive. Under Xvfb frames are drawn in software.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function windowBench(dir) {
  return [...(await frames(dir)), await traffic(dir)]
}

/** @param {string} dir */
async function frames(dir) {
  const representations = 10
  const input = join(dir, 'many')
  const manifest = syntheticPresentation(input, {
    representations,
    segments: OBJECTS / representations,
    segmentBytes: 200,
    segmentSeconds: 2,
  })
  const capture = join(dir, 'many.pcapng')
  mustSucceed(await run(process.execPath, [cli, 'send', manifest, URL, '--capture-out', capture]), 'send')
  rmSync(input, { recursive: true })
  const electron = await launch(join(dir, 'home'), ['open', capture])
  try {
    const page = await electron.firstWindow()
    const grid = page.getByRole('grid', { name: 'Objects' })
    await grid.waitFor()
    await page.waitForFunction(
      (objects) =>
        Number(document.querySelector('[role=grid][aria-label=Objects]')?.getAttribute('aria-rowcount')) > objects,
      OBJECTS,
      { timeout: 180_000 },
    )
    await page.waitForFunction(() => document.documentElement.dataset.idle === 'true')
    const timeline = page.getByRole('application', { name: 'Timeline' })
    const activities = [
      await measure('scrolling the object table', page, () => wheel(page, grid, 120, SCROLL_PIXELS)),
      await measure('dragging its scrollbar', page, () => dragScrollbar(page, grid, 120)),
      await measure('zooming the timeline', page, () => wheel(page, timeline, 60, -120, 'Control')),
      await measure('panning the timeline', page, () => wheel(page, timeline, 60, 200, 'Shift')),
    ]
    return activities
  } finally {
    await electron.close()
  }
}

/**
 * Frame intervals during an action, from requestAnimationFrame: what the user sees.
 * @param {string} name
 * @param {import('@playwright/test').Page} page
 * @param {() => Promise<void>} act
 * @returns {Promise<import('./measure.mjs').Figure>}
 */
async function measure(name, page, act) {
  await page.evaluate(() => {
    const bench = /** @type {{ times: number[], on: boolean }} */ ({ times: [], on: true })
    Object.assign(window, { bench })
    const frame = (/** @type {number} */ time) => {
      bench.times.push(time)
      if (bench.on) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  await act()
  const times = await page.evaluate(() => {
    const { bench } = /** @type {{ bench: { times: number[], on: boolean } }} */ (/** @type {unknown} */ (window))
    bench.on = false
    return bench.times
  })
  const intervals = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const p95 = percentile(intervals, 0.95)
  return {
    name,
    value: p95,
    unit: 'ms p95 frame',
    limit: `< ${FRAME_LIMIT_MS}`,
    ok: intervals.length > 30 && p95 < FRAME_LIMIT_MS,
    detail: `${OBJECTS} objects, ${intervals.length} frames, median ${percentile(intervals, 0.5).toFixed(1)} ms, p99 ${percentile(intervals, 0.99).toFixed(1)} ms`,
  }
}

/**
 * Turns the wheel over an element, once a frame, until `turns` frames have passed.
 * @param {import('@playwright/test').Page} page
 * @param {import('@playwright/test').Locator} over
 * @param {number} turns
 * @param {number} delta
 * @param {'Control' | 'Shift'} [key]
 */
async function wheel(page, over, turns, delta, key) {
  const box = await over.boundingBox()
  if (box === null) throw new Error('there is nothing to turn the wheel over')
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5)
  if (key !== undefined) await page.keyboard.down(key)
  for (let turn = 0; turn < turns; turn++) await page.mouse.wheel(0, turn < turns / 2 ? delta : -delta)
  if (key !== undefined) await page.keyboard.up(key)
}

/**
 * Drags the scrollbar through the whole list with the mouse.
 * @param {import('@playwright/test').Page} page
 * @param {import('@playwright/test').Locator} grid
 * @param {number} steps
 */
async function dragScrollbar(page, grid, steps) {
  const box = await grid.boundingBox()
  if (box === null) throw new Error('there is no scrollbar to drag')
  await grid.evaluate((element) => element.scrollTo(0, 0))
  // Inside the bar, and left of the panel's own edge.
  const x = box.x + box.width - 7
  const from = box.y + 8
  await page.mouse.move(x, from)
  await page.mouse.down()
  for (let step = 1; step <= steps; step++) await page.mouse.move(x, from + ((box.height - 16) * step) / steps)
  await page.mouse.up()
  const reached = await grid.evaluate((element) => element.scrollTop / (element.scrollHeight - element.clientHeight))
  if (reached < 0.9) throw new Error(`dragging the scrollbar went to ${Math.round(reached * 100)} % of the list`)
}

/**
 * @param {string} dir
 * @returns {Promise<import('./measure.mjs').Figure>}
 */
async function traffic(dir) {
  const { bytesPerSecond, messages, processor } = await windowCost(cli, windowTraffic(dir))
  return {
    name: `engine to window at ${RATE_BPS / 1e6} Mbit/s`,
    value: bytesPerSecond / 1000,
    unit: 'kB/s',
    limit: `< ${TRAFFIC_LIMIT / 1000}`,
    ok: bytesPerSecond > 0 && bytesPerSecond < TRAFFIC_LIMIT,
    detail: `${messages} messages over a WebSocket, engine ${(processor * 100).toFixed(1)} % of a processor`,
  }
}

/**
 * @param {string} home
 * @param {readonly string[]} args
 */
async function launch(home, args) {
  mkdirSync(home, { recursive: true })
  const resolved = mustSucceed(
    await run(process.execPath, [join(root, 'electron', 'runtime', 'resolve.mjs')]),
    'resolve',
  )
  const { executable, sandboxObstacle } = JSON.parse(resolved.stdout)
  /** @type {Record<string, string>} */
  const env = { HOME: home }
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined && name !== 'HOME') env[name] = value
  return _electron.launch({
    executablePath: executable,
    args: [
      ...(sandboxObstacle === null ? [] : ['--no-sandbox']),
      `--user-data-dir=${join(home, 'user-data')}`,
      root,
      ...args,
    ],
    env,
  })
}
