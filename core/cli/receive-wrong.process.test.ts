import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serialiseMultipart } from '../protocol/mime/multipart.ts'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { HOSTILE_NAMES, NAMES_DIFFERING_BY_CASE } from '../testing/hostile.ts'
import { DEMO_FOLDER, routeFixture } from '../testing/make-fixtures.ts'
import { ESG_SERVICE, nrtService } from '../testing/off-air.ts'
import { RunningProgram, routescope, sha256, TestFolder, treeOf } from '../testing/program.ts'
import { reportFaults } from '../testing/report-shape.ts'
import { testPacket } from '../testing/test-session.ts'
import { DASH, demo, receivedInto } from '../testing/written-files.ts'

const folder = new TestFolder()
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

describe('receive of wrong input', () => {
  const cases: [string, number, RegExp, () => string[]][] = [
    [
      'a port out of range',
      2,
      /The port 99999 of route:\/\/225\.1\.1\.0:99999 is not a number from 1 to 65535\./,
      () => ['route://225.1.1.0:99999'],
    ],
    ['no port', 2, /route:\/\/225\.1\.1\.0 names no port\./, () => ['route://225.1.1.0']],
    ['a scheme that is none', 2, /ftp:\/\/ is not a scheme that can be received\./, () => ['ftp://x/y.mpd']],
    // The top-level domain `invalid` never has a host.
    [
      'a host that is none',
      1,
      /cannot be received: no (host has this name|name server answers)\./,
      () => ['http://x.invalid/'],
    ],
    ['neither URL nor capture', 2, /Neither a URL nor a capture was named\./, () => []],
    [
      'an interface that has gone',
      1,
      /203\.0\.113\.7 is not an address of this machine\. Choose an interface/,
      () => ['route://239.255.77.90:6000', '--interface', '203.0.113.7'],
    ],
    ['a capture that is none', 1, /is not a packet capture/, () => ['--capture', join(DEMO_FOLDER, 'manifest.mpd')]],
    [
      'a folder below a file',
      1,
      /demo\.pcap\/out cannot be written: .*not a folder/,
      () => ['--capture', capture, '--out', join(capture, 'out')],
    ],
    [
      'a capture out below a file',
      1,
      /demo\.pcap\/x\.pcapng cannot be written/,
      () => ['--capture', capture, '--capture-out', join(capture, 'x.pcapng')],
    ],
    ['a service that is not there', 3, /has no service 9; it has 1\./, () => ['--capture', capture, '--services', '9']],
    [
      'an address that is not in the capture',
      3,
      /demo\.pcap has no packets to 239\.255\.1\.9:6000; most go to 239\.255\.1\.1:6000\./,
      () => ['route://239.255.1.9:6000', '--capture', capture],
    ],
    [
      'a capture without LLS',
      3,
      /demo\.pcap has ROUTE on 239\.255\.1\.1:6000, but no LLS/,
      () => ['atsc://', '--capture', capture],
    ],
    [
      'nobody sending',
      3,
      /Nothing was received from route:\/\/239\.255\.77\.91:6000 \(joined 239\.255\.77\.91:6000 on 127\.0\.0\.1/,
      () => ['route://239.255.77.91:6000', '--interface', '127.0.0.1', '--duration', '0.3'],
    ],
  ]
  it.each(cases)('%s: status %i and one sentence', async (_, expected, sentence, args) => {
    const { status, stdout, stderr } = await routescope(['receive', ...args()])
    expect(stderr).toMatch(sentence)
    expect(stderr).toMatch(/^routescope: .*[.:] .*\n$/)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  })

  it.skipIf(process.platform !== 'linux')('a folder where nobody may make one', async () => {
    const { status, stderr } = await routescope(['receive', '--capture', capture, '--out', '/proc/routescope/out'])
    expect(stderr).toMatch(/^routescope: \/proc\/routescope\/out cannot be written.*\n$/)
    expect(status).toBe(1)
  })

  it.skipIf(!existsSync('/dev/full'))(
    'a disk that is full for the capture: the files are there all the same (where there is /dev/full)',
    async () => {
      const out = newOut()
      const { status, stderr } = await routescope([
        'receive',
        '--capture',
        capture,
        '--out',
        out,
        '--capture-out',
        '/dev/full',
      ])
      expect(stderr).toMatch(
        /^routescope: The disk is full: the capture \/dev\/full ends early\. Free some space, .*\n$/,
      )
      expect(status).toBe(1)
      expect(treeOf(out)).toEqual(demo(1, DASH))
    },
  )

  const canMount =
    spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', folder.path]).status === 0
  it.skipIf(!canMount)(
    `a disk that fills up: what was written is whole, and nothing half is left${canMount ? '' : ' (skipped: no small disk can be mounted here)'}`,
    async () => {
      const disk = folder.at('disk')
      const listing = folder.at('listing')
      mkdirSync(disk)
      mkdirSync(listing)
      // The mount ends with the process: its files are copied first.
      const script = `mount -t tmpfs -o size=1m none '${disk}' && "$@"; status=$?; cp -a '${disk}/.' '${listing}'; exit $status`
      const program = new RunningProgram(['receive', '--capture', capture, '--out', join(disk, 'out')], {
        command: ['unshare', '-rm', 'sh', '-c', script, 'sh', process.execPath],
      })
      program.child.stdin.end()
      const { status, stderr } = await program.ended
      expect(stderr).toMatch(
        /^routescope: The disk filled up while writing .*; what was written before is kept\. Free some space.*\n/,
      )
      expect(stderr.match(/disk filled up/g)).toHaveLength(1)
      expect(status).toBe(1)
      const found = treeOf(join(listing, 'out'))
      expect(found.length).toBeGreaterThan(2)
      for (const entry of found) expect(demo(1, DASH)).toContainEqual(entry)
    },
  )

  it('a capture cut in the middle of a packet: a warning, all before it, and status 0', async () => {
    const file = folder.at('cut.pcap')
    const bytes = pcapOf(sent)
    writeFileSync(file, bytes.subarray(0, bytes.length - 9))
    const out = newOut()
    const { status, stderr } = await routescope(['receive', '--capture', file, '--out', out])
    expect(stderr).toMatch(
      /^routescope: cut\.pcap ends in the middle of a packet.*\nReceived .*\n(?:Service \d+.*\n)*$/,
    )
    expect(status).toBe(0)
    expect(treeOf(out).length).toBeGreaterThanOrEqual(demo(1, DASH).length - 1)
  })
})

describe('signalling that cannot be read', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const STSID = `<S-TSID><RS dPort="6000"><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="1" fileTemplate="v_$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>`
  const part = (contentType: string, contentLocation: string, body: string) => ({
    contentType,
    contentLocation,
    body: text(body),
  })
  const multipart = (...parts: ReturnType<typeof part>[]): Uint8Array =>
    serialiseMultipart(parts, { boundary: 'between-parts', type: 'application/route-usd+xml' })

  it('is an alarm with line and column each, and everything else is kept', async () => {
    const good = gzipSync(
      multipart(
        part('application/route-s-tsid+xml', 'stsid.xml', STSID),
        part('application/dash+xml', 'a.mpd', '<MPD>\n  <Period'),
      ),
    )
    const sls = (toi: number, payload: Uint8Array): Uint8Array =>
      testPacket({ tsi: 0, toi, codepoint: 3, length: payload.length, closeObject: true, payload })
    const media = new Uint8Array(900).fill(5)
    const packets: [string, number, Uint8Array][] = [
      ['224.0.23.60', 4937, Uint8Array.from([1, 0, 0, 1, ...gzipSync('<SLT>\n\n <Service serviceId=7/></SLT>')])],
      ['224.0.23.60', 4937, Uint8Array.from([3, 0, 0, 1, ...gzipSync('<SystemTime/>').subarray(0, 12)])],
      ['239.255.1.1', 6000, sls(0x8003_0000, good)],
      ['239.255.1.1', 6000, sls(0x8003_0001, good.subarray(0, good.length - 12))],
      [
        '239.255.1.1',
        6000,
        sls(0x0003_0002, multipart(part('application/route-s-tsid+xml', 's.xml', '<S-TSID>\n<RS></S-TSID>'))),
      ],
      ['239.255.1.1', 6000, testPacket({ tsi: 10, toi: 4, length: 900, closeObject: true, payload: media })],
    ]
    const datagrams = packets.map(([address, port, bytes], index) => ({ address, port, bytes, timeUs: index * 1000 }))
    const report = folder.at('broken.json')
    const found = await receivedInto(newOut(), write('broken.pcap', datagrams), '--services', 'all', '--report', report)
    expect(found).toContainEqual({ path: 'service1/v_4.m4s', size: 900, sha256: sha256(media) })
    const document = JSON.parse(readFileSync(report, 'utf8'))
    expect(reportFaults(document)).toEqual([])
    const alarms = document.alarms.map(({ rule, text }: { rule: string; text: string }) => `${rule} ${text}`).join('\n')
    expect(alarms).toMatch(/^LLS.*line 3, column \d+/m)
    expect(alarms).toMatch(/^LLS.*gzip/m)
    expect(alarms).toMatch(/^MPD-XML .*a\.mpd.*line 2, column \d+/m)
    expect(alarms).toMatch(/^SLS-GZIP /m)
    expect(alarms).toMatch(/^STSID-XML .*s\.xml.*line 2, column \d+/m)
  })
})

