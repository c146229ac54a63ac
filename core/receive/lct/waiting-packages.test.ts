import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { floods } from '../../testing/floods.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'

const LLS = testFlow('224.0.23.60', 4937, 9)
const SLT = `<SLT bsid="1"><Service serviceId="5" shortServiceName="S"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.77.1.1" slsDestinationUdpPort="5000"/></Service></SLT>`
const STSID =
  '<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="seg-$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>'

it.each(['session descriptions', 'manifests'])(
  'of %s without an owner, only the newest are read when it is found',
  (name) => {
    const flood = floods(7).find((each) => each.name === name)
    let read = 0
    const session = new TestSession([{ kind: 'discover' }], {}, {}, {}, undefined, { slsFragment: () => void read++ })
    const flow = flood?.datagram(0).flow
    for (let number = 0; number < 900; number++) {
      session.timeUs -= 999
      session.datagram(flood?.datagram(number).bytes as Uint8Array, flow)
    }
    session.sendObject({ tsi: 0, toi: 5000, codepoint: 1 }, new TextEncoder().encode(STSID), 1000, flow)
    session.sendObject({ tsi: 10, toi: 3 }, new Uint8Array(3000), 1000, flow)
    session.datagram(Uint8Array.from([1, 0, 0, 1, ...gzipSync(SLT)]), LLS)
    session.pass(10)
    session.pass(3000)
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThanOrEqual(64)
    expect(session.files.map((file) => file.name)).toContain('seg-3.m4s')
    expect(session.alarms.some(({ rule }) => rule === 'LIMIT-QUARANTINE')).toBe(true)
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  },
)
