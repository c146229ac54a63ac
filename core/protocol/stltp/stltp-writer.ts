import { internetChecksum, wordSum } from '../ip/checksum.ts'
import { putU16 } from '../ip/wire.ts'
import { basebandPacket, NO_POINTER } from './baseband.ts'
import { RTP_HEADER_BYTES, RTP_TYPE, tunnelTimestamp, writeRtpHeader } from './rtp.ts'
import { INNER_PORTS } from './stltp-receiver.ts'

/** Destination of the inner packets, A/324. */
const INNER_ADDRESS = [239, 0, 51, 48] as const
const INNER_SOURCE = [192, 168, 0, 1] as const

/**
 * ALP packets of one PLP as baseband packets of a constant length.
 * @param basebandBytes length of each, at least 8
 */
export function basebandPackets(alp: readonly Uint8Array[], basebandBytes: number): Uint8Array[] {
  const total = alp.reduce((sum, packet) => sum + packet.length, 0)
  const stream = new Uint8Array(total)
  const starts: number[] = []
  let at = 0
  for (const packet of alp) {
    stream.set(packet, at)
    starts.push(at)
    at += packet.length
  }
  const packets: Uint8Array[] = []
  let next = 0
  for (let from = 0; from < total; ) {
    while (next < starts.length && (starts[next] as number) < from) next++
    const start = starts[next]
    const pointer = start === undefined ? NO_POINTER : start - from
    // A pointer above 127, or padding, makes the header longer than 1 byte.
    let room = basebandBytes - (pointer < 128 ? 1 : 2)
    let padding = 0
    if (total - from < room) {
      padding = basebandBytes - 2 - (total - from)
      room = total - from
    }
    const inside = pointer < room ? pointer : NO_POINTER
    if (inside === NO_POINTER && pointer < 128 && padding === 0) room = basebandBytes - 2
    packets.push(basebandPacket(stream.subarray(from, from + room), inside, padding, room === basebandBytes - 2))
    from += room
  }
  return packets
}

/** Writes one tunnel: baseband packets into inner packets into outer RTP packets, with continuous numbers. */
export class StltpWriter {
  readonly #packetBytes: number
  readonly #inner = new Map<number, number>()
  #outer: number
  /** Unsent inner packets, and the offsets where packets begin. */
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  /** @param packetBytes payload of an outer packet @param firstSequence of the outer RTP */
  constructor(packetBytes = 1400, firstSequence = 0) {
    this.#packetBytes = packetBytes
    this.#outer = firstSequence
  }

  /** Writes a baseband packet of PLP `plp`, in pieces of at most `pieceBytes`. */
  baseband(plp: number, packet: Uint8Array, timeUs: number, pieceBytes = 1400): void {
    for (let at = 0; at < packet.length; at += pieceBytes) {
      const first = at === 0
      this.innerPacket(
        INNER_PORTS.first + plp,
        { marker: first, payloadType: RTP_TYPE.baseband, word: first ? packet.length : 0 },
        packet.subarray(at, at + pieceBytes),
        timeUs,
      )
    }
  }

  /** Writes an inner packet to `port` of the inner address. */
  innerPacket(
    port: number,
    rtp: { readonly marker: boolean; readonly payloadType: number; readonly word: number },
    payload: Uint8Array,
    timeUs: number,
  ): void {
    const sequence = this.#inner.get(port) ?? 0
    this.#inner.set(port, (sequence + 1) & 0xffff)
    const bytes = new Uint8Array(28 + RTP_HEADER_BYTES + payload.length)
    bytes.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 1, 17, 0, 0, ...INNER_SOURCE, ...INNER_ADDRESS])
    putU16(bytes, 2, bytes.length)
    putU16(bytes, 10, internetChecksum(wordSum(bytes, 0, 20)))
    putU16(bytes, 20, port)
    putU16(bytes, 22, port)
    putU16(bytes, 24, bytes.length - 20)
    writeRtpHeader({ ...rtp, sequence, timestamp: tunnelTimestamp(timeUs) }, bytes, 28)
    bytes.set(payload, 28 + RTP_HEADER_BYTES)
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
  }

  /** Outer packets of the pending bytes: only full ones, unless `all`. */
  take(timeUs: number, all: boolean): Uint8Array[] {
    const packets: Uint8Array[] = []
    while (this.#pendingBytes >= this.#packetBytes || (all && this.#pendingBytes > 0)) {
      packets.push(this.#outerPacket(timeUs))
    }
    return packets
  }

  #outerPacket(timeUs: number): Uint8Array {
    const length = Math.min(this.#packetBytes, this.#pendingBytes)
    const out = new Uint8Array(RTP_HEADER_BYTES + length)
    let at = RTP_HEADER_BYTES
    let offset = -1
    while (at < out.length) {
      const next = this.#pending[0] as Uint8Array
      if (offset < 0 && !this.#begun) offset = at - RTP_HEADER_BYTES
      const step = Math.min(next.length, out.length - at)
      out.set(next.subarray(0, step), at)
      at += step
      this.#begun = step < next.length
      if (this.#begun) this.#pending[0] = next.subarray(step)
      else this.#pending.shift()
    }
    this.#pendingBytes -= length
    const word = (0x40000000 | Math.max(0, offset)) >>> 0
    const sequence = this.#outer
    this.#outer = (this.#outer + 1) & 0xffff
    const timestamp = tunnelTimestamp(timeUs)
    writeRtpHeader({ marker: offset >= 0, payloadType: RTP_TYPE.tunnel, sequence, timestamp, word }, out)
    return out
  }

  /** The first pending packet is partly sent. */
  #begun = false
}
