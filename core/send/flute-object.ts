import type { Toi, Tsi } from '../contract/ids.ts'
import type { LctExtension } from '../protocol/lct/extensions.ts'
import { lctHeaderBytes, serialiseLctHeader } from '../protocol/lct/header.ts'
import { CLOSING_PACKETS, type ObjectOnAir, type OutgoingObject } from './emitter.ts'

/** Bytes of a packet beside its symbol, at most: the header of a table with all its extensions, as GPAC reserves them. */
const OVERHEAD = 56
/** B: symbol ids have 16 bits (RFC 5445 §3.2). */
export const NO_CODE_BLOCK_SYMBOLS = 65_535
const PAYLOAD_ID = 4

/** E for packets of at most `mtu` bytes. */
export function symbolBytesFor(mtu: number): number {
  return mtu - OVERHEAD
}

/** One object of a FLUTE session. */
export type FluteObjectFields = {
  /** Of 16 bits, as is the TOI. */
  readonly tsi: Tsi
  readonly toi: Toi
  readonly bytes: Uint8Array
  /** E, bytes. */
  readonly symbolBytes: number
  readonly extensions: readonly LctExtension[]
  /** What its last packets close: themselves by the B flag, and their session too by the A flag; null: neither. */
  readonly closes: 'object' | 'session' | null
}

/**
 * Cuts one object into FLUTE packets with Compact No-Code FEC (RFC 6726, RFC 5445 §3; ETSI TS 103 769 Annex F). The header is
 * written once and patched for each packet, so that no packet allocates.
 *
 * ```
 * | V=1 C=0 PSI=0 | S=0 O=0 H=1 A B | HDR_LEN | CP=0 | CCI=0 | TSI 16 | TOI 16 | extensions | SBN 16 | ESI 16 | symbol |
 * ```
 */
export class FluteObject implements OutgoingObject, ObjectOnAir {
  readonly tsi: Tsi
  readonly toi: Toi
  readonly sizeBytes: number
  readonly bytes: Uint8Array
  readonly #header: Uint8Array
  readonly #symbolBytes: number
  #closes: FluteObjectFields['closes']
  #cut = false
  /** The first blocks have one symbol more than the others (RFC 5052 §9.1). */
  readonly #smallBlock: number
  #longerBlocks: number
  #sbn = 0
  #esi = 0
  #offset = 0
  #done = false

  constructor({ tsi, toi, bytes, symbolBytes, extensions, closes }: FluteObjectFields) {
    if (symbolBytes < 1) throw new RangeError('the mtu leaves no room for data')
    this.tsi = tsi
    this.toi = toi
    this.sizeBytes = bytes.length
    this.bytes = bytes
    this.#symbolBytes = symbolBytes
    this.#closes = closes
    this.#header = headerWithRoom(tsi, toi, extensions)
    const symbols = Math.max(1, Math.ceil(bytes.length / symbolBytes))
    const blocks = Math.ceil(symbols / NO_CODE_BLOCK_SYMBOLS)
    this.#smallBlock = Math.floor(symbols / blocks)
    this.#longerBlocks = symbols - this.#smallBlock * blocks
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

  endSession(cut: boolean): void {
    this.#closes = 'session'
    this.#cut = cut
  }

  next(into: Uint8Array): number {
    const headerBytes = this.#header.length
    const from = this.#offset
    const to = Math.min(from + this.#symbolBytes, this.sizeBytes)
    into.set(this.#header, 0)
    into[headerBytes - 4] = this.#sbn >> 8
    into[headerBytes - 3] = this.#sbn & 0xff
    into[headerBytes - 2] = this.#esi >> 8
    into[headerBytes - 1] = this.#esi & 0xff
    into.set(this.bytes.subarray(from, to), headerBytes)
    this.#offset = to
    this.#step()
    if (this.#closes === 'session' && (this.#cut || this.sizeBytes - from <= CLOSING_PACKETS * this.#symbolBytes))
      into[1] = (into[1] as number) | 2 // A, close session
    if (to === this.sizeBytes) {
      this.#done = true
      if (this.#closes !== null) into[1] = (into[1] as number) | 1 // B, close object
    }
    return headerBytes + to - from
  }

  #step(): void {
    this.#esi++
    if (this.#esi < this.#smallBlock + (this.#longerBlocks > 0 ? 1 : 0)) return
    this.#esi = 0
    this.#sbn++
    if (this.#longerBlocks > 0) this.#longerBlocks--
  }
}

/** Header with room for the FEC Payload ID. */
function headerWithRoom(tsi: Tsi, toi: Toi, extensions: readonly LctExtension[]): Uint8Array {
  const header = {
    psi: 0,
    reserved: 0,
    closeSession: false,
    closeObject: false,
    codepoint: 0,
    cciBytes: 4,
    cci: 0n,
    tsiBytes: 2,
    tsi,
    toiBytes: 2,
    toi,
    extensions,
  }
  const bytes = new Uint8Array(lctHeaderBytes(header) + PAYLOAD_ID)
  serialiseLctHeader(header, bytes)
  return bytes
}
