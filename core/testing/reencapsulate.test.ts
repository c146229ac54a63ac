import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CaptureReader } from '../capture/capture-reader.ts'
import { LINK_TYPE } from '../capture/link-types.ts'
import type { Report, ReportService } from '../contract/report.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { Receiver } from '../receive/receiver.ts'
import { CaptureFolder } from './capture-play.ts'
import { DEFAULT_RECEIVE } from './default-receive.ts'
import { twoServicesFixture } from './make-fixtures.ts'
import {
  alpFrames,
  alptpPackets,
  dstpPackets,
  ethernetFrames,
  type IpPacket,
  ipPacketsFrom,
  ipPacketsOf,
  pcapngOfFrames,
  pcapOfFrames,
  plpByDestination,
  sllFrames,
  stltpPackets,
} from './reencapsulate.ts'
import { reportFaults } from './report-shape.ts'

const CAPTURES = join(__dirname, '..', '..', '..', 'shared', 'captures')

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

/** The report of captures, as `inspect` makes it. */
async function inspect(...captures: Uint8Array[]): Promise<Report> {
  const files: string[] = []
  for (const bytes of captures) files.push(await folder.write(bytes))
  const flows = new FlowTable()
  const reader = new CaptureReader({ files, pace: 'fast', loop: 1, nowUs: () => 0, flows })
  const columns = new SessionColumns({ hash: true })
  const receive = { ...DEFAULT_RECEIVE, services: 'all' as const, keepCorrupt: true }
  const receiver = new Receiver(
    { targets: [{ kind: 'discover' }], receive, flows },
    { whole: () => undefined },
    columns,
  )
  let link: ReturnType<Receiver['link']> | null = null
  let lastUs = 0
  await reader.run(
    {
      datagram(flow, bytes, start, end, timeUs, frame) {
        lastUs = timeUs
        receiver.datagram(flow, bytes, start, end, timeUs, frame)
      },
    },
    {
      tick: (timeUs) => receiver.tick(timeUs),
      loop: () => undefined,
      linkSignalling(signalling, timeUs, frame) {
        link ??= receiver.link({
          kind: 'alp',
          destination: null,
          counts: () => ({ ...reader.alp }),
          losses: [],
        })
        link(signalling, timeUs, frame)
      },
    },
  )
  receiver.close(lastUs)
  columns.sample(lastUs)
  const { frames, fragmentsDropped, udp, bytes } = reader.counters
  const source = { kind: 'capture' as const, name: 'test', firstTime: 0, lastTime: lastUs / 1e6 }
  const report = columns.views.report(source, { frames, udp, bytes, fragmentsDropped })
  expect(reportFaults(JSON.parse(JSON.stringify(report)))).toEqual([])
  return report
}

/** Received signalling and objects of each service, byte for byte, without times. */
function content(report: Report): string {
  const lls = report.lls
    .filter(({ tableId }) => tableId !== 0)
    .map(({ name, group, bytes, count }) => [name, group, bytes, count])
  return createHash('sha256')
    .update(JSON.stringify([lls, report.services.map(serviceContent)]))
    .digest('hex')
}

function serviceContent(service: ReportService): unknown {
  const { id, name, protocol, destination, sls, sessions, mmtp } = service
  return {
    id,
    name,
    protocol,
    destination,
    sls: sls.map(({ type, name: file, version, bytes }) => [type, file, version, bytes]),
    sessions: sessions.map((session) => ({
      destination: session.destination,
      channels: session.channels.map(({ tsi, role, packets, bytes, lost, objects }) => [
        [tsi, role, packets, bytes, lost],
        objects.map(({ toi, instance, name: file, size, received, complete, missing, sha256, repeats }) => [
          toi,
          instance,
          file,
          size,
          received,
          complete,
          missing,
          sha256,
          repeats,
        ]),
      ]),
    })),
    mmtp: mmtp?.packets ?? null,
  }
}

const sources: [name: string, packets: () => Promise<IpPacket[]>][] = [
  ['two services of our own', async () => ipPacketsFrom(await twoServicesFixture())],
]
if (existsSync(CAPTURES)) {
  for (const file of readdirSync(CAPTURES).filter((each) => each.endsWith('.pcap'))) {
    sources.push([file, async () => ipPacketsOf(readFileSync(join(CAPTURES, file)))])
  }
}

