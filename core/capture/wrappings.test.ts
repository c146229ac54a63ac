import { describe, expect, it } from 'vitest'
import { WRAPPINGS } from '../contract/report.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { ethernet, ipv4Packet, ipv4Udp } from '../testing/capture-builder.ts'
import { WRAPPED_BY, type WrappedBy } from '../testing/wrapped-frames.ts'
import { FrameReader } from './frame-reader.ts'
import { CaptureRecord } from './record.ts'

const PAYLOAD = Array.from({ length: 40 }, (_, index) => index + 100)
const INNER = { destination: [239, 1, 1, 1], destinationPort: 4000 }
const FRAME = ethernet(ipv4Udp(PAYLOAD, INNER))

function read(frames: readonly { readonly linkType: number; readonly bytes: readonly number[] }[]) {
  const datagrams: string[] = []
  const reader = new FrameReader(
    new FlowTable(),
    {
      datagram: (flow, bytes, start, end) =>
        void datagrams.push(`${flow.destinationAddress}:${flow.destinationPort} ${end - start} ${bytes[start]}`),
    },
    () => undefined,
  )
  for (const { linkType, bytes } of frames) {
    const record = new CaptureRecord()
    record.bytes = Uint8Array.from(bytes)
    record.end = record.originalLength = bytes.length
    record.linkType = linkType
    reader.read(record, 0)
  }
  const links = WRAPPINGS.filter((_, index) => (reader.wrappings.counts[index] as number) > 0)
  return { datagrams, links, reader }
}

const INSIDE = '239.1.1.1:4000 40 100'

describe('packets within packets are found in', () => {
  it.each(WRAPPED_BY)('$name', ({ wrap, linkType, kind }: WrappedBy) => {
    const { datagrams, links, reader } = read([
      { linkType, bytes: wrap(FRAME) },
      { linkType, bytes: wrap(FRAME) },
    ])
    expect(datagrams).toEqual([INSIDE, INSIDE])
    expect(links).toEqual(kind === null ? [] : [kind])
    expect(reader.ip.counters.malformed).toBe(0)
  })

  it('one another, up to a limit', () => {
    const vxlan = WRAPPED_BY.find(({ name }) => name === 'VXLAN') as WrappedBy
    const deep = (levels: number): number[] => (levels === 0 ? FRAME : vxlan.wrap(deep(levels - 1)))
    expect(read([{ linkType: 1, bytes: deep(3) }]).datagrams).toEqual([INSIDE])
    expect(read([{ linkType: 1, bytes: deep(30) }]).datagrams).toHaveLength(1)
    const tag = WRAPPED_BY.find(({ name }) => name === 'TRILL') as WrappedBy
    const tags = (levels: number): number[] => (levels === 0 ? FRAME : tag.wrap(tags(levels - 1)))
    expect(read([{ linkType: 1, bytes: tags(3) }]).datagrams).toEqual([INSIDE])
    expect(read([{ linkType: 1, bytes: tags(30) }]).datagrams).toEqual([])
  })

  it('nothing that only has their port, also between those that are wrapped', () => {
    const vxlan = WRAPPED_BY.find(({ name }) => name === 'VXLAN') as WrappedBy
    const plain = ethernet(
      ipv4Udp(PAYLOAD, { source: [10, 0, 0, 1], destination: [10, 0, 0, 2], sourcePort: 40000, destinationPort: 4789 }),
    )
    const wrapped = vxlan.wrap(FRAME)
    const { datagrams } = read([plain, wrapped, plain].map((bytes) => ({ linkType: 1, bytes })))
    expect(datagrams).toEqual(['10.0.0.2:4789 40 100', INSIDE, '10.0.0.2:4789 40 100'])
  })

  it('no frame that is cut, without a throw', () => {
    for (const { wrap, linkType } of WRAPPED_BY) {
      const bytes = wrap(FRAME)
      for (let length = 0; length < bytes.length; length++) read([{ linkType, bytes: bytes.slice(0, length) }])
    }
    expect(read([{ linkType: 192, bytes: [0, 0, 8, 0, 105, 0, 0, 0, ...FRAME] }]).reader.link.otherTypes.size).toBe(1)
  })
})

describe('packets within packets that are not undone are named', () => {
  const outer = { source: [10, 0, 0, 1], destination: [10, 0, 0, 2], sourcePort: 40000 }
  const second = ethernet(ipv4Udp(PAYLOAD, { destination: [239, 1, 1, 2], destinationPort: 5000 }))
  const header = [9, 8, 7, 6, 5]

  it.each([
    [
      'UDP',
      'udp',
      9999,
      (frame: number[], at: number) =>
        ethernet(ipv4Udp([...header, ...frame], { ...outer, sourcePort: at + 1, destinationPort: 9999 })),
    ],
    [
      'an IP protocol',
      'ip',
      200,
      (frame: number[]) => ethernet(ipv4Packet([...header, ...frame], { ...outer, protocol: 200 })),
    ],
    ['frames of an EtherType', 'frame', 0x9999, (frame: number[]) => ethernet([...header, ...frame], 0x9999)],
  ] as const)('in %s', (_, kind, number, wrap) => {
    const frames = [FRAME, FRAME, second].map((frame, at) => ({ linkType: 1, bytes: wrap(frame, at) }))
    const { found } = read(frames).reader.wrappings.inner
    expect(found).toEqual([{ kind, number, frame: 1, groups: new Set(['239.1.1.1:4000', '239.1.1.2:5000']) }])
  })

  it('but not where check sum or length is wrong, or the address is that of no group', () => {
    const bad = [...FRAME]
    bad[24] = 1
    const long = [...FRAME]
    long[39] = 1
    const single = ethernet(ipv4Udp(PAYLOAD, { destination: [10, 9, 9, 9], destinationPort: 4000 }))
    const frames = [bad, long, single].map((frame) => ({ linkType: 1, bytes: ethernet([...header, ...frame], 0x9999) }))
    expect(read(frames).reader.wrappings.inner.found).toEqual([])
  })
})
