import type { Toi, Tsi } from '../contract/ids.ts'
import type { GrowingBody } from '../ingest/growing-body.ts'
import { tolExtension } from '../protocol/lct/extensions.ts'
import { lctHeaderBytes, routeLctHeader, serialiseLctHeader } from '../protocol/lct/header.ts'
import { CLOSING_PACKETS, type ObjectOnAir, type OutgoingObject } from './emitter.ts'
import { START_OFFSET_BYTES } from './route-object.ts'

/**
 * Cuts a delivery object that is still coming into ROUTE source packets: what has come is sent, its length with the last packet,
 * or with each where it is known before (RFC 9223 §6.1.2).
 */
export class GrowingRouteObject implements OutgoingObject, ObjectOnAir {
  readonly tsi: Tsi
  readonly toi: Toi
  readonly #body: GrowingBody
  /** Without a length, and with the one that is known; null: none is. */
  readonly #plain: Uint8Array
  #measured: Uint8Array | null
  readonly #headerOf: (length: number) => Uint8Array
  readonly #payloadBytes: number
  #endsSession = false
  #cut = false
  #offset = 0
  #isClosed = false

  /** @param mtu size of a whole LCT packet: header, start_offset and data */
  constructor(tsi: Tsi, toi: Toi, codepoint: number, body: GrowingBody, mtu: number) {
    this.tsi = tsi
    this.toi = toi
    this.#body = body
    this.#plain = headerWithRoom(tsi, toi, codepoint, null)
    this.#headerOf = (length) => headerWithRoom(tsi, toi, codepoint, length)
    const { totalBytes } = body
    this.#measured = totalBytes === null ? null : this.#headerOf(totalBytes)
    this.#payloadBytes = mtu - this.#headerOf(0).length
    if (this.#payloadBytes < 1) throw new RangeError(`an mtu of ${mtu} bytes leaves no room for data`)
  }

  get sizeBytes(): number {
    return this.#body.totalBytes ?? this.#body.length
  }

  get offset(): number {
    return this.#offset
  }

  /** Also where it broke and all that came is sent: its end is not told. */
  get done(): boolean {
    return this.#isClosed || (this.#body.state === 'broken' && this.#offset === this.#body.length)
  }

  get isOut(): boolean {
    return this.#isClosed
  }

  get bytes(): Uint8Array {
    return this.#body.bytes.subarray(0, this.#body.length)
  }

  get onAir(): ObjectOnAir {
    return this
  }

  get isReady(): boolean {
    return this.#offset < this.#body.length || this.#body.state !== 'grows'
  }

  endSession(cut: boolean): void {
    this.#endsSession = true
    this.#cut = cut
  }

  next(into: Uint8Array): number {
    const { length, state, bytes } = this.#body
    const from = this.#offset
    const to = Math.min(from + this.#payloadBytes, length)
    const isLast = state === 'whole' && to === length
    if (isLast) this.#measured ??= this.#headerOf(length)
    const header = this.#measured ?? this.#plain
    const headerBytes = header.length
    into.set(header, 0)
    into[headerBytes - 4] = from >>> 24
    into[headerBytes - 3] = (from >>> 16) & 0xff
    into[headerBytes - 2] = (from >>> 8) & 0xff
    into[headerBytes - 1] = from & 0xff
    into.set(bytes.subarray(from, to), headerBytes)
    this.#offset = to
    const isNear = state === 'whole' && length - from <= CLOSING_PACKETS * this.#payloadBytes
    if (this.#endsSession && (this.#cut || isNear)) into[1] = (into[1] as number) | 2 // A, close session
    if (isLast) {
      this.#isClosed = true
      into[1] = (into[1] as number) | 1 // B, close object
    }
    return headerBytes + to - from
  }
}

/** Header with room for start_offset, and EXT_TOL where the length is known. */
function headerWithRoom(tsi: Tsi, toi: Toi, codepoint: number, length: number | null): Uint8Array {
  const extensions = length === null ? [] : [tolExtension(length)]
  const header = routeLctHeader({ tsi, toi, codepoint, extensions })
  const bytes = new Uint8Array(lctHeaderBytes(header) + START_OFFSET_BYTES)
  serialiseLctHeader(header, bytes)
  return bytes
}
