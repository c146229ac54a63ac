import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Bytes,
  ethernet,
  ipv4Packet,
  ipv4Udp,
  ipv6Packet,
  PcapngBlocks,
  pcapFile,
  udp,
} from '../testing/capture-builder.ts'
import { CaptureFolder, playCapture } from '../testing/capture-play.ts'
import { sniffCapture } from './sniff.ts'

let folder: CaptureFolder
beforeAll(async () => {
  folder = await CaptureFolder.make()
})
afterAll(() => folder.remove())

const PAYLOAD = [10, 20, 30]
const PACKET = ipv4Udp(PAYLOAD)

describe('every magic', () => {
  test.each(
    (['little', 'big'] as const).flatMap((order) =>
      (['us', 'ns', 'modified'] as const).map((magic) => [order, magic] as const),
    ),
  )('%s-endian %s', async (order, magic) => {
    const fraction = magic === 'ns' ? 772579999 : 772579
    const frames = [
      { bytes: PACKET, seconds: 1548126444, fraction },
      { bytes: ipv4Udp([1]), seconds: 1548126445, fraction: 0 },
    ]
    const played = await playCapture([await folder.write(pcapFile({ order, magic, frames }))])
    expect(played.datagrams).toEqual([
      { destination: '225.1.1.0:6000', source: '192.0.2.1', payload: PAYLOAD, timeUs: 1548126444772579, frame: 1 },
      { destination: '225.1.1.0:6000', source: '192.0.2.1', payload: [1], timeUs: 1548126445000000, frame: 2 },
    ])
    expect(played.summary).toEqual({
      firstTimeUs: 1548126444772579,
      lastTimeUs: 1548126445000000,
      epochCorrected: false,
      linkTypes: [101],
      warnings: [],
    })
  })

  test("the reference's ns example, byte for byte", async () => {
    const hex = 'a1b23c4d 00020004 00000000 00000000 00040000 00000065 5c4688ec 000bc9e3 00000021 00000021'.replaceAll(
      ' ',
      '',
    )
    const bytes = [...Buffer.from(hex, 'hex'), ...ipv4Udp([1, 2, 3, 4, 5])]
    const { datagrams } = await playCapture([await folder.write(bytes)])
    expect(datagrams.map(({ timeUs, payload }) => [timeUs, payload])).toEqual([[1548126444000772, [1, 2, 3, 4, 5]]])
  })
})

test.each([0, 1, 2, 3])('lengths are in reverse order in version 2.%i', async (minor) => {
  const frames = [{ bytes: [...PACKET, 0, 0], captured: PACKET.length }]
  const { datagrams } = await playCapture([await folder.write(pcapFile({ minor, swapLengths: true, frames }))])
  expect(datagrams.map(({ payload }) => payload)).toEqual([PAYLOAD])
})

