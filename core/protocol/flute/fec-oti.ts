import { base64Bytes } from '#platform'
import { u16At, u24At, u32At } from '../../bytes/ints.ts'
import type { FdtFecOti } from './fdt.ts'

/** FEC Encoding IDs of the IANA registry whose payload ids are supported. */
const FEC_ENCODING = {
  noCode: 0,
  raptor: 1,
  reedSolomonM: 2,
  ldpcStaircase: 3,
  ldpcTriangle: 4,
  reedSolomon: 5,
  raptorQ: 6,
  smallLarge: 128,
  smallBlock: 129,
  compact: 130,
} as const
const KNOWN: ReadonlySet<number> = new Set(Object.values(FEC_ENCODING))

/** False of a scheme whose payload ids are read as those of Compact No-Code for want of better. */
export function isKnownScheme(encodingId: number): boolean {
  return KNOWN.has(encodingId)
}

/**
 * The part of the FEC Object Transmission Information that places a source symbol (RFC 5052 §6), from EXT_FTI or an FDT's
 * attributes. A negative value is unknown; a size of 0 is what the sender says, and no size.
 */
export type SymbolLayout = {
  readonly encodingId: number
  /** L, bytes. */
  readonly transferLength: number
  /** E or T, bytes. */
  readonly symbolLength: number
  /** B, symbols; absent in Raptor and RaptorQ. */
  readonly maxSourceBlock: number
  /** Z of Raptor and RaptorQ. */
  readonly sourceBlocks: number
  /** N of Raptor and RaptorQ: above 1 the bytes of a symbol are not contiguous. */
  readonly subBlocks: number
  /** Al of Raptor and RaptorQ, bytes: sub-symbols are multiples of it. */
  readonly alignment: number
  /** Bits of the symbol id in a payload id of Reed-Solomon over GF(2^m). */
  readonly symbolIdBits: number
}

/** Why a symbol has no offset in the object. */
export const NO_PLACE = {
  /** Its sizes are not known yet. */
  unknown: -1,
  /** The object has no such symbol. */
  none: -2,
  /** It is a repair symbol. */
  repair: -3,
  /** It consists of several pieces (`subSymbolOffset`). */
  scattered: -4,
  /** The sender gives symbols of 0 bytes. */
  zero: -5,
} as const

/** Bytes of the FEC Payload ID that follows the LCT header. */
export function payloadIdBytes(encodingId: number): number {
  return encodingId === FEC_ENCODING.smallBlock || encodingId === FEC_ENCODING.smallLarge ? 8 : 4
}

/** Source block number of the payload id at `at`. */
export function payloadIdBlock(encodingId: number, symbolIdBits: number, bytes: Uint8Array, at: number): number {
  switch (encodingId) {
    case FEC_ENCODING.raptorQ:
      return bytes[at] as number
    case FEC_ENCODING.reedSolomon:
      return u24At(bytes, at)
    case FEC_ENCODING.reedSolomonM:
      return Math.floor(u32At(bytes, at) / 2 ** symbolIdBits)
    case FEC_ENCODING.ldpcStaircase:
    case FEC_ENCODING.ldpcTriangle:
      return u16At(bytes, at) >> 4
    case FEC_ENCODING.smallLarge:
    case FEC_ENCODING.smallBlock:
      return u32At(bytes, at)
    default:
      return u16At(bytes, at)
  }
}

/** Encoding symbol id of the payload id at `at`. */
export function payloadIdSymbol(encodingId: number, symbolIdBits: number, bytes: Uint8Array, at: number): number {
  switch (encodingId) {
    case FEC_ENCODING.raptorQ:
      return u24At(bytes, at + 1)
    case FEC_ENCODING.reedSolomon:
      return bytes[at + 3] as number
    case FEC_ENCODING.reedSolomonM:
      return u32At(bytes, at) % 2 ** symbolIdBits
    case FEC_ENCODING.ldpcStaircase:
    case FEC_ENCODING.ldpcTriangle:
      return u32At(bytes, at) & 0xf_ffff
    case FEC_ENCODING.smallLarge:
      return u32At(bytes, at + 4)
    case FEC_ENCODING.smallBlock:
      return u16At(bytes, at + 6)
    default:
      return u16At(bytes, at + 2)
  }
}

/** Symbol ids of Compact No-Code have 16 bits and wrap in larger objects. */
const SYMBOL_IDS = 65_536

/**
 * Byte offset in the object of symbol `esi` of source block `sbn` (RFC 5052 §9.1, RFC 5053 §5.3.1.2, RFC 6330 §4.4.1.2): with T
 * symbols in N blocks the first T - floor(T/N)*N blocks are one symbol longer. Block 0 starts the object at any block length,
 * which covers senders that announce one block length and use another (GPAC).
 * @param near bytes of the object received so far, which resolves a wrapped symbol id
 * @returns the offset, or a `NO_PLACE`
 */
