import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapOf } from '../testing/datagrams.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { inspect, ONE_SENTENCE, RunningProgram, routescope, TestFolder, treeOf } from '../testing/program.ts'
import { TestServer } from '../testing/test-server.ts'

const folder = new TestFolder()
const posix = process.platform !== 'win32'
const hasTshark = spawnSync('tshark', ['--version']).status === 0
const demoMpd = join(DEMO_FOLDER, 'manifest.mpd')
let capture: string

beforeAll(async () => {
  capture = folder.write('demo.pcap', pcapOf(await routeFixture()))
})
afterAll(() => folder.remove())

describe('send --capture-out', () => {
  it.each([
    ['route://239.255.1.1:6000', ['--service-id', '1'], '239.255.1.1:6000'],
    ['atsc://', ['--service-id', '7', '--service-name', 'Seven'], '239.255.2.1:6000'],
    ['atsc://239.255.3.1:7000', ['--korean'], '239.255.3.1:7000'],
  ])('%s %j: what it wrote is the presentation, for us and for tshark', async (url, options, destination) => {
    const file = folder.at(`sent-${destination.replace(/\W/g, '-')}.pcapng`)
    const { status, stdout, stderr } = await routescope(['send', demoMpd, url, '--capture-out', file, ...options])
    expect(stderr).toMatch(/^Sent \d+ packets, \d+ objects\.\n$/)
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    const report = await inspect(file)
    const [service] = report.services
    expect(service?.destination).toBe(destination)
    if (options.includes('Seven')) expect(service).toMatchObject({ id: 7, name: 'Seven' })
    const out = folder.at(`out-${destination.replace(/\W/g, '-')}`)
    await routescope(['receive', '--capture', file, '--out', out])
    const names = treeOf(join(out, `service${service?.id}`))
    const sent = treeOf(DEMO_FOLDER).filter(({ path }) => /\.(m4s|mp4)$/.test(path))
    expect(names.filter(({ path }) => /\.(m4s|mp4)$/.test(path))).toEqual(sent)
    if (!hasTshark) return
    const lines = execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'udp.dstport'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(lines.toString().trimEnd().split('\n')).toHaveLength(report.totals.udp)
  })

  it.each(['manifest.mpd', 'master.m3u8'])('sends the presentation of a server: %s', async (manifest) => {
    const names = readdirSync(DEMO_FOLDER)
    const server = await TestServer.open(
      Object.fromEntries(names.map((name) => [`/live/${name}`, readFileSync(join(DEMO_FOLDER, name))])),
    )
    try {
      const file = folder.at(`served-${manifest}.pcapng`)
      const url = `${server.url}live/${manifest}`
      const sent = await routescope(['send', url, 'route://239.255.1.1:6000', '--capture-out', file])
      expect(sent).toMatchObject({ status: 0, stderr: expect.stringMatching(/^Sent \d+ packets, \d+ objects\.\n$/) })
      const out = folder.at(`served-${manifest}`)
      await routescope(['receive', '--capture', file, '--out', out])
      const received = treeOf(join(out, 'service1'))
      expect(received.map(({ path }) => path)).toContain(manifest)
      expect(received.filter(({ path }) => /\.(m4s|mp4)$/.test(path))).toEqual(
        treeOf(DEMO_FOLDER).filter(({ path }) => /\.(m4s|mp4)$/.test(path)),
      )
    } finally {
      await server.close()
    }
  })

  it('mabr:// is received whole, init segments beside the configuration', async () => {
    const file = folder.at('sent-mabr.pcapng')
    const { status } = await routescope(['send', demoMpd, 'mabr://239.255.4.1:6000', '--capture-out', file])
    expect(status).toBe(0)
    const report = await inspect(file)
    expect(report.alarms.filter(({ severity }) => severity !== 'info')).toEqual([])
    expect(report.services.map(({ id, notPlayable }) => [id, notPlayable === null])).toEqual([
      [0, false],
      [1, true],
    ])
    const out = folder.at('out-mabr')
    await routescope(['receive', '--capture', file, '--out', out])
    const received = treeOf(out).map(({ path, sha256 }) => [path.slice(path.lastIndexOf('/') + 1), sha256])
    const sent = treeOf(DEMO_FOLDER).filter(({ path }) => !path.endsWith('.m3u8'))
    expect(received.sort()).toEqual(sent.map(({ path, sha256 }) => [path, sha256]).sort())
  })

  it('several inputs are services of one broadcast, each whole', async () => {
    const file = folder.at('several.pcapng')
    const files = folder.at('plain')
    mkdirSync(files)
    writeFileSync(join(files, 'a.txt'), 'plain')
    const sent = await routescope(['send', demoMpd, files, 'atsc://', '--capture-out', file])
    expect(sent.status).toBe(0)
    const out = folder.at('several')
    await routescope(['receive', '--capture', file, '--services', 'all', '--out', out])
    expect(treeOf(join(out, 'service1')).filter(({ path }) => /\.(m4s|mp4)$/.test(path))).toEqual(
      treeOf(DEMO_FOLDER).filter(({ path }) => /\.(m4s|mp4)$/.test(path)),
    )
    expect(treeOf(join(out, 'service2'))).toEqual(treeOf(files))
  })

  it('prints the end as a JSON line, and stops a loop after --duration', async () => {
    const file = folder.at('loop.pcapng')
    const args = [
      'send',
      demoMpd,
      'route://239.255.1.1:6000',
      '--loop',
      '--duration',
      '60',
      '--capture-out',
      file,
      '--json',
    ]
    const { status, stdout, stderr } = await routescope(args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { source, totals } = await inspect(file)
    expect(JSON.parse(stdout)).toMatchObject({ event: 'end', packets: 0, sentPackets: totals.udp })
    // By the broadcast's own clock: it is written as fast as possible.
    expect((source.lastTime ?? 0) - (source.firstTime ?? 0)).toBeGreaterThan(55)
  })
})

describe('send of wrong input', () => {
  const url = 'route://239.255.1.1:6000'
  const out = () => ['--capture-out', folder.at('unused.pcapng')]
  const presentation = (name: string, mpd?: string): string => {
    const at = folder.at(name)
    cpSync(DEMO_FOLDER, at, { recursive: true })
    if (mpd !== undefined) writeFileSync(join(at, 'manifest.mpd'), mpd)
    return at
  }
  const cases: [string, number, RegExp, () => string[]][] = [
    [
      'a manifest that is not there',
      1,
      /nowhere\.mpd" does not exist\./,
      () => [folder.at('nowhere.mpd'), url, ...out()],
    ],
    [
      'an MPD that is not well-formed',
      1,
      /broken\/manifest\.mpd" is no usable MPD: line 3, column \d+: /,
      () => [
        join(presentation('broken', '<?xml version="1.0"?>\n<MPD>\n  <Period a=b/>\n</MPD>'), 'manifest.mpd'),
        url,
        ...out(),
      ],
    ],
    [
      'an MPD that ends early',
      1,
      /cut\/manifest\.mpd" is no usable MPD: line \d+, column \d+: /,
      () => [join(presentation('cut', readFileSync(demoMpd, 'utf8').slice(0, 700)), 'manifest.mpd'), url, ...out()],
    ],
    [
      'text',
      1,
      /text\/manifest\.mpd" is no usable MPD: line 1/,
      () => [join(presentation('text', 'hello'), 'manifest.mpd'), url, ...out()],
    ],
    [
      'an MPD without media',
      1,
      /bare\/manifest\.mpd" describes no representation\./,
      () => [
        join(presentation('bare', '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>'), 'manifest.mpd'),
        url,
        ...out(),
      ],
    ],
    [
      'a segment that is missing',
      1,
      /missing\/video-3\.m4s" is missing: the manifest names it as segment 3 of "video"\./,
      () => {
        const at = presentation('missing')
        rmSync(join(at, 'video-3.m4s'))
        return [join(at, 'manifest.mpd'), url, ...out()]
      },
    ],
    [
      'a child playlist that is missing',
      1,
      /child\/audio\.m3u8" is missing/,
      () => {
        const at = presentation('child')
        rmSync(join(at, 'audio.m3u8'))
        return [join(at, 'master.m3u8'), url, ...out()]
      },
    ],
    [
      'an empty folder',
      1,
      /There is no file in ".*empty"\./,
      () => {
        mkdirSync(folder.at('empty'))
        return [folder.at('empty'), url, ...out()]
      },
    ],
    [
      'an address where nothing listens',
      1,
      /"http:\/\/127\.0\.0\.1:9\/x\.mpd" could not be fetched: nothing listens on this port/,
      () => ['http://127.0.0.1:9/x.mpd', url, ...out()],
    ],
    [
      'a bad port',
      2,
      /The port 0 of route:\/\/239\.255\.1\.1:0 is not a number from 1 to 65535\./,
      () => [demoMpd, 'route://239.255.1.1:0', ...out()],
    ],
    [
      'an interface that has gone',
      1,
      /203\.0\.113\.7 is not an address of this machine\./,
      () => [demoMpd, url, '--interface', '203.0.113.7'],
    ],
    [
      'a capture that cannot be written',
      1,
      /demo\.pcap\/x\.pcapng cannot be written/,
      () => [demoMpd, url, '--capture-out', join(capture, 'x.pcapng')],
    ],
    ['fast, to the network', 2, /--pace fast would flood the network\./, () => [demoMpd, url, '--pace', 'fast']],
    [
      'a report',
      2,
      /nothing is received while sending/,
      () => [demoMpd, url, '--report', folder.at('r.json'), ...out()],
    ],
  ]
  it.each(cases)('%s: status %i and one sentence', async (_, expected, sentence, args) => {
    const { status, stdout, stderr } = await routescope(['send', ...args()])
    expect(stderr).toMatch(sentence)
    expect(stderr).toMatch(ONE_SENTENCE)
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
    expect(existsSync(folder.at('unused.pcapng'))).toBe(false)
  })

  it.skipIf(!existsSync('/dev/full'))('a disk that is full (where there is /dev/full)', async () => {
    const { status, stderr } = await routescope(['send', demoMpd, url, '--capture-out', '/dev/full'])
    expect(stderr).toMatch(/The disk is full: the capture \/dev\/full ends early\./)
    expect(stderr).toMatch(ONE_SENTENCE)
    expect(status).toBe(1)
  })
})

describe('send of files that change meanwhile', () => {
  it.skipIf(!posix)('goes on without segments that have become pipes, says so, and obeys SIGTERM', async () => {
    const at = folder.at('pipes')
    cpSync(DEMO_FOLDER, at, { recursive: true })
    const live = ['route://239.255.77.93:6000', '--interface', '127.0.0.1', '--loop', '--log', 'send@info']
    const program = new RunningProgram(['send', join(at, 'manifest.mpd'), ...live])
    await program.printed('stderr', /Sending /)
    for (let number = 1; number <= 12; number++) {
      execFileSync('mkfifo', [join(at, 'pipe')])
      renameSync(join(at, 'pipe'), join(at, `video-${number}.m4s`))
    }
    // The segments of the next seconds were read at once; the broadcast goes on after the first that was not.
    await program.printed(
      'stderr',
      /video-\d+\.m4s" cannot be read any more[\s\S]*video-\d+\.m4s" cannot be read any more/,
    )
    program.child.kill('SIGTERM')
    const { status, stderr } = await program.ended
    expect(stderr).toMatch(/video-\d+\.m4s" cannot be read any more: it is a named pipe, not a file\./)
    expect(stderr).toMatch(/\nSent \d+ packets, \d+ objects\.\n$/)
    expect(status).toBe(130)
  })

  it('names a folder that vanishes once, and goes on with the other services', async () => {
    const [gone, kept] = ['gone', 'kept'].map((name) => folder.at(name))
    if (gone === undefined || kept === undefined) throw new Error('no folders')
    for (const each of [gone, kept]) cpSync(DEMO_FOLDER, each, { recursive: true })
    const file = folder.at('vanished.pcapng')
    const inputs = [gone, kept].map((each) => join(each, 'manifest.mpd'))
    const rest = ['atsc://239.255.77.96:6000', '--pace', 'real', '--capture-out', file, '--log', 'send@info']
    const program = new RunningProgram(['send', ...inputs, ...rest])
    await program.printed('stderr', /Sending .*service 1002|Sending .*service 2/)
    rmSync(gone, { recursive: true })
    await program.printed('stderr', /The folder ".*gone" is gone while its files are being sent/)
    const { stderr } = await program.interrupt()
    expect(stderr.match(/gone" is gone/g)).toHaveLength(1)
    expect(stderr).not.toMatch(/kept.*cannot be read/)
    const { services } = await inspect(file)
    expect(services).toHaveLength(2)
  }, 60_000)
})
