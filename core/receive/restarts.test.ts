import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ServiceId } from '../contract/ids.ts'
import type { ReceiveSpec } from '../contract/session-spec.ts'
import { toiOf, tsiOf } from '../testing/carriers.ts'
import { content, type TestPacket, TestSession } from '../testing/test-session.ts'

const TARGET = { kind: 'route', address: '239.255.1.1', port: 5000 } as const
const SECOND_MS = 1000
const BYTES = 5000
const PACKET = 1000

function channel(tsi: number, realTime: boolean, prefix: string): string {
  const table = `<EFDT><FDT-Instance Expires="4294967295" fileTemplate="${prefix}${tsi}_$TOI$.m4s"/></EFDT>`
  return `<LS tsi="${tsi}"><SrcFlow rt="${realTime}">${table}</SrcFlow></LS>`
}

/** A session that sends segments of a second on its channels, and its signalling with each of them. */
class Sender {
  readonly restarted: [ServiceId, number][] = []
  readonly session: TestSession
  readonly #tsis: readonly number[]
  readonly sls: Uint8Array

  constructor(tsis: readonly number[], realTime = true, receive: Partial<ReceiveSpec> = {}, prefix = '') {
    this.session = new TestSession(TARGET, receive, {}, { restarted: (...told) => void this.restarted.push(told) })
    this.#tsis = tsis
    const routes = tsis.map((tsi) => channel(tsi, realTime, prefix)).join('')
    const text = `<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/"><RS dIpAddr="239.255.1.1" dPort="5000">${routes}</RS></S-TSID>`
    const part = `--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${text}\r\n--b--\r\n`
    const whole = `MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n${part}`
    this.sls = new Uint8Array(gzipSync(whole))
  }

  signal(): void {
    this.session.sendObject({ tsi: 0, toi: 0x8000_0001, codepoint: 3 }, this.sls)
  }

  packets(tsi: number, toi: number, seed = 1): TestPacket[] {
    const bytes = content(BYTES, toi * 100 + tsi + seed)
    const packets: TestPacket[] = []
    for (let offset = 0; offset < BYTES; offset += PACKET)
      packets.push({ tsi, toi, offset, length: BYTES, payload: bytes.subarray(offset, offset + PACKET) })
    return packets
  }

  /** One second: the segments `toi` of all channels, one packet of each in turn. @param cut packets that are sent */
  second(toi: number, seed = 1, cut = BYTES / PACKET, signal = (): void => this.signal()): void {
    signal()
    const sent = this.#tsis.map((tsi) => this.packets(tsi, toi, seed).slice(0, cut))
    for (let index = 0; index < cut; index++) {
      for (const packets of sent) this.session.send(packets[index] as TestPacket)
      this.session.pass((SECOND_MS / cut) * 0.98)
    }
  }

  seconds(from: number, to: number, seed = 1): void {
    for (let toi = from; toi <= to; toi++) this.second(toi, seed)
  }

  get names(): string[] {
    return this.session.files.map(({ name }) => name)
  }

  get told(): string[] {
    return this.session.alarms.filter(({ rule }) => rule === 'TOI-LOOP').map(({ text }) => text)
  }
}

const NAMES = (from: number, to: number, ...tsis: number[]): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => tsis.map((tsi) => `${tsi}_${from + index}.m4s`)).flat()

