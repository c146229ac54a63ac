import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bytes, ethernet, ipv4Udp, PcapngBlocks } from '../testing/capture-builder.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const PACKET = ipv4Udp([1, 2, 3, 4, 5])
const HIGH = 0x00058003
const LOW = 0x46cedce3
const TIME_US = 1548126444772579

const payloads = (played: Awaited<ReturnType<typeof playCapture>>) => played.datagrams.map(({ payload }) => payload)
const times = (played: Awaited<ReturnType<typeof playCapture>>) => played.datagrams.map(({ timeUs }) => timeUs)

describe.each(['little', 'big'] as const)('%s-endian', (order) => {
  const b = new PcapngBlocks(order)

  test('packets of all three kinds are read among all other blocks', async () => {
    const bytes = [
      ...b.section(),
      ...b.others(),
      ...b.interface(101),
      ...b.enhanced(0, HIGH, LOW, PACKET, [...b.option(1, [65, 66, 67]), ...b.option(0, [])]),
      ...b.others(),
      ...b.packet(0, HIGH, LOW + 1, PACKET),
      ...b.simple(PACKET),
      ...b.statistics(0),
    ]
    const played = await playCapture([await folder.write(bytes)])
    expect(payloads(played)).toEqual([1, 2, 3].map(() => [1, 2, 3, 4, 5]))
    expect(times(played)).toEqual([TIME_US, TIME_US + 1, TIME_US + 1])
    expect(played.counters.skippedBlocks).toBe(8)
    expect(played.warnings).toEqual([])
  })

  test.each<[string, number[], number, number, number]>([
    ['absent', [], HIGH, LOW, TIME_US],
    ['10^-6', b.option(9, [6]), HIGH, LOW, TIME_US],
    ['10^-9', b.option(9, [9]), 0x157c0ccc, 0x980ed6b8, TIME_US],
    ['10^-3', b.option(9, [3]), 0x168, 0x738c7c14, 360 * 4294967296000 + 1938586644 * 1000],
    ['10^-7', b.option(9, [7]), 0x00370020, 0xc4149ce7, Math.floor((0x00370020 * 2 ** 32 + 0xc4149ce7) / 10)],
    [
      '2^-10 from 2017',
      [...b.option(9, [0x8a]), ...b.option(14, b.bytes().u64(1500000000n).list)],
      0xb,
      0x7967b317,
      1548126444772460,
    ],
    ['2^-32', b.option(9, [0xa0]), 0x5c4688ec, 0xc5c7bcc2, 1548126444772578],
    ['a negative offset', b.option(14, b.bytes().u64(-3600n).list), HIGH, LOW, TIME_US - 3600e6],
  ])('time with resolution %s', async (_name, options, high, low, expected) => {
    const bytes = [
      ...b.section(),
      ...b.interface(101, [...options, ...b.option(0, [])]),
      ...b.enhanced(0, high, low, PACKET),
    ]
    expect(times(await playCapture([await folder.write(bytes)]))).toEqual([expected])
  })

  test('a section length of 0, as GPAC writes it, skips nothing', async () => {
    const bytes = [...b.section(0, 1, 0n), ...b.interface(101), ...b.enhanced(0, HIGH, LOW, PACKET)]
    expect((await playCapture([await folder.write(bytes)])).datagrams).toHaveLength(1)
  })

  test("GPAC's time words, NTP seconds and µs, are understood and reported", async () => {
    const bytes = [...b.section(0, 1, 0n), ...b.interface(101), ...b.enhanced(0, 4004230679, 313815, PACKET)]
    const played = await playCapture([await folder.write(bytes)])
    expect(times(played)).toEqual([1795241879313815])
    expect(played.summary.epochCorrected).toBe(true)
  })

  test('options may end at the end of the block, and a bad length ends the list', async () => {
    const bytes = [
      ...b.section(),
      ...b.interface(101, [...b.option(9, [9]), ...b.bytes().u16(2).u16(500).list]),
      ...b.enhanced(0, 0x157c0ccc, 0x980ed6b8, PACKET),
    ]
    expect(times(await playCapture([await folder.write(bytes)]))).toEqual([TIME_US])
  })

  test('losses that the capturing system reports are summed, statistics replace the running count', async () => {
    const drop = b.option(4, b.bytes().u64(3n).list)
    const bytes = [
      ...b.section(),
      ...b.interface(101),
      ...b.enhanced(0, HIGH, LOW, PACKET, drop),
      ...b.enhanced(0, HIGH, LOW, PACKET, [...drop, ...b.option(0, [])]),
      ...b.statistics(0, [...b.option(5, b.bytes().u64(4n).list), ...b.option(7, b.bytes().u64(6n).list)]),
    ]
    expect((await playCapture([await folder.write(bytes)])).counters.reportedDrops).toBe(10)
  })

  test('a simple packet is cut by the snap length of interface 0', async () => {
    const bytes = [
      ...b.section(),
      ...b.interface(101, [], PACKET.length),
      ...b.simple(PACKET.concat([0, 0, 0, 0]), 5000),
      ...b.enhanced(0, HIGH, LOW, PACKET),
    ]
    expect((await playCapture([await folder.write(bytes)])).datagrams).toHaveLength(2)
  })
})

