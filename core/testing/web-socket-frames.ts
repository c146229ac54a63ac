/** Fields of a frame (RFC 6455 clause 5.2); absent: as a browser sets them. */
export type FrameFields = {
  readonly opcode: number
  readonly payload?: Uint8Array
  readonly fin?: boolean
  readonly masked?: boolean
  readonly rsv?: number
  /** Length that the frame claims. */
  readonly claims?: number
}

/** Writes a frame, masked with zeros so that its payload can be read in a dump. */
export function webSocketFrame({
  opcode,
  payload = new Uint8Array(0),
  fin = true,
  masked = true,
  rsv = 0,
  claims = payload.length,
}: FrameFields): Uint8Array {
  const mask = masked ? 0x80 : 0
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const head = Buffer.alloc(claims < 126 ? 2 : claims < 65536 ? 4 : 10)
  head[0] = first
  head[1] = mask | (claims < 126 ? claims : claims < 65536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(claims, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(claims), 2)
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload])
}

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const PING = 9

/** Frames that break the protocol, and messages that no window sends. */
export const BAD_FRAMES: Readonly<Record<string, Uint8Array>> = {
  'text that is not UTF-8': webSocketFrame({ opcode: TEXT, payload: Buffer.from([0xff, 0xfe]) }),
  'text of JSON': webSocketFrame({ opcode: TEXT, payload: Buffer.from('{"id":1}') }),
  'bytes that are not MessagePack': webSocketFrame({ opcode: BINARY, payload: Buffer.from([0xc1, 0xc1]) }),
  'an empty message': webSocketFrame({ opcode: BINARY }),
  'a length of 1 TiB': webSocketFrame({ opcode: BINARY, payload: Buffer.from('abc'), claims: 2 ** 40 }),
  'a length beyond 2^53': webSocketFrame({ opcode: BINARY, payload: Buffer.from('abc'), claims: 2 ** 62 }),
  'a length of 17 MiB': webSocketFrame({ opcode: BINARY, payload: Buffer.from('abc'), claims: 17 << 20 }),
  'a message without a mask': webSocketFrame({ opcode: BINARY, payload: Buffer.from('abc'), masked: false }),
  'reserved bits': webSocketFrame({ opcode: BINARY, payload: Buffer.from('abc'), rsv: 7 }),
  'a reserved opcode': webSocketFrame({ opcode: 5, payload: Buffer.from('abc') }),
  'a reserved control opcode': webSocketFrame({ opcode: 11 }),
  'a long ping': webSocketFrame({ opcode: PING, payload: Buffer.alloc(200) }),
  'a ping in pieces': webSocketFrame({ opcode: PING, fin: false }),
  'a continuation of nothing': webSocketFrame({ opcode: 0, payload: Buffer.from('abc') }),
  'a message inside another': Buffer.concat([
    webSocketFrame({ opcode: BINARY, payload: Buffer.from('a'), fin: false }),
    webSocketFrame({ opcode: BINARY, payload: Buffer.from('b') }),
  ]),
  'a close of one byte': webSocketFrame({ opcode: CLOSE, payload: Buffer.from([0]) }),
  'a close with a code of none': webSocketFrame({ opcode: CLOSE, payload: Buffer.from([0, 5]) }),
  'a close with text that is not UTF-8': webSocketFrame({ opcode: CLOSE, payload: Buffer.from([3, 232, 0xff]) }),
  'deep nesting': webSocketFrame({ opcode: BINARY, payload: Buffer.alloc(200_000, 0x91) }),
  'an array of 2^32 - 1': webSocketFrame({ opcode: BINARY, payload: Buffer.from([0xdd, 255, 255, 255, 255]) }),
  'a map of 2^32 - 1': webSocketFrame({ opcode: BINARY, payload: Buffer.from([0xdf, 255, 255, 255, 255]) }),
  'a request of an unknown command': webSocketFrame({
    opcode: BINARY,
    payload: Buffer.from([
      0x83,
      0xa2,
      105,
      100,
      1,
      0xa7,
      ...Buffer.from('command'),
      0xa1,
      120,
      0xa4,
      ...Buffer.from('args'),
      0x90,
    ]),
  }),
  'a number instead of a request': webSocketFrame({ opcode: BINARY, payload: Buffer.from([1]) }),
}
