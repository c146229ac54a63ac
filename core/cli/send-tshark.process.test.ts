import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { parseSlt } from '../protocol/lls/slt.ts'
import { parseSystemTime } from '../protocol/lls/system-time.ts'
import { DEMO_FOLDER } from '../testing/make-fixtures.ts'
import { routescope, TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const hasTshark = spawnSync('tshark', ['--version']).status === 0
const GROUP = '239.255.1.1'
const LLS_PORT = 4937
/** Checksums are compared. An FDT of several packets is no document in each of them, as which tshark takes it. */
const STRICT = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', '--disable-protocol', 'xml']
const FIELDS = [
  'frame.protocols',
  'udp.checksum.status',
  'ip.checksum.status',
  '_ws.expert.message',
  'udp.dstport',
  'udp.payload',
] as const
/** "Good" in tshark's words. */
const GOOD = '1'

/** Each packet as tshark reads it: ALC on the ports of the services. */
function readByTshark(file: string, ports: readonly number[]): string[][] {
  const alc = ports.flatMap((port) => ['-d', `udp.port==${port},alc`])
  const fields = FIELDS.flatMap((field) => ['-e', field])
  const lines = execFileSync('tshark', ['-r', file, ...STRICT, ...alc, '-T', 'fields', ...fields], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 << 20,
  })
  return lines
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
}

describe.skipIf(!hasTshark)('tshark reads what is sent without a warning (where it is installed)', () => {
  it.each([
    ['atsc', `atsc://${GROUP}:6000`, ['--fec-overhead', '20']],
    ['korean', `atsc://${GROUP}:6000`, ['--korean']],
    ['flute', `mabr://${GROUP}:6000`, []],
    ['route', `mabr://${GROUP}:6000`, ['--transport', 'route']],
  ])('%s: addresses, checksums, headers, LLS', async (name, url, options) => {
    const file = folder.at(`${name}.pcapng`)
    const args = ['send', join(DEMO_FOLDER, 'manifest.mpd'), url, '--capture-out', file, '--pace', 'fast']
    expect((await routescope([...args, ...options])).status).toBe(0)
    const packets = readByTshark(file, [6000, 6001])
    expect(packets.length).toBeGreaterThan(500)
    const lls = packets.filter(([, , , , port]) => Number(port) === LLS_PORT)
    const others = packets.filter((packet) => !lls.includes(packet))
    for (const [, udp, ip, expert] of packets) expect([udp, ip, expert]).toEqual([GOOD, GOOD, ''])
    for (const [protocols] of others) expect(protocols).toMatch(/^raw:ip:udp:alc:rmt-lct(?::rmt-fec)?(?::data)?$/)
    if (url.startsWith('mabr')) return
    // Tables 1 and 3, packed, behind four bytes of header.
    const tables = lls.map(([, , , , , payload = '']) => Buffer.from(payload, 'hex'))
    expect(new Set(tables.map(([id]) => id))).toEqual(new Set([1, 3]))
    for (const table of tables) {
      const text = gunzipSync(table.subarray(4)).toString()
      if (table[0] === 3) expect(parseSystemTime(text).currentUtcOffset).toBe(37)
      else expect(parseSlt(text).services.map(({ signalling }) => signalling?.destinationAddress)).toEqual([GROUP])
    }
  })
})
