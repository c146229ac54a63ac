import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { buildIfStale } from './build-state.mjs'
import { resolveElectron } from './resolve.mjs'
import { sandboxObstacle } from './sandbox.mjs'

/*
 * `npm start -- ARGS`: opens the app, or without a display serves the same interface from the command line. ARGS are the app's:
 * `--demo`, a capture file, a URL, `open SOURCE`.
 */

const root = join(import.meta.dirname, '..', '..')
const args = process.argv.slice(2)
// A bare source is short for `open SOURCE`.
if (args[0] !== undefined && args[0] !== 'open' && (args[0] === '--' || !args[0].startsWith('-'))) args.unshift('open')

/** True on macOS and Windows, where a display cannot be queried. */
function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

async function startApp() {
  const { executable, version, origin } = await resolveElectron()
  if (origin === 'fallback') {
    console.error(
      `Running on Electron ${version}, kept for closed networks; \`npx install-electron\` fetches the current one.`,
    )
  }
  const obstacle = sandboxObstacle(executable)
  if (obstacle !== null) console.error(`Starting without Chromium's sandbox: ${obstacle}.`)
  return run(executable, [...(obstacle === null ? [] : ['--no-sandbox']), root, ...args])
}

/**
 * @param {string} command
 * @param {string[]} commandArgs
 * @returns {Promise<number>} exit status as a shell reports it
 */
function run(command, commandArgs) {
  // Electron-based editors set it; it would turn our Electron into plain Node.
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const child = spawn(command, commandArgs, { stdio: 'inherit', env })
  // Ctrl-C on a terminal reaches the child by itself; a second one would end it without a flush.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}

try {
  await buildIfStale()
  process.exitCode = hasDisplay()
    ? await startApp()
    : await run(process.execPath, [join(root, 'dist/cli/routescope.cjs'), ...args])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
