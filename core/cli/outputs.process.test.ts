import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { RunningProgram, routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
const url = 'route://239.255.1.1:6000'
let bytes: Uint8Array
let capture: string

beforeAll(async () => {
  bytes = pcapOf(await routeFixture())
  capture = folder.at('x.pcap')
  writeFileSync(capture, bytes)
  symlinkSync('x.pcap', folder.at('soft'))
  linkSync(capture, folder.at('hard'))
  cpSync(DEMO_FOLDER, folder.at('in'), { recursive: true })
})
afterAll(() => folder.remove())

describe('an input that is an output as well', () => {
  const spelt = (): string => join(relative(process.cwd(), folder.path), '.', 'x.pcap')
  const cases: [string, () => string[]][] = [
    ['inspect --report', () => ['inspect', capture, '--report', capture]],
    ['inspect --capture-out', () => ['inspect', capture, '--capture-out', spelt()]],
    ['a link', () => ['record', '--capture', capture, '--capture-out', folder.at('soft')]],
    ['a hard link', () => ['record', '--capture', capture, '--capture-out', folder.at('hard')]],
    ['a link that is read', () => ['receive', '--capture', folder.at('soft'), '--report', folder.at('hard')]],
    ['a pipe that is a file', () => ['record', `pipe:${capture}`, '--capture-out', capture]],
    ['a file that is sent', () => ['send', capture, url, '--capture-out', folder.at('hard')]],
    [
      'a segment that is sent',
      () => ['send', folder.at('in/manifest.mpd'), url, '--capture-out', folder.at('in/video-1.m4s')],
    ],
    ['a folder that is sent', () => ['send', folder.at('in'), url, '--capture-out', folder.at('in/new.pcapng')]],
    [
      'report and capture',
      () => ['receive', '--capture', capture, '--report', folder.at('y'), '--capture-out', folder.at('in/../y')],
    ],
  ]
  it.each(cases)('%s: is refused in one sentence before anything is opened', async (_, args) => {
    const { status, stdout, stderr } = await routescope(args())
    expect(stderr).toMatch(
      /^routescope: --(report|capture-out) \S+ .*(would overwrite|are one file|lies in)[, ][^\n]* Name another one\.\n$/,
    )
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(readFileSync(capture).equals(bytes)).toBe(true)
    expect(readFileSync(folder.at('in/video-1.m4s')).equals(readFileSync(join(DEMO_FOLDER, 'video-1.m4s')))).toBe(true)
    expect(existsSync(folder.at('y')) || existsSync(folder.at('in/new.pcapng'))).toBe(false)
  })

  it('is standard input', async () => {
    const command = ['-c', 'exec "$0" "$@" < "$INPUT"', process.execPath]
    const program = new RunningProgram(['record', '-', '--capture-out', folder.at('hard')], {
      command: ['/bin/sh', ...command],
      env: { INPUT: capture },
    })
    const { status, stderr } = await program.ended
    expect(stderr).toMatch(/--capture-out .* would overwrite standard input/)
    expect(status).toBe(2)
    expect(readFileSync(capture).equals(bytes)).toBe(true)
  })

  it.each([
    ['standard output', ['inspect', 'IN'], '>>'],
    ['standard error', ['record', '--capture', 'IN', '--capture-out', 'OUT'], '2>>'],
    ['standard output', ['inspect', '-'], '< "$INPUT" >>'],
  ])('is where a shell leads what is printed: %s (%j)', async (name, args, into) => {
    const named = args.map((each) => (each === 'IN' ? folder.at('hard') : each === 'OUT' ? folder.at('printed') : each))
    const command = ['-c', `"$0" "$@" ${into} "$INPUT"; echo "ended $?"`, process.execPath]
    const program = new RunningProgram(named, { command: ['/bin/sh', ...command], env: { INPUT: capture } })
    const { stdout, stderr } = await program.ended
    expect(stdout).toBe('ended 2\n')
    // Its sentence goes where the shell led it.
    const added = readFileSync(capture).subarray(bytes.length).toString()
    writeFileSync(capture, bytes)
    expect(stderr + added).toMatch(new RegExp(`^routescope: ${name} /dev/std.* would overwrite [^\\n]*\\n$`))
    expect(existsSync(folder.at('printed'))).toBe(false)
  })

  it('is the session file itself', async () => {
    const file = folder.at('session.json')
    const parts = [{ id: 'in', kind: 'capture', files: [capture] }]
    const text = JSON.stringify({ format: 'routescope-session', version: 2, parts })
    writeFileSync(file, text)
    const { status, stderr } = await routescope(['run', file, '--report', file])
    expect(stderr).toMatch(/^routescope: --report \S+ would overwrite the session file /)
    expect(status).toBe(2)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('is no device', async () => {
    const { status } = await routescope([
      'receive',
      '--capture',
      capture,
      '--report',
      '/dev/null',
      '--capture-out',
      '/dev/null',
    ])
    expect(status).toBe(0)
    expect(readFileSync('/dev/null').length).toBe(0)
  })
})

describe('a report to a pipe', () => {
  it.skipIf(process.platform === 'win32')('goes to its reader, and does not wait for one', async () => {
    const pipe = folder.at('pipe')
    execFileSync('mkfifo', [pipe])
    const alone = await routescope(['receive', '--capture', capture, '--report', pipe])
    expect(alone.stderr).toMatch(/pipe cannot be written: it is a pipe or a device without a reader\./)
    expect(alone.status).toBe(1)
    const reading = promisify(execFile)('cat', [pipe])
    const { status } = await routescope(['receive', '--capture', capture, '--report', pipe])
    expect(status).toBe(0)
    expect(JSON.parse((await reading).stdout)).toMatchObject({ format: 'routescope-report' })
  })
})

describe('a session that fails at once', () => {
  it('leaves an existing report as it is', async () => {
    const kept = folder.at('kept.json')
    writeFileSync(kept, 'mine')
    for (const source of [folder.at('nowhere.pcap'), join(DEMO_FOLDER, 'manifest.mpd')]) {
      expect((await routescope(['inspect', source, '--report', kept])).status).toBe(1)
      expect((await routescope(['receive', '--capture', source, '--report', kept])).status).toBe(1)
    }
    expect(readFileSync(kept, 'utf8')).toBe('mine')
  })

  it('leaves an existing capture as it is, and makes no new one', async () => {
    const kept = folder.at('kept.pcapng')
    writeFileSync(kept, bytes)
    for (const [source, expected] of [
      [['--capture', folder.at('nowhere.pcap')], 1],
      [['--capture', join(DEMO_FOLDER, 'manifest.mpd')], 1],
      [['route://239.255.77.95:6000', '--interface', '203.0.113.7'], 1],
    ] as const) {
      for (const file of [kept, folder.at('never.pcapng')]) {
        const { status } = await routescope(['record', ...source, '--capture-out', file])
        expect(status).toBe(expected)
      }
    }
    expect(readFileSync(kept).equals(bytes)).toBe(true)
    expect(existsSync(folder.at('never.pcapng'))).toBe(false)
  })
})

describe('two recorders of one file', () => {
  it.skipIf(process.platform !== 'linux')(
    'the second is refused, until the first has ended in whatever way',
    async () => {
      const file = folder.at('same.pcapng')
      const live = [
        'record',
        'route://239.255.77.94:6000',
        '--interface',
        '127.0.0.1',
        '--timeout',
        '0',
        '--log',
        'socket@info',
      ]
      const first = new RunningProgram([...live, '--capture-out', file])
      await first.printed('stderr', /\[socket\] info: /)
      const head = readFileSync(file)
      linkSync(file, folder.at('same-too.pcapng'))
      for (const name of ['same.pcapng', 'same-too.pcapng']) {
        const { status, stderr } = await routescope(['record', '--capture', capture, '--capture-out', folder.at(name)])
        expect(stderr).toMatch(/^routescope: .*same.*\.pcapng is being written by another recording\. .*\n$/)
        expect(status).toBe(1)
      }
      expect(readFileSync(file).equals(head)).toBe(true)
      first.child.kill('SIGKILL')
      await first.ended
      const after = await routescope(['record', '--capture', capture, '--capture-out', file])
      expect(after.stderr).toMatch(/^Recorded \d+ of \d+ packets/)
      expect(after.status).toBe(0)
    },
  )
})

describe('receive, where some files cannot be written', () => {
  it('counts what was written, and gives each reason', async () => {
    const out = folder.at('partly')
    mkdirSync(join(out, 'service1', 'video-1.m4s', 'in the way'), { recursive: true })
    mkdirSync(join(out, 'service1', 'audio-1.m4s'))
    const { status, stderr } = await routescope(['receive', '--capture', capture, '--out', out])
    const all = readdirSync(DEMO_FOLDER).filter((name) => /\.(m4s|mp4|mpd)$/.test(name)).length
    expect(stderr).toMatch(/video-1\.m4s cannot be written: a folder of that name is in the way\./)
    expect(stderr).toMatch(/audio-1\.m4s cannot be written: a folder of that name is in the way\./)
    expect(Number(/(\d+) files\.\n/.exec(stderr)?.[1])).toBe(all - 2)
    expect(status).toBe(1)
  })

  it.skipIf(process.platform === 'win32')('knows the limit of file sizes', async () => {
    const out = folder.at('limited')
    const limited = ['-c', 'ulimit -f 20; exec "$0" "$@"', process.execPath]
    const program = new RunningProgram(['receive', '--capture', capture, '--out', out], {
      command: ['/bin/sh', ...limited],
    })
    const { status, stderr } = await program.ended
    expect(stderr).toMatch(/cannot be written: the file is larger than the disk, or the limit of this user, allows\./)
    expect(status).toBe(1)
    const written = Number(/(\d+) files\.\n/.exec(stderr)?.[1])
    expect(written).toBe(readdirSync(join(out, 'service1')).length)
    expect(written).toBeGreaterThan(0)
  })
})
