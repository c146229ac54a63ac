/** Builds captures byte by byte for tests, in every variation. It shares no code with the readers. */

const encode = (text: string) => Array.from(text, (character) => character.charCodeAt(0))

/** One frame of a capture; `fraction` is in the file's own unit. */
export type FrameSpec = {
  readonly bytes: readonly number[] | Uint8Array
  readonly seconds?: number
  readonly fraction?: number
  /** Captured bytes of the frame. */
  readonly captured?: number
}

export type PcapSpec = {
  readonly order?: 'little' | 'big'
  readonly magic?: 'us' | 'ns' | 'modified'
  readonly minor?: number
  /** The whole link type word, including FCS flags. */
  readonly linkWord?: number
  readonly swapLengths?: boolean
  readonly frames: readonly FrameSpec[]
}

export class Bytes {
  readonly list: number[] = []
  readonly #little: boolean

  constructor(order: 'little' | 'big') {
    this.#little = order === 'little'
  }

  u16(value: number): this {
    const pair = [(value >>> 8) & 255, value & 255]
    this.list.push(...(this.#little ? pair.reverse() : pair))
    return this
  }

  u32(value: number): this {
    const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255)
    this.list.push(...(this.#little ? bytes.reverse() : bytes))
    return this
  }

  u64(value: bigint): this {
    const high = Number(BigInt.asUintN(64, value) >> 32n)
    const low = Number(BigInt.asUintN(32, value))
    return this.#little ? this.u32(low).u32(high) : this.u32(high).u32(low)
  }

  raw(bytes: readonly number[] | Uint8Array): this {
    for (const byte of bytes) this.list.push(byte)
    return this
  }

  pad4(): this {
    while (this.list.length % 4 !== 0) this.list.push(0)
    return this
  }
}

/** A pcap of the frames, byte for byte as described. */
export function pcapFile(spec: PcapSpec): Uint8Array {
  const out = new Bytes(spec.order ?? 'little')
  out.u32({ us: 0xa1b2c3d4, ns: 0xa1b23c4d, modified: 0xa1b2cd34 }[spec.magic ?? 'us'])
  out
    .u16(2)
    .u16(spec.minor ?? 4)
    .u32(0)
    .u32(0)
    .u32(65535)
    .u32(spec.linkWord ?? 101)
  for (const [index, frame] of spec.frames.entries()) {
    const captured = frame.captured ?? frame.bytes.length
    out.u32(frame.seconds ?? 1_700_000_000 + index).u32(frame.fraction ?? 0)
    if (spec.swapLengths) out.u32(frame.bytes.length).u32(captured)
    else out.u32(captured).u32(frame.bytes.length)
    if (spec.magic === 'modified') out.u32(7).u16(0x800).raw([4, 0])
    out.raw(frame.bytes.slice(0, captured))
  }
  return Uint8Array.from(out.list)
}

/** Blocks of pcapng, each in one order. */
export class PcapngBlocks {
  readonly order: 'little' | 'big'

  constructor(order: 'little' | 'big') {
    this.order = order
  }

  block(type: number, body: Bytes): number[] {
    const total = 12 + body.pad4().list.length
    return new Bytes(this.order).u32(type).u32(total).raw(body.list).u32(total).list
  }

  bytes(): Bytes {
    return new Bytes(this.order)
  }

  option(code: number, value: readonly number[]): number[] {
    return new Bytes(this.order).u16(code).u16(value.length).raw(value).pad4().list
  }

  section(minor = 0, major = 1, sectionLength = -1n): number[] {
    return this.block(0x0a0d0d0a, this.bytes().u32(0x1a2b3c4d).u16(major).u16(minor).u64(sectionLength))
  }

  interface(linkType: number, options: readonly number[] = [], snaplen = 0): number[] {
    return this.block(1, this.bytes().u16(linkType).u16(0).u32(snaplen).raw(options))
  }

  enhanced(id: number, high: number, low: number, frame: readonly number[], options: readonly number[] = []): number[] {
    const body = this.bytes().u32(id).u32(high).u32(low).u32(frame.length).u32(frame.length).raw(frame).pad4()
    return this.block(6, body.raw(options))
  }

  simple(frame: readonly number[], original = frame.length): number[] {
    return this.block(3, this.bytes().u32(original).raw(frame))
  }

  packet(id: number, high: number, low: number, frame: readonly number[]): number[] {
    return this.block(
      2,
      this.bytes().u16(id).u16(0xffff).u32(high).u32(low).u32(frame.length).u32(frame.length).raw(frame),
    )
  }

  statistics(id: number, options: readonly number[] = []): number[] {
    return this.block(5, this.bytes().u32(id).u32(0).u32(0).raw(options))
  }

  /** Name resolution, decryption secrets, custom, and an unknown type. */
  others(): number[] {
    return [
      ...this.block(
        4,
        this.bytes()
          .u16(1)
          .u16(8)
          .raw([10, 0, 0, 1, ...encode('abc'), 0])
          .u16(0)
          .u16(0),
      ),
      ...this.block(10, this.bytes().u32(0x544c534b).u32(4).raw(encode('key\n'))),
      ...this.block(0xbad, this.bytes().u32(32473).raw(encode('data'))),
      ...this.block(0x40000bad, this.bytes().u32(32473).raw(encode('more'))),
      ...this.block(0x0000beef, this.bytes().u32(1)),
    ]
  }
}

export type UdpSpec = {
  readonly source?: readonly number[]
  readonly destination?: readonly number[]
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Overrides the UDP length field. */
  readonly udpLength?: number
  /** Overrides the IPv4 total length or IPv6 payload length. */
  readonly ipLength?: number
  readonly ipOptions?: readonly number[]
  readonly id?: number
  readonly protocol?: number
}

const GROUP = [225, 1, 1, 0]
const GROUP6 = [0xff, 0x15, ...new Array<number>(13).fill(0), 1]
const HOST6 = [0xfd, ...new Array<number>(14).fill(0), 2]

/** A UDP datagram with its checksum. */
export function udp(payload: readonly number[], spec: UdpSpec = {}): number[] {
  const length = spec.udpLength ?? 8 + payload.length
  return new Bytes('big')
    .u16(spec.sourcePort ?? 4000)
    .u16(spec.destinationPort ?? 6000)
    .u16(length)
    .u16(0)
    .raw(payload).list
}

/** An IPv4 packet around any transport bytes; `offset` and `more` make it a fragment. */
export function ipv4Packet(
  transport: readonly number[],
  spec: UdpSpec = {},
  fragment: { readonly offset: number; readonly more: boolean } = { offset: 0, more: false },
): number[] {
  const options = spec.ipOptions ?? []
  const header = 20 + options.length
  const bytes = new Bytes('big').raw([0x40 | (header / 4), 0]).u16(spec.ipLength ?? header + transport.length)
  bytes.u16(spec.id ?? 77).u16((fragment.more ? 0x2000 : 0) | (fragment.offset / 8))
  bytes
    .raw([10, spec.protocol ?? 17])
    .u16(0)
    .raw(spec.source ?? [192, 0, 2, 1])
    .raw(spec.destination ?? GROUP)
  return bytes.raw(options).raw(transport).list
}

/** A UDP datagram in an IPv4 packet. */
export function ipv4Udp(payload: readonly number[], spec: UdpSpec = {}): number[] {
  return ipv4Packet(udp(payload, spec), spec)
}

/** An IPv6 packet; `extensions` are whole headers, each preceded by its own type. */
export function ipv6Packet(
  transport: readonly number[],
  spec: UdpSpec = {},
  extensions: readonly { readonly type: number; readonly bytes: readonly number[] }[] = [],
): number[] {
  const chain: number[] = []
  for (const [index, extension] of extensions.entries()) {
    chain.push(extensions[index + 1]?.type ?? spec.protocol ?? 17, ...extension.bytes)
  }
  const length = spec.ipLength ?? chain.length + transport.length
  const bytes = new Bytes('big')
    .u32(0x60000000)
    .u16(length)
    .raw([extensions[0]?.type ?? spec.protocol ?? 17, 10])
  return bytes
    .raw(spec.source ?? HOST6)
    .raw(spec.destination ?? GROUP6)
    .raw(chain)
    .raw(transport).list
}

/** An Ethernet frame; `tags` are whole VLAN tags such as [0x81, 0, 0, 5]. */
export function ethernet(packet: readonly number[], etherType = 0x0800, tags: readonly number[] = []): number[] {
  const frame = new Bytes('big')
    .raw([1, 0, 0x5e, 1, 1, 0])
    .raw([2, 0, 0, 0, 0, 1])
    .raw(tags)
    .u16(etherType)
    .raw(packet).list
  while (frame.length < 60) frame.push(0)
  return frame
}