export function symbolOffset(layout: SymbolLayout, sbn: number, esi: number, near: number): number {
  const { encodingId, transferLength, symbolLength } = layout
  if (symbolLength <= 0) {
    if (sbn === 0 && esi === 0 && encodingId === FEC_ENCODING.noCode) return 0
    return symbolLength === 0 ? NO_PLACE.zero : NO_PLACE.unknown
  }
  if (encodingId === FEC_ENCODING.noCode && sbn === 0) {
    const symbols = transferLength < 0 ? Number.POSITIVE_INFINITY : Math.ceil(transferLength / symbolLength)
    if (esi >= symbols && esi > 0) return NO_PLACE.none
    if (symbols <= SYMBOL_IDS || symbols === Number.POSITIVE_INFINITY) return esi * symbolLength
    const rounds = Math.max(0, Math.round((near / symbolLength - esi) / SYMBOL_IDS))
    const symbol = esi + rounds * SYMBOL_IDS
    return (symbol < symbols ? symbol : symbol - SYMBOL_IDS) * symbolLength
  }
  if (transferLength < 0) return NO_PLACE.unknown
  const symbols = Math.ceil(transferLength / symbolLength)
  const blocks = blocksOf(layout, symbols)
  if (sbn >= blocks) return NO_PLACE.none
  const small = Math.floor(symbols / blocks)
  const longer = symbols - small * blocks
  if (esi >= (sbn < longer ? small + 1 : small)) {
    return encodingId === FEC_ENCODING.noCode ? NO_PLACE.none : NO_PLACE.repair
  }
  if (layout.subBlocks > 1) return NO_PLACE.scattered
  return (sbn * small + Math.min(sbn, longer) + esi) * symbolLength
}

/** Bytes of sub-symbol `sub` of a symbol: `Partition[T/Al, N]` of RFC 6330 §4.4.1.2. */
export function subSymbolBytes({ symbolLength, subBlocks, alignment }: SymbolLayout, sub: number): number {
  const units = Math.floor(symbolLength / alignment)
  const small = Math.floor(units / subBlocks)
  return (sub < units - small * subBlocks ? small + 1 : small) * alignment
}

/** Offset of sub-symbol `sub` in its symbol. */
export function subSymbolStart({ symbolLength, subBlocks, alignment }: SymbolLayout, sub: number): number {
  const units = Math.floor(symbolLength / alignment)
  const small = Math.floor(units / subBlocks)
  return (sub * small + Math.min(sub, units - small * subBlocks)) * alignment
}

/**
 * Byte offset in the object of sub-symbol `sub` of a source symbol (RFC 6330 §4.4.1.2): the sub-symbols of one number follow each other
 * through a source block, and make a sub-block.
 */
export function subSymbolOffset(layout: SymbolLayout, sbn: number, esi: number, sub: number): number {
  const { transferLength, symbolLength } = layout
  const symbols = Math.ceil(transferLength / symbolLength)
  const blocks = blocksOf(layout, symbols)
  const small = Math.floor(symbols / blocks)
  const longer = symbols - small * blocks
  const block = sbn < longer ? small + 1 : small
  const first = sbn * small + Math.min(sbn, longer)
  return first * symbolLength + block * subSymbolStart(layout, sub) + esi * subSymbolBytes(layout, sub)
}

/** Why an object has no such symbol: `SBN 9, ESI 0, but the object has 3 symbols in 1 block`. */
export function symbolFault(layout: SymbolLayout, sbn: number, esi: number): string {
  const symbols = Math.ceil(layout.transferLength / layout.symbolLength)
  const blocks = blocksOf(layout, symbols)
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
  return `SBN ${sbn}, ESI ${esi}, but the object has ${count(symbols, 'symbol')} in ${count(blocks, 'block')}`
}

function blocksOf(layout: SymbolLayout, symbols: number): number {
  if (layout.sourceBlocks > 0) return layout.sourceBlocks
  return layout.maxSourceBlock > 0 ? Math.ceil(symbols / layout.maxSourceBlock) : 1
}

/**
 * The layout that an FDT gives a file: its own attributes before those of the instance (RFC 6726 §5.1).
 * @param transferLength -1 unknown
 * @param codepoint of the packets, used as FEC Encoding ID where the table has none
 */
export function layoutOf(
  file: FdtFecOti | null,
  instance: FdtFecOti | null,
  transferLength: number,
  codepoint: number,
): SymbolLayout {
  const encodingId = file?.encodingId ?? instance?.encodingId ?? codepoint
  const specific = decoded(file?.schemeSpecificInfo ?? instance?.schemeSpecificInfo ?? null)
  const raptor = encodingId === FEC_ENCODING.raptor
  const raptorQ = encodingId === FEC_ENCODING.raptorQ
  const known = (raptor || raptorQ) && specific !== null && specific.length >= 4
  return {
    encodingId,
    transferLength,
    symbolLength: file?.encodingSymbolLength ?? instance?.encodingSymbolLength ?? -1,
    maxSourceBlock: file?.maxSourceBlockLength ?? instance?.maxSourceBlockLength ?? -1,
    sourceBlocks: !known ? -1 : raptorQ ? (specific[0] as number) : u16At(specific, 0),
    subBlocks: !known ? 1 : raptorQ ? u16At(specific, 1) : (specific[2] as number),
    alignment: !known ? 1 : (specific[3] as number) || 1,
    symbolIdBits: encodingId === FEC_ENCODING.reedSolomonM ? specific?.[0] || 8 : 8,
  }
}

/** Longer scheme-specific information belongs to no supported scheme. */
const MAX_SPECIFIC = 64

function decoded(base64: string | null): Uint8Array | null {
  if (base64 === null || base64.length > MAX_SPECIFIC) return null
  return base64Bytes(base64)
}
