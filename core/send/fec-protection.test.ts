import { describe, expect, it } from 'vitest'
import { parseLctHeader } from '../protocol/lct/header.ts'
import { repairPackets } from '../testing/fec-packets.ts'
import { broadcastOf, demoDash, FIXTURE_ADDRESS, FIXTURE_PORT } from '../testing/make-fixtures.ts'
import { receiveAll } from '../testing/receive-all.ts'
import { seededBelow } from '../testing/seeded.ts'
import type { BroadcastOptions } from './broadcaster.ts'

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
