import { describe, expect, it } from 'vitest'
import { SessionColumns } from '../inspect/session-columns.ts'
import type { LinkSignalling } from '../protocol/alp/alp-receiver.ts'
import { serialiseMmtMessage } from '../protocol/mmtp/message.ts'
import { type Datagram, interleaved, play } from '../testing/datagrams.ts'
import { DEFAULT_RECEIVE } from '../testing/default-receive.ts'
import { mpuPacket } from '../testing/hostile-packets.ts'
import { MMT_PORT, mmtpCapture } from '../testing/mmtp-capture.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { content, TestSession, testFlow } from '../testing/test-session.ts'
import { Receiver } from './receiver.ts'

const target = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
const DISCOVER = { kind: 'discover' } as const
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const STSID = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS dIpAddr="239.255.1.1" dPort="5000"><LS tsi="10"><SrcFlow/></LS></RS></S-TSID>`

function multipart(...parts: readonly (readonly [type: string, name: string, text: string])[]): Uint8Array {
  const body = parts.map(
    ([type, name, text]) => `--b\r\nContent-Type: ${type}\r\nContent-Location: ${name}\r\n\r\n${text}\r\n`,
  )
  return utf8(`Content-Type: multipart/related; type="${parts[0]?.[0]}"; boundary="b"\r\n\r\n${body.join('')}--b--\r\n`)
}

/** Rules raised by a session's SLS objects, except on the TOI's bits. */
function rulesOfSls(...objects: readonly Uint8Array[]): string[] {
  const session = new TestSession(target)
  objects.forEach((bytes, at) => void session.sendObject({ tsi: 0, toi: at + 1, codepoint: 3 }, bytes))
  return rulesOf(session)
}

const rulesOf = (session: TestSession): string[] =>
  session.alarms.map(({ rule }) => rule).filter((rule) => !rule.endsWith('-BITS'))

const mmtMedia = ({ port, bytes }: Datagram): boolean => port === MMT_PORT && ((bytes[1] as number) & 15) === 0

describe('broken signalling', () => {
  it('is USBD-XML for a USBD', () => {
    const broken = '<BundleDescriptionROUTE><UserServiceDescription></BundleDescriptionROUTE>'
    const type = 'application/route-usd+xml'
    expect(
      rulesOfSls(multipart([type, 'usbd.xml', broken], ['application/route-s-tsid+xml', 'stsid.xml', STSID])),
    ).toEqual(['USBD-XML'])
  })

  it('is SLS-XML for the envelope, whose fragments are read', () => {
    const envelope = '<metadataEnvelope><item metadataURI="a"></metadataEnvelope>'
    const type = 'application/mbms-envelope+xml'
    const sent = multipart([type, 'envelope.xml', envelope], ['application/route-s-tsid+xml', 'stsid.xml', STSID])
    expect(rulesOfSls(sent)).toEqual(['SLS-XML'])
  })

  it('is SLS-PACKAGE for a package without readable parts', () => {
    expect(rulesOfSls(utf8('Content-Type: multipart/related; boundary="b"\r\n\r\nno part at all'))).toEqual([
      'SLS-PACKAGE',
    ])
  })

  it('is EFDT-XML for a file table on TOI 0', () => {
    const session = new TestSession(target)
    session.sendObject({ tsi: 0, toi: 1, codepoint: 3 }, utf8(STSID))
    session.sendObject({ tsi: 10, toi: 0, codepoint: 1 }, utf8('<EFDT><FDTParameters></EFDT>'))
    expect(rulesOf(session)).toEqual(['EFDT-XML'])
  })

  it('is ALP-TABLE for a link mapping table, once for each', () => {
    const session = new TestSession(target)
    const signal = session.receiver.link({ kind: 'alp', destination: null, counts: () => ({}), losses: [] })
    const table = { type: 1, extension: 0xffff, version: 1, format: 0, encoding: 0, plp: 0, bytes: Uint8Array.of(9) }
    signal(table as unknown as LinkSignalling, session.timeUs, 5)
    signal(table as unknown as LinkSignalling, session.timeUs, 6)
    expect(session.alarms).toMatchObject([{ rule: 'ALP-TABLE', frame: 5 }])
  })

  it('is MMTP-MESSAGE for a message of MMT, once for each fault', () => {
    const broken = serialiseMmtMessage(0x20, 3, Uint8Array.of(1, 2))
    const { alarms } = receiveAll(mmtpCapture({ mpus: 2, messages: [broken] }), DISCOVER)
    expect(alarms.map(({ rule }) => rule)).toEqual(['MMTP-MESSAGE'])
  })
})

describe('losses', () => {
  it('of segmented ALP packets are ALP-SEGMENTS, with the loss since the last report', () => {
    const session = new TestSession(target)
    let dropped = 0
    session.receiver.link({
      kind: 'alp',
      destination: null,
      counts: () => ({ dropped }),
      losses: [['dropped', 'segmented ALP packets']],
    })
    for (const lost of [0, 2, 2, 5]) {
      dropped = lost
      session.pass(200)
    }
    expect(session.alarms.map(({ rule, text }) => `${rule} ${text}`)).toEqual([
      'ALP-SEGMENTS In the ALP packets: 2 segmented ALP packets lost (2 so far)',
      'ALP-SEGMENTS In the ALP packets: 3 segmented ALP packets lost (5 so far)',
    ])
  })

  it('of an MPU without packets are MPU-GAP', () => {
    const sent = mmtpCapture({ mpus: 5 })
    const numberOf = ({ bytes }: Datagram): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(22)
    const numbers = [...new Set(sent.filter(mmtMedia).map(numberOf))].sort((a, b) => a - b)
    const columns = new SessionColumns({ hash: false })
    const receive = { ...DEFAULT_RECEIVE, services: 'all' as const }
    const receiver = new Receiver({ targets: [DISCOVER], receive }, { whole: () => undefined }, columns)
    play(
      sent.filter((datagram) => !mmtMedia(datagram) || numberOf(datagram) !== numbers[2]),
      receiver,
    )
    receiver.close(sent.at(-1)?.timeUs ?? 0)
    columns.settle(1e6)
    const gaps = columns.views.alarms().filter(({ rule }) => rule === 'MPU-GAP')
    expect(gaps[0]?.text).toContain(`MPU ${numbers[2]} never arrived`)
  })
})

describe('limits', () => {
  it('on packet_ids are LIMIT-PACKET-IDS, once for a flow, and count', () => {
    const sent = mmtpCapture({ mpus: 2 })
    const [first] = sent.filter(mmtMedia)
    if (first === undefined) throw new Error('no packet of an MPU')
    const storm = Array.from({ length: 2000 }, (_, id) => {
      const bytes = first.bytes.slice()
      new DataView(bytes.buffer).setUint16(2, id + 1000)
      return { ...first, bytes }
    })
    const { alarms } = receiveAll([...sent, ...storm], DISCOVER)
    const limits = alarms.filter(({ rule }) => rule === 'LIMIT-PACKET-IDS')
    expect(limits).toHaveLength(1)
    expect(limits).toMatchObject([{ count: expect.closeTo(2000 - 1024, -2) }])
  })

  it('on MPUs that begin are LIMIT-MPUS: a storm of numbers is counted, and the service goes on', () => {
    const sent = mmtpCapture({ mpus: 4 })
    const [first] = sent.filter(mmtMedia)
    if (first === undefined) throw new Error('no packet of an MPU')
    const storm = Array.from({ length: 6000 }, (_, number) => ({
      ...first,
      bytes: mpuPacket({ packetId: 99, sequence: number, fragmentType: 2, mpu: number * 77, body: 20 }),
      timeUs: first.timeUs + number * 100,
    }))
    const received = receiveAll(interleaved(sent, storm), DISCOVER)
    const limits = received.alarms.filter(({ rule }) => rule === 'LIMIT-MPUS')
    expect(limits).toMatchObject([{ count: expect.closeTo(6000 - 256 - 64 * 0.6, -2) }])
    const own = ([name]: [string, Uint8Array]): boolean => !name.includes('/asset99/')
    expect([...received.files].filter(own)).toEqual([...receiveAll(sent, DISCOVER).files])
  })

  it('on objects that begin are LIMIT-OBJECTS: a storm of beginnings is counted, and others go on', () => {
    const session = new TestSession(target)
    for (let storm = 1; storm <= 20_000; storm++) {
      session.send({ tsi: 20, toi: storm, length: 5000, payload: content(20) })
      // One segment in a hundred lacks its second half: those after it are received all the same.
      if (storm % 500 === 0) session.send({ tsi: 10, toi: storm, length: 3000, payload: content(1500) })
      if (storm % 500 === 1 && storm > 500)
        session.sendObject({ tsi: 10, toi: 100_000 + storm }, content(3000, Math.floor(storm / 500)))
    }
    session.close()
    const limits = session.alarms.filter(({ rule }) => rule === 'LIMIT-OBJECTS')
    // As many begin as the bytes pay for, 48 of each packet.
    expect(limits).toMatchObject([{ count: expect.closeTo(20_000 - 2048 - (20_000 * 48) / 1024, -3) }])
    expect(session.files.filter(({ lane }) => lane === 'tsi10')).toHaveLength(39)
  })

  it('on holes are LIMIT-HOLES', () => {
    const session = new TestSession(target)
    for (let offset = 0; offset < 330_000; offset += 20)
      session.send({ tsi: 10, toi: 1, length: 400_000, offset, payload: content(10) })
    expect(rulesOf(session)).toContain('LIMIT-HOLES')
  })
})

it('a flow of MMTP whose packets cannot be read is MMTP-HEADER in the report', () => {
  const columns = new SessionColumns({ hash: false })
  columns.malformed(
    { code: 'mmtp-version', bytes: new Uint8Array(16), start: 0, end: 16, timeUs: 1e6, frame: 3 },
    testFlow(),
  )
  expect(columns.views.alarms()).toMatchObject([{ rule: 'MMTP-HEADER', severity: 'error', frame: 3, count: 1 }])
})
