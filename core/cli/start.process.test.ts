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
})
