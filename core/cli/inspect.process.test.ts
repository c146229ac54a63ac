import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import { LLS_ADDRESS, LLS_TABLE } from '../protocol/lls/lls-table.ts'
import { ethernet, ipv4Packet, pcapFile } from '../testing/capture-builder.ts'
import { type Datagram, pcapOf, withLoss } from '../testing/datagrams.ts'
import { atscFixture, FIXTURE_START_US, routeFixture } from '../testing/make-fixtures.ts'
import { mmtpFlow, nrtService } from '../testing/off-air.ts'
import { inspect, RunningProgram, routescope, TestFolder } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'

const folder = new TestFolder()
const shared = join(__dirname, '..', '..', '..', 'shared', 'captures')
const posix = process.platform !== 'win32'
let sent: Datagram[]
let lls: Datagram[]
let whole: Uint8Array
let capture: string

beforeAll(async () => {
  sent = await routeFixture()
  lls = (await atscFixture()).filter(({ address }) => address === LLS_ADDRESS)
  whole = pcapOf(sent)
  capture = folder.write('whole.pcap', whole)
})
afterAll(() => folder.remove())

const objects = (report: Report) =>
  report.services.flatMap((service) => service.sessions.flatMap(({ channels }) => channels.flatMap((c) => c.objects)))
/** Sections of the report that must not depend on how a capture is stored. */
const contents = ({ totals, services, flows, lls }: Report) => ({ totals, services, flows, lls })

