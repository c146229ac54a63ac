import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ObserverTee } from '../flow/tee.ts'
import type { Alarm } from '../inspect/rules/alarm.ts'
import { Judge } from '../inspect/rules/judge.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { seededBelow } from '../testing/seeded.ts'
import { content, type TestPacket, testPacket } from '../testing/test-session.ts'
import { Receiver } from './receiver.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const STSID = `<S-TSID><RS dPort="5001"><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="1" fileTemplate="v_$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>`
const SLT = `<SLT bsid="1"><Service serviceId="1" sltSvcSeqNum="0" serviceCategory="1"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.1.1" slsDestinationUdpPort="5000"/></Service><Service serviceId="2" sltSvcSeqNum="0" serviceCategory="1"><BroadcastSvcSignaling slsProtocol="2" slsDestinationIpAddress="239.255.1.2" slsDestinationUdpPort="5000"/></Service></SLT>`
const EFDT = '<EFDT version="1"><FDTParameters><File TOI="5" Content-Location="../../x"/></FDTParameters></EFDT>'
const PACKAGE = `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/dash+xml\r\nContent-Location: a.mpd\r\n\r\n<MPD/>\r\n--b--\n`

/** Valid datagrams of each kind, to be damaged. */
function corpus(): { seeds: Uint8Array[]; media: Uint8Array[] } {
  const packets: TestPacket[] = [
    { tsi: 0, toi: 1, codepoint: 1, payload: utf8(STSID) },
    { tsi: 0, toi: 2, codepoint: 3, payload: new Uint8Array(gzipSync(STSID)) },
    { tsi: 0, toi: 3, codepoint: 3, payload: utf8(PACKAGE) },
    { tsi: 12, toi: 0, codepoint: 0, payload: utf8(EFDT) },
    { tsi: 10, toi: 0xffff_ffff, codepoint: 5, payload: content(800) },
    { tsi: 12, toi: 5, codepoint: 2, payload: utf8('Content-Location: a\r\n\r\nbody') },
  ]
  const media: TestPacket[] = [0, 1, 2, 3].map((part) => ({
    tsi: 10,
    toi: 7,
    length: 4000,
    offset: part * 1000,
    payload: content(1000),
    closeObject: part === 3,
  }))
  const whole = packets.map((packet) => testPacket({ length: packet.payload?.length ?? 0, ...packet }))
  const open = packets.map((packet) => testPacket({ ...packet, closeObject: true }))
  const lls = new Uint8Array([1, 0, 0, 1, ...gzipSync(SLT)])
  const mmtp = new Uint8Array(100)
  mmtp.set([0x62, 0x00, 0x00, 0x23, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 80, 0x28])
  const segments = [...media.map(testPacket), whole[4] as Uint8Array, mmtp]
  return { seeds: [...whole, ...open, lls], media: segments }
}

/**
 * Heap and buffers in use, bytes. zlib and the collector free memory over some turns of the event loop, more on a busy
 * machine: the least of several readings counts.
 */
async function memory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 8; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    least = Math.min(least, heapUsed + arrayBuffers)
  }
  return least
}

/** Twenty seconds of computing, or minutes on a busy machine. Only against hanging. */
const LONG_RUN = { timeout: 900_000 }

describe('hostile datagrams', () => {
  it('takes a million random and mutated ones without throwing, hanging or growing', LONG_RUN, async () => {
    const random = seededBelow(20261121)
    const table = new FlowTable()
    const flows = [
      table.byText('10.0.0.1', '224.0.23.60', 1, 4937),
      table.byText('10.0.0.1', '239.255.1.1', 1, 5000),
      table.byText('10.0.0.1', '239.255.1.1', 1, 5001),
      table.byText('10.0.0.1', '239.255.1.2', 1, 5000),
      table.byText('10.0.0.1', '239.255.1.3', 1, 5000),
    ]
    const { seeds, media } = corpus()
    const alarms: Alarm[] = []
    const judge = new Judge((alarm) => void (alarm.rule === 'INTERNAL' && alarms.push(alarm)))
    const columns = new SessionColumns({ hash: true, maxRows: 20_000 })
    const receive = { ...DEFAULT_RECEIVE, services: 'all' as const, keepCorrupt: true }
    const limits = {
      memoryBytes: 16 << 20,
      quarantineBytes: 4 << 20,
      openObjects: 32,
      channels: 32,
      knownObjects: 256,
    }
    let files = 0
    const receiver = new Receiver(
      { targets: [{ kind: 'discover' }], receive, limits },
      { whole: () => void files++ },
      new ObserverTee(columns, { found: (finding) => judge.found(finding) }),
    )
    const datagram = new Uint8Array(2048)
    let timeUs = 1e15
    let memoryAfterWarmUp = 0
    for (let count = 0; count < 1_000_000; count++) {
      const kind = random(10)
      let length: number
      if (kind === 0) {
        length = random(200)
        for (let at = 0; at < length; at++) datagram[at] = random(256)
      } else {
        // Signalling costs a parser each time; most packets are media.
        const among = random(8) === 0 ? seeds : media
        const seed = among[random(among.length)] as Uint8Array
        datagram.set(seed)
        length = seed.length
        // Few changes mostly hit the header, where they matter most.
        for (let change = random(4); change > 0; change--) datagram[random(random(3) === 0 ? length : 28)] = random(256)
        if (kind === 1) length = random(length + 1)
      }
      timeUs += random(2000)
      const flow = flows[random(flows.length)] as (typeof flows)[number]
      receiver.datagram(flow, datagram, 0, length, timeUs, count + 1)
      if (count % 250_000 === 0) receiver.loop(timeUs)
      // A failed gunzip keeps its buffers until the event loop turns.
      if (count % 20_000 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (count % 1000 === 0) columns.sample(timeUs)
      if (count === 250_000) memoryAfterWarmUp = await memory()
    }
    const memoryAtTheEnd = await memory()
    expect(alarms).toEqual([])
    expect(files).toBeGreaterThan(0)
    expect(receiver.usedBytes).toBeLessThanOrEqual(limits.memoryBytes)
    expect(memoryAtTheEnd - memoryAfterWarmUp).toBeLessThan(24 << 20)
    receiver.close(timeUs)
    expect(receiver.usedBytes).toBe(0)
    const report = columns.views.report(
      { kind: 'capture', name: 'hostile', firstTime: null, lastTime: null },
      { frames: 1_000_000, udp: 1_000_000, bytes: 0, fragmentsDropped: 0 },
    )
    expect(report.totals.malformed).toBeGreaterThan(100_000)
    expect(report.alarms.length).toBeLessThan(3000)
  })
})
