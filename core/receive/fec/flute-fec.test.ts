import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { serialiseOti } from '../../protocol/fec/oti.ts'
import { blockStart, blockSymbols, partition } from '../../protocol/fec/partition.ts'
import { encodeBlock } from '../../protocol/fec/raptorq-codec.ts'
import { toiOf } from '../../testing/carriers.ts'
import { content, TestSession, testFlow } from '../../testing/test-session.ts'

const T = 256
const flow = testFlow('239.255.9.1', 4000, 3)

/** A FLUTE packet with 16-bit TSI and TOI, PSI 0. */
function packet(
  toi: number,
  codepoint: number,
  extensions: readonly number[],
  payloadId: number,
  data: Uint8Array,
): Uint8Array {
  const header = 12 + extensions.length
  const bytes = new Uint8Array(header + 4 + data.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x10, 0x10, header / 4, codepoint])
  view.setUint16(8, 1)
  view.setUint16(10, toi)
  bytes.set(extensions, 12)
  view.setUint32(header, payloadId)
  bytes.set(data, header + 4)
  return bytes
}

function sendFdt(session: TestSession, files: string): void {
  const xml = new TextEncoder().encode(
    `<FDT-Instance xmlns="urn:ietf:params:xml:ns:fdt" Expires="4294967295">${files}</FDT-Instance>`,
  )
  const fti = [64, 4, 0, 0, 0, 0, xml.length >> 8, xml.length & 0xff, 0, 0, 5, 0x78, 0, 0, 0, 64]
  session.datagram(packet(0, 0, [0xc0, 0x10, 0, 1, ...fti], 0, xml), flow)
}

type Plan = {
  blocks?: number
  repairs?: number
  lost: readonly number[]
  encoding?: number
  extensions?: readonly number[]
}

/** Source symbols, one per packet, without the lost ones; then repair symbols of each block. */
function sendObject(session: TestSession, whole: Uint8Array, plan: Plan): void {
  const { blocks = 1, repairs = 10, lost, encoding = 6, extensions = [] } = plan
  const symbols = Math.ceil(whole.length / T)
  const padded = new Uint8Array(symbols * T)
  padded.set(whole)
  const parts = partition(symbols, blocks)
  const later: Uint8Array[] = []
  for (let sbn = 0, number = 0; sbn < blocks; sbn++) {
    const k = blockSymbols(parts, sbn)
    const start = blockStart(parts, sbn)
    for (let esi = 0; esi < k; esi++, number++) {
      if (lost.includes(number)) continue
      const data = whole.subarray((start + esi) * T, (start + esi + 1) * T)
      session.datagram(packet(1, encoding, extensions, sbn * 0x100_0000 + esi, data), flow)
    }
    const repair = encodeBlock(k, T, padded.subarray(start * T, (start + k) * T), repairs)
    for (let i = 0; i < repairs; i++) {
      const data = repair.subarray(i * T, (i + 1) * T)
      later.push(packet(1, encoding, extensions, sbn * 0x100_0000 + k + i, data))
    }
  }
  for (const bytes of later) session.datagram(bytes, flow)
}

const listed = (length: number, oti = '') =>
  `<File TOI="1" Content-Location="a.bin" Transfer-Length="${length}"${oti}/>`
const otiOf = (blocks: number, encoding = 6) => {
  // Z, N, Al: 8+16+8 bits, with Raptor 16+8+8.
  const specific = Buffer.from(encoding === 1 ? [0, blocks, 1, 4] : [blocks, 0, 1, 4]).toString('base64')
  return ` FEC-OTI-FEC-Encoding-ID="${encoding}" FEC-OTI-Encoding-Symbol-Length="${T}" FEC-OTI-Maximum-Source-Block-Length="1000" FEC-OTI-Scheme-Specific-Info="${specific}"`
}
const digest = (bytes: Uint8Array | undefined) => bytes && createHash('sha256').update(bytes).digest('hex')
const fileOf = (session: TestSession) => digest(session.files.find((file) => file.name === 'a.bin')?.lease.bytes)
const rules = (session: TestSession) => session.alarms.map((alarm) => alarm.rule)

