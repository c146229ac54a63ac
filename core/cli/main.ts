import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Entry of the command line, in `dist/cli`. It answers `--version` by itself, in little more than the start of Node, and loads
 * the program for everything else.
 */
const root = join(__dirname, '..', '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const args = process.argv.slice(2)

async function runAll(): Promise<void> {
  const [{ setV8 }, { takeCompiledCode }] = await Promise.all([import('./v8-settings.ts'), import('./code-cache.ts')])
  // First: V8 takes the compiled code of programs with the same settings only.
  setV8()
  takeCompiledCode(join(root, 'dist'))
  const { runProgram } = await import('./program.ts')
  await runProgram(args, root, version)
}

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Ignore the error of a reader that has left.
  process.stdout.on('error', () => undefined)
  process.stdout.write(`${version}\n`)
} else {
  void runAll()
}
