import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Outputs of `npm run build`; the oldest of them has the age of the build. */
const OUTPUTS = [
  'dist/main/index.cjs',
  'dist/main/engine.cjs',
  'dist/preload/index.cjs',
  'dist/renderer/index.html',
  'dist/cli/routescope.cjs',
]
const SOURCES = ['core', 'electron', 'renderer', 'package.json', 'electron.vite.config.ts']

/** Builds when an output is missing or older than a source; otherwise returns at once. */
export async function buildIfStale() {
  const built = Math.min(...OUTPUTS.map((path) => newest(join(root, path))))
  const edited = Math.max(...SOURCES.map((path) => newest(join(root, path))))
  if (built >= edited) return
  console.error(built === 0 ? 'Building Routescope…' : 'Sources have changed; building Routescope…')
  await runNpmBuild()
}

/**
 * @param {string} path
 * @returns {number} newest modification time at or below `path` in ms, 0 where there is none
 */
function newest(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return 0
  if (!found.isDirectory()) return /\.test\.tsx?$/.test(path) ? 0 : found.mtimeMs
  return Math.max(0, ...readdirSync(path).map((entry) => newest(join(path, entry))))
}

/** @returns {Promise<void>} */
function runNpmBuild() {
  return new Promise((done, failed) => {
    const command = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    // Its output goes to stderr, because stdout may be a report for another program.
    const child = spawn(command, ['run', '--silent', 'build'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
    child.on('error', failed)
    child.on('close', (code) => (code === 0 ? done() : failed(new Error('The build failed; its output is above.'))))
  })
}