describe('a sender that begins again', () => {
  it.each([
    { name: 'with equal bytes', seed: 1 },
    { name: 'with other bytes', seed: 2 },
  ])('$name after a break: all of it is received anew, and told once', ({ seed }) => {
    const sender = new Sender([10, 11])
    sender.seconds(1, 4)
    sender.second(5, 1, 2)
    sender.session.pass(700)
    sender.seconds(1, 6, seed)
    expect(sender.names).toEqual([...NAMES(1, 4, 10, 11), ...NAMES(1, 6, 10, 11)])
    for (const { lease, name } of sender.session.files.slice(8)) {
      const [tsi = 0, toi = 0] = name.split(/[_.]/).map(Number)
      expect(lease.bytes).toEqual(content(BYTES, toi * 100 + tsi + seed))
    }
    expect(sender.told).toEqual([
      expect.stringMatching(
        /^The sender began again: TSI 10 .*went back from TOI 5 to 1, 1\.\d s after the last media packet$/,
      ),
    ])
    expect(sender.restarted).toHaveLength(1)
    // What the first transmission broke off was not lost.
    expect(sender.session.lost.map(({ state }) => state)).toEqual(['truncated', 'truncated'])
    expect(sender.session.alarms.map(({ rule }) => rule)).not.toContain('OBJ-LOSS')
  })

  it('in the middle of its first segment', () => {
    const sender = new Sender([10, 11])
    sender.second(1, 1, 3)
    sender.session.pass(400)
    sender.seconds(1, 2, 2)
    expect(sender.names).toEqual(NAMES(1, 2, 10, 11))
    expect(sender.session.files[0]?.lease.bytes).toEqual(content(BYTES, 112))
    expect(sender.told).toHaveLength(1)
    expect(sender.restarted).toHaveLength(1)
  })

  it('after reception was joined in the middle: below the first object', () => {
    const sender = new Sender([10, 11])
    sender.seconds(5, 7)
    sender.session.pass(600)
    sender.seconds(1, 6)
    expect(sender.names).toEqual([...NAMES(5, 7, 10, 11), ...NAMES(1, 6, 10, 11)])
    expect(sender.told).toHaveLength(1)
  })

  it.each([
    ['after a break', 600],
    ['without one', 0],
  ])('%s, where reception was joined in the middle of its first object', (_name, breakMs) => {
    const sender = new Sender([10, 11])
    sender.signal()
    for (const tsi of [10, 11]) for (const packet of sender.packets(tsi, 1).slice(2)) sender.session.send(packet)
    sender.seconds(2, 4)
    sender.session.pass(breakMs)
    sender.seconds(1, 4)
    expect(sender.names).toEqual([...NAMES(2, 4, 10, 11), ...NAMES(1, 4, 10, 11)])
    expect(sender.told).toHaveLength(1)
    expect(sender.restarted).toHaveLength(1)
  })

  it.each([1, 2, 3, 4])(
    'where reception was joined at packet %s of its first object: none of it is of both',
    (joinedAt) => {
      for (const whole of [0, 1, 2]) {
        const sender = new Sender([10, 11])
        sender.signal()
        for (const tsi of [10, 11])
          for (const packet of sender.packets(tsi, 1).slice(joinedAt)) sender.session.send(packet)
        sender.session.pass(SECOND_MS)
        sender.seconds(2, 1 + whole)
        sender.session.pass(600)
        sender.seconds(1, 4, 2)
        const after = NAMES(1, 4, 10, 11)
        expect(sender.names).toEqual([...(whole === 0 ? [] : NAMES(2, 1 + whole, 10, 11)), ...after])
        for (const { lease, name } of sender.session.files.slice(-after.length)) {
          const [tsi = 0, toi = 0] = name.split(/[_.]/).map(Number)
          expect(lease.bytes).toEqual(content(BYTES, toi * 100 + tsi + 2))
        }
        expect(sender.told).toHaveLength(1)
        expect(sender.restarted).toHaveLength(1)
      }
    },
  )

  it('whose first segments were lost: after a break it goes on from a later one', () => {
    const sender = new Sender([10, 11])
    sender.seconds(1, 6)
    sender.session.pass(1500)
    sender.seconds(3, 8, 2)
    expect(sender.names).toEqual([...NAMES(1, 6, 10, 11), ...NAMES(3, 8, 10, 11)])
    for (const { lease, name } of sender.session.files.slice(12)) {
      const [tsi = 0, toi = 0] = name.split(/[_.]/).map(Number)
      expect(lease.bytes).toEqual(content(BYTES, toi * 100 + tsi + 2))
    }
    expect(sender.told).toEqual([expect.stringMatching(/went back from TOI 6 to 3, 1\.\d s after/)])
    expect(sender.restarted).toHaveLength(1)
    expect(sender.session.alarms.map(({ rule }) => rule)).not.toContain('OBJ-LOSS')
  })

  it('takes no byte of it for a hole of the transmission before', () => {
    const sender = new Sender([10])
    sender.signal()
    const first = sender.packets(10, 1)
    for (const packet of first.filter((_, index) => index !== 2)) sender.session.send(packet)
    sender.session.pass(600)
    sender.second(2)
    sender.session.pass(400)
    sender.signal()
    sender.session.send(sender.packets(10, 1)[0] as TestPacket)
    sender.session.send(sender.packets(10, 1)[2] as TestPacket)
    expect(sender.names).toEqual(['10_2.m4s'])
    expect(sender.told).toHaveLength(1)
  })

  it('with signalling as it was at first, which is read again', () => {
    const sender = new Sender([10, 11])
    sender.seconds(1, 2)
    const renamed = new Sender([10, 11], true, {}, 'other_')
    sender.session.sendObject({ tsi: 0, toi: 0x8000_0002, codepoint: 3 }, renamed.sls)
    sender.second(3, 1, 5, () => undefined)
    expect(sender.names.at(-1)).toBe('other_11_3.m4s')
    sender.session.pass(600)
    sender.seconds(1, 3)
    // The first package came before it was known that the sender had begun again.
    expect(sender.names.slice(-4)).toEqual(NAMES(2, 3, 10, 11))
  })

  it('twice', () => {
    const sender = new Sender([10, 11])
    for (let round = 0; round < 3; round++) {
      sender.seconds(1, 3)
      sender.session.pass(500)
    }
    expect(sender.names).toEqual([1, 2, 3].flatMap(() => NAMES(1, 3, 10, 11)))
    expect(sender.told).toHaveLength(2)
    expect(sender.restarted).toHaveLength(2)
  })

  it('without a break, where all media goes back: not a packet of it is passed over', () => {
    const sender = new Sender([10, 11])
    sender.seconds(1, 4)
    const before = sender.session.objects.length
    sender.seconds(1, 4)
    expect(sender.names).toEqual([...NAMES(1, 4, 10, 11), ...NAMES(1, 4, 10, 11)])
    expect(sender.told).toEqual([expect.stringMatching(/went back from TOI 4 to 1, as did all media$/)])
    const again = sender.session.objects.slice(before).filter((object) => tsiOf(object) !== 0)
    expect(again.map((object) => [tsiOf(object), toiOf(object), object.packets])).toEqual(
      [1, 2, 3, 4].flatMap((toi) => [
        [10, toi, 5],
        [11, toi, 5],
      ]),
    )
  })
})

