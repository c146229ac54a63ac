import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import { LLS_ADDRESS, LLS_PORT } from '../../protocol/lls/lls-table.ts'
import { LLS_LIMITS } from '../../protocol/table-limits.ts'
import { content, TestSession, testFlow } from '../../testing/test-session.ts'
import { ReadingWork, readWithin, SessionWork, unpackWithin } from '../object/reading-work.ts'
import { WorkBudget } from '../object/work-budget.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const LLS = testFlow(LLS_ADDRESS, LLS_PORT, 7)
const lls = (tableId: number, xml: string, version = 1): Uint8Array =>
  Uint8Array.from([tableId, 1, 0, version, ...gzip(utf8(xml))])
const service = (id: number): string =>
  `<Service serviceId="${id}" sltSvcSeqNum="0" serviceCategory="1" shortServiceName="x"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.1.1.1" slsDestinationUdpPort="5000"/></Service>`
const slt = (services: string, bsid = 1): string => `<SLT bsid="${bsid}">${services}</SLT>`

describe('LLS tables that unpack to more than was sent', () => {
  it('are not read beyond their limits, and an alarm names table and limit', () => {
    const changed: number[] = []
    const session = new TestSession({ kind: 'atsc' }, { services: 'none' }, {}, {}, undefined, {
      serviceChanged: ({ id }) => void changed.push(id),
    })
    for (let version = 0; version < 5; version++) session.datagram(lls(1, slt(service(7).repeat(78_842), version)), LLS)
    session.datagram(lls(1, slt('<a/>'.repeat(60_000))), LLS)
    for (let turn = 0; turn < 40; turn++) session.pass(100)
    session.datagram(lls(4, `<AEAT>${'<AEA>'.repeat(50)}`), LLS)
    session.datagram(lls(1, slt(service(7), 2)), LLS)
    expect(changed).toEqual([7])
    const bytes = `unpack to more than ${LLS_LIMITS.unpackedBytes}`
    expect(session.alarms.map(({ rule, text }) => `${rule} ${text}`)).toEqual([
      ...Array.from({ length: 5 }, () => expect.stringMatching(new RegExp(`LLS-GZIP The LLS table SLT .*${bytes}`))),
      expect.stringMatching(/LLS-XML The LLS table SLT .*more than 40960 elements/),
      expect.stringMatching(/LLS-XML The LLS table AEAT .*nested deeper than 32/),
    ])
  })

  it('make one row of a service that they list twenty thousand times', () => {
    const changed: number[] = []
    const session = new TestSession({ kind: 'atsc' }, { services: 'none' }, {}, {}, undefined, {
      serviceChanged: ({ id }) => void changed.push(id),
    })
    session.datagram(lls(1, slt(service(7).repeat(19_000))), LLS)
    for (let turn = 0; turn < 50; turn++) session.pass(100)
    expect(changed).toEqual([7])
    expect(session.alarms).toEqual([])
  })

  it('are read in turns where they are long, in their order, and at the end in any case', () => {
    const names: (string | null)[] = []
    const tables: string[] = []
    let repeats = 0
    const session = new TestSession({ kind: 'atsc' }, { services: 'none' }, {}, {}, undefined, {
      llsRepeated: () => void repeats++,
      serviceChanged: ({ id, name }) => void (id === 7 && names.push(name)),
      llsTable: ({ name }) => void tables.push(name),
    })
    const named = (name: string): string => service(7).replace('="x"', `="${name}"`)
    const long = Array.from({ length: 4000 }, (_, at) => service(at + 10)).join('')
    const older = lls(1, slt(`${named('older')}${long}`))
    session.datagram(older, LLS)
    session.datagram(older, LLS)
    session.datagram(lls(1, slt(named('newer'))), LLS)
    session.datagram(lls(3, '<SystemTime/>'), LLS)
    expect([tables, names]).toEqual([['SystemTime'], []])
    for (let turn = 0; turn < 30; turn++) session.pass(100)
    expect(tables).toEqual(['SystemTime', 'SLT', 'SLT'])
    expect(names).toEqual(['older', 'newer'])
    expect(repeats).toBe(1)
    session.datagram(lls(1, slt(`${named('last')}${long}<x/>`)), LLS)
    session.close()
    expect(names.at(-1)).toBe('last')
    expect(tables).toHaveLength(4)
  })

  it('are passed over where each packet has another, and the alarm counts them', () => {
    const read: number[] = []
    const session = new TestSession({ kind: 'atsc' }, { services: 'none' }, {}, {}, undefined, {
      llsTable: () => void read.push(1),
    })
    const alert = (id: number): string =>
      `<AEAT>${`<AEA aeaId="${id}"><AEAText lang="en">${'x'.repeat(200)}</AEAText></AEA>`.repeat(100)}</AEAT>`
    for (let id = 0; id < 3000; id++) session.datagram(lls(4, alert(id), id & 255), LLS)
    // 25 kB each: 8 MB at once, then 2 MB a second, for three seconds.
    expect(read.length).toBeGreaterThan(300)
    expect(read.length).toBeLessThan(600)
    const passed = 3000 - read.length
    expect(session.alarms.map(({ rule, text, count }) => [rule, text, count])).toEqual([
      ['LIMIT-LLS', `LLS tables change too often to be read: 1000 new ones a second, ${passed} passed over`, passed],
    ])
  })

  it('are read within what arrived, whatever the time of a capture says', () => {
    let unpacked = 0
    const session = new TestSession({ kind: 'atsc' }, { services: 'none' }, {}, {}, undefined, {
      llsTable: ({ body }) => {
        unpacked += body?.length ?? 0
      },
    })
    let arrived = 0
    for (let version = 0; version < 200; version++) {
      // A day from one to the next.
      session.timeUs += 86_400e6
      const table = lls(1, slt(service(7).repeat(5000), version))
      arrived += table.length
      session.datagram(table, LLS)
    }
    expect(unpacked).toBeGreaterThan(8 << 20)
    expect(unpacked).toBeLessThan((20 << 20) + 8 * arrived)
  })
})

