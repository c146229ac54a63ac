import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToHex } from '../../bytes/hex.ts'
import { defined } from '../../contract/defined.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { type FecOti, serialiseOti } from '../../protocol/fec/oti.ts'
import { toiOf, tsiOf } from '../../testing/carriers.ts'
import { type RepairOptions, repairPackets } from '../../testing/fec-packets.ts'
import { content, TestSession, testFlow } from '../../testing/test-session.ts'

const target: ReceiveTarget = { kind: 'route', address: '239.255.1.1', port: 5000 }
const T = 256

const oti = (fields: Partial<FecOti> = {}): FecOti => ({
  transferLength: 0,
  symbolBytes: T,
  sourceBlocks: 1,
  subBlocks: 1,
  alignment: 4,
  ...fields,
})
const otiHex = (fields: Partial<FecOti> = {}): string => bytesToHex(serialiseOti(oti(fields)))

function source(tsi: number, inside = ''): string {
  return `<LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="${tsi}_$TOI$.m4s"/></EFDT></SrcFlow>${inside}</LS>`
}

function repairFlow(objects: string, attributes = `fecOTI="${otiHex()}" maximumDelay="2000"`): string {
  return `<RepairFlow><FECParameters ${attributes}>${objects}</FECParameters></RepairFlow>`
}

/** S-TSID of source flows 10 and 20, and other elements. */
function describeFlows(session: TestSession, ...others: string[]): void {
  const rs = `<RS dIpAddr="239.255.1.1" dPort="5000">${source(10)}${source(20)}${others.join('')}</RS>`
  announce(session, rs)
}

function announce(session: TestSession, sessions: string): void {
  const stsid = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/">${sessions}</S-TSID>`
  const text = `Content-Type: multipart/related; type="application/route-s-tsid+xml"; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${stsid}\r\n--b--\n`
  session.sendObject({ tsi: 0, toi: 0x8002_0001, codepoint: 3 }, new Uint8Array(gzipSync(text)))
}

/** A flow on TSI 15 that protects TSI 10, TOI for TOI. */
const ONE = `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10" sourceTOI="TOI"/>')}</LS>`

/** Sends an object in packets of `cut` bytes, without those in `lost`. */
function lossy(
  session: TestSession,
  tsi: number,
  toi: number,
  whole: Uint8Array,
  lost: readonly number[],
  { cut = 1000, length = true, flow = testFlow() } = {},
): void {
  for (let offset = 0, number = 0; offset < whole.length; offset += cut, number++) {
    if (lost.includes(number)) continue
    const payload = whole.subarray(offset, offset + cut)
    session.send({ tsi, toi, offset, payload, ...defined({ length: length ? whole.length : undefined }) }, flow)
  }
}

function repair(session: TestSession, objects: readonly Uint8Array[], options: Partial<RepairOptions>, drop = 0): void {
  const packets = repairPackets(objects, { tsi: 15, toi: 1, symbolBytes: T, count: 20, ...options })
  for (const packet of packets.slice(drop)) session.datagram(packet)
}

const rules = (session: TestSession): string[] =>
  session.alarms.map((alarm) => alarm.rule).filter((rule) => rule !== 'SLS-TOI-BITS')
/** Digests, so that a failure stays short. */
const fileOf = (session: TestSession, name: string) => {
  const file = session.files.find((each) => each.name === name)
  return file === undefined ? undefined : digest(file.lease.bytes)
}
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const channelOf = (session: TestSession, tsi: number) => session.channels.find((channel) => tsiOf(channel) === tsi)