describe('link types', () => {
  const null4 = (family: number[]) => [...family, ...PACKET]
  const packet6 = ipv6Packet(udp(PAYLOAD))
  const sll = (type: number[]) => [0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...type]
  const sll2 = (type: number[]) => [...type, 0, 0, 0, 0, 0, 2, 0, 1, 2, 6, 2, 0, 0, 0, 0, 1, 0, 0]
  test.each<[string, number, number[]]>([
    ['NULL, big-endian family', 0, null4([0, 0, 0, 2])],
    ['NULL, little-endian family', 0, null4([2, 0, 0, 0])],
    ['NULL, IPv6 of macOS', 0, [30, 0, 0, 0, ...packet6]],
    ['NULL, IPv6 of GPAC', 0, [0, 0, 0, 24, ...packet6]],
    ['NULL, IPv6 of Linux', 0, [10, 0, 0, 0, ...packet6]],
    ['LOOP', 108, null4([0, 0, 0, 2])],
    ['LOOP, IPv6', 108, [0, 0, 0, 28, ...packet6]],
    ['Ethernet, padded', 1, ethernet(PACKET)],
    ['Ethernet, IPv6', 1, ethernet(packet6, 0x86dd)],
    ['Ethernet with FCS flags', 0x24000001, [...ethernet(PACKET), 1, 2, 3, 4]],
    ['VLAN', 1, ethernet(PACKET, 0x0800, [0x81, 0, 0, 5])],
    ['QinQ', 1, ethernet(PACKET, 0x0800, [0x88, 0xa8, 0, 9, 0x81, 0, 0, 5])],
    ['LLC/SNAP', 1, ethernet([0xaa, 0xaa, 3, 0, 0, 0, 8, 0, ...PACKET], PACKET.length + 8)],
    ['MPLS', 1, ethernet([0, 0x10, 0, 64, 0, 0x11, 1, 64, ...PACKET], 0x8847)],
    ['PPPoE', 1, ethernet([0x11, 0, 0, 1, 0, 9, 0, 0x21, ...PACKET], 0x8864)],
    ['RAW', 101, PACKET],
    ['RAW as DLT 12', 12, PACKET],
    ['RAW as DLT 14', 14, packet6],
    ['LOOP as DLT 12', 12, [0, 0, 0, 2, ...PACKET]],
    ['IPv4', 228, PACKET],
    ['IPv6', 229, packet6],
    ['SLL', 113, [...sll([8, 0]), ...PACKET]],
    ['SLL with VLAN', 113, [...sll([0x81, 0]), 0, 5, 8, 0, ...PACKET]],
    ['SLL2', 276, [...sll2([0x86, 0xdd]), ...packet6]],
  ])('%s', async (_name, linkWord, bytes) => {
    const played = await playCapture([await folder.write(pcapFile({ linkWord, frames: [{ bytes }] }))])
    expect(played.datagrams.map(({ payload }) => payload)).toEqual([PAYLOAD])
    expect(played.summary.linkTypes).toEqual([linkWord & 0xffff])
  })

  test.each([
    [243, 'MPEG-2 transport stream (243)', /transport stream, not IP/],
    [127, 'IEEE 802.11 with radiotap header (127)', /managed mode/],
    [6, 'token ring (6)', /PKTAP/],
    [150, 'USER3 (150)', /--link-type/],
    [65010, 'experimental (65010)', /--link-type/],
    [999, 'unknown (999)', /Ethernet/],
  ])('%i is refused by name', async (linkWord, name, advice) => {
    const file = await folder.write(pcapFile({ linkWord, frames: [{ bytes: PACKET }] }))
    await expect(playCapture([file])).rejects.toMatchObject({
      error: {
        code: 'unknown-link-type',
        message: expect.stringContaining(name),
        tryThis: expect.stringMatching(advice),
      },
    })
  })

  test('fragments on two VLANs are not joined', async () => {
    const datagram = udp(new Array<number>(16).fill(1))
    const frame = (vlan: number, offset: number) =>
      ethernet(ipv4Packet(datagram.slice(offset, offset + 16), {}, { offset, more: offset === 0 }), 0x800, [
        0x81,
        0,
        0,
        vlan,
      ])
    const frames = [frame(1, 0), frame(2, 16), frame(1, 16)].map((bytes) => ({ bytes }))
    const played = await playCapture([await folder.write(pcapFile({ linkWord: 1, frames }))])
    expect(played.datagrams.map(({ frame: at }) => at)).toEqual([3])
    expect(played.counters.fragmentsDropped).toBe(1)
  })
})

test('NTP times are reduced by 70 years, decided on the first record', async () => {
  const frames = [4004230679, 4004230680].map((seconds) => ({ bytes: PACKET, seconds, fraction: 313815 }))
  const played = await playCapture([await folder.write(pcapFile({ order: 'big', frames }))])
  expect(played.datagrams.map(({ timeUs }) => timeUs)).toEqual([1795241879313815, 1795241880313815])
  expect(played.summary.epochCorrected).toBe(true)
  expect(played.notices[0]).toMatch(/counts time from 1900/)
})

