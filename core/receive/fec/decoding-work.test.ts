import { describe, expect, it } from 'vitest'
import { ObserverTee } from '../../flow/tee.ts'
import { FlowTable } from '../../protocol/ip/flow-table.ts'
import { DEFAULT_RECEIVE } from '../../testing/default-receive.ts'
import { HOSTILE_KINDS, hostileDatagrams } from '../../testing/hostile-captures.ts'
import { HOSTILE_ADDRESS, HOSTILE_PORT } from '../../testing/hostile-kind.ts'
import { FIXTURE_START_US } from '../../testing/make-fixtures.ts'
import { BytePool } from '../object/byte-pool.ts'
import { Receiver } from '../receiver.ts'
import { blockCost, DecodingWork, MOST_DECODING } from './decoding-work.ts'
import { RepairSymbols } from './repair-symbols.ts'

describe('work of decoding', () => {
  it('is bounded by time', () => {
    const work = new DecodingWork(() => 1e12)
    work.turn(true)
    expect(work.take(MOST_DECODING, 0)).toBe(true)
    expect(work.take(MOST_DECODING, 100_000)).toBe(false)
    expect(work.take(MOST_DECODING, 10_000_000)).toBe(true)
  })

  it('is divided into turns, each of which ends with the block that goes beyond it', () => {
    const work = new DecodingWork(() => 1e12)
    const takenInATurn = (): number => {
      work.turn(false)
      let count = 0
      while (work.take(1000, 3.6e9)) count++
      return count
    }
    expect([takenInATurn(), takenInATurn()]).toEqual([5, 5])
  })

  it("is bounded by what arrived, since the time of a capture is its maker's", () => {
    let arrived = 0
    const work = new DecodingWork(() => arrived)
    work.turn(true)
    const taken = (): number => {
      let count = 0
      for (let hour = 0; hour < 1000; hour++) if (work.take(MOST_DECODING, hour * 3.6e9 * 1000)) count++
      return count
    }
    const before = taken()
    expect(before).toBeLessThan(10)
    arrived = MOST_DECODING * 128 * 3
    expect(taken()).toBe(3)
  })

  it('leaves room for what senders send: 1 MB in symbols of 1448 bytes, twenty times a second', () => {
    expect(blockCost({ k: 691 }, 1448) * 20).toBeLessThan(MOST_DECODING)
    expect(blockCost({ k: 56_403 }, 1)).toBeGreaterThan(MOST_DECODING)
  })
})

it('repair symbols of a block are visited up to a few more than it has source symbols', () => {
  const symbols = new RepairSymbols(new BytePool(1 << 24, true))
  for (let packet = 0; packet < 100; packet++) symbols.add(3, 10 + packet * 1000, new Uint8Array(1000), 0, 1000)
  const seen: number[] = []
  symbols.each(3, 10, 1, (esi) => seen.push(esi))
  expect(seen).toEqual(Array.from({ length: 26 }, (_, at) => 10 + at))
  symbols.each(4, 10, 1, (esi) => seen.push(esi))
  expect(seen).toHaveLength(26)
})

it.each(['repair symbols of one byte', 'RaptorQ over FLUTE of one byte', 'RaptorQ over FLUTE of 64 MB'])(
  'decodes a bounded number of blocks of %s',
  (name) => {
    const kind = HOSTILE_KINDS.find((each) => each.name === name)
    if (kind === undefined) throw new RangeError(name)
    // Each attempt asks for the time.
    let asked = 0
    const elapsedUs = (): number => ++asked
    const options = { targets: [{ kind: 'discover' }] as const, receive: DEFAULT_RECEIVE, elapsedUs }
    const receiver = new Receiver(options, { whole: () => {} }, new ObserverTee())
    const flows = new FlowTable()
    let timeUs = FIXTURE_START_US
    hostileDatagrams(kind, 1, 3000).forEach(({ bytes, address, port }, index) => {
      timeUs += kind.stepUs ?? 50
      const flow = flows.byText('192.0.2.1', address ?? HOSTILE_ADDRESS, 5000, port ?? HOSTILE_PORT)
      receiver.datagram(flow, bytes, 0, bytes.length, timeUs, index + 1)
    })
    receiver.close(timeUs)
    expect(asked).toBeLessThan(30_000)
  },
)
