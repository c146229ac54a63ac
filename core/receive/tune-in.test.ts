import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { content, TestSession, testFlow } from '../testing/test-session.ts'

const LLS = testFlow('224.0.23.60', 4937, 9)

/** An SLT of ROUTE services, each on its own port of 239.255.1.1. */
function slt(...services: readonly (readonly [id: number, port: number])[]): Uint8Array {
  const listed = services.map(
    ([id, port]) =>
      `<Service serviceId="${id}" shortServiceName="S${id}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.1.1" slsDestinationUdpPort="${port}" slsSourceIpAddress="10.9.9.9"/></Service>`,
  )
  const xml = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1">${listed.join('')}</SLT>`
  return Uint8Array.from([1, 0, 0, 1, ...gzipSync(xml)])
}

const joined = (session: TestSession): number[] =>
  [...session.services.values()].filter((service) => service.joined).map((service) => service.id)
const listed = (session: TestSession): number[] => [...session.services.keys()]
const LLS_ONLY = [{ address: '224.0.23.60', port: 4937 }]

describe('tune-in', () => {
  it.each(['none', 'scan'] as const)('%s lists the services and joins none', (services) => {
    const session = new TestSession({ kind: 'atsc' }, { services })
    session.datagram(slt([5, 5000], [6, 5001]), LLS)
    expect(listed(session)).toEqual([5, 6])
    expect(joined(session)).toEqual([])
    expect(session.wanted).toEqual(LLS_ONLY)
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(session.objects).toEqual([])
  })

  it('`first` joins the first of the SLT, `all` each, numbers those', () => {
    for (const [services, ids] of [
      ['first', [5]],
      ['all', [5, 6, 7]],
      [
        [6, 7, 99],
        [6, 7],
      ],
    ] as const) {
      const session = new TestSession({ kind: 'atsc' }, { services })
      session.datagram(slt([5, 5000], [6, 5001], [7, 5002]), LLS)
      expect(joined(session), String(services)).toEqual(ids)
      expect(session.wanted).toEqual([
        ...LLS_ONLY,
        ...ids.map((id) => ({ address: '239.255.1.1', port: 5000 + id - 5 })),
      ])
    }
  })

  it('treats a source address in the SLT as information only', () => {
    const session = new TestSession({ kind: 'atsc' })
    session.datagram(slt([5, 5000]), LLS)
    expect(session.services.get(5)?.source).toBe('10.9.9.9')
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(session.objects.map((object) => object.state)).toEqual(['complete'])
  })
})

describe('several targets', () => {
  const A = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
  const B = { kind: 'route', address: '239.255.1.2', port: 5000 } as const

  it('numbers ROUTE sessions in order, and `first` means the first of each', () => {
    const session = new TestSession([A, B], { services: 'first' })
    expect(joined(session)).toEqual([1, 2])
    session.sendObject({ tsi: 10, toi: 1, codepoint: 1 }, content(10), 1000, testFlow('239.255.1.2', 5000, 1))
    expect(session.objects.map((object) => object.serviceId)).toEqual([2])
  })

  it('leaves the numbers below 65536 to the SLT', () => {
    const session = new TestSession([A, { kind: 'atsc' }, B])
    session.datagram(slt([1, 5001], [2, 5002]), LLS)
    expect(joined(session)).toEqual([65_536, 65_537, 1, 2])
    expect(session.services.get(65_537)?.destination).toBe('239.255.1.2:5000')
  })

  it('joins the services of each', () => {
    const session = new TestSession([
      { ...A, services: 'none' },
      { kind: 'atsc', services: [6] },
    ])
    session.datagram(slt([5, 5001], [6, 5002]), LLS)
    expect(joined(session)).toEqual([6])
  })

  it('reports the wanted destinations of each', () => {
    const wanted = new Map<string, string[]>()
    const session = new TestSession([A, { kind: 'atsc' }], {}, {}, {}, (destinations, target) => {
      wanted.set(
        target.kind,
        destinations.map(({ address, port }) => `${address}:${port}`),
      )
    })
    session.datagram(slt([5, 5001]), LLS)
    expect(wanted.get('route')).toEqual(['239.255.1.1:5000'])
    expect(wanted.get('atsc')).toEqual(['224.0.23.60:4937', '239.255.1.1:5001'])
  })

  it('treats one session on two interfaces as one service, wanted by both', () => {
    const wanted: unknown[] = []
    const again = { ...A }
    const session = new TestSession([A, again], {}, {}, {}, (_, target) => wanted.push(target))
    expect(listed(session)).toEqual([1])
    expect(wanted).toEqual([A, again])
  })
})
