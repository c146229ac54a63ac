import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildIfStale } from '../electron/runtime/build-state.mjs'
import { resolveElectron } from '../electron/runtime/resolve.mjs'

const root = join(import.meta.dirname, '..')

/**
 * Runs Playwright on the built program. Without a display, the whole run gets a virtual one.
 *
 * @param {string} config folder or file of the Playwright configuration, from the root of the checkout
 * @param {readonly string[]} args Playwright's own, such as `--project browser` or a spec's name
 * @returns {Promise<number>} exit status
 */
export async function runPlaywright(config, args) {
  await buildIfStale()
  const needsDisplay = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
  const hasXvfb = spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' }).error === undefined
  if (needsDisplay && !hasXvfb) {
    console.error('No display and no Xvfb: the desktop specs are skipped. `apt-get install xvfb xauth` runs them.')
  } else {
    await announceElectron()
  }
  const playwright = [join(root, 'node_modules/@playwright/test/cli.js'), 'test', '--config', join(root, config)]
  const command = [process.execPath, ...playwright, ...args]
  if (needsDisplay && hasXvfb) command.unshift('xvfb-run', '-a', '-s', '-screen 0 1600x1000x24')
  return run(command)
}

/** Fetches missing programs before the first spec starts; unavailable ones are reported once instead of in every spec. */
async function announceElectron() {
  try {
    const { version, origin } = await resolveElectron()
    console.error(`Electron ${version} (${origin})`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
}

/**
 * @param {string[]} command
 * @returns {Promise<number>}
 */
function run(command) {
  const [file, ...args] = /** @type {[string, ...string[]]} */ (command)
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code) => done(code ?? 1))
  })
}
