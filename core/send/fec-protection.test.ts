import { describe, expect, it } from 'vitest'
import { asToi, asTsi } from '../contract/ids.ts'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { repairPackets } from '../testing/fec-packets.ts'
import { broadcastOf, demoDash, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { sha256 } from '../testing/program.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { seededBelow } from '../testing/seeded.ts'
import type { BroadcastOptions } from './broadcaster.ts'
import { fecProtection, ProtectedRouteObject } from './fec-protection.ts'
import { RouteObject } from './route-object.ts'

const ROUTE = { kind: 'route', address: FIXTURE_ADDRESS, port: FIXTURE_PORT } as const
const MEDIA = /\.m4s$/

const sent = async (options: Partial<BroadcastOptions> = {}) =>
  (await broadcastOf(await demoDash(), { fecOverheadPercent: 30, ...options })).map((datagram) => {
    const { header, headerBytes } = parseLctHeader(datagram.bytes)
    return { ...datagram, header, data: datagram.bytes.subarray(headerBytes + 4) }
  })

describe('a broadcast with a repair flow for each channel', () => {
  it('sends the repair symbols of each segment after it', async () => {
    const packets = await sent()
    const segment = packets.filter(({ header: { tsi, toi } }) => tsi === 20 && toi === 3)
    const object = new Uint8Array(Buffer.concat(segment.map(({ data }) => data)))
    const repair = packets.filter(({ header: { tsi, toi } }) => tsi === 25 && toi === 3)
    const symbols = Math.ceil((object.length + 4) / 1448)
    expect(repair).toHaveLength(Math.ceil(symbols * 0.3))
    const whole = repairPackets([object], { tsi: 25, toi: 3, symbolBytes: 1448, count: repair.length })
    expect(repair.map(({ bytes }) => Buffer.from(bytes))).toEqual(whole.map((bytes) => Buffer.from(bytes)))
    expect(packets.indexOf(repair[0] as (typeof packets)[0])).toBeGreaterThan(
      packets.indexOf(segment.at(-1) as (typeof packets)[0]),
    )
  })

  // SHA-256 of the repair symbols, made by OpenRQ, an independent implementation in Java, of object, padding and size field.
  it.each([
    [36_000, 1472, 30, 8, '2447de4f959db0e1052264d183454d38ce765968cc966b231c58c828f67f07f9'],
    [100_000, 600, 11, 20, 'a82f4562a49ca390549c46c9aa15be3217a0065953eeda1ff7e52ba2d539ccc3'],
  ])('of %i bytes in packets of %i bytes sends the symbols of others', (sizeBytes, mtu, percent, count, expected) => {
    const bytes = Uint8Array.from({ length: sizeBytes }, (_, at) => at * 131 + (at >> 8) * 7 + 13)
    const protection = fecProtection(mtu, percent)
    if (protection === null) throw new Error('nothing is protected')
    const source = new RouteObject(asTsi(10), asToi(1), 8, bytes, mtu)
    const object = new ProtectedRouteObject(source, protection, false)
    const packet = new Uint8Array(mtu)
    const symbols: Uint8Array[] = []
    while (!object.done) {
      const sent = packet.slice(0, object.next(packet))
      const { header, headerBytes } = parseLctHeader(sent)
      if (header.tsi !== 15) continue
      expect(new DataView(sent.buffer).getUint32(headerBytes)).toBe(
        Math.ceil((sizeBytes + 4) / protection.symbolBytes) + symbols.length,
      )
      symbols.push(sent.subarray(headerBytes + 4))
    }
    expect(symbols).toHaveLength(count)
    expect(sha256(Buffer.concat(symbols))).toBe(expected)
  })

  it.each([
    ['US', {}],
    ['Korean', { flavour: 'korean' }],
    ['of small packets', { mtu: 600 }],
  ] as const)('%s: segments are whole in spite of losses, without an alarm', async (_, options) => {
    const packets = await sent(options)
    const whole = receiveAll(packets, ROUTE)
    expect(whole.alarms.filter(({ rule }) => rule !== 'SESSION-CLOSED')).toEqual([])
    const below = seededBelow(4)
    // Up to one of ten packets of each segment, wherever they are.
    const lossy = packets.filter(({ header }) => header.codepoint !== 8 || below(100) >= 10)
    expect(lossy.length).toBeLessThan(packets.length - 50)
    const received = receiveAll(lossy, ROUTE)
    const media = [...whole.files.keys()].filter((path) => MEDIA.test(path))
    expect(media).toHaveLength(24)
    for (const path of media)
      expect(
        Buffer.compare(received.files.get(path) ?? new Uint8Array(), whole.files.get(path) as Uint8Array),
        path,
      ).toBe(0)
  })

  it('closes the sessions of repair flows too', async () => {
    const closed = (await sent()).filter(({ header }) => header.closeSession).map(({ header }) => header.tsi)
    expect([...new Set(closed)].sort((a, b) => a - b)).toEqual([0, 10, 15, 20, 25])
  })
})