describe('a repair flow for one object', () => {
  it('recovers losses, from source packets that straddle symbols', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [3, 4, 19])
    repair(session, [whole], {})
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
    expect(session.objects.find((object) => tsiOf(object) === 10)).toMatchObject({
      state: 'complete',
      size: 20_000,
      received: 17_000,
      recovered: 3000,
      recoveredRanges: [
        [3000, 5000],
        [19_000, 20_000],
      ],
    })
    expect(channelOf(session, 10)).toMatchObject({
      complete: 1,
      incomplete: 0,
      lost: 0,
      fec: { healed: 1, recovered: 3000 },
    })
    expect(channelOf(session, 15)).toMatchObject({ repairPackets: 20, fec: { protects: [10] } })
    expect(channelOf(session, 15)?.fec?.recoveredSymbols).toBeGreaterThan(10)
    expect(rules(session)).toEqual([])
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('stores repair packets that arrive before the S-TSID', () => {
    const session = new TestSession(target)
    const whole = content(9000)
    lossy(session, 10, 1, whole, [2])
    repair(session, [whole], {})
    describeFlows(session, ONE)
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
  })

  it('waits for the service of a session under discovery', () => {
    for (const ends of [true, false]) {
      const session = new TestSession({ kind: 'discover' })
      describeFlows(session, ONE)
      const whole = content(9000)
      session.sendObject({ tsi: 10, toi: 1 }, content(100))
      lossy(session, 10, 2, whole, [2])
      repair(session, [whole], { toi: 2 })
      session.sendObject({ tsi: 10, toi: 3 }, content(100))
      if (!ends) for (let tenths = 0; tenths < 14; tenths++) session.pass(100)
      session.close()
      expect(fileOf(session, '10_2.m4s')).toBe(digest(whole))
      expect(rules(session)).toEqual([])
    }
  })

  it('takes several symbols of one packet', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [7, 8])
    repair(session, [whole], { perPacket: 5 })
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
  })

  it('divides the symbols into Z source blocks', () => {
    const session = new TestSession(target)
    const parameters = `fecOTI="${otiHex({ sourceBlocks: 3 })}" maximumDelay="2000"`
    describeFlows(session, `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10"/>', parameters)}</LS>`)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [0, 9, 18])
    repair(session, [whole], { sourceBlocks: 3, count: 8 })
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
    expect(session.objects.find((object) => tsiOf(object) === 10)).toMatchObject({ received: 17_000, recovered: 3000 })
  })

  it('recovers block by block where not all have enough symbols', () => {
    const session = new TestSession(target)
    const parameters = `fecOTI="${otiHex({ sourceBlocks: 2 })}" maximumDelay="0"`
    describeFlows(session, `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10"/>', parameters)}</LS>`)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [1, 18])
    repair(session, [whole], { sourceBlocks: 2, count: 8 }, 8)
    session.pass(100)
    session.sendObject({ tsi: 10, toi: 2 }, content(100))
    session.pass(1000)
    const object = session.objects.find((each) => tsiOf(each) === 10)
    expect(object).toMatchObject({ state: 'partial', received: 18_000, recovered: 1000 })
    expect(object?.missing()).toEqual([[1000, 2000]])
    expect(session.alarms.at(-1)?.text).toMatch(
      /FEC did not restore it: 5 of 79 source symbols are lost, 8 repair symbols arrived, 5 more are needed/,
    )
  })

  it('may be in the source channel itself', () => {
    const session = new TestSession(target)
    const flow = source(30, repairFlow('<ProtectedObject sourceTOI="TOI-1000"/>'))
    announce(session, `<RS dIpAddr="239.255.1.1" dPort="5000">${flow}</RS>`)
    const whole = content(9000)
    lossy(session, 30, 1, whole, [2])
    repair(session, [whole], { tsi: 30, toi: 1001 })
    session.pass(100)
    expect(fileOf(session, '30_1.m4s')).toBe(digest(whole))
    expect(channelOf(session, 30)).toMatchObject({ repairPackets: 20, fec: { healed: 1, protects: [] } })
  })

  it('has its OTI in EXT_FTI, which overrides the S-TSID', () => {
    for (const said of ['', `fecOTI="${otiHex({ symbolBytes: 64 })}"`]) {
      const session = new TestSession(target)
      describeFlows(
        session,
        `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10"/>', `${said} maximumDelay="500"`)}</LS>`,
      )
      const whole = content(9000)
      lossy(session, 10, 1, whole, [2])
      repair(session, [whole], { fti: oti() })
      session.pass(100)
      expect(fileOf(session, '10_1.m4s'), said).toBe(digest(whole))
    }
  })

  it('finds the length of an object without any other source', () => {
    const session = new TestSession(target)
    const objects = '<ProtectedObject tsi="10" fecTransportObjectSize="40"/>'
    describeFlows(session, `<LS tsi="15">${repairFlow(objects)}</LS>`)
    const whole = content(9000)
    lossy(session, 10, 1, whole, [8], { length: false })
    // S = 40 symbols although 36 would suffice: a sender's fixed size.
    repair(session, [whole], { symbols: [40] })
    session.pass(600)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
  })

  it('reads K from F of the OTI without any other source', () => {
    const session = new TestSession(target)
    const parameters = `fecOTI="${otiHex({ transferLength: 36 * T })}"`
    describeFlows(session, `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10"/>', parameters)}</LS>`)
    const whole = content(9000)
    lossy(session, 10, 1, whole, [8], { length: false })
    repair(session, [whole], {})
    session.pass(600)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
  })

  it('waits for one more symbol until there are enough', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [3])
    const packets = repairPackets([whole], { tsi: 15, toi: 1, symbolBytes: T, count: 12 })
    for (const packet of packets.slice(0, 4)) session.datagram(packet)
    session.pass(300)
    expect(fileOf(session, '10_1.m4s')).toBeUndefined()
    for (const packet of packets.slice(4)) session.datagram(packet)
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
  })
})

