import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildIfStale } from '../electron/runtime/build-state.mjs'
import { resolveElectron } from '../electron/runtime/resolve.mjs'

const root = join(import.meta.dirname, '..')
const FIRST_DISPLAY = 99

/**
 * Runs Playwright on the built program. Without a display, the whole run gets a virtual one.
 *
 * @param {string} config folder or file of the Playwright configuration, from the root of the checkout
 * @param {readonly string[]} args Playwright's own, such as `--project browser` or a spec's name
 * @returns {Promise<number>} exit status
 */
export async function runPlaywright(config, args) {
  await prepare()
  return startPlaywright(config, args)
}

/** Builds what is stale and fetches missing programs before the first spec starts; unavailable ones are reported once instead of in every spec. */
export async function prepare() {
  await buildIfStale()
  if (needsDisplay() && !hasXvfb()) {
    console.error('No display and no Xvfb: the desktop specs are skipped. `apt-get install xvfb xauth` runs them.')
    return
  }
  try {
    const { version, origin } = await resolveElectron()
    console.error(`Electron ${version} (${origin})`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
}

/**
 * Starts Playwright on what `prepare` has made ready.
 *
 * @param {string} config
 * @param {readonly string[]} args
 * @param {{ within?: readonly string[], display?: number, env?: Record<string, string> }} [surroundings] words before the command; the
 *   first number to try for a virtual display, which runs side by side must not share; environment variables to add
 * @returns {Promise<number>} exit status
 */
export function startPlaywright(config, args, { within = [], display = FIRST_DISPLAY, env = {} } = {}) {
  const xvfb = needsDisplay() && hasXvfb() ? ['xvfb-run', '-a', '-n', `${display}`, '-s', '-screen 0 1600x1000x24'] : []
  const playwright = [join(root, 'node_modules/@playwright/test/cli.js'), 'test', '--config', join(root, config)]
  return run([...within, ...xvfb, process.execPath, ...playwright, ...args], env)
}

function needsDisplay() {
  return process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
}

function hasXvfb() {
  return spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' }).error === undefined
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} env added to that of this process
 * @returns {Promise<number>}
 */
function run(command, env) {
  const [file, ...args] = /** @type {[string, ...string[]]} */ (command)
  const child = spawn(file, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code) => done(code ?? 1))
  })
}
