import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Where the command line begins, in `dist/cli`. It answers `--version` by itself, in hardly more than the start of Node; all
 * else is loaded for what is asked.
 */
const root = join(__dirname, '..', '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // A reader that is gone already needs no answer.
  process.stdout.on('error', () => undefined)
  process.stdout.write(`${version}\n`)
} else {
  void import('./program.ts').then(({ runProgram }) => runProgram(args, root, version))
}
