import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LAST_RESORT_MARK } from '../contract/app-error.ts'
import { RunningProgram, TestFolder } from '../testing/program.ts'

const posix = process.platform !== 'win32'
const folder = new TestFolder()
const pipe = folder.at('pipe')
/** Runs `code` in the program as soon as its command listens to signals, so that it can be stopped orderly. */
const planted = (name: string, code: string): string[] => {
  const file = folder.at(`${name}.cjs`)
  writeFileSync(
    file,
    `const look = setInterval(() => { if (process.listenerCount('SIGINT') === 0) return; clearInterval(look); ${code} }, 5)
look.unref()`,
  )
  return [process.execPath, '--require', file]
}

beforeAll(() => {
  if (posix) spawnSync('mkfifo', [pipe])
})
afterAll(() => folder.remove())

/** Each command, with the pipe that has no writer as its source where it has one. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['inspect', ['inspect', pipe]],
  ['receive --capture', ['receive', '--capture', pipe]],
  ['receive pipe:', ['receive', `pipe:${pipe}`]],
  ['record', ['record', '--capture', pipe, '--capture-out', folder.at('out.pcapng')]],
  ['gateway', ['gateway', '--capture', pipe, '--listen', '127.0.0.1:0']],
  ['open', ['open', '--no-window', pipe]],
  ['open of nothing', ['--no-window']],
]

describe.skipIf(!posix)('signals (not on Windows)', () => {
  const ready = planted('ready', `process.stderr.write('ready\\n')`)

  it.each(COMMANDS)('the first ends %s, though its source is silent', async (_, args) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const program = new RunningProgram(args, { command: ready })
      await program.printed('stderr', /ready/)
      program.child.kill(signal)
      expect(await program.ended).toMatchObject({ status: 130, signal: null })
    }
  })

  it('the first ends a pipe that has a writer but no more bytes', async () => {
    const writer = spawn('sh', ['-c', `exec sleep 300 > '${pipe}'`], { stdio: 'ignore' })
    const program = new RunningProgram(['inspect', pipe], { command: ready })
    await program.printed('stderr', /ready/)
    expect(await program.interrupt()).toMatchObject({ status: 130 })
    writer.kill('SIGKILL')
  })

  // The command computes for ever from the moment it takes the first signal.
  const busy = planted(
    'busy',
    `process.stderr.write('ready\\n')
    process.on('removeListener', (name) => {
      if (name !== 'SIGTERM' || process.listenerCount('SIGTERM') > 0) return
      require('node:fs').writeSync(2, 'busy\\n')
      for (;;);
    })`,
  )

  it.each(COMMANDS)('the second ends %s at once, though it computes for ever', async (_, args) => {
    const program = new RunningProgram(args, { command: busy })
    await program.printed('stderr', /ready/)
    program.child.kill('SIGINT')
    await program.printed('stderr', /busy/)
    program.child.kill('SIGINT')
    expect(await program.ended).toMatchObject({ status: null, signal: 'SIGINT' })
  })
})

describe('an error that nothing catches', () => {
  const SERVING = COMMANDS.filter(([name]) => /gateway|open/.test(name))
  const OTHERS = COMMANDS.filter(([name]) => !/gateway|open/.test(name))
  const thrown = planted(
    'thrown',
    `setTimeout(() => { throw new Error('planted') }); Promise.reject(new Error('rejected')); setTimeout(() => process.stderr.write('after\\n'), 20)`,
  )

  it.each(posix ? SERVING : [])('%s goes on serving', async (_, args) => {
    const program = new RunningProgram(args, { command: thrown, uncaught: true })
    await program.printed('stderr', /after/)
    const [, address = ''] = await program.printed('stdout', /(http:\S+)/)
    expect((await fetch(address)).status).toBeLessThan(500)
    const { status, stderr } = await program.interrupt()
    expect(status).toBe(130)
    expect(stderr).toContain(`${LAST_RESORT_MARK} 1: Error: rejected\n    at`)
    expect(stderr).toContain(`${LAST_RESORT_MARK} 2: Error: planted\n    at`)
  })

  it.each(posix ? OTHERS : [])('%s says so and ends with status 1', async (_, args) => {
    const program = new RunningProgram(args, { command: thrown, uncaught: true })
    const { status, stderr } = await program.ended
    expect(stderr).toContain('routescope: Something failed inside Routescope: rejected. Please report this')
    expect(status).toBe(1)
  })

  it('fails the test that runs the program', async () => {
    const program = new RunningProgram(['run', folder.at('none')], {
      command: [process.execPath, '--require', thrownAtOnce()],
    })
    await expect(program.ended).rejects.toThrow('The program had an uncaught error')
  })
})

function thrownAtOnce(): string {
  const file = folder.at('at-once.cjs')
  writeFileSync(file, `process.on('exit', () => process.stderr.write('${LAST_RESORT_MARK} 1: Error: planted\\n'))`)
  return file
}
