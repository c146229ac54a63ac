import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PcapngBlocks } from '../testing/capture-builder.ts'
import { type Datagram, duplicated, interleaved, pcapngOf, pcapOf, shuffled, withLoss } from '../testing/datagrams.ts'
import {
  atscFixture,
  DEMO_FOLDER,
  hlsFixture,
  liveFixture,
  lowLatency,
  routeFixture,
  twoServicesFixture,
} from '../testing/make-fixtures.ts'
import { ESG_SERVICE, mmtpFlow, nrtService } from '../testing/off-air.ts'
import { inspect, RunningProgram, routescope, sha256, TestFolder, type TreeEntry, treeOf } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { DASH, demo, receivedInto } from '../testing/written-files.ts'

const folder = new TestFolder()
const shared = join(__dirname, '..', '..', '..', 'shared', 'captures')
const posix = process.platform !== 'win32'
const hasTshark = spawnSync('tshark', ['--version']).status === 0
let sent: Datagram[]
let capture: string
let outs = 0

beforeAll(async () => {
  sent = await routeFixture()
  capture = write('demo.pcap', sent)
})
afterAll(() => folder.remove())

const write = (name: string, datagrams: readonly Datagram[]): string => folder.write(name, pcapOf(datagrams))
const newOut = (): string => folder.at(`out-${++outs}`)

/** Receives a capture into a folder of its own and lists it. */
async function received(file: string, ...options: string[]): Promise<TreeEntry[]> {
  return receivedInto(newOut(), file, ...options)
}

const HLS = /\.(m3u8|mp4|m4s)$/

const expectations = existsSync(shared)
  ? readdirSync(shared).filter(
      (name) => /^(route|atsc)-.*\.expected\.json$/.test(name) && !name.startsWith('route-raptorq'),
    )
  : []

