import { describe, expect, it } from 'vitest'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { serialiseMmtMessage } from '../protocol/mmtp/message.ts'
import { MESSAGE_ID } from '../protocol/mmtp/message-id.ts'
import { serialisePaBody } from '../protocol/mmtp/pa-message.ts'
import { mmtpCapture } from '../testing/mmtp-capture.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { content, TestSession, testFlow } from '../testing/test-session.ts'

const target = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Texts of the alarms about entries. */
const entries = (session: TestSession): string[] =>
  session.alarms.filter(({ rule }) => rule === 'TABLE-ENTRY').map(({ text }) => text)

function channel(tsi: string, files = ''): string {
  return `<LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="v${tsi}_$TOI$.m4s">${files}</FDT-Instance></EFDT></SrcFlow></LS>`
}

describe('one bad entry costs itself and is told once', () => {
  it('in an S-TSID', () => {
    const session = new TestSession(target)
    const stsid = `<S-TSID><RS dIpAddr="239.255.1.1" dPort="5000">${channel('x')}${channel('10')}</RS></S-TSID>`
    for (const toi of [1, 2]) session.sendObject({ tsi: 0, toi, codepoint: 1 }, utf8(stsid))
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(session.files.map(({ name }) => name)).toEqual(['v10_1.m4s'])
    expect(entries(session)).toEqual([
      'S-TSID stsid.xml: RS[1]/LS[1] (line 1, column 59: LS@tsi is "x", not a number up to 281474976710655) is left out',
    ])
    expect(session.alarms[0]).toMatchObject({ carrier: { tsi: 0, toi: 1 } })
  })

  it('in an SLT', () => {
    const session = new TestSession({ kind: 'discover' })
    const service = (id: string, address: string) =>
      `<Service serviceId="${id}" sltSvcSeqNum="0" serviceCategory="1" shortServiceName="S${id}"><BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="${address}" slsDestinationUdpPort="5000"/></Service>`
    for (const version of [0, 1]) {
      const slt = `<SLT bsid="1">${service('x', '239.1.1.1')}${service('7', '239.1.1.2')}</SLT>`
      session.datagram(Uint8Array.of(1, 1, 0, version, ...utf8(slt)), testFlow(LLS_ADDRESS, LLS_PORT))
    }
    expect([...session.services.keys()]).toEqual([7])
    expect(entries(session)).toHaveLength(1)
    expect(entries(session)[0]).toMatch(/^SLT of group 1: Service\[1\] \(line 1, .*serviceId is "x".*\) is left out$/)
  })

  it('in a file table on TOI 0', () => {
    const session = new TestSession(target)
    const stsid = '<S-TSID><RS dIpAddr="239.255.1.1" dPort="5000"><LS tsi="10"><SrcFlow/></LS></RS></S-TSID>'
    session.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, utf8(stsid))
    const table =
      '<EFDT><FDT-Instance Expires="4294967295"><File TOI="one" Content-Location="a"/><File TOI="2" Content-Location="b"/></FDT-Instance></EFDT>'
    session.sendObject({ tsi: 10, toi: 0, codepoint: 1 }, utf8(table))
    session.sendObject({ tsi: 10, toi: 2 }, content(10))
    expect(session.files.map(({ name }) => name)).toEqual(['b'])
    expect(entries(session)).toEqual([expect.stringMatching(/^EFDT of TSI 10: File\[1\] \(.*TOI is "one"/)])
  })

  it('in versions of a table that move it', () => {
    const session = new TestSession(target)
    const stsid = '<S-TSID><RS dIpAddr="239.255.1.1" dPort="5000"><LS tsi="10"><SrcFlow/></LS></RS></S-TSID>'
    session.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, utf8(stsid))
    for (let version = 0; version < 9; version++) {
      const before = '<File TOI="1" Content-Location="a"/>'.repeat(version)
      const table = `<EFDT version="${version}"><FDT-Instance Expires="4294967295">${before}<File TOI="one"/></FDT-Instance></EFDT>`
      session.sendObject({ tsi: 10, toi: 0, codepoint: 1 }, utf8(table))
    }
    expect(session.alarms.filter(({ rule }) => rule === 'TABLE-ENTRY')).toMatchObject([{ count: 9 }])
  })

  it('in a PA message of MMT, where the other tables are used', () => {
    const tables = [
      { tableId: 0x20, version: 9, bytes: Uint8Array.of(0x20, 9, 0, 1) },
      { tableId: 0x80, version: 2, bytes: Uint8Array.of(0x80, 2, 0, 1, 0xaa) },
    ]
    const pa = serialiseMmtMessage(MESSAGE_ID.pa, 77, serialisePaBody(tables))
    const { alarms } = receiveAll(mmtpCapture({ mpus: 2, messages: [pa] }), { kind: 'discover' })
    expect(alarms.map(({ rule, text }) => `${rule}: ${text}`)).toEqual([
      expect.stringMatching(/^TABLE-ENTRY: PA: table\[1\] \(.+\) is left out$/),
    ])
  })

  it('with many of them in one alarm that counts', () => {
    const session = new TestSession(target)
    const stsid = `<S-TSID><RS dIpAddr="239.255.1.1" dPort="5000">${'<LS tsi="y"/>'.repeat(500)}${channel('10')}</RS></S-TSID>`
    session.sendObject({ tsi: 0, toi: 1, codepoint: 1 }, utf8(stsid))
    session.sendObject({ tsi: 10, toi: 1 }, content(10))
    expect(session.files).toHaveLength(1)
    expect(entries(session)).toHaveLength(1)
    expect(entries(session)[0]).toMatch(/^S-TSID stsid.xml: 500 entries are left out: RS\[1\]\/LS\[1\].* and 497 more$/)
  })
})