describe('inspect --json', () => {
  const captures: [string, () => Promise<string>][] = [
    ['a ROUTE session', async () => capture],
    ['a lossy one', async () => folder.write('loss.pcap', pcapOf(withLoss(sent, 0.02, 3)))],
    ['ATSC 3.0', async () => folder.write('atsc.pcap', pcapOf(await atscFixture()))],
    [
      'MMTP and a file service off air',
      async () => {
        const esg = nrtService([{ name: 'a.xml', contentType: 'text/xml', bytes: new Uint8Array(5000).fill(32) }])
        return folder.write('air.pcap', pcapOf([...esg, ...mmtpFlow(50)]))
      },
    ],
  ]
  it.each(captures)('of %s has exactly the fields of the design', async (_, make) => {
    const file = await make()
    const report = await inspect(file)
    expect(reportFaults(report)).toEqual([])
    expect(report.source.name).toContain(basename(file))
    expect(report.source.firstTime).toBe(FIXTURE_START_US / 1e6)
    expect(report.source.lastTime).toBeGreaterThan(FIXTURE_START_US / 1e6)
    expect(report.totals.udp).toBeGreaterThan(0)
  })

  it('has the SHA-256 of every whole object', async () => {
    const whole = objects(await inspect(capture)).filter(({ complete }) => complete)
    expect(whole).not.toEqual([])
    for (const { sha256 } of whole) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  const names = [
    'route-dash',
    'route-hls',
    'route-ll',
    'route-loss',
    'atsc-korean',
    'atsc-us-two-services',
    'offair-mmt-and-esg',
  ]
  it.skipIf(!existsSync(shared)).each(names)('of %s.pcap has them too (where ../shared is)', async (name) => {
    expect(reportFaults(await inspect(join(shared, `${name}.pcap`)))).toEqual([])
  })

  it('reaches a slow pipe whole, though it is larger than the pipe', async () => {
    const many = Array.from({ length: 4000 }, (_, index): Datagram => {
      const bytes = new Uint8Array(28)
      const view = new DataView(bytes.buffer)
      bytes.set([0x12, 0xa1, 5, 8])
      view.setUint32(8, 10)
      view.setUint32(12, index)
      view.setUint32(16, 0xc2000004)
      return { address: '239.255.1.1', port: 6000, bytes, timeUs: FIXTURE_START_US + index }
    })
    const program = new RunningProgram(['inspect', '--json', folder.write('many.pcap', pcapOf(many))])
    program.child.stdin.end()
    program.child.stdout.pause()
    // The kernel's pipe is full long before the report is written; reading starts then.
    await new Promise((resolve) => program.child.stdout.once('readable', resolve))
    program.child.stdout.resume()
    const { status, stdout } = await program.ended
    const report = JSON.parse(stdout) as Report
    expect(status).toBe(report.alarms.some(({ severity }) => severity === 'error') ? 3 : 0)
    expect(stdout.length).toBeGreaterThan(1_000_000)
    expect(objects(report)).toHaveLength(4000)
  })

  it('ends quietly when its reader leaves', async () => {
    const program = new RunningProgram(['inspect', '--json', capture])
    program.child.stdin.end()
    program.child.stdout.destroy()
    const { status, signal, stderr } = await program.ended
    expect({ signal, stderr }).toEqual({ signal: null, stderr: '' })
    expect(status).toBe(0)
  })

  it.skipIf(!existsSync('/dev/full'))('reports output that cannot be written (where there is /dev/full)', async () => {
    const shell = { command: ['sh', '-c', 'exec "$@" > /dev/full', 'sh', process.execPath] }
    const program = new RunningProgram(['inspect', '--json', capture], shell)
    program.child.stdin.end()
    const { status, stderr } = await program.ended
    expect(stderr).toMatch(/^routescope: The output could not be written: .*ENOSPC.*\n$/)
    expect(status).toBe(1)
  })
})

describe('inspect', () => {
  it('prints a readable report without --json, and nothing on stderr in a pipe', async () => {
    const { status, stdout, stderr } = await routescope(['inspect', capture])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('Service 1')
    expect(stdout).toContain('TSI')
  })

  it('reads standard input, gzip, and several files as one, all to the same report', async () => {
    const expected = contents(await inspect(capture))
    const piped = await routescope(['inspect', '--json', '-'], whole)
    expect(contents(JSON.parse(piped.stdout))).toEqual(expected)
    expect(contents(await inspect(folder.write('zipped.pcap.gz', gzipSync(whole))))).toEqual(expected)
    const zipped = await routescope(['inspect', '--json', '-'], gzipSync(whole))
    expect(contents(JSON.parse(zipped.stdout))).toEqual(expected)
    const half = sent.length >> 1
    const parts = [sent.slice(0, half), sent.slice(half)].map((part, index) =>
      folder.write(`part-${index}.pcap`, pcapOf(part)),
    )
    const joined = await inspect(...parts)
    expect(contents(joined)).toEqual(expected)
    expect(joined.source.name).toContain('and 1 more')
  })

  it('plays a capture as often as --loop asks', async () => {
    const [once, twice] = [await inspect(capture), await inspect(capture, '--loop', '2')]
    expect(twice.totals.udp).toBe(2 * once.totals.udp)
    expect(twice.totals.bytes).toBe(2 * once.totals.bytes)
    expect(objects(twice).every((object) => object.complete)).toBe(true)
  })

  it('writes the same report to a file, in a folder it makes', async () => {
    const file = folder.at('new', 'folder', 'report.json')
    const { status, stdout } = await routescope(['inspect', '--json', capture, '--report', file])
    expect(status).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(stdout))
  })

  it('joins the services that --services names', async () => {
    const file = folder.write('services.pcap', pcapOf(await atscFixture()))
    for (const services of ['none', 'scan']) {
      const report = await inspect(file, '--services', services)
      expect(report.services.map(({ id, destination }) => [id, destination])).toEqual([[1001, '239.255.1.1:6000']])
      expect(objects(report)).toEqual([])
    }
    expect(objects(await inspect(file, '--services', '1001')).length).toBeGreaterThan(20)
    const { status, stderr } = await routescope(['inspect', file, '--services', '7,8'])
    expect(stderr).toMatch(/^routescope: .*services\.pcap has no service 7 or 8; it has 1001\. .*--services.*\n$/)
    expect(status).toBe(3)
  })
})

describe('inspect of wrong input', () => {
  const tcp = () => pcapFile({ frames: [{ bytes: ethernet(ipv4Packet([1, 2, 3, 4], { protocol: 6 })) }], linkWord: 1 })
  const cases: [string, number, RegExp, () => string[]][] = [
    ['a file that is not there', 1, /There is no file .*nowhere\.pcap\./, () => [folder.at('nowhere.pcap')]],
    ['a folder', 1, /is a folder, not a capture\./, () => [folder.path]],
    ['an empty file', 1, /empty\.pcap is not a packet capture: it is empty\./, () => [folder.write('empty.pcap', '')]],
    [
      'text',
      1,
      /text\.pcap is not a packet capture: it is text\./,
      () => [folder.write('text.pcap', 'hello\n'.repeat(99))],
    ],
    ['a piece of a header', 1, /is not a packet capture/, () => [folder.write('head.pcap', whole.subarray(0, 10))]],
    [
      'gzip of something else',
      1,
      /is not a packet capture/,
      () => [folder.write('x.gz', gzipSync('hello'.repeat(99)))],
    ],
    [
      'one good and one bad file',
      1,
      /text\.pcap is not a packet capture/,
      () => [capture, folder.write('text.pcap', 'text')],
    ],
    [
      'a first packet cut',
      1,
      /first\.pcap ends in the middle of a packet/,
      () => [folder.write('first.pcap', whole.subarray(0, 60))],
    ],
    ['an unknown option', 2, /Unknown option '--jsno'.*Right form: routescope inspect/, () => [capture, '--jsno']],
    ['a loop of standard input', 2, /stdin cannot be repeated/, () => ['-', '--loop', '2']],
    [
      'a report below a file',
      1,
      /whole\.pcap\/report\.json cannot be written: .*not a folder/,
      () => [capture, '--report', join(capture, 'report.json')],
    ],
  ]
  it.each(cases)('%s: status %i, one sentence, nothing on stdout', async (_, expected, sentence, args) => {
    const { status, stdout, stderr } = await routescope(['inspect', '--json', ...args()], whole)
    expect(stderr).toMatch(sentence)
    expect(stderr).toMatch(/^routescope: .*[.:] .*\n$/)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  })

  const nothing: [string, RegExp, () => string][] = [
    ['no packet', /holds no packets at all\./, () => folder.write('none.pcap', whole.subarray(0, 24))],
    [
      'no UDP',
      /tcp\.pcap holds no UDP: its 1 packets are of other kinds \(1 TCP\)\./,
      () => folder.write('tcp.pcap', tcp()),
    ],
    [
      'UDP of something else',
      /carries 50 UDP datagrams on 1 flow, most to 239\.1\.1\.1:5353, none of them ROUTE, FLUTE or ATSC 3\.0\./,
      () => {
        const bytes = new TextEncoder().encode('hello there, this is no broadcast')
        const other = Array.from({ length: 50 }, (_, index) => ({
          address: '239.1.1.1',
          port: 5353,
          bytes,
          timeUs: index,
        }))
        return folder.write('other.pcap', pcapOf(other))
      },
    ],
    [
      'LLS without a service list',
      /has LLS on 224\.0\.23\.60:4937 \(\d+ datagrams\), but no SLT that can be read, so no service is known\./,
      () => folder.write('time.pcap', pcapOf(lls.filter(({ bytes }) => bytes[0] === LLS_TABLE.systemTime))),
    ],
  ]
  it.each(nothing)('%s: status 3 and a sentence, and the report shows the contents', async (_, sentence, make) => {
    const { status, stdout, stderr } = await routescope(['inspect', '--json', make()])
    expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(status).toBe(3)
    expect(reportFaults(JSON.parse(stdout))).toEqual([])
  })

  it('a capture cut in the middle of a packet: a warning, and all before it', async () => {
    const cut = await routescope(['inspect', '--json', folder.write('cut.pcap', whole.subarray(0, whole.length - 7))])
    expect(cut.stderr).toMatch(/^routescope: cut\.pcap ends in the middle of a packet, at byte \d+; .*\n$/)
    expect(cut.status).toBe(0)
    expect(JSON.parse(cut.stdout).totals.udp).toBe(sent.length - 1)
    const zipped = gzipSync(whole)
    const broken = await routescope([
      'inspect',
      '--json',
      folder.write('cut.pcap.gz', zipped.subarray(0, zipped.length >> 1)),
    ])
    expect(broken.stderr).toContain('cut.pcap.gz')
    expect(broken.status).toBe(0)
    expect(JSON.parse(broken.stdout).totals.udp).toBeGreaterThan(100)
  })
})

describe.skipIf(!posix)('Ctrl-C (not on Windows)', () => {
  /** Starts to read a long capture: more bytes than fit into pipe and buffers were written, and the end was not. */
  async function reading(args: string[]): Promise<RunningProgram> {
    const program = new RunningProgram(['inspect', '-', ...args], { env: { TMPDIR: folder.path } })
    await new Promise<void>((taken) => program.child.stdin.write(whole, () => taken()))
    for (let turn = 0; turn < 8; turn++) {
      await new Promise<void>((taken) => program.child.stdin.write(whole.subarray(24), () => taken()))
    }
    return program
  }

  it('ends with 130, a report of the packets read, and the report file', async () => {
    const file = folder.at('interrupted.json')
    const { status, stdout, stderr } = await (await reading(['--json', '--report', file])).interrupt()
    expect(status).toBe(130)
    // The capture is written again and again, so its clock goes back.
    expect(stderr).toMatch(/^(?:routescope: The capture on stdin: its clock goes back by .*\n)?$/)
    const report = JSON.parse(stdout)
    expect(reportFaults(report)).toEqual([])
    expect(report.totals.udp).toBeGreaterThan(sent.length)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(report)
    expect(existsSync(`${file}.writing`)).toBe(false)
  })
})