test('sections of both orders, with interfaces of their own, are one capture', async () => {
  const little = new PcapngBlocks('little')
  const big = new PcapngBlocks('big')
  const bytes = [
    ...little.section(2),
    ...little.interface(101),
    ...little.interface(1, little.option(9, [9])),
    ...little.enhanced(1, 0x157c0ccc, 0x980ed6b8, ethernet(PACKET)),
    ...big.section(),
    ...big.interface(1),
    ...big.enhanced(0, HIGH, LOW, ethernet(PACKET)),
    ...big.enhanced(1, HIGH, LOW, ethernet(PACKET)), // not declared in this section
  ]
  const played = await playCapture([await folder.write(bytes)])
  expect(times(played)).toEqual([TIME_US, TIME_US])
  expect(played.summary.linkTypes).toEqual([101, 1])
  expect(played.counters.skippedBlocks).toBe(1)
})

test('a section of an unknown version is skipped', async () => {
  const b = new PcapngBlocks('little')
  const bytes = [
    ...b.section(0, 3),
    ...b.interface(101),
    ...b.enhanced(0, HIGH, LOW, PACKET),
    ...b.section(),
    ...b.interface(101),
    ...b.enhanced(0, HIGH, LOW, PACKET),
  ]
  const played = await playCapture([await folder.write(bytes)])
  expect(played.datagrams).toHaveLength(1)
  expect(played.counters.skippedBlocks).toBe(2)
})

test('interfaces of unknown link types are skipped; alone they are refused by name', async () => {
  const b = new PcapngBlocks('little')
  const wifi = [...b.section(), ...b.interface(127), ...b.enhanced(0, HIGH, LOW, PACKET)]
  const both = [...wifi, ...b.interface(101), ...b.enhanced(1, HIGH, LOW, PACKET)]
  expect((await playCapture([await folder.write(both)])).datagrams).toHaveLength(1)
  await expect(playCapture([await folder.write(wifi)])).rejects.toMatchObject({ error: { code: 'unknown-link-type' } })
})

describe('damage', () => {
  const b = new PcapngBlocks('little')
  const head = [...b.section(), ...b.interface(101)]
  const block = (index: number) => b.enhanced(0, HIGH, LOW + index, ipv4Udp([index, 1, 1, 1]))
  const indexes = Array.from({ length: 12 }, (_, index) => index)
  const file = [...head, ...indexes.flatMap(block)]
  const blockBytes = block(0).length

  test('two lengths that differ give a warning, and the first is used', async () => {
    const broken = [...file]
    broken[head.length + blockBytes - 4] = 0
    const played = await playCapture([await folder.write(broken)])
    expect(played.datagrams).toHaveLength(12)
    expect(played.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`damaged at byte ${head.length}: the two lengths of a block differ`)),
    ])
  })

  test.each([0, 3, 17, 0xffffffff])('a block length of %i costs one block', async (length) => {
    const broken = [...file]
    broken.splice(head.length + 2 * blockBytes + 4, 4, ...new Bytes('little').u32(length).list)
    const played = await playCapture([await folder.write(broken)])
    expect(played.datagrams.map(({ payload }) => payload[0])).toEqual(indexes.filter((index) => index !== 2))
    expect(played.warnings).toHaveLength(1)
  })

  test('a block that is not whole in the file is a truncation', async () => {
    const played = await playCapture([await folder.write(file.slice(0, -5), 'cut.pcapng')])
    expect(played.datagrams).toHaveLength(11)
    expect(played.warnings.map(({ message }) => message)).toEqual([
      `cut.pcapng ends in the middle of a packet, at byte ${head.length + 11 * blockBytes}; everything before it was read.`,
    ])
  })

  test('a captured length beyond the block loses that packet only', async () => {
    const broken = [...file]
    broken.splice(head.length + 20, 4, ...new Bytes('little').u32(5000).list)
    const played = await playCapture([await folder.write(broken)])
    expect(played.datagrams).toHaveLength(11)
    expect(played.counters.skippedBlocks).toBe(1)
  })

  test('a block of several MiB without a packet is skipped', async () => {
    const huge = 5 * 1024 * 1024
    const frame = Buffer.alloc(huge)
    frame.writeUInt32LE(0x0bad, 0)
    frame.writeUInt32LE(huge, 4)
    frame.writeUInt32LE(huge, huge - 4)
    const name = await folder.write(Buffer.concat([Uint8Array.from(head), frame, Uint8Array.from(block(1))]))
    const played = await playCapture([name])
    expect(played.datagrams).toHaveLength(1)
    expect(played.warnings).toEqual([])
  })
})
