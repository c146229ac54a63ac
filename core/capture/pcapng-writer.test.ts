import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'
import { PcapngWriter } from './pcapng-writer.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const flows = new FlowTable()
const FLOWS = [
  flows.byText('192.0.2.1', '225.1.1.0', 6000, 6001),
  flows.byText('192.0.2.2', '239.255.255.255', 65535, 1),
  flows.byText('fd00::2', 'ff15::1', 6000, 6001),
]
const START_US = 1_795_241_879_313_815

test('flows, payloads and times are read back as written', async () => {
  const packet = fc.record({
    flow: fc.constantFrom(...FLOWS),
    payload: fc.uint8Array({ maxLength: 2000 }),
    stepUs: fc.nat({ max: 200_000_000 }),
  })
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 40 }), async (packets) => {
      const file = join(folder.dir, `written-${count++}.pcapng`)
      const writer = await PcapngWriter.create(file)
      let timeUs = START_US
      const expected = packets.map(({ flow, payload, stepUs }, index) => {
        timeUs += stepUs
        // The payload is inside a larger buffer that is reused.
        const bytes = new Uint8Array(payload.length + 20).fill(0xaa)
        bytes.set(payload, 7)
        writer.datagram(flow, bytes, 7, 7 + payload.length, timeUs, index + 1)
        bytes.fill(0)
        return {
          destination: flow.destination,
          source: flow.sourceAddress,
          payload: Array.from(payload),
          timeUs,
          frame: index + 1,
        }
      })
      await writer.close()
      const played = await playCapture([file])
      expect(played.datagrams).toEqual(expected)
      expect(played.warnings).toEqual([])
      expect(played.counters).toMatchObject({ malformed: 0, wrongChecksums: 0, skippedBlocks: 0 })
      expect(played.summary.epochCorrected).toBe(false)
    }),
    { numRuns: 40 },
  )
})

test('much more than the buffer size is written, with back-pressure', async () => {
  const file = join(folder.dir, 'large.pcapng')
  const writer = await PcapngWriter.create(file)
  const payload = new Uint8Array(60000)
  let waited = 0
  for (let index = 0; index < 400; index++) {
    writer.datagram(FLOWS[0] as (typeof FLOWS)[0], payload.fill(index), 0, payload.length, START_US + index, index)
    const busy = writer.busy()
    if (busy !== null) {
      waited++
      await busy
    }
  }
  expect(waited).toBeGreaterThan(0)
  await writer.close(5)
  const played = await playCapture([file])
  expect(played.datagrams.map(({ payload: [first] }) => first)).toEqual(
    Array.from({ length: 400 }, (_, index) => index & 255),
  )
  expect(played.counters.reportedDrops).toBe(5)
})

test('packets reach the file without closing it', async () => {
  const file = join(folder.dir, 'open.pcapng')
  const writer = await PcapngWriter.create(file)
  writer.datagram(FLOWS[0] as (typeof FLOWS)[0], Uint8Array.of(1), 0, 1, START_US, 1)
  while ((await readFile(file)).length < 172) await new Promise(setImmediate)
  expect((await playCapture([file])).datagrams).toHaveLength(1)
  await writer.close()
})

test('a path that cannot be written to is refused', async () => {
  const dir = join(folder.dir, 'a-folder')
  await mkdir(dir)
  for (const file of [join(folder.dir, 'nowhere', 'x.pcapng'), dir]) {
    await expect(PcapngWriter.create(file)).rejects.toMatchObject({
      error: { code: 'folder-not-writable', message: expect.stringContaining(file) },
    })
  }
})

test.skipIf(process.platform !== 'linux')(
  'a full disk stops the writer, and close reports it (Linux only)',
  async () => {
    const writer = await PcapngWriter.create('/dev/full')
    for (let index = 0; index < 10; index++) {
      writer.datagram(FLOWS[0] as (typeof FLOWS)[0], new Uint8Array(60000), 0, 60000, START_US, index)
    }
    await expect(writer.close()).rejects.toMatchObject({ error: { code: 'disk-full' } })
  },
)

/** Wireshark's programs, where they are installed, as a second reader of our files. */
const TOOLS = { tshark: 'tshark', capinfos: 'capinfos' }
const tshark = spawnSync(TOOLS.tshark, ['--version']).status === 0

test.skipIf(!tshark)('tshark and capinfos read it (skipped where they are not installed)', async () => {
  const file = join(folder.dir, 'tshark.pcapng')
  const writer = await PcapngWriter.create(file)
  for (const [index, flow] of FLOWS.entries()) {
    const payload = Uint8Array.from({ length: 11 + index }, (_, at) => at + index)
    writer.datagram(flow, payload, 0, payload.length, START_US + index * 1_500_001, index)
  }
  await writer.close(2)
  const fields = [
    'frame.time_epoch',
    'ip.dst',
    'ipv6.dst',
    'udp.srcport',
    'udp.dstport',
    'udp.payload',
    'frame.interface_name',
  ]
  const options = ['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE', '-T', 'fields', '-E', 'separator=;']
  const args = ['-r', file, ...options, ...fields.flatMap((field) => ['-e', field])]
  const lines = execFileSync(TOOLS.tshark, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  expect(lines.trim().split('\n')).toEqual([
    '1795241879.313815000;225.1.1.0;;6000;6001;000102030405060708090a;routescope',
    '1795241880.813816000;239.255.255.255;;65535;1;0102030405060708090a0b0c;routescope',
    '1795241882.313817000;;ff15::1;6000;6001;02030405060708090a0b0c0d0e;routescope',
  ])
  const bad = [
    '-r',
    file,
    ...options.slice(0, 4),
    '-Y',
    'ip.checksum.status == 0 || udp.checksum.status == 0 || _ws.malformed',
  ]
  expect(execFileSync(TOOLS.tshark, bad, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe('')
  const info = execFileSync(TOOLS.capinfos, [file], { encoding: 'utf8' })
  expect(info).toMatch(/Number of packets:\s+3/)
  expect(info).toMatch(/File type:\s+Wireshark\/\.\.\. - pcapng/)
  expect(info).toMatch(/Capture application:\s+Routescope/)
})