describe('file tables that change with every object', () => {
  it('are passed over, and files of those before arrive', () => {
    const session = new TestSession({ kind: 'discover' })
    const flow = testFlow('239.255.1.9', 5000, 3)
    const table = (version: number): Uint8Array =>
      gzip(
        utf8(
          `<EFDT version="${version}"><FDT-Instance Expires="4294967295"><File TOI="1" Content-Location="a.bin" Content-Length="100"/>${'<x/>'.repeat(20_000)}</FDT-Instance></EFDT>`,
        ),
      )
    for (let version = 0; version < 300; version++)
      session.sendObject({ tsi: 5, toi: 0, codepoint: 1 }, table(version), 1000, flow)
    session.pass(2000)
    const limit = session.alarms.find(({ rule }) => rule === 'LIMIT-TABLES')
    expect(limit?.text).toMatch(
      /^239\.255\.1\.9:5000: tables change too often to be read: \d+ new ones a second, \d+ passed over$/,
    )
    expect(session.fragments.length).toBeLessThan(200)
    session.sendObject({ tsi: 5, toi: 1 }, content(100), 1000, flow)
    session.pass(2000)
    expect(session.files.map(({ name }) => name)).toEqual(['a.bin'])
  })
})

describe('packages that all change', () => {
  it('are bounded by what arrived, and the alarm counts them', () => {
    const route = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
    const session = new TestSession(route)
    const most = 4096 + (12_000 * 84) / 2048
    // In hours of stream time, of which signalling is all that arrives.
    for (let toi = 1; toi <= 12_000; toi++) {
      session.send({ tsi: 0, toi, codepoint: 3, length: 60, payload: content(60, toi) })
      session.timeUs += 10_000_000
    }
    expect(session.fragments.length).toBeGreaterThan(4096)
    expect(session.fragments.length).toBeLessThan(most + 100)
    expect(session.alarms.filter(({ rule }) => rule === 'LIMIT-SLS')).toMatchObject([
      { count: 12_000 - session.fragments.length },
    ])
  })
})

describe('the work of reading', () => {
  it('is bounded for one session, and leaves some to others', () => {
    const whole = new ReadingWork()
    const greedy = new SessionWork(whole)
    const document = new Uint8Array(1 << 20)
    let read = 0
    const one = (): void => {
      readWithin(greedy, document, 0)
      read++
    }
    for (let count = 0; count < 100; count++) {
      try {
        one()
      } catch (thrown) {
        expect(greedy.hit(thrown as { code: string; message: string })?.limit).toBe('tables')
      }
    }
    expect(read).toBe(11)
    expect(greedy.passed.count).toBe(89)
    expect(() => readWithin(new SessionWork(whole), document, 0)).not.toThrow()
  })

  it('counts what was unpacked, and what was found to be too much', () => {
    const work = new WorkBudget(1000, 0)
    expect(unpackWithin(work, gzip(new Uint8Array(1600)), 2000, 0)).toHaveLength(1600)
    expect(work.take(801, 0)).toBe(false)
    expect(() => unpackWithin(work, gzip(new Uint8Array(64_000)), 8000, 0)).toThrow('more than 8000')
    expect(() => unpackWithin(work, gzip(new Uint8Array(1)), 8000, 0)).toThrow('more arrives than is unpacked')
    expect(unpackWithin(work, new Uint8Array(5), 8000, 0)).toHaveLength(5)
  })
})