describe('files as people make them', () => {
  const frames = (from: number, unit = 1) =>
    [0, 1, 2].map((at) => ({ bytes: ipv4Udp([from + at]), seconds: 1000 + from + at, fraction: (500_000 + at) * unit }))

  test.each(
    (['little', 'big'] as const).flatMap((order) =>
      (['us', 'ns', 'modified'] as const).flatMap((magic) =>
        [101, 1].map((linkWord) => [order, magic, linkWord] as const),
      ),
    ),
  )('a second one behind the first is read as such: %s-endian %s, link type %i', async (order, magic, linkWord) => {
    const own = frames(20, magic === 'ns' ? 1000 : 1).map((each) => ({
      ...each,
      bytes: linkWord === 1 ? ethernet(each.bytes) : each.bytes,
    }))
    const second = pcapFile({ order, magic, linkWord, frames: own })
    const bytes = [...pcapFile({ frames: frames(0) }), ...second, ...pcapFile({ frames: frames(40) })]
    const played = await playCapture([await folder.write(bytes)])
    expect(played.datagrams.map(({ payload, timeUs }) => [payload[0], timeUs])).toEqual(
      [0, 1, 2, 20, 21, 22, 40, 41, 42].map((at) => [at, (1000 + at) * 1e6 + 500_000 + (at % 20)]),
    )
    expect(played.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/is several captures one behind the other, the second from byte \d+ on; all were read/),
    ])
  })

  test.each([
    ['pcapng behind pcap', true],
    ['pcap behind pcapng', false],
  ])('of two formats are read, one behind the other: %s', async (_, pcapFirst) => {
    const own = frames(20)
    const blocks = new PcapngBlocks('big')
    const next = [
      ...blocks.section(),
      ...blocks.interface(101),
      ...own.flatMap(({ bytes, seconds }) => blocks.enhanced(0, 0, seconds * 1_000_000, bytes)),
    ]
    const first = [...pcapFile({ frames: frames(0) })]
    const played = await playCapture([
      await folder.write(pcapFirst ? [...first, ...next, ...first] : [...next, ...first, ...next]),
    ])
    const order = pcapFirst ? [0, 1, 2, 20, 21, 22, 0, 1, 2] : [20, 21, 22, 0, 1, 2, 20, 21, 22]
    expect(played.datagrams.map(({ payload }) => payload[0])).toEqual(order)
    expect(played.warnings[0]?.message).toMatch(/is several captures one behind the other, the second from byte \d+ on/)
  })

  test('an ERF capture is named', () => {
    const record = [...new Array(8).fill(1), 2, 4, 0, 18 + 44, 0, 0, 0, 44, 0, 0, ...new Array(44).fill(7)]
    const erf = Uint8Array.from([...record, ...record, ...record])
    expect(sniffCapture(erf)).toEqual({ kind: 'other', content: 'an ERF capture (Endace)' })
  })

  test('ns under a header of µs are ns, with one warning', async () => {
    const made = [0, 50_000_000, 400_000, 999_999_999].map((fraction) => ({ bytes: PACKET, seconds: 1000, fraction }))
    const { datagrams, warnings } = await playCapture([await folder.write(pcapFile({ frames: made }))])
    expect(datagrams.map(({ timeUs }) => timeUs - 1000 * 1e6)).toEqual([0, 50_000, 50_000, 999_999])
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('were read as ns')])
  })
})

test('a fraction beyond a second is carried; cut and empty records are counted', async () => {
  const frames = [
    { bytes: PACKET, seconds: 1000, fraction: 1_500_000 },
    { bytes: PACKET, seconds: 1002, captured: 25 },
    { bytes: PACKET, seconds: 1002, captured: 0 },
    { bytes: [...PACKET, 0, 0, 0, 0], seconds: 1003, captured: PACKET.length },
  ]
  const played = await playCapture([await folder.write(pcapFile({ frames }))])
  expect(played.datagrams.map(({ timeUs }) => timeUs)).toEqual([1001_500_000, 1003_000_000])
  expect(played.counters.cutBySnaplen).toBe(1)
})

