/*
 * The end of `npm run build`: runs commands of the built program, and keeps what V8 compiled of its chunks, so that commands start sooner.
 * Where that fails, the program is whole, and V8 compiles it each time.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const program = join(root, 'dist', 'cli', 'routescope.cjs')
const cache = join(root, 'dist', 'code-cache')
// The program uses the folder once it has the name of this Node.
const recording = join(cache, 'recording')
const scratch = mkdtempSync(join(tmpdir(), 'routescope-build-'))
const capture = join(scratch, 'demo.pcapng')
const demo = join(root, 'assets', 'demo', 'presentation', 'manifest.mpd')

/** @param {readonly string[]} args */
function run(args) {
  const env = { ...process.env, ROUTESCOPE_RECORD_CODE: recording }
  const recorder = join(import.meta.dirname, 'record-code.cjs')
  const { status, stderr } = spawnSync(process.execPath, ['--require', recorder, program, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`routescope ${args[0]} ended with status ${status}: ${stderr.slice(-600)}`)
}

rmSync(cache, { recursive: true, force: true })
mkdirSync(recording, { recursive: true })
try {
  run(['send', demo, 'route://239.255.82.90:7000', '--duration', '10', '--capture-out', capture])
  run(['receive', '--capture', capture, '--out', join(scratch, 'files')])
  // The last one decides what the shared chunks hold.
  run(['inspect', capture, '--json'])
  renameSync(recording, join(cache, `${process.version}-${process.platform}-${process.arch}`))
} catch (error) {
  console.error(`The program starts without compiled code: ${error instanceof Error ? error.message : String(error)}`)
} finally {
  rmSync(recording, { recursive: true, force: true })
  rmSync(scratch, { recursive: true, force: true })
}