describe('no sender that begins again', () => {
  it('a carousel of media on one channel, without a break', () => {
    const sender = new Sender([10])
    for (let round = 0; round < 4; round++) sender.seconds(1, 4)
    expect(sender.names).toEqual(NAMES(1, 4, 10))
    expect(sender.told).toEqual([])
    expect(sender.restarted).toEqual([])
    expect([...sender.session.repeats.values()]).toEqual(expect.arrayContaining([3, 3, 3, 3]))
  })

  it('a carousel of files, with breaks', () => {
    const sender = new Sender([10, 11], false)
    for (let round = 0; round < 3; round++) {
      sender.seconds(1, 3)
      sender.session.pass(2000)
    }
    expect(sender.names).toEqual(NAMES(1, 3, 10, 11))
    expect(sender.told).toEqual([])
  })

  it('one that sends each segment again, some time after it', () => {
    const sender = new Sender([10, 11])
    for (let toi = 1; toi <= 9; toi++) {
      sender.second(toi)
      if (toi > 2)
        for (const tsi of [10, 11]) for (const packet of sender.packets(tsi, toi - 2)) sender.session.send(packet)
    }
    expect(sender.names).toEqual(NAMES(1, 9, 10, 11))
    expect(sender.told).toEqual([])
  })

  it.each([1, 2])('%s: one that was silent, repeats a segment, and goes on from where it was', (channels) => {
    const sender = new Sender([10, 11].slice(0, channels))
    sender.seconds(1, 4)
    sender.session.pass(1500)
    sender.second(3)
    sender.seconds(5, 6)
    expect(sender.names).toEqual(NAMES(1, 6, ...[10, 11].slice(0, channels)))
    expect(sender.told).toEqual([])
    expect(sender.restarted).toEqual([])
    expect(sender.session.lost).toEqual([])
  })

  it('signalling that is repeated after a break', () => {
    const sender = new Sender([10, 11])
    sender.seconds(1, 3)
    sender.session.pass(5000)
    for (let count = 0; count < 4; count++) sender.signal()
    sender.seconds(4, 5)
    expect(sender.names).toEqual(NAMES(1, 5, 10, 11))
    expect(sender.told).toEqual([])
  })

  it('packets that overtake up to 50 others, and half of them twice', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(50)), fc.infiniteStream(fc.nat(1)), (delays, copies) => {
        const sender = new Sender([10, 11])
        sender.signal()
        const packets = Array.from({ length: 12 }, (_, index) => index + 1).flatMap((toi) =>
          [10, 11].flatMap((tsi) => sender.packets(tsi, toi)),
        )
        const sent = packets
          .flatMap((packet, index) =>
            copies.next().value === 0
              ? [
                  { packet, index },
                  { packet, index },
                ]
              : [{ packet, index }],
          )
          .map((each) => ({ ...each, at: each.index + (delays.next().value as number) }))
          .sort((a, b) => a.at - b.at)
        for (const { packet } of sent) {
          sender.session.send(packet)
          sender.session.pass(60)
        }
        expect(sender.told).toEqual([])
        expect(sender.restarted).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('where loops are not looked for', () => {
    const sender = new Sender([10, 11], true, { detectLoops: 'off' })
    sender.seconds(1, 3)
    sender.session.pass(2000)
    sender.seconds(1, 3)
    expect(sender.names).toEqual(NAMES(1, 3, 10, 11))
    expect(sender.told).toEqual([])
  })
})