describe('damage', () => {
  const file = pcapFile({
    frames: Array.from({ length: 20 }, (_, index) => ({
      bytes: ipv4Udp([index, ...new Array<number>(40).fill(0x55)]),
    })),
  })
  const recordBytes = (file.length - 24) / 20

  test('a truncated last record ends the file with one warning that names the byte', async () => {
    const name = await folder.write(file.slice(0, -7), 'cut.pcap')
    const played = await playCapture([name])
    expect(played.datagrams).toHaveLength(19)
    expect(played.warnings).toEqual(played.summary.warnings)
    expect(played.warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        'capture-corrupt',
        `cut.pcap ends in the middle of a packet, at byte ${24 + 19 * recordBytes}; everything before it was read.`,
      ],
    ])
  })

  test('every truncation of a file is read up to its last whole record', async () => {
    for (let length = 24 + recordBytes; length < 24 + 3 * recordBytes; length++) {
      const played = await playCapture([await folder.write(file.slice(0, length), 'truncation.pcap')])
      expect(played.datagrams).toHaveLength(Math.floor((length - 24) / recordBytes))
      expect(played.warnings).toHaveLength((length - 24) % recordBytes === 0 ? 0 : 1)
    }
  })

  test('a record with an impossible length is skipped, and reading continues behind it', async () => {
    const broken = file.slice()
    broken.fill(0xff, 24 + 5 * recordBytes, 24 + 5 * recordBytes + 16)
    const played = await playCapture([await folder.write(broken, 'broken.pcap')])
    expect(played.datagrams.map(({ payload }) => payload[0])).toEqual(
      Array.from({ length: 20 }, (_, index) => index).filter((index) => index !== 5),
    )
    expect(played.warnings.map(({ message }) => message)).toEqual([
      `broken.pcap is damaged at byte ${24 + 5 * recordBytes}: a record has an impossible length; ${recordBytes} bytes were skipped up to the next good packet.`,
    ])
  })

  test('bytes missing in the middle are skipped', async () => {
    const at = 24 + 8 * recordBytes + 30
    const gap = Buffer.concat([file.slice(0, at), file.slice(at + 11)])
    const played = await playCapture([await folder.write(gap)])
    expect(played.datagrams.length).toBeGreaterThanOrEqual(17)
    expect(played.datagrams.at(-1)?.payload[0]).toBe(19)
    expect(played.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('is damaged at byte'),
      expect.stringContaining('1 packet with an IP or UDP header that contradicts its length; frame 9.'),
    ])
  })

  test('damage up to the end keeps what was before', async () => {
    const broken = file.slice()
    broken.fill(0xff, 24 + 5 * recordBytes)
    const played = await playCapture([await folder.write(broken)])
    expect(played.datagrams).toHaveLength(5)
    expect(played.warnings).toHaveLength(1)
    expect(played.warnings[0]?.message).toContain('no good packet follows')
  })

  test('records larger than 64 KiB and files larger than the buffers are read whole', async () => {
    const big = new Array<number>(60000).fill(3)
    const frames = Array.from({ length: 40 }, () => ({ bytes: ipv4Udp(big) }))
    const out = Buffer.concat([pcapFile({ frames: [] }), ...frames.map(({ bytes }) => recordOf(bytes))])
    const played = await playCapture([await folder.write(out)])
    expect(played.counters).toMatchObject({ udp: 40, bytes: 40 * 60000, malformed: 0 })
  })
})

function recordOf(bytes: readonly number[]): Uint8Array {
  const header = new Bytes('little').u32(1_700_000_000).u32(0).u32(bytes.length).u32(bytes.length).list
  return Buffer.concat([Uint8Array.from(header), Uint8Array.from(bytes)])
}
