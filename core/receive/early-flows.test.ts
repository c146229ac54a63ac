import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ReceiveTarget } from '../flow/receive-target.ts'
import { toiOf, tsiOf } from '../testing/carriers.ts'
import { content, TestSession, testFlow } from '../testing/test-session.ts'

const LLS = testFlow('224.0.23.60', 4937, 9)
const A = testFlow('239.255.1.1', 5000, 0)
const B = testFlow('239.255.1.1', 5001, 1)
const C = testFlow('239.255.1.1', 5002, 2)

/** An SLT of ROUTE services, each on its own port of 239.255.1.1. */
function slt(...services: readonly (readonly [id: number, port: number])[]): Uint8Array {
  const listed = services.map(
    ([id, port]) =>
      `<Service serviceId="${id}" shortServiceName="S${id}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.1.1" slsDestinationUdpPort="${port}"/></Service>`,
  )
  const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1">${listed.join('')}</SLT>`
  return Uint8Array.from([1, 0, 0, 1, ...gzipSync(xml)])
}

/** The S-TSID of a service with media on another port. */
const stsid = (port: number): Uint8Array =>
  new TextEncoder().encode(
    `<S-TSID><RS dIpAddr="239.255.1.1" dPort="${port}"><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="seg-$TOI$.m4s"/></EFDT></SrcFlow></LS></RS></S-TSID>`,
  )

const media = (session: TestSession, toi: number, flow = B) =>
  session.sendObject({ tsi: 10, toi, codepoint: 8 }, content(5000, toi), 1000, flow)
const signal = (session: TestSession, port = 5001) =>
  session.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, stsid(port), 1000, A)
const names = (session: TestSession): string[] => session.files.map(({ serviceId, name }) => `${serviceId}/${name}`)

describe('media that arrive before their signalling', () => {
  const targets: readonly ReceiveTarget[] = [{ kind: 'atsc' }, { kind: 'discover' }]
  it.each(targets)('belong to the service in the SLT and its S-TSID: $kind', (target) => {
    for (const services of ['all', 'first'] as const) {
      const session = new TestSession(target, { services })
      media(session, 1)
      signal(session)
      media(session, 2)
      session.datagram(slt([5, 5000]), LLS)
      media(session, 3)
      session.receiver.close(session.timeUs)
      expect(names(session).sort()).toEqual(['5/seg-1.m4s', '5/seg-2.m4s', '5/seg-3.m4s'])
      expect([...session.services.keys()].filter((id) => !session.gone.includes(id))).toEqual([5])
      expect(session.alarms).toEqual([])
      expect(session.receiver.usedBytes).toBe(0)
    }
  })

  it('belong to the ROUTE session whose S-TSID names them', () => {
    const session = new TestSession({ kind: 'route', address: '239.255.1.1', port: 5000 })
    media(session, 1)
    signal(session)
    session.receiver.close(session.timeUs)
    expect(names(session)).toEqual(['1/seg-1.m4s'])
  })

  it.each(['all', 'first'] as const)('are of the service of the SLT whose S-TSID names them later: %s', (services) => {
    const session = new TestSession({ kind: 'discover' }, { services })
    session.datagram(slt([5, 5000]), LLS)
    media(session, 1)
    signal(session)
    session.receiver.close(session.timeUs)
    expect(names(session)).toEqual(['5/seg-1.m4s'])
    expect([...session.services.keys()].filter((id) => !session.gone.includes(id))).toEqual([5])
  })

  it('begin at their arrival, not at that of their name', () => {
    const session = new TestSession({ kind: 'route', address: '239.255.1.1', port: 5000 })
    media(session, 1)
    const sentUs = session.timeUs
    session.pass(2000)
    signal(session)
    session.pass(1000)
    const object = session.objects.find((each) => toiOf(each) === 1 && tsiOf(each) === 10)
    expect(object?.lastTimeUs).toBe(sentUs)
  })

  it('belong to no service where the SLT lists an unwanted one', () => {
    const session = new TestSession({ kind: 'discover' }, { services: 'first' })
    media(session, 1, A)
    media(session, 1, B)
    session.datagram(slt([5, 5000], [6, 5001]), LLS)
    media(session, 2, B)
    session.pass(2000)
    session.receiver.close(session.timeUs)
    expect(session.files.map(({ serviceId }) => serviceId)).toEqual([5])
    expect([...session.services.keys()]).toEqual([5, 6])
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('are dropped after too long without a name, or beyond the memory bound', () => {
    const late = new TestSession({ kind: 'atsc' }, {}, { earlyMs: 1000 })
    media(late, 1, A)
    expect(late.receiver.usedBytes).toBeGreaterThan(5000)
    late.pass(2000)
    expect(late.receiver.usedBytes).toBe(0)
    late.datagram(slt([5, 5000]), LLS)
    media(late, 2, A)
    late.receiver.close(late.timeUs)
    expect(late.files).toHaveLength(1)
    expect(late.alarms).toEqual([])

    const many = new TestSession({ kind: 'atsc' }, {}, { earlyBytes: 20_000 })
    for (let toi = 1; toi <= 10; toi++) media(many, toi, A)
    expect(many.receiver.usedBytes).toBe(0)
    media(many, 1, C)
    many.datagram(slt([5, 5000], [6, 5002]), LLS)
    many.receiver.close(many.timeUs)
    expect(many.files.map(({ serviceId }) => serviceId)).toEqual([6])
  })

  it('are not copied where nothing could name them', () => {
    const session = new TestSession({ kind: 'atsc' })
    for (let count = 0; count < 100; count++) session.datagram(new Uint8Array(1000).fill(0x47), B)
    expect(session.receiver.usedBytes).toBe(0)
  })
})
