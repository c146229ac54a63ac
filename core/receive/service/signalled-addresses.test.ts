import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { TestSession, testFlow } from '../../testing/test-session.ts'

const LLS = testFlow('224.0.23.60', 4937, 9)
const ATSC: ReceiveTarget = { kind: 'atsc' }
const LLS_GROUP = { address: '224.0.23.60', port: 4937 }

function slt(version: number, services: readonly (readonly [address: string, port: number])[]): Uint8Array {
  const listed = services.map(
    ([address, port], at) =>
      `<Service serviceId="${at + 1}"><BroadcastSvcSignaling slsProtocol="${1 + (at % 2)}" slsDestinationIpAddress="${address}" slsDestinationUdpPort="${port}"/></Service>`,
  )
  const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="${version}">${listed.join('')}</SLT>`
  return Uint8Array.from([1, 0, 0, version, ...gzipSync(xml)])
}

const refusals = ({ alarms }: TestSession): string[] =>
  alarms.filter(({ rule }) => rule === 'SIG-ADDRESS').map(({ text }) => text)

describe('what an SLT names', () => {
  it('is joined only where it is a multicast address in figures with a port; the rest is told once', () => {
    const session = new TestSession(ATSC)
    const bad: [string, number, string][] = [
      ['tracker.example', 5000, 'tracker.example:5000, which is no IP address'],
      ['127.0.0.1', 22, '127.0.0.1:22, which is not a multicast address'],
      ['255.255.255.255', 5000, '255.255.255.255:5000, which is not a multicast address'],
      ['239.1.1.1', 0, '239.1.1.1:0, which has no port'],
      ['224.0.0.1', 5000, '224.0.0.1:5000, which is a group of the local network only'],
      ['ff02::fb', 5353, '[ff02::fb]:5353, which is a group of the local network only'],
    ]
    const list: [string, number][] = [
      ...bad.map(([address, port]) => [address, port] as [string, number]),
      ['239.1.1.1', 5001],
    ]
    session.datagram(slt(1, list), LLS)
    session.datagram(slt(2, list), LLS)
    expect(session.wanted).toEqual([LLS_GROUP, { address: '239.1.1.1', port: 5001 }])
    expect(refusals(session)).toEqual(bad.map(([, , text]) => `The SLT names ${text}: it is not joined`))
    expect(session.services.size).toBe(7)
  })

  it('is bounded in number, and told', () => {
    const session = new TestSession(ATSC)
    session.datagram(
      slt(
        1,
        Array.from({ length: 2000 }, (_, at) => [`239.1.${at >> 8}.${at & 255}`, 5000] as const),
      ),
      LLS,
    )
    // A long list is read in turns.
    for (let turn = 0; turn < 10; turn++) session.pass(100)
    expect(session.wanted).toHaveLength(256)
    expect(session.alarms.filter(({ rule }) => rule === 'LIMIT-SESSIONS')).toHaveLength(1)
  })
})

describe('what an S-TSID names', () => {
  const stsid = (...destinations: readonly string[]): Uint8Array =>
    new TextEncoder().encode(
      `<S-TSID>${destinations.map((each) => `<RS ${each}><LS tsi="10"><SrcFlow/></LS></RS>`).join('')}</S-TSID>`,
    )
  const destinationsOf = (target: ReceiveTarget & { address: string; port: number }, ...named: string[]) => {
    const session = new TestSession(target)
    const flow = testFlow(target.address, target.port)
    session.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, stsid(...named), 1000, flow)
    return { wanted: session.wanted.map(({ address, port }) => `${address}:${port}`), told: refusals(session) }
  }

  it('is joined by the same rule', () => {
    const own = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
    expect(
      destinationsOf(
        own,
        'dIpAddr="239.255.1.1" dPort="5001"',
        'dIpAddr="10.0.0.1" dPort="80"',
        'dIpAddr="host" dPort="1"',
      ),
    ).toEqual({
      wanted: ['239.255.1.1:5000', '239.255.1.1:5001'],
      told: [
        'The S-TSID names 10.0.0.1:80, which is not a multicast address: it is not joined',
        'The S-TSID names host:1, which is no IP address: it is not joined',
      ],
    })
  })

  it('may be the unicast address that the user named', () => {
    const own = { kind: 'route', address: '127.0.0.1', port: 5000 } as const
    expect(destinationsOf(own, 'dIpAddr="127.0.0.1" dPort="5000"')).toEqual({ wanted: ['127.0.0.1:5000'], told: [] })
    expect(destinationsOf(own, 'dIpAddr="127.0.0.1" dPort="5001"').wanted).toEqual(['127.0.0.1:5000'])
  })
})
