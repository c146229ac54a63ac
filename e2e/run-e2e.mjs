import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildIfStale } from '../electron/runtime/build-state.mjs'
import { resolveElectron } from '../electron/runtime/resolve.mjs'

/*
 * `npm run e2e -- ARGS`: Playwright on the built program, ARGS being Playwright's (`--project browser`, a spec's name).
 * Where there is no display, the whole run gets a virtual one.
 */

const root = join(import.meta.dirname, '..')
const needsDisplay = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY
const hasXvfb = spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' }).error === undefined

await buildIfStale()
const electron = needsDisplay && !hasXvfb ? null : await resolveElectron().catch(tell)
if (electron !== null) console.error(`Electron ${electron.version} (${electron.origin})`)
else if (needsDisplay)
  tell('No display and no Xvfb: the desktop specs are skipped. `apt-get install xvfb xauth` runs them.')

const playwright = [join(root, 'node_modules/@playwright/test/cli.js'), 'test', '--config', join(root, 'e2e')]
const command = [process.execPath, ...playwright, ...process.argv.slice(2)]
if (needsDisplay && hasXvfb) command.unshift('xvfb-run', '-a', '-s', '-screen 0 1600x1000x24')

const [file, ...args] = /** @type {[string, ...string[]]} */ (command)
const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
child.on('close', (code) => {
  process.exitCode = code ?? 1
})

/**
 * The specs will fail or be skipped with the same reason; said once before them it is found at once.
 *
 * @param {unknown} reason
 */
function tell(reason) {
  console.error(reason instanceof Error ? reason.message : reason)
  return null
}