describe('hostile names', () => {
  it('stay inside the folder, each with its own content', async () => {
    // Names that XML cannot contain are tested with a header, below.
    const names = [...HOSTILE_NAMES, ...NAMES_DIFFERING_BY_CASE].filter((name) => /^[^\p{Cc}\p{Cs}]+$/u.test(name))
    const files = names.map((name) => ({
      name,
      contentType: 'text/plain',
      bytes: new TextEncoder().encode(`content of ${name}`),
    }))
    const parent = folder.at('parent')
    mkdirSync(parent)
    const out = join(parent, 'a', 'b')
    const file = write('hostile.pcap', nrtService(files))
    const above = readdirSync(folder.path).sort()
    const { status, stderr } = await routescope(['receive', '--capture', file, '--services', 'all', '--out', out])
    expect(stderr).toMatch(/^Received .*\n(?:Service \d+.*\n)*$/)
    expect(status).toBe(0)
    const contents = treeOf(out).map((entry) => readFileSync(join(out, entry.path), 'utf8'))
    for (const { bytes } of files) expect(contents).toContain(new TextDecoder().decode(bytes))
    expect(readdirSync(parent)).toEqual(['a'])
    expect(readdirSync(join(parent, 'a'))).toEqual(['b'])
    expect(readdirSync(out)).toEqual([`service${ESG_SERVICE}`])
    expect(readdirSync(folder.path).sort()).toEqual(above)
    for (const outside of ['/etc/x', '/x', '/c:']) expect(existsSync(outside)).toBe(false)
  })

  it('stay inside the folder when sent in an entity header, NUL included', async () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value)
    const names = HOSTILE_NAMES.filter((name) => name.trim() !== '' && !/[\n\ud800]/.test(name))
    const datagrams = names.map((name, index): Datagram => {
      const payload = text(`Content-Location: ${name}\r\nContent-Type: text/plain\r\n\r\ncontent ${index}`)
      const bytes = testPacket({
        tsi: 12,
        toi: index + 1,
        codepoint: 2,
        length: payload.length,
        closeObject: true,
        payload,
      })
      return { address: '239.255.1.1', port: 6000, bytes, timeUs: index * 1000 }
    })
    const parent = folder.at('entities')
    mkdirSync(parent)
    const found = await receivedInto(join(parent, 'out'), write('entities.pcap', datagrams), '--services', 'all')
    expect(found.length).toBe(names.length)
    expect(found.every(({ path }) => path.startsWith('service1/'))).toBe(true)
    expect(readdirSync(parent)).toEqual(['out'])
  })
})
