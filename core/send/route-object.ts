import { asToi, asTsi, type Toi, type Tsi } from '../contract/ids.ts'
import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { tolExtension } from '../protocol/lct/extensions.ts'
import { lctHeaderBytes, routeLctHeader, serialiseLctHeader } from '../protocol/lct/header.ts'
import { CLOSING_PACKETS, type ObjectOnAir, type OutgoingObject } from './emitter.ts'

/** Size of a whole LCT packet on Ethernet: 1500 minus IPv4 and UDP headers. */
export const DEFAULT_MTU = 1472

/** Smallest mtu with room for data after the longest header. */
export const MIN_MTU = 64

/** Bytes of the start_offset field before the payload (A/331 A.3.5.1). */
export const START_OFFSET_BYTES = 4

/**
 * Cuts one delivery object into ROUTE source packets (RFC 9223 §2.1, A/331 A.3.6). The header is written once and patched for
 * each packet, so that no packet allocates.
 *
 * ```
 * | V=1 C=0 PSI=10 | S=1 O=01 H=0 A B | HDR_LEN | CP | CCI=0 | TSI 32 | TOI 32 | EXT_TOL | start_offset 32 | data |
 * ```
 */
export class RouteObject implements OutgoingObject, ObjectOnAir {
  readonly tsi: Tsi
  readonly toi: Toi
  readonly sizeBytes: number
  readonly bytes: Uint8Array
  readonly #header: Uint8Array
  readonly #payloadBytes: number
  #endsSession: boolean
  #cut = false
  #offset = 0
  #done = false

  /**
   * @param mtu size of a whole LCT packet: header, start_offset and data
   * @param endsSession nothing follows it on its TSI, which its last packets tell
   */
  constructor(tsi: Tsi, toi: Toi, codepoint: number, bytes: Uint8Array, mtu: number, endsSession = false) {
    if (bytes.length > MAX_OBJECT_BYTES)
      throw new RangeError(`an object of ${bytes.length} bytes is too long for ROUTE`)
    this.tsi = tsi
    this.toi = toi
    this.sizeBytes = bytes.length
    this.bytes = bytes
    this.#endsSession = endsSession
    this.#header = headerWithRoom(tsi, toi, codepoint, bytes.length)
    this.#payloadBytes = mtu - this.#header.length
    if (this.#payloadBytes < 1) throw new RangeError(`an mtu of ${mtu} bytes leaves no room for data`)
  }

  get offset(): number {
    return this.#offset
  }

  get done(): boolean {
    return this.#done
  }

  get isOut(): boolean {
    return this.#done
  }

  get onAir(): ObjectOnAir {
    return this
  }

  /** Leaves out all but the last packet, of an object that was sent before. */
  toLastPacket(): void {
    this.#offset = Math.floor(Math.max(0, this.sizeBytes - 1) / this.#payloadBytes) * this.#payloadBytes
  }

  endSession(cut: boolean): void {
    this.#endsSession = true
    this.#cut = cut
  }

  next(into: Uint8Array): number {
    const headerBytes = this.#header.length
    const from = this.#offset
    const to = Math.min(from + this.#payloadBytes, this.sizeBytes)
    into.set(this.#header, 0)
    into[headerBytes - 4] = from >>> 24
    into[headerBytes - 3] = (from >>> 16) & 0xff
    into[headerBytes - 2] = (from >>> 8) & 0xff
    into[headerBytes - 1] = from & 0xff
    into.set(this.bytes.subarray(from, to), headerBytes)
    this.#offset = to
    if (this.#endsSession && (this.#cut || this.sizeBytes - from <= CLOSING_PACKETS * this.#payloadBytes))
      into[1] = (into[1] as number) | 2 // A, close session
    if (to === this.sizeBytes) {
      this.#done = true
      into[1] = (into[1] as number) | 1 // B, close object
    }
    return headerBytes + to - from
  }
}

/** Header with EXT_TOL and room for start_offset. */
function headerWithRoom(tsi: Tsi, toi: Toi, codepoint: number, length: number): Uint8Array {
  const fields = { tsi: asTsi(tsi), toi: asToi(toi), codepoint, extensions: [tolExtension(length)] }
  const header = routeLctHeader(fields)
  const bytes = new Uint8Array(lctHeaderBytes(header) + START_OFFSET_BYTES)
  serialiseLctHeader(header, bytes)
  return bytes
}
