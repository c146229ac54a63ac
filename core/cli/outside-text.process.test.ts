import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Datagram, pcapOf } from '../testing/datagrams.ts'
import { FIXTURE_START_US } from '../testing/make-fixtures.ts'
import { routescope, TestFolder } from '../testing/program.ts'
import { testPacket } from '../testing/test-session.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** Escape sequences, line breaks, controls of direction and marks in every name that a sender chooses. */
const ODD = '&#x9b;31m&#10;FORGED LINE&#x85;&#x202e;&#x2028;'
const RAW = '\x1b]0;title\x07\x1b[2J'

function hostileCapture(): Datagram[] {
  let packets = 0
  const at = (address: string, port: number, bytes: Uint8Array): Datagram => ({
    address,
    port,
    bytes,
    timeUs: FIXTURE_START_US + 1000 * ++packets,
  })
  const slt = (name: string): Datagram =>
    at(
      '224.0.23.60',
      4937,
      Uint8Array.from([
        ...[1, 0, 0, 1],
        ...gzipSync(
          `<SLT bsid="1"><Service serviceId="1" shortServiceName="${name}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.1.1" slsDestinationUdpPort="5000"/></Service></SLT>`,
        ),
      ]),
    )
  const stsid = `<S-TSID><RS><LS tsi="5"><SrcFlow><EFDT><FDT-Instance Expires="4294967295"><File TOI="2" Content-Location="n${ODD}x" Content-Length="300"/></FDT-Instance></EFDT></SrcFlow></LS></RS></S-TSID>`
  const sls = Buffer.from(
    `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: st${RAW}.xml\r\n\r\n${stsid}\r\n--b\r\nContent-Type: application/x${RAW}y\r\nContent-Location: q${RAW}\r\n\r\n<q/>\r\n--b--\r\n`,
    'latin1',
  )
  const route = (packet: Parameters<typeof testPacket>[0]): Datagram => at('239.255.1.1', 5000, testPacket(packet))
  return [
    slt(`A${ODD}B`),
    slt(`C${RAW}D`),
    slt(`e${'\u0301'.repeat(20_000)}`),
    slt(`A${ODD}B`),
    route({ tsi: 0, toi: 1, codepoint: 3, length: sls.length, payload: sls }),
    route({ tsi: 5, toi: 2, length: 300, payload: new Uint8Array(100) }),
  ]
}

let capture: string
beforeAll(() => {
  capture = folder.at('names.pcap')
  writeFileSync(capture, pcapOf(hostileCapture()))
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSPELT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|^FORGED/mu
const MARKS = /\p{M}{5}/u

describe('names with escape sequences, line breaks and controls of direction', () => {
  it.each([
    ['inspect', ['inspect']],
    ['inspect --json', ['inspect', '--json']],
    ['a scan', ['receive', '--services', 'scan', '--capture']],
    ['a scan as JSON', ['receive', '--json', '--services', 'scan', '--capture']],
    ['the log', ['receive', '--log', 'all@debug', '--services', 'all', '--out', 'OUT', '--capture']],
  ])('are spelt by %s', async (what, args) => {
    const { stdout, stderr } = await routescope([
      ...args.map((arg) => (arg === 'OUT' ? folder.at('out') : arg)),
      capture,
    ])
    expect(stdout + stderr).not.toMatch(UNSPELT)
    // JSON is read by programs: its values are whole.
    if (!args.includes('--json')) expect(stdout + stderr).not.toMatch(MARKS)
    expect(stdout + stderr).toMatch(
      what.endsWith('JSON') || what.endsWith('json') ? /FORGED LINE/ : /\\n ?FORGED LINE|\\x9b31m/,
    )
  })

  it('read back from JSON as they were sent', async () => {
    const { stdout } = await routescope(['inspect', '--json', capture])
    expect(JSON.parse(stdout).services[0].name).toBe('A\u009b31m\nFORGED LINE\u0085\u202e\u2028B')
  })
})
