import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Entry of the command line, in `dist/cli`. It answers `--version` by itself, in little more than the start of Node, and loads
 * the program for everything else.
 */
const root = join(__dirname, '..', '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const args = process.argv.slice(2)

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Ignore the error of a reader that has left.
  process.stdout.on('error', () => undefined)
  process.stdout.write(`${version}\n`)
} else {
  void import('./program.ts').then(({ runProgram }) => runProgram(args, root, version))
}