describe('time', () => {
  it('does not end a protected object before maximumDelay has passed', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [3])
    session.sendObject({ tsi: 10, toi: 2 }, content(100))
    session.pass(1900)
    expect(rules(session)).toEqual([])
    repair(session, [whole], {})
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
    expect(rules(session)).toEqual([])
  })

  it('ends it then, and reports that no repair packet arrived', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    lossy(session, 10, 1, content(20_000), [3])
    session.sendObject({ tsi: 10, toi: 2 }, content(100))
    session.pass(2200)
    expect(rules(session)).toEqual(['OBJ-LOSS'])
    expect(session.alarms.at(-1)?.text).toMatch(
      /1000 of 20000 bytes missing.*; FEC did not restore it: no repair packet/,
    )
    // Late, but the bytes are still kept.
    repair(session, [content(20_000)], {})
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(content(20_000)))
    expect(channelOf(session, 10)).toMatchObject({ lost: 0, incomplete: 0, fec: { healed: 1 } })
  })

  it('decodes what it can at the end of the capture', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    const whole = content(20_000)
    lossy(session, 10, 1, whole, [19])
    repair(session, [whole], {})
    session.close()
    expect(fileOf(session, '10_1.m4s')).toBe(digest(whole))
  })

  it('does not decode symbols that source packets still carry', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    const whole = content(20_000)
    // As many repair as source symbols, between the source packets.
    const packets = repairPackets([whole], { tsi: 15, toi: 1, symbolBytes: T, count: 80 })
    for (let number = 0; number < 20; number++) {
      session.send({
        tsi: 10,
        toi: 1,
        offset: number * 1000,
        payload: whole.subarray(number * 1000, number * 1000 + 1000),
        length: 20_000,
      })
      for (const packet of packets.slice(number * 4, number * 4 + 4)) session.datagram(packet)
    }
    expect(session.objects.find((object) => tsiOf(object) === 10)).toMatchObject({ received: 20_000, recovered: 0 })
    expect(channelOf(session, 10)).toMatchObject({ fec: { healed: 0 } })
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  })
})

