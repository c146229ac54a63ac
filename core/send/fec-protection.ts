import { bytesToHex } from '../bytes/hex.ts'
import { asTsi, type Toi, type Tsi } from '../contract/ids.ts'
import { fecObjectSymbols, writeFecTail } from '../protocol/fec/fec-object.ts'
import { serialiseOti } from '../protocol/fec/oti.ts'
import { encodeBlock } from '../protocol/fec/raptorq-codec.ts'
import { MAX_BLOCK_SYMBOLS } from '../protocol/fec/raptorq-k.ts'
import { LCT_HET } from '../protocol/lct/constants.ts'
import { lctHeaderBytes, routeLctHeader, serialiseLctHeader } from '../protocol/lct/header.ts'
import type { RepairFlow } from '../protocol/sls/s-tsid.ts'
import type { XmlTree } from '../xml/xml-writer.ts'
import { CLOSING_PACKETS, type ObjectOnAir, type OutgoingObject } from './emitter.ts'

/** How the objects of a ROUTE channel are protected by RaptorQ (A/331 A.4, RFC 9223 §4). */
export type FecProtection = {
  /** T, bytes: the data of a source packet, so that a lost packet is a lost symbol. */
  readonly symbolBytes: number
  /** Repair symbols, in percent of the source symbols. */
  readonly overheadPercent: number
  /** Repair packets tell the length of what they protect: the packet that tells that of the object may be lost. */
  readonly isMeasured: boolean
}

/** Header of a source packet with EXT_TOL of 24 bits and start_offset; a repair packet's is shorter. */
const SOURCE_HEADER = 24
/** Header of a repair packet with EXT_FTI. */
const MEASURED_HEADER = 36
const ALIGNMENT = 4
const PAYLOAD_ID = 4
/** TSIs of media are multiples of 10. */
const REPAIR_TSI_STEP = 5

/** @param isMeasured for objects whose length is told at their end only @returns null where nothing is protected */
export function fecProtection(mtu: number, overheadPercent: number, isMeasured = false): FecProtection | null {
  if (overheadPercent === 0) return null
  const room = mtu - (isMeasured ? MEASURED_HEADER : SOURCE_HEADER)
  return { symbolBytes: Math.floor(room / ALIGNMENT) * ALIGNMENT, overheadPercent, isMeasured }
}

/** Size of a source packet with the data of one symbol. */
export function sourcePacketBytes({ symbolBytes }: FecProtection): number {
  return symbolBytes + SOURCE_HEADER
}

/** TSI of the repair flow of a source flow. */
export function repairTsi(tsi: Tsi): Tsi {
  return asTsi(tsi + REPAIR_TSI_STEP)
}

