import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RunningProgram } from '../testing/program.ts'

/** Runs the program with a script around it, which prints the loaded files at the end. */
const AROUND = `process.on('exit', () => console.error(JSON.stringify(Object.keys(require.cache)))); require(process.argv[1])`

async function loaded(...args: string[]): Promise<{ stdout: string; files: string[] }> {
  const program = new RunningProgram(args, { command: [process.execPath, '-e', AROUND] })
  const { stdout, stderr } = await program.ended
  const files = JSON.parse(stderr.trim().split('\n').at(-1) ?? '[]') as string[]
  return { stdout, files: files.map((file) => file.replaceAll('\\', '/').replace(/^.*\/dist\//, '')) }
}

/** The same, printing of each chunk whether V8 refused its compiled code. */
const WATCHED = `const vm = require('node:vm'); const refused = []; const { Script } = vm
vm.Script = class extends Script { constructor(...given) { super(...given); refused.push(this.cachedDataRejected) } }
process.on('exit', () => console.error(JSON.stringify(refused))); require(process.argv[1])`
/** A build by `npm run build` has it for its own Node. */
const COMPILED = existsSync(
  join(__dirname, '..', '..', 'dist', 'code-cache', `${process.version}-${process.platform}-${process.arch}`),
)

describe('the start of the program', () => {
  it('answers --version from its first file alone', async () => {
    const { stdout, files } = await loaded('--version')
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(files).toEqual(['cli/routescope.cjs'])
  })

  it.each([['--help'], ['receive', '--help'], ['receive', '--no-such-option'], ['no-such-command']])(
    'reads %s %s without the engine',
    async (...args) => {
      const { files } = await loaded(...args)
      expect(files).toContain('core/program.cjs')
      expect(files.filter((file) => /engine|gateway|serve|session|signed-data/.test(file))).toEqual([])
    },
  )

  it.skipIf(!COMPILED)('takes the compiled code of its chunks, after npm run build', async () => {
    const program = new RunningProgram(['--help'], { command: [process.execPath, '-e', WATCHED] })
    const { stdout, stderr } = await program.ended
    expect(stdout).toContain('inspect')
    const refused = JSON.parse(stderr.trim().split('\n').at(-1) ?? '[]') as unknown[]
    expect(refused.length).toBeGreaterThan(3)
    expect(new Set(refused)).toEqual(new Set([false]))
  })
})