describe('a super-object', () => {
  const both = (size = '') =>
    `<LS tsi="15">${repairFlow(`<ProtectedObject tsi="20" sourceTOI="2*TOI+1"${size}/><ProtectedObject tsi="10" sourceTOI="TOI"/>`)}</LS>`

  it('of two flows is decoded in the order of its objects', () => {
    const session = new TestSession(target)
    describeFlows(session, both())
    const video = content(20_000, 2)
    const audio = content(3000, 3)
    lossy(session, 20, 15, audio, [1])
    lossy(session, 10, 7, video, [4, 5])
    repair(session, [audio, video], { toi: 7 })
    session.pass(100)
    expect(fileOf(session, '20_15.m4s')).toBe(digest(audio))
    expect(fileOf(session, '10_7.m4s')).toBe(digest(video))
    expect(channelOf(session, 20)).toMatchObject({ fec: { healed: 1, recovered: 1000 } })
  })

  it('uses the bytes of an object delivered long before', () => {
    const session = new TestSession(target, {}, {}, { holds: false })
    describeFlows(session, both())
    const video = content(20_000, 2)
    const audio = content(3000, 3)
    lossy(session, 20, 15, audio, [])
    lossy(session, 20, 17, content(3000, 4), [])
    session.pass(1000)
    lossy(session, 10, 7, video, [4, 5])
    repair(session, [audio, video], { toi: 7, count: 9 })
    session.pass(100)
    expect(channelOf(session, 10)).toMatchObject({ complete: 1, fec: { healed: 1, recovered: 2000 } })
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('recovers an object without a single packet', () => {
    const session = new TestSession(target)
    describeFlows(session, both(' fecTransportObjectSize="12"'))
    const video = content(20_000, 2)
    const audio = content(3000, 3)
    lossy(session, 20, 13, content(10), [])
    lossy(session, 10, 7, video, [])
    repair(session, [audio, video], { toi: 7 })
    session.pass(100)
    expect(fileOf(session, '20_15.m4s')).toBe(digest(audio))
    expect(session.objects.find((object) => toiOf(object) === 15)).toMatchObject({
      packets: 0,
      received: 0,
      recovered: 3000,
    })
  })

  it('spans sessions', () => {
    const session = new TestSession([target, { kind: 'route', address: '239.255.1.2', port: 5002 }])
    const other = testFlow('239.255.1.2', 5002, 1)
    const objects =
      '<ProtectedObject tsi="10"/><ProtectedObject tsi="40" sessionDescription="dIpaddr=239.255.1.2,dport=5002"/>'
    announce(
      session,
      `<RS dIpAddr="239.255.1.1" dPort="5000">${source(10)}<LS tsi="15">${repairFlow(objects)}</LS></RS><RS dIpAddr="239.255.1.2" dPort="5002">${source(40)}</RS>`,
    )
    const here = content(5000, 2)
    const there = content(6000, 3)
    lossy(session, 10, 1, here, [1])
    lossy(session, 40, 1, there, [5], { flow: other })
    repair(session, [here, there], {})
    session.pass(100)
    expect(fileOf(session, '10_1.m4s')).toBe(digest(here))
    expect(fileOf(session, '40_1.m4s')).toBe(digest(there))
  })
})

describe('an object that cannot be decoded', () => {
  it('is only counted where FEC is off', () => {
    const session = new TestSession(target, { fec: false })
    describeFlows(session, ONE)
    const whole = content(9000)
    lossy(session, 10, 1, whole, [2])
    repair(session, [whole], {})
    session.sendObject({ tsi: 10, toi: 2 }, content(100))
    session.pass(700)
    expect(rules(session)).toEqual(['OBJ-LOSS'])
    expect(channelOf(session, 15)).toMatchObject({ repairPackets: 20 })
  })

  it.each([
    ['no OTI', '', 'FEC-OTI', /neither the S-TSID nor its packets give FEC OTI/],
    ['N = 2', `fecOTI="${otiHex({ subBlocks: 2 })}"`, 'FEC-UNSUPPORTED', /N = 2 sub-blocks/],
    ['an OTI that is none', 'fecOTI="0102"', 'FEC-PARAMETERS', /FEC OTI: got 2 bytes, expected 12/],
    ['more blocks than symbols', `fecOTI="${otiHex({ sourceBlocks: 200 })}"`, 'FEC-UNSUPPORTED', /36 symbols in 200/],
  ])('is named: %s', (_, parameters, rule, text) => {
    const session = new TestSession(target)
    describeFlows(session, `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10"/>', parameters)}</LS>`)
    const whole = content(9000)
    lossy(session, 10, 1, whole, [2])
    repair(session, [whole], {})
    session.sendObject({ tsi: 10, toi: 2 }, content(100))
    session.pass(1000)
    expect(rules(session)).toContain(rule)
    expect(rules(session)).toContain('OBJ-LOSS')
    expect(session.alarms.find((alarm) => alarm.rule === rule)).toMatchObject({
      severity: 'warning',
      carrier: { tsi: 15 },
    })
    expect(session.alarms.find((alarm) => alarm.rule === rule)?.text).toMatch(text)
  })

  it('has repair symbols of another object', () => {
    const session = new TestSession(target)
    describeFlows(session, ONE)
    lossy(session, 10, 1, content(9000), [2])
    repair(session, [content(9000, 99)], {})
    session.sendObject({ tsi: 10, toi: 2 }, content(100))
    session.pass(3000)
    expect(fileOf(session, '10_1.m4s')).toBeUndefined()
    expect(rules(session)).toEqual(['FEC-MISMATCH', 'OBJ-LOSS'])
  })

  it('has a size of almost only padding', () => {
    const session = new TestSession(target)
    const objects = '<ProtectedObject tsi="10" fecTransportObjectSize="50000"/>'
    const parameters = `fecOTI="${otiHex({ symbolBytes: 1024 })}"`
    describeFlows(session, `<LS tsi="15">${repairFlow(objects, parameters)}</LS>`)
    lossy(session, 10, 1, content(9000), [2])
    repair(session, [content(9000)], { symbolBytes: 1024 })
    session.pass(1000)
    expect(rules(session)).toContain('FEC-UNSUPPORTED')
  })
})

describe('memory and faults', () => {
  it('is bounded for repair packets of objects that never arrive', () => {
    const limits = { fecBytes: 200_000 }
    const session = new TestSession(target, {}, limits)
    describeFlows(session, ONE)
    for (let toi = 1; toi < 3000; toi++) {
      session.send({ tsi: 15, toi, psi: 0, offset: 100, payload: content(1000) })
      expect(session.receiver.usedBytes).toBeLessThan(4_000_000)
    }
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('drops the oldest at the bound, and reports it', () => {
    const session = new TestSession(target, {}, { fecBytes: 30_000 })
    describeFlows(session, ONE)
    for (let toi = 1; toi < 40; toi++) session.send({ tsi: 15, toi, psi: 0, offset: 100, payload: content(1000) })
    expect(rules(session)).toEqual(['LIMIT-FEC'])
    const whole = content(9000)
    lossy(session, 10, 50, whole, [2])
    repair(session, [whole], { toi: 50 })
    session.pass(100)
    expect(fileOf(session, '10_50.m4s')).toBe(digest(whole))
  })

  it('never fails on any repair packet', () => {
    const packet = fc.record({
      toi: fc.integer({ min: 0, max: 3 }),
      id: fc.integer({ min: 0, max: 0xffff_ffff }),
      size: fc.nat(600),
      oti: fc.option(
        fc.record({ symbolBytes: fc.integer({ min: 1, max: 700 }), sourceBlocks: fc.integer({ min: 1, max: 255 }) }),
      ),
    })
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 30 }), fc.nat(9), (packets, lost) => {
        const session = new TestSession(target)
        describeFlows(session, ONE)
        for (const { toi, id, size, oti: fields } of packets) {
          const fti = fields === null ? {} : { fti: oti(fields) }
          const [bytes] = repairPackets([content(size)], { tsi: 15, toi, symbolBytes: 16, count: 1, ...fti })
          if (bytes === undefined) continue
          const at = fields === null ? 16 : 32
          new DataView(bytes.buffer).setUint32(at, id)
          session.datagram(bytes)
        }
        lossy(session, 10, 1, content(9000), [lost])
        session.pass(100)
        session.close()
        expect(rules(session)).not.toContain('INTERNAL')
        expect(session.receiver.usedBytes).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  it('restores the sent bytes or reports what is missing, for any loss and order', () => {
    const plan = fc.record({
      size: fc.integer({ min: 1, max: 12_000 }),
      cut: fc.integer({ min: 50, max: 1400 }),
      symbolBytes: fc.integer({ min: 4, max: 1200 }),
      sourceBlocks: fc.integer({ min: 1, max: 3 }),
      loss: fc.double({ min: 0, max: 0.4, noNaN: true }),
      dice: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
    })
    fc.assert(
      fc.property(plan, ({ size, cut, symbolBytes, loss, dice, ...rest }) => {
        const whole = content(size, size)
        const symbols = Math.ceil((size + 4) / symbolBytes)
        const sourceBlocks = Math.min(rest.sourceBlocks, symbols)
        const session = new TestSession(target)
        const parameters = `fecOTI="${otiHex({ symbolBytes, sourceBlocks })}" maximumDelay="300"`
        describeFlows(session, `<LS tsi="15">${repairFlow('<ProtectedObject tsi="10"/>', parameters)}</LS>`)
        const sends: { key: number; run: () => void }[] = []
        const roll = (): number => dice.next().value as number
        for (let offset = 0, at = 0; offset < size; offset += cut, at++) {
          const payload = whole.subarray(offset, offset + cut)
          if (roll() < loss) continue
          sends.push({
            key: at + roll() * 8,
            run: () => session.send({ tsi: 10, toi: 1, offset, payload, length: size }),
          })
        }
        const count = Math.ceil((symbols / sourceBlocks) * 0.4) + 2
        repairPackets([whole], { tsi: 15, toi: 1, symbolBytes, sourceBlocks, count }).forEach((packet, at) => {
          if (roll() >= loss) sends.push({ key: 50 + at + roll() * 8, run: () => session.datagram(packet) })
        })
        for (const { run } of sends.sort((a, b) => a.key - b.key)) run()
        session.pass(100)
        session.close()
        const file = fileOf(session, '10_1.m4s')
        if (file !== undefined) expect(file).toBe(digest(whole))
        const object = session.objects.find((each) => tsiOf(each) === 10)
        if (object !== undefined) {
          const missing = object.missing().reduce((sum, [from, to]) => sum + to - from, 0)
          expect(object.received + object.recovered + missing).toBe(size)
          expect(object.state === 'complete').toBe(file !== undefined)
        }
        expect(rules(session).filter((rule) => rule !== 'OBJ-LOSS')).toEqual([])
        expect(session.receiver.usedBytes).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})