describe('repair symbols in FLUTE', () => {
  it.each([1, 3])('complete an object of %i source blocks that the FDT describes', (blocks) => {
    const session = new TestSession({ kind: 'discover' })
    const whole = content(20_000)
    sendFdt(session, listed(whole.length, otiOf(blocks)))
    sendObject(session, whole, { blocks, lost: [3, 30, 78] })
    session.pass(100)
    session.close()
    expect(fileOf(session)).toBe(digest(whole))
    const object = session.objects.find((each) => toiOf(each) === 1)
    // The last symbol is short: 20 000 = 78 * 256 + 32.
    expect(object).toMatchObject({ state: 'complete', size: 20_000, recovered: 2 * 256 + 32, received: 20_000 - 544 })
    expect(session.channels.find((each) => each.destination === flow.destination)).toMatchObject({
      repairPackets: 10 * blocks,
      fec: { healed: 1, recovered: 544, recoveredSymbols: 3 },
    })
    expect(rules(session)).toEqual([])
    expect(session.receiver.usedBytes).toBe(0)
  })

  it('complete an object with OTI only in EXT_FTI', () => {
    const session = new TestSession({ kind: 'discover' })
    const whole = content(9000)
    const oti = serialiseOti({ transferLength: 9000, symbolBytes: T, sourceBlocks: 1, subBlocks: 1, alignment: 4 })
    sendFdt(session, '<File TOI="1" Content-Location="a.bin"/>')
    sendObject(session, whole, { lost: [0, 9, 35], extensions: [64, 4, ...oti, 0, 0] })
    session.pass(600)
    session.close()
    expect(fileOf(session)).toBe(digest(whole))
    expect(rules(session)).toEqual([])
  })

  it('report how many are missing where they do not suffice', () => {
    const session = new TestSession({ kind: 'discover' })
    const whole = content(20_000)
    sendFdt(session, listed(whole.length, otiOf(1)))
    sendObject(session, whole, { lost: [3, 30, 50, 78], repairs: 2 })
    for (let tenths = 0; tenths < 102; tenths++) session.pass(100)
    expect(fileOf(session)).toBeUndefined()
    const loss = session.alarms.find((alarm) => alarm.rule === 'OBJ-LOSS')
    expect(loss?.text).toMatch(
      /FEC did not restore it: 4 of 79 source symbols are lost, 2 repair symbols arrived, 2 more are/,
    )
    session.close()
    expect(session.receiver.usedBytes).toBe(0)
  })

  it.each([
    [1, 'Raptor (1)'],
    [5, 'Reed-Solomon GF(2^8) (5)'],
  ])('of encoding %i are named and counted', (encoding, name) => {
    const session = new TestSession({ kind: 'discover' })
    const whole = content(2560)
    sendFdt(session, listed(whole.length, otiOf(1, encoding)))
    for (let esi = 0; esi < 12; esi++) {
      const data = esi < 10 ? whole.subarray(esi * T, (esi + 1) * T) : content(T, esi)
      session.datagram(packet(1, encoding, [], esi, data), flow)
    }
    session.close()
    expect(fileOf(session)).toBe(digest(whole))
    expect(session.channels.find((each) => each.destination === flow.destination)?.repairPackets).toBe(2)
    expect(session.alarms.map(({ rule, text }) => [rule, text])).toEqual([
      ['FEC-UNSUPPORTED', `TSI 1 at ${flow.destination}: repair symbols of ${name} are only counted`],
    ])
  })

  it('are only counted where FEC is off', () => {
    const session = new TestSession({ kind: 'discover' }, { fec: false })
    const whole = content(20_000)
    sendFdt(session, listed(whole.length, otiOf(1)))
    sendObject(session, whole, { lost: [3] })
    session.pass(11_000)
    expect(rules(session)).toEqual(['FEC-SYMBOLS', 'OBJ-LOSS'])
  })
})