describe.skipIf(expectations.length === 0)(
  `receive --out, against what GPAC wrote${expectations.length === 0 ? ' (skipped: no ../shared/captures)' : ''}`,
  () => {
    it.each(expectations)('%s', async (name) => {
      const { files } = JSON.parse(readFileSync(join(shared, name), 'utf8')) as { files: TreeEntry[] }
      const found = await received(join(shared, name.replace('.expected.json', '.pcap')), '--services', 'all')
      expect(found).toEqual([...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    })

    it('keeps the incomplete files of route-loss too with --keep-corrupt, as many as GPAC', async () => {
      const found = await received(join(shared, 'route-loss.pcap'), '--services', 'all', '--keep-corrupt')
      expect(found).toHaveLength(40)
      expect(found.filter(({ path }) => path.endsWith('.partial'))).toHaveLength(11)
    })
  },
)

describe('receive --capture --out', () => {
  const fixtures: [string, () => Promise<Datagram[]>, () => TreeEntry[]][] = [
    ['a ROUTE session', async () => sent, () => demo(1, DASH)],
    ['HLS', hlsFixture, () => demo(1, HLS)],
    ['ATSC 3.0', () => atscFixture('us'), () => demo(1001, DASH)],
    ['ATSC 3.0 in Korea', () => atscFixture('korean'), () => demo(1001, DASH)],
    ['packets out of order and twice', async () => duplicated(shuffled(sent, 24, 5), 0.3, 40, 6), () => demo(1, DASH)],
    ['lengths known at the end', async () => lowLatency(sent), () => demo(1, DASH)],
    ['two services', twoServicesFixture, () => [...demo(1, DASH), ...demo(2, HLS)]],
  ]
  it.each(fixtures)('rebuilds %s', async (name, make, files) => {
    expect(await received(write(`${name}.pcap`, await make()), '--services', 'all')).toEqual(files())
  })

  it('rebuilds a file service beside MMTP, named by the table in its channel', async () => {
    const bytes = new Uint8Array(13_568).fill(7)
    const datagrams = interleaved(
      nrtService([{ name: 'esg/logo.png', contentType: 'image/png', bytes }]),
      mmtpFlow(100),
    )
    const found = await received(write('air.pcap', datagrams), '--services', 'all')
    expect(found).toContainEqual({
      path: `service${ESG_SERVICE}/esg/logo.png`,
      size: bytes.length,
      sha256: sha256(bytes),
    })
  })

  it('keeps whole files only when packets are lost, and the others beside them with --keep-corrupt', async () => {
    const file = write('loss.pcap', withLoss(sent, 0.01, 3))
    const whole = demo(1, DASH)
    const found = await received(file)
    expect(found.length).toBeGreaterThan(3)
    expect(found.length).toBeLessThan(whole.length)
    for (const entry of found) expect(whole).toContainEqual(entry)
    const kept = await received(file, '--keep-corrupt')
    expect(kept.map(({ path }) => path.replace(/\.partial$/, ''))).toEqual(whole.map(({ path }) => path))
    expect(kept.filter(({ path }) => !path.endsWith('.partial'))).toEqual(found)
  })

  it('takes one session, one service, or none, as --services says', async () => {
    const file = write('two.pcap', await twoServicesFixture())
    const services = async (...options: string[]) => [
      ...new Set((await received(file, ...options)).map(({ path }) => path.split('/')[0])),
    ]
    expect(await services()).toEqual(['service1'])
    expect(await services('--services', 'first')).toEqual(['service1'])
    expect(await services('--services', '2')).toEqual(['service2'])
    expect(await services('--services', '2,1')).toEqual(['service1', 'service2'])
    const report = folder.at('none.json')
    expect(await services('--services', 'none', '--report', report)).toEqual([])
    expect(JSON.parse(readFileSync(report, 'utf8')).services).toHaveLength(2)
    const out = newOut()
    const scan = await routescope(['receive', '--capture', file, '--out', out, '--services', 'scan'])
    expect(scan).toMatchObject({
      status: 0,
      stdout: '1\tDemo\troute\t239.255.1.1:6000\n2\tDemo\troute\t239.255.1.1:6001\n',
    })
    expect(treeOf(out)).toEqual([])
  })

  it('receives only the address that the URL names', async () => {
    const file = write('two.pcap', await twoServicesFixture())
    const out = newOut()
    const { status } = await routescope(['receive', 'route://239.255.1.1:6001', '--capture', file, '--out', out])
    expect(status).toBe(0)
    expect(treeOf(out)).toEqual(
      demo(2, HLS)
        .map((entry) => ({ ...entry, path: entry.path.replace('service2', 'service1') }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    )
  })

  it('keeps the newest segments of each representation with --max-segments', async () => {
    const found = (await received(capture, '--max-segments', '2')).map(({ path }) => basename(path))
    expect(found).toEqual([
      'audio-11.m4s',
      'audio-12.m4s',
      'audio-init.mp4',
      'manifest.mpd',
      'video-11.m4s',
      'video-12.m4s',
      'video-init.mp4',
    ])
  })

  it('takes several captures as one, and standard input', async () => {
    const half = sent.length >> 1
    const parts = [write('a.pcap', sent.slice(0, half)), write('b.pcap', sent.slice(half))]
    const out = newOut()
    await routescope(['receive', '--capture', parts[0] as string, '--capture', parts[1] as string, '--out', out])
    expect(treeOf(out)).toEqual(demo(1, DASH))
    const piped = newOut()
    await routescope(['receive', '--capture', '-', '--out', piped], pcapOf(sent))
    expect(treeOf(piped)).toEqual(demo(1, DASH))
  })

  it('prints each file and the end as JSON lines', async () => {
    const { status, stdout, stderr } = await routescope(['receive', '--capture', capture, '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const files = demo(1, DASH)
    expect(
      lines
        .slice(0, -1)
        .map(({ event, service, name, bytes }) => ({ event, path: `service${service}/${name}`, bytes })),
    ).toEqual(expect.arrayContaining(files.map(({ path, size }) => ({ event: 'file', path, bytes: size }))))
    expect(lines.at(-1)).toMatchObject({ event: 'end', packets: sent.length, files: files.length, incomplete: 0 })
  })

  it('writes the packets it receives to a pcapng with the same report', async () => {
    const copy = folder.at('copy.pcapng')
    const { status } = await routescope(['receive', '--capture', capture, '--capture-out', copy])
    expect(status).toBe(0)
    const [from, to] = [await inspect(capture), await inspect(copy)]
    expect(to.totals).toEqual(from.totals)
    expect(to.services).toEqual(from.services)
    if (!hasTshark) return
    const fields = ['-T', 'fields', '-e', 'ip.dst', '-e', 'udp.dstport']
    const lines = execFileSync('tshark', ['-r', copy, ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const read = lines.trimEnd().split('\n')
    expect(read).toHaveLength(sent.length)
    expect(new Set(read)).toEqual(new Set(['239.255.1.1\t6000']))
  })

  it('plays at the captured times with --pace real, until --duration ends', async () => {
    const report = folder.at('real.json')
    const before = Date.now() / 1000
    const { status } = await routescope([
      'receive',
      '--capture',
      capture,
      '--pace',
      'real',
      '--duration',
      '1',
      '--report',
      report,
    ])
    const { totals, source } = JSON.parse(readFileSync(report, 'utf8'))
    expect(status).toBe(0)
    expect(totals.udp).toBeGreaterThan(0)
    expect(totals.udp).toBeLessThan(sent.length)
    expect(source.firstTime).toBeGreaterThanOrEqual(before - 0.1)
    expect(source.lastTime).toBeLessThanOrEqual(Date.now() / 1000 + 0.1)
  })

  it('logs the topics of --log on stderr', async () => {
    const { stderr } = await routescope(['receive', '--capture', capture, '--log', 'route@debug'])
    expect(stderr).toMatch(/^\[route\] (info|debug): /m)
    expect(stderr).not.toMatch(/^\[(?!route)/m)
    const quiet = await routescope(['receive', '--capture', capture])
    expect(quiet.stderr).not.toContain('[')
  })
})

describe.skipIf(!posix)('a live session (not on Windows)', () => {
  const url = `route://239.255.77.92:${20_000 + (process.pid % 20_000)}`
  const loopback = ['--interface', '127.0.0.1']

  it('ends with 130 on Ctrl-C, after everything was flushed', async () => {
    const out = newOut()
    const report = folder.at('live.json')
    const temporary = folder.at('temporary')
    mkdirSync(temporary)
    const live = [
      '--json',
      '--timeout',
      '140',
      '--out',
      out,
      '--report',
      report,
      '--capture-out',
      folder.at('live.pcapng'),
    ]
    const receiver = new RunningProgram(['receive', url, ...loopback, ...live], { env: { TMPDIR: temporary } })
    const sender = new RunningProgram(['send', join(DEMO_FOLDER, 'manifest.mpd'), url, ...loopback, '--loop', '--json'])
    try {
      await receiver.printed('stdout', /"event":"file".*\.m4s/)
      const { status, stdout, stderr } = await receiver.interrupt()
      expect({ status, stderr }).toEqual({ status: 130, stderr: '' })
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const names = new Set(lines.filter(({ event }) => event === 'file').map(({ name }) => `service1/${name}`))
      expect(lines.at(-1)).toMatchObject({ event: 'end' })
      expect(new Set(treeOf(out).map(({ path }) => path))).toEqual(names)
      const written = JSON.parse(readFileSync(report, 'utf8'))
      expect(reportFaults(written)).toEqual([])
      expect(written.source).toMatchObject({ kind: 'multicast', name: url })
      expect((await inspect(folder.at('live.pcapng'))).totals.udp).toBe(written.totals.udp)
      expect(treeOf(temporary)).toEqual([])
    } finally {
      const { status, stdout, stderr } = await sender.interrupt()
      expect({ status, stderr }).toEqual({ status: 130, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({ event: 'end', droppedByHost: 0 })
    }
  })

  it('reports drops of the capturing computer, and none of this one', async () => {
    const blocks = new PcapngBlocks('little')
    const drops = blocks.option(5, blocks.bytes().u64(3n).list)
    writeFileSync(folder.at('drops.pcapng'), pcapngOf(sent, new Map(), blocks.statistics(0, drops)))
    const { status, stderr } = await routescope(['receive', '--capture', folder.at('drops.pcapng')])
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('\nThe computer that made the capture dropped 3 packets.\n'),
    })
    expect(stderr).not.toContain('This computer')
    const inspected = await routescope(['inspect', folder.at('drops.pcapng')])
    expect(inspected.stdout).toContain('Host: 3 packets dropped by the computer that made the capture\n')
  })

  it('ends and flushes files when the reader of stdout leaves', async () => {
    const out = newOut()
    const program = new RunningProgram([
      'receive',
      '--capture',
      write('long.pcap', await liveFixture(40)),
      '--json',
      '--out',
      out,
    ])
    program.child.stdin.end()
    await program.printed('stdout', /\n/)
    program.child.stdout.destroy()
    const { status, signal, stderr } = await program.ended
    expect({ signal, stderr }).toEqual({ signal: null, stderr: '' })
    expect([0, 130]).toContain(status)
    expect(treeOf(out).every(({ path }) => path.startsWith('service1/'))).toBe(true)
  })

  // A separate network: a line on stdin removes its interface, the next interrupts the program.
  const network = `ip link set lo up && ip addr add 10.1.2.3/24 dev lo && ip route add 224.0.0.0/4 dev lo || exit 77`
  const canMakeNetwork = spawnSync('unshare', ['-rn', 'sh', '-c', network]).status === 0
  const skipped = canMakeNetwork ? '' : ' (skipped: no network namespace can be made here)'
  const script = `${network}; "$@" & pid=$!; read line; ip addr del 10.1.2.3/24 dev lo; ip link set lo down; read line; kill -INT $pid; wait $pid`
  it.skipIf(!canMakeNetwork)(`reports a removed interface, and goes on${skipped}`, async () => {
    const command = ['unshare', '-rn', 'sh', '-c', script, 'sh', process.execPath]
    const on = ['--interface', '10.1.2.3']
    const patient = ['--json', '--timeout', '140', '--log', 'socket@info']
    const receiver = new RunningProgram(['receive', url, ...on, ...patient], { command })
    await receiver.printed('stderr', /\[socket\] info: Joined /)
    await receiver.printed(
      'stderr',
      /\[socket\] info: Datagrams are read (?:in batches, with the kernel|one by one \(.)/,
    )
    receiver.child.stdin.write('\n')
    await receiver.printed(
      'stderr',
      /^routescope: The interface lo \(10\.1\.2\.3\), on which .* has gone\. Plug it in.*\n/m,
    )
    receiver.child.stdin.end('\n')
    expect((await receiver.ended).status).toBe(130)

    const sending = ['send', join(DEMO_FOLDER, 'manifest.mpd'), url, ...on, '--loop', '--log', 'send@info']
    const sender = new RunningProgram(sending, { command })
    await sender.printed('stderr', /\[send\] info: Sending /)
    sender.child.stdin.write('\n')
    await sender.printed('stderr', /^routescope: Packets cannot be sent on 10\.1\.2\.3.*\n/m)
    sender.child.stdin.end('\n')
    const { status, stderr } = await sender.ended
    expect(stderr.trimEnd().split('\n')).toHaveLength(3)
    expect(stderr).toMatch(/\nSent \d+ packets, \d+ objects\. The network did not take \d+ more packets\.\n$/)
    expect(status).toBe(130)
  })
})
