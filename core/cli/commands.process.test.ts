import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { inspect, ONE_SENTENCE, RunningProgram, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'

const folder = new TestFolder()
const posix = process.platform !== 'win32'
const demoMpd = join(DEMO_FOLDER, 'manifest.mpd')
let capture: string

beforeAll(async () => {
  capture = folder.write('demo.pcap', pcapOf(await routeFixture()))
})
afterAll(() => folder.remove())

describe('run', () => {
  const spec = (parts: object): string =>
    folder.write(`spec-${Math.random()}.json`, JSON.stringify({ format: 'routescope-session', version: 1, ...parts }))
  const source = (more: object = {}) => ({ id: 'in', kind: 'capture', files: [capture], ...more })
  const V2 = { format: 'routescope-session', version: 2 }

  it('receives from a saved session as receive does', async () => {
    const saved = spec({
      sources: [source({ receive: { services: 'all' } })],
      sinks: [
        { id: 'files', kind: 'folder', dir: folder.at('run') },
        { id: 'report', kind: 'report', file: folder.at('run.json') },
      ],
    })
    const { status, stdout, stderr } = await routescope(['run', saved])
    expect(stderr).toMatch(
      /^\S+\.json reads \S+; writes \S+run, \S+run\.json\.\nReceived .*\nService 1: playable after .*\n$/,
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    await routescope(['receive', '--capture', capture, '--services', 'all', '--out', folder.at('receive')])
    expect(treeOf(folder.at('run'))).toEqual(treeOf(folder.at('receive')))
    expect(reportFaults(JSON.parse(readFileSync(folder.at('run.json'), 'utf8')))).toEqual([])
  })

  it('overwrites only with --force, and says first what it opens and writes', async () => {
    const report = folder.write('kept.json', 'mine')
    const recording = folder.write('kept_00003.pcapng', 'mine')
    mkdirSync(folder.at('kept/service1'), { recursive: true })
    const sinks: Record<string, unknown>[] = [
      { id: 'report', kind: 'report', file: report },
      { id: 'rotated', kind: 'recorder', file: folder.at('kept.pcapng'), rotateBytes: 1000 },
      { id: 'files', kind: 'folder', dir: folder.at('kept') },
    ]
    for (const sink of sinks) {
      const saved = folder.write('stranger.json', JSON.stringify({ ...V2, parts: [source(), sink] }))
      const { status, stdout, stderr } = await routescope(['run', saved])
      expect(stderr).toMatch(
        /^routescope: \S+ would overwrite --(report|capture-out|out) \S+kept\S+\. Add --force .*\n$/,
      )
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect([report, recording].map((file) => readFileSync(file, 'utf8'))).toEqual(['mine', 'mine'])
    }
    const gateway = { id: 'open', kind: 'gateway', listen: '0.0.0.0:0' }
    const saved = folder.write(
      'stranger.json',
      JSON.stringify({ ...V2, parts: [source(), ...sinks.slice(0, 1), gateway] }),
    )
    const forced = await routescope(['run', saved, '--force', '--duration', '0.5'])
    expect(forced.stderr).toMatch(
      /^\S+stranger\.json reads \S+; writes \S+kept\.json; serves on 0\.0\.0\.0:0 \(every interface of this computer\)\.\n/,
    )
    expect(forced.status).toBe(0)
    expect(reportFaults(JSON.parse(readFileSync(report, 'utf8')))).toEqual([])
  })

  it('runs a script or a program only with --force', async () => {
    const mark = folder.at('ran')
    const script = folder.write(
      'hook.mjs',
      `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\nexport function onRequest() {}`,
    )
    mkdirSync(folder.at('www'))
    const parts: Record<string, unknown>[] = [
      { id: 'server', kind: 'server', listen: '127.0.0.1:0', read: [folder.at('www')], script },
      { id: 'gateway', kind: 'gateway', listen: '127.0.0.1:0', ffmpeg: folder.at('ffmpeg') },
    ]
    for (const part of parts) {
      const saved = folder.write('runs.json', JSON.stringify({ ...V2, parts: [source(), part] }))
      const { status, stdout, stderr } = await routescope(['run', saved])
      expect(stderr).toMatch(/^routescope: \S+runs\.json would run \S+(?:hook\.mjs|ffmpeg), which .* --force .*\n$/)
      expect({ status, stdout, ran: existsSync(mark) }).toEqual({ status: 2, stdout: '', ran: false })
    }
    const saved = folder.write('runs.json', JSON.stringify({ ...V2, parts: [parts[0]] }))
    const forced = await routescope(['run', saved, '--force', '--duration', '0.5'])
    expect(forced.stderr).toMatch(/^\S+runs\.json runs \S+hook\.mjs; reads \S+www; serves on 127\.0\.0\.1:0\.\n/)
    expect(existsSync(mark)).toBe(true)
  })

  it('takes a report of the command line as receive does, existing or not', async () => {
    const saved = folder.write('own.json', JSON.stringify({ ...V2, parts: [source()] }))
    const { status } = await routescope(['run', saved, '--report', folder.write('own-report.json', 'old')])
    expect(status).toBe(0)
    expect(reportFaults(JSON.parse(readFileSync(folder.at('own-report.json'), 'utf8')))).toEqual([])
  })

  it('reads a file with a byte order mark, in UTF-8 or UTF-16', async () => {
    const text = JSON.stringify({ ...V2, parts: [source()] })
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    const marked = [Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()]
    for (const [at, bytes] of marked.entries()) {
      const { status, stderr } = await routescope(['run', folder.write(`marked-${at}.json`, bytes)])
      expect(stderr).toMatch(/\nReceived /)
      expect(status).toBe(0)
    }
    const { stderr } = await routescope(['run', folder.write('latin.json', Buffer.from([0x7b, 0xff, 0x7d]))])
    expect(stderr).toMatch(/latin\.json is not UTF-8 text\./)
  })

  it('sends from a saved session', async () => {
    const saved = spec({
      sources: [{ id: 'in', kind: 'presentation', input: demoMpd }],
      sinks: [
        { id: 'air', kind: 'broadcast', url: 'route://239.255.1.1:6000', pace: 'fast' },
        { id: 'file', kind: 'capture', file: folder.at('run.pcapng') },
      ],
    })
    const { status, stderr } = await routescope(['run', saved])
    expect(stderr).toMatch(/^\S+ reads \S+; writes \S+; sends to route:\S+\.\nSent \d+ packets/)
    expect(status).toBe(0)
    expect((await inspect(folder.at('run.pcapng'))).totals.udp).toBeGreaterThan(500)
  })

  it('takes a report, a duration and a log from the command line', async () => {
    const saved = spec({ sources: [source({ pace: 'real', loop: 0 })] })
    const report = folder.at('override.json')
    const args = ['run', saved, '--duration', '0.5', '--report', report, '--log', 'route@info', '--json']
    const { status, stdout, stderr } = await routescope(args)
    expect(status).toBe(0)
    expect(stderr).toMatch(/^\S+ reads \S+; writes \S+\.\n\[route\] info: /)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .at(-1),
    ).toMatchObject({ event: 'end' })
    expect(reportFaults(JSON.parse(readFileSync(report, 'utf8')))).toEqual([])
  })

  const cases: [string, number, RegExp, () => string[]][] = [
    ['no file', 1, /There is no session file .*nowhere\.json\./, () => [folder.at('nowhere.json')]],
    ['no JSON', 2, /demo\.mpd is not JSON\./, () => [folder.write('demo.mpd', '<MPD/>')]],
    ['something else', 2, /other\.json\.format is missing/, () => [folder.write('other.json', '{}')]],
    [
      'an unknown field',
      2,
      /\.sources\[0\]\.pase is not known here/,
      () => [spec({ sources: [source({ pase: 'fast' })] })],
    ],
    [
      'a report of a session that only sends',
      2,
      /would stay empty: this session only sends/,
      () => [
        spec({
          sources: [{ id: 'in', kind: 'presentation', input: demoMpd }],
          sinks: [{ id: 'air', kind: 'broadcast', url: 'route://239.255.1.1:6000' }],
        }),
        '--report',
        folder.at('none.json'),
      ],
    ],
    [
      'a presentation that is sent nowhere',
      2,
      /in is sent nowhere\./,
      () => [spec({ sources: [{ id: 'in', kind: 'presentation', input: demoMpd }] })],
    ],
  ]
  it.each(cases)('%s: status %i and one sentence', async (_, expected, sentence, args) => {
    const { status, stdout, stderr } = await routescope(['run', ...args()])
    expect(stderr).toMatch(sentence)
    expect(stderr).toMatch(ONE_SENTENCE)
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  })
})

describe('gateway', () => {
  const fast = ['gateway', '--pace', 'fast', '--listen', '127.0.0.1:0', '--capture']

  it.skipIf(!posix)('prints its address, and goes on after the end of the capture, until Ctrl-C', async () => {
    const temporary = folder.at('temporary')
    mkdirSync(temporary)
    const program = new RunningProgram([...fast, capture], { env: { TMPDIR: temporary } })
    const [, baseUrl] = await program.printed('stdout', /^Serving (http:\/\/127\.0\.0\.1:\d+)\n/)
    await program.printed('stderr', /The source has ended; what was received is still served/)
    const answer = await fetch(`${baseUrl}/service1/video-5.m4s`)
    expect(answer.status).toBe(200)
    expect(Buffer.from(await answer.arrayBuffer()).equals(readFileSync(join(DEMO_FOLDER, 'video-5.m4s')))).toBe(true)
    const { status, stderr } = await program.interrupt()
    expect(stderr).toMatch(/^Received .*\nService 1: playable after .*\nThe source has ended; .*\n$/)
    expect(status).toBe(130)
    expect(treeOf(temporary)).toEqual([])
  })

  it('names an address on every interface as what it is', async () => {
    const program = new RunningProgram(['gateway', '--pace', 'fast', '--listen', '0.0.0.0:0', '--capture', capture])
    const [, port] = await program.printed('stdout', /^Serving http:\/\/127\.0\.0\.1:(\d+)\n$/)
    await program.printed('stderr', /The source has ended/)
    const { stderr } = await program.interrupt()
    expect(stderr).toContain(`It listens on 0.0.0.0:${port}, every interface of this computer: others that reach it`)
  })

  it('ends after --duration, and prints its address as a JSON line', async () => {
    const { status, stdout } = await routescope([...fast, capture, '--duration', '3', '--json'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ event: 'gateway', baseUrl: expect.stringMatching(/^http:/) })
    expect(lines.at(-1)).toMatchObject({ event: 'end' })
    expect(status).toBe(0)
  })

  it('reports a port in use', async () => {
    const server = createServer()
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as { port: number }
    const { status, stdout, stderr } = await routescope([
      'gateway',
      '--capture',
      capture,
      '--listen',
      `127.0.0.1:${port}`,
    ])
    await new Promise((closed) => server.close(closed))
    expect(stderr).toContain(String(port))
    expect(stderr).toContain('in use')
    expect(stderr).toMatch(ONE_SENTENCE)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  })

  const cases: [string, number, RegExp, () => string[]][] = [
    ['no address to listen on', 2, /--listen/, () => ['--capture', capture]],
    ['a port out of range', 2, /127\.0\.0\.1:70000/, () => ['--capture', capture, '--listen', '127.0.0.1:70000']],
    ['an address that is not ours', 1, /203\.0\.113\.7/, () => ['--capture', capture, '--listen', '203.0.113.7:0']],
    ['a capture that is none', 1, /is not a packet capture/, () => ['--capture', demoMpd, '--listen', '127.0.0.1:0']],
  ]
  it.each(cases)('%s: status %i and one sentence', async (_, expected, sentence, args) => {
    const { status, stderr } = await routescope(['gateway', ...args()])
    expect(stderr).toMatch(sentence)
    expect(stderr).toMatch(ONE_SENTENCE)
    expect(status).toBe(expected)
  })
})

describe('open --no-window', () => {
  it.skipIf(!posix)(
    'prints its address with a token, serves the page, and takes uploads away with it on Ctrl-C (not on Windows)',
    async () => {
      const temporary = folder.at('temporary-open')
      mkdirSync(temporary)
      const program = new RunningProgram(['open', capture, '--no-window'], { env: { TMPDIR: temporary } })
      const [, address] = await program.printed('stdout', /^Open (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/m)
      const page = await fetch(address ?? '')
      expect(page.status).toBe(200)
      expect(await page.text()).toContain('<title>')
      const upload = (address ?? '').replace('/?', '/upload?name=x.pcap&')
      expect((await fetch(upload, { method: 'POST', body: 'x' })).status).toBe(200)
      expect(treeOf(temporary)).toHaveLength(1)
      const { status, stderr } = await program.interrupt()
      expect({ status, stderr }).toEqual({ status: 130, stderr: '' })
      expect(treeOf(temporary)).toEqual([])
    },
  )

  it('reports a bad address', async () => {
    const { status, stdout, stderr } = await routescope(['open', 'route://225.1.1.0:0', '--no-window'])
    expect(stderr).toContain('The port 0 of route://225.1.1.0:0')
    expect(stderr).toMatch(ONE_SENTENCE)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

describe('the program', () => {
  it('prints help and version with status 0, and refuses an unknown command with the known ones', async () => {
    expect(await routescope(['--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
    for (const command of ['open', 'inspect', 'receive', 'gateway', 'send', 'run']) {
      const { status, stdout, stderr } = await routescope([command, '--help'])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toContain(`routescope ${command}`)
    }
    const { status, stdout, stderr } = await routescope(['recieve', 'route://239.255.1.1:6000'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(ONE_SENTENCE)
  })
})