describe.each(sources)('%s is received alike in', (name, load) => {
  let packets: IpPacket[]
  let original: string
  // A tunnel reorders between PLPs. Captures that depend on the order use one PLP: MMTP is counted from the SLT on, and the
  // flows of the MABR capture are numbered on arrival.
  const plps = plpByDestination(/^(offair|mabr)/.test(name) ? 1 : 3)
  beforeAll(async () => {
    packets = await load()
    original = content(await inspect(pcapOfFrames(packets, LINK_TYPE.raw)))
  })
  const same = async (bytes: Uint8Array): Promise<Report> => {
    const report = await inspect(bytes)
    expect(content(report)).toBe(original)
    return report
  }

  it('pcapng, nanoseconds, VLAN, SLL and SLL2', async () => {
    await same(pcapngOfFrames(ethernetFrames(packets), LINK_TYPE.ethernet))
    await same(pcapOfFrames(ethernetFrames(packets, [0x88, 0xa8, 0, 9, 0x81, 0, 0, 5]), LINK_TYPE.ethernet, true))
    await same(pcapOfFrames(sllFrames(packets), LINK_TYPE.linuxSll))
    await same(pcapngOfFrames(sllFrames(packets, true), LINK_TYPE.linuxSll2))
  })

  it('ALP, whole, in segments and concatenated', async () => {
    const report = await same(pcapOfFrames(alpFrames(packets, 'single', plps), LINK_TYPE.alp))
    expect(report.flows.every(({ plp }) => plp !== null)).toBe(true)
    expect(report.lls.filter(({ name }) => name === 'LMT')).toMatchObject([
      { tableId: 0, values: { plps: expect.anything() } },
    ])
    await same(pcapngOfFrames(alpFrames(packets, 'segments', plps), LINK_TYPE.alp))
    await same(pcapOfFrames(alpFrames(packets, 'concatenation'), LINK_TYPE.alp))
  })

  it('STLTP of several PLPs', async () => {
    for (const form of ['single', 'segments', 'concatenation'] as const) {
      const report = await same(pcapOfFrames(stltpPackets(packets, { form, plpOf: plps }), LINK_TYPE.raw))
      expect(report.links).toMatchObject([
        {
          kind: 'stltp',
          destination: '239.1.2.3:31000',
          counts: { lost: 0, innerDropped: 0, basebandLost: 0, alpDropped: 0 },
        },
      ])
      expect(report.alarms.filter(({ rule }) => rule === 'STLTP-SEQ')).toEqual([])
    }
    await same(
      pcapOfFrames(stltpPackets(packets, { packetBytes: 333, basebandBytes: 120, plpOf: plps }), LINK_TYPE.raw),
    )
  })

  it('STLTP with lost packets that FEC recovers', async () => {
    const fec = { columns: 10, rows: 5, rowFec: true }
    const tunnel = stltpPackets(packets, { plpOf: plps, fec, lost: (index) => index > 60 && index % 23 === 7 })
    // Packets after the last complete matrix cannot be recovered.
    const report = await inspect(pcapOfFrames(tunnel, LINK_TYPE.raw))
    const counts = report.links[0]?.counts ?? {}
    expect(counts.recovered).toBeGreaterThan(2)
    expect(counts.lost).toBeLessThan(4)
    if (counts.lost === 0) expect(content(report)).toBe(original)
  })

  it('ALPTP and DSTP', async () => {
    await same(pcapOfFrames(alptpPackets(packets, plps), LINK_TYPE.raw))
    await same(pcapOfFrames(dstpPackets(packets), LINK_TYPE.raw))
  })

  it('a file per PLP, merged', async () => {
    const parts = [0, 1, 2]
      .map((plp) => packets.filter((packet) => plps(packet) === plp))
      .filter((part) => part.length > 0)
    const report = await inspect(...parts.reverse().map((part) => pcapOfFrames(part, LINK_TYPE.raw)))
    expect(content(report)).toBe(original)
  })
})

describe('an STLTP tunnel that loses packets', () => {
  it('reports losses at each level, and continues', async () => {
    const packets = ipPacketsFrom(await twoServicesFixture())
    const report = await inspect(
      pcapOfFrames(stltpPackets(packets, { lost: (index) => index % 40 === 20 }), LINK_TYPE.raw),
    )
    const counts = report.links[0]?.counts ?? {}
    expect(counts.lost).toBeGreaterThan(3)
    expect(counts.basebandLost).toBeGreaterThan(0)
    expect(counts.alpDropped).toBeGreaterThan(0)
    const alarms = report.alarms.filter(({ rule }) => rule === 'STLTP-SEQ')
    expect(alarms[0]).toMatchObject({
      severity: 'error',
      text: expect.stringMatching(/STLTP 239\.1\.2\.3:31000: \d+ tunnel packets lost/),
    })
    expect(report.services.length).toBeGreaterThan(0)
  })
})
