/** Packets of a hostile sender, byte by byte: any field may claim anything. It shares no code with the readers. */

/** Parts of a ROUTE or FLUTE packet. */
export type HostileLct = {
  /** 2 or 3: source packet of ROUTE; 0: repair packet, or FLUTE. */
  readonly psi?: number
  readonly codepoint?: number
  readonly tsi: number
  readonly toi: number
  /** Whole header extensions. */
  readonly extensions?: readonly number[]
  /** FEC Payload ID, 32 bits: start_offset in ROUTE. */
  readonly place?: number
  readonly body: number
}

/** An LCT packet with TSI and TOI of 32 bits, and a body of so many bytes. */
export function lctPacket(parts: HostileLct): Uint8Array {
  const { psi = 2, codepoint = 8, tsi, toi, extensions = [], place = 0, body } = parts
  const header = 16 + extensions.length
  if (header % 4 !== 0) throw new RangeError(`header extensions of ${extensions.length} bytes`)
  const bytes = new Uint8Array(header + 4 + body)
  const view = new DataView(bytes.buffer)
  bytes.set([0x10 | psi, 0xa0, header / 4, codepoint])
  view.setUint32(8, tsi)
  view.setUint32(12, toi)
  bytes.set(extensions, 16)
  view.setUint32(header, place)
  bytes.fill(0x7a, header + 4)
  return bytes
}

/** EXT_TOL with 24 bits. */
export function tol24(length: number): number[] {
  return [194, (length >> 16) & 255, (length >> 8) & 255, length & 255]
}

/** EXT_TOL with 48 bits. */
export function tol48(high: number, low: number): number[] {
  return [67, 2, ...u16(high), ...u32(low)]
}

/** EXT_FDT. */
export function fdtInstance(instance: number): number[] {
  return [192, 0x20 | ((instance >> 16) & 15), ...u16(instance)]
}

/** EXT_FTI with a transfer length of 48 bits (Compact No-Code and others). */
export function ftiOfBlocks(high: number, low: number, symbol: number, block: number): number[] {
  return [64, 4, ...u16(high), ...u32(low), 0, 0, ...u16(symbol), ...u32(block)]
}

/** EXT_FTI of RaptorQ. */
export function ftiOfRaptorQ(length: number, symbol: number, blocks: number, subBlocks: number): number[] {
  return [
    64,
    4,
    Math.floor(length / 2 ** 32) & 255,
    ...u32(length % 2 ** 32),
    0,
    ...u16(symbol),
    blocks,
    ...u16(subBlocks),
    4,
    0,
    0,
  ]
}

/** Parts of an MMTP packet with an MPU payload of one data unit. */
export type HostileMpu = {
  readonly packetId: number
  readonly sequence: number
  /** 0 MPU metadata, 1 movie fragment metadata, 2 media. */
  readonly fragmentType: number
  /** 0 whole, 1 first, 2 middle, 3 last. */
  readonly indicator?: number
  readonly fragmentCounter?: number
  readonly mpu: number
  /** Of the unit of timed media. */
  readonly movieFragment?: number
  readonly sample?: number
  readonly offset?: number
  readonly body: number | Uint8Array
}

/** An MMTP packet of version 1 with an MPU payload. */
export function mpuPacket(parts: HostileMpu): Uint8Array {
  const { indicator = 0, fragmentCounter = 0, movieFragment = 1, sample = 1, offset = 0, body } = parts
  const unit = parts.fragmentType === 2 ? 14 : 0
  const data = typeof body === 'number' ? new Uint8Array(body) : body
  const bytes = new Uint8Array(14 + 8 + unit + data.length)
  const view = mmtpHeader(bytes, 0, parts.packetId, parts.sequence)
  view.setUint16(14, 6 + unit + data.length)
  bytes[16] = (parts.fragmentType << 4) | 8 | (indicator << 1)
  bytes[17] = fragmentCounter
  view.setUint32(18, parts.mpu)
  if (unit > 0) {
    view.setUint32(22, movieFragment)
    view.setUint32(26, sample)
    view.setUint32(30, offset)
  }
  bytes.set(data, 22 + unit)
  return bytes
}

/** An MMTP packet of version 1 with a fragment of a signalling message. */
export function mmtpSignalling(packetId: number, sequence: number, indicator: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + body.length)
  mmtpHeader(bytes, 2, packetId, sequence)
  bytes[14] = (indicator << 6) | 0x3c
  bytes[15] = 255
  bytes.set(body, 16)
  return bytes
}

function mmtpHeader(bytes: Uint8Array, type: number, packetId: number, sequence: number): DataView {
  const view = new DataView(bytes.buffer)
  bytes[0] = 0x40
  bytes[1] = type
  view.setUint16(2, packetId)
  view.setUint32(8, sequence)
  return view
}

function u16(value: number): number[] {
  return [(value >> 8) & 255, value & 255]
}

function u32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}