/** The `RepairFlow` of a source flow. @param delayMs latest repair packet after a source packet */
export function repairFlow(tsi: Tsi, { symbolBytes, overheadPercent }: FecProtection, delayMs: number): RepairFlow {
  const fecOti = bytesToHex(otiOf(0, symbolBytes))
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

/** A source object that can be protected. */
type SourceObject = OutgoingObject & ObjectOnAir

/** A delivery object, and after it the repair packets of its FEC transport object: one symbol each, of one source block. */
export class ProtectedRouteObject implements OutgoingObject {
  readonly #source: SourceObject
  readonly #protection: FecProtection
  #repair: RepairPackets | null = null
  #sent = 0
  #endsSession: boolean
  #cut = false

  /** @param endsSession nothing follows on its TSI and that of its repair flow */
  constructor(source: SourceObject, protection: FecProtection, endsSession: boolean) {
    this.#source = source
    this.#protection = protection
    this.#endsSession = endsSession
  }

  get isReady(): boolean | undefined {
    return this.#source.isReady === false ? this.#source.done : this.#source.isReady
  }

  get sizeBytes(): number {
    const { sizeBytes } = this.#source
    return sizeBytes + repairSymbols(sizeBytes, this.#protection) * this.#protection.symbolBytes
  }

  get offset(): number {
    return this.#source.offset + this.#sent * this.#protection.symbolBytes
  }

  /** Receivers have all of it before the repair packets. */
  get onAir(): ObjectOnAir {
    return this.#source
  }

  get done(): boolean {
    if (!this.#source.done) return false
    // Nothing makes whole what broke off.
    if (this.#cut || !this.#source.isOut) return true
    return this.#sent === repairSymbols(this.#source.sizeBytes, this.#protection)
  }

  endSession(cut: boolean): void {
    this.#endsSession = true
    this.#cut = cut
    this.#source.endSession(cut)
  }

  /** Its last packets once more, which tell that nothing follows. */
  toLastPackets(): void {
    const count = repairSymbols(this.#source.sizeBytes, this.#protection)
    this.#endsSession = true
    this.#sent = Math.max(0, count - CLOSING_PACKETS)
  }

  next(into: Uint8Array): number {
    if (!this.#source.done) return this.#source.next(into)
    this.#repair ??= new RepairPackets(this.#source, this.#protection)
    const { count } = this.#repair
    const length = this.#repair.write(this.#sent++, into)
    if (this.#endsSession && count - this.#sent < CLOSING_PACKETS) into[1] = (into[1] as number) | 2 // A
    return length
  }
}

/** One block is the whole object: a longer one goes without. */
function repairSymbols(length: number, { symbolBytes, overheadPercent }: FecProtection): number {
  const source = fecObjectSymbols(length, symbolBytes)
  return source > MAX_BLOCK_SYMBOLS ? 0 : Math.ceil((source * overheadPercent) / 100)
}

/** The repair packets of an object. */
class RepairPackets {
  readonly count: number
  readonly #symbolBytes: number
  readonly #sourceSymbols: number
  readonly #header: Uint8Array
  readonly #symbols: Uint8Array

  constructor({ tsi, toi, bytes }: SourceObject, protection: FecProtection) {
    const { symbolBytes, isMeasured } = protection
    this.#symbolBytes = symbolBytes
    this.#sourceSymbols = fecObjectSymbols(bytes.length, symbolBytes)
    this.count = repairSymbols(bytes.length, protection)
    const transferLength = this.#sourceSymbols * symbolBytes
    this.#header = repairHeader(repairTsi(tsi), toi, isMeasured ? otiOf(transferLength, symbolBytes) : null)
    const whole = new Uint8Array(transferLength)
    whole.set(bytes)
    writeFecTail(bytes.length, whole.length, 0, whole.length, whole, 0)
    this.#symbols = encodeBlock(this.#sourceSymbols, symbolBytes, whole, this.count)
  }

  /** @returns its length */
  write(index: number, into: Uint8Array): number {
    const at = index * this.#symbolBytes
    const headerBytes = this.#header.length
    const esi = this.#sourceSymbols + index
    into.set(this.#header, 0)
    into[headerBytes - 3] = esi >> 16
    into[headerBytes - 2] = (esi >> 8) & 0xff
    into[headerBytes - 1] = esi & 0xff
    into.set(this.#symbols.subarray(at, at + this.#symbolBytes), headerBytes)
    return headerBytes + this.#symbolBytes
  }
}

/** @param transferLength F; 0: it differs from object to object */
function otiOf(transferLength: number, symbolBytes: number): Uint8Array {
  return serialiseOti({ transferLength, symbolBytes, sourceBlocks: 1, subBlocks: 1, alignment: ALIGNMENT })
}

/** Header of a repair packet (PSI 00), with room for SBN and ESI. @param oti in an EXT_FTI; null: none */
function repairHeader(tsi: Tsi, toi: Toi, oti: Uint8Array | null): Uint8Array {
  const extensions =
    oti === null ? [] : [{ kind: 'unknown' as const, het: LCT_HET.fti, content: Uint8Array.from([...oti, 0, 0]) }]
  const header = { ...routeLctHeader({ tsi, toi, codepoint: 0, extensions }), psi: 0 }
  const bytes = new Uint8Array(lctHeaderBytes(header) + PAYLOAD_ID)
  serialiseLctHeader(header, bytes)
  return bytes
}
