import { bytesToHex } from '../bytes/hex.ts'
import { asTsi, type Toi, type Tsi } from '../contract/ids.ts'
import { fecObjectSymbols, writeFecTail } from '../protocol/fec/fec-object.ts'
import { serialiseOti } from '../protocol/fec/oti.ts'
import { encodeBlock } from '../protocol/fec/raptorq-codec.ts'
import { MAX_BLOCK_SYMBOLS } from '../protocol/fec/raptorq-k.ts'
import { lctHeaderBytes, routeLctHeader, serialiseLctHeader } from '../protocol/lct/header.ts'
import type { RepairFlow } from '../protocol/sls/s-tsid.ts'
import type { XmlTree } from '../xml/xml-writer.ts'
import { CLOSING_PACKETS, type ObjectOnAir, type OutgoingObject } from './emitter.ts'
import type { RouteObject } from './route-object.ts'

/** How the objects of a ROUTE channel are protected by RaptorQ (A/331 A.4, RFC 9223 §4). */
export type FecProtection = {
  /** T, bytes: the data of a source packet, so that a lost packet is a lost symbol. */
  readonly symbolBytes: number
  /** Repair symbols, in percent of the source symbols. */
  readonly overheadPercent: number
}

/** Header of a source packet with EXT_TOL of 24 bits and start_offset; a repair packet's is shorter. */
const SOURCE_HEADER = 24
const ALIGNMENT = 4
const PAYLOAD_ID = 4
/** TSIs of media are multiples of 10. */
const REPAIR_TSI_STEP = 5

/** @returns null where nothing is protected */
export function fecProtection(mtu: number, overheadPercent: number): FecProtection | null {
  if (overheadPercent === 0) return null
  return { symbolBytes: Math.floor((mtu - SOURCE_HEADER) / ALIGNMENT) * ALIGNMENT, overheadPercent }
}

/** TSI of the repair flow of a source flow. */
export function repairTsi(tsi: Tsi): Tsi {
  return asTsi(tsi + REPAIR_TSI_STEP)
}

/** The `RepairFlow` of a source flow. @param delayMs latest repair packet after a source packet */
export function repairFlow(tsi: Tsi, { symbolBytes, overheadPercent }: FecProtection, delayMs: number): RepairFlow {
  // F is 0: it differs from object to object.
  const oti = serialiseOti({ transferLength: 0, symbolBytes, sourceBlocks: 1, subBlocks: 1, alignment: ALIGNMENT })
  const fecOti = bytesToHex(oti)
  const protectedObject = tree('ProtectedObject', { tsi }, [])
  const attributes = { fecOTI: fecOti, maximumDelay: delayMs, overhead: overheadPercent }
  return {
    element: tree('RepairFlow', {}, [tree('FECParameters', attributes, [protectedObject])]),
    protectedTsis: [tsi],
    parameters: { maximumDelayMs: delayMs, overheadPercent, minBufferSize: null, fecOti, otherAttributes: [] },
    protectedObjects: [
      { tsi, sessionDescription: null, sourceToi: null, fecTransportObjectSize: null, otherAttributes: [] },
    ],
  }
}

function tree(name: string, values: Readonly<Record<string, string | number>>, children: readonly XmlTree[]): XmlTree {
  const attributes = Object.entries(values).map(([each, value]) => ({ name: each, local: each, value: String(value) }))
  return { name, attributes, text: '', children }
}

/** A delivery object, and after it the repair packets of its FEC transport object: one symbol each, of one source block. */
export class ProtectedRouteObject implements OutgoingObject {
  readonly sizeBytes: number
  readonly #source: RouteObject
  readonly #bytes: Uint8Array
  readonly #symbolBytes: number
  /** K, and the number of repair symbols. */
  readonly #sourceSymbols: number
  readonly #repairSymbols: number
  readonly #header: Uint8Array
  #symbols: Uint8Array | null = null
  #sent = 0
  #endsSession: boolean
  #cut = false

  /** @param endsSession nothing follows on its TSI and that of its repair flow */
  constructor(source: RouteObject, bytes: Uint8Array, protection: FecProtection, endsSession: boolean) {
    const { symbolBytes, overheadPercent } = protection
    this.#source = source
    this.#bytes = bytes
    this.#symbolBytes = symbolBytes
    this.#endsSession = endsSession
    this.#sourceSymbols = fecObjectSymbols(bytes.length, symbolBytes)
    // One block is the whole object: a longer one goes without.
    this.#repairSymbols =
      this.#sourceSymbols > MAX_BLOCK_SYMBOLS ? 0 : Math.ceil((this.#sourceSymbols * overheadPercent) / 100)
    this.sizeBytes = bytes.length + this.#repairSymbols * symbolBytes
    this.#header = repairHeader(repairTsi(source.tsi), source.toi)
  }

  get offset(): number {
    return this.#source.offset + this.#sent * this.#symbolBytes
  }

  /** Receivers have all of it before the repair packets. */
  get onAir(): ObjectOnAir {
    return this.#source
  }

  get done(): boolean {
    return this.#source.done && (this.#cut || this.#sent === this.#repairSymbols)
  }

  endSession(cut: boolean): void {
    this.#endsSession = true
    this.#cut = cut
    this.#source.endSession(cut)
  }

  next(into: Uint8Array): number {
    if (!this.#source.done) return this.#source.next(into)
    this.#symbols ??= this.#encoded()
    const at = this.#sent * this.#symbolBytes
    const headerBytes = this.#header.length
    const esi = this.#sourceSymbols + this.#sent
    into.set(this.#header, 0)
    into[headerBytes - 3] = esi >> 16
    into[headerBytes - 2] = (esi >> 8) & 0xff
    into[headerBytes - 1] = esi & 0xff
    into.set(this.#symbols.subarray(at, at + this.#symbolBytes), headerBytes)
    this.#sent++
    if (this.#endsSession && this.#repairSymbols - this.#sent < CLOSING_PACKETS) into[1] = (into[1] as number) | 2 // A
    return headerBytes + this.#symbolBytes
  }

  #encoded(): Uint8Array {
    const whole = new Uint8Array(this.#sourceSymbols * this.#symbolBytes)
    whole.set(this.#bytes)
    writeFecTail(this.#bytes.length, whole.length, 0, whole.length, whole, 0)
    return encodeBlock(this.#sourceSymbols, this.#symbolBytes, whole, this.#repairSymbols)
  }
}

/** Header of a repair packet (PSI 00), with room for SBN and ESI. */
function repairHeader(tsi: Tsi, toi: Toi): Uint8Array {
  const header = { ...routeLctHeader({ tsi, toi, codepoint: 0 }), psi: 0 }
  const bytes = new Uint8Array(lctHeaderBytes(header) + PAYLOAD_ID)
  serialiseLctHeader(header, bytes)
  return bytes
}
