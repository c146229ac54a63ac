import { sameBytes } from '#platform'
import { decodedObjectBytes, writeFecTail } from '../../protocol/fec/fec-object.ts'
import { blockStart, blockSymbols, partition } from '../../protocol/fec/partition.ts'
import { decodeBlock } from '../../protocol/fec/raptorq-codec.ts'
import { MAX_BLOCK_SYMBOLS } from '../../protocol/fec/raptorq-k.ts'
import type { ByteRanges } from '../object/byte-ranges.ts'
import type { RepairSymbols } from './repair-symbols.ts'

/** Spare repair symbols from which on one known source symbol is left out, to check the decoded block with. */
const SPARE_FOR_CHECK = 2
/**
 * Largest share of padding in a super-object: fixed sizes of a sender leave some, a forged size almost only padding.
 */
const MOST_PADDING = 15 / 16

/** One source object as part of a FEC (super-)object. */
export type SolverMember = {
  /** Number of source symbols (S). */
  readonly symbols: number
  /** Length, -1 while unknown. */
  readonly length: number
  /** Received ranges; null without any. */
  readonly ranges: ByteRanges | null
  /** Bytes `[from, to)`, holes as zeros; called only with `ranges`. */
  readonly read: (from: number, to: number) => Uint8Array
  /** ROUTE: padding and a size field follow the object. FLUTE: the last symbol is padded with zeros. */
  readonly sizeField: boolean
}

/** Input of the solver: members in order, and the division of their symbols into blocks. */
export type SolverInput = {
  readonly members: readonly SolverMember[]
  readonly symbolBytes: number
  readonly sourceBlocks: number
  readonly repair: RepairSymbols
  /** Largest super-object decoded, bytes. */
  readonly maxBytes: number
}

/** State of one source block. */
export type BlockState = {
  readonly sbn: number
  readonly k: number
  /** Its source symbols that lack bytes. */
  readonly missing: number
  /** Its received repair symbols. */
  readonly repairs: number
}

/** What has arrived of all blocks; `fault` says why these sizes cannot be decoded at all. */
export type Survey = {
  /** The blocks with repair symbols: there may be very many without. */
  readonly blocks: readonly BlockState[]
  /** Source symbols that lack bytes. */
  readonly missing: number
  /** Symbols that lack still. */
  readonly short: number
  readonly fault: string | null
}

function noSurvey(fault: string): Survey {
  return { blocks: [], missing: 0, short: 0, fault }
}

/** Source symbols of the whole (super-)object. */
export function totalSymbols(input: SolverInput): number {
  return input.members.reduce((sum, member) => sum + member.symbols, 0)
}

/** Symbol ranges `[from, to)` of the (super-)object with known bytes, in order. */
function knownSymbols(input: SolverInput): [number, number][] {
  const known: [number, number][] = []
  const size = input.symbolBytes
  let base = 0
  for (const { symbols, length, ranges } of input.members) {
    const total = symbols * size
    const add = (from: number, to: number): void => {
      const first = base + Math.ceil(from / size)
      const last = base + Math.floor(Math.min(to, total) / size)
      const before = known.at(-1)
      if (before !== undefined && before[1] >= first) before[1] = Math.max(before[1], last)
      else if (last > first) known.push([first, last])
    }
    for (const [from, to] of ranges?.covered(0, length >= 0 ? length : total) ?? []) {
      // Bytes after the last one are known to both ends.
      add(from, to === length ? total : to)
    }
    if (length >= 0) add(length, total)
    base += symbols
  }
  return known
}

function overlap(ranges: readonly (readonly [number, number])[], from: number, to: number): number {
  let sum = 0
  for (const [a, b] of ranges) sum += Math.max(0, Math.min(b, to) - Math.max(a, from))
  return sum
}

/** Counts the symbols that arrived; cheap. */
export function survey(input: SolverInput): Survey {
  const k = totalSymbols(input)
  const parts = partition(k, input.sourceBlocks)
  if (k < input.sourceBlocks) return noSurvey(`${k} symbols in ${input.sourceBlocks} source blocks`)
  if (parts.large > MAX_BLOCK_SYMBOLS) return noSurvey(`a source block of ${parts.large} symbols`)
  if (k * input.symbolBytes > input.maxBytes) return noSurvey(`${k} symbols of ${input.symbolBytes} bytes`)
  const known = knownSymbols(input)
  const missing = k - overlap(known, 0, k)
  const blocks: BlockState[] = []
  let short = missing
  for (const sbn of input.repair.blocks) {
    if (sbn >= parts.blocks) continue
    const from = blockStart(parts, sbn)
    const size = blockSymbols(parts, sbn)
    let repairs = 0
    input.repair.each(sbn, size, input.symbolBytes, () => repairs++)
    if (repairs === 0) continue
    const lacks = size - overlap(known, from, from + size)
    short -= Math.min(lacks, repairs)
    blocks.push({ sbn, k: size, missing: lacks, repairs })
  }
  blocks.sort((one, other) => one.sbn - other.sbn)
  return { blocks, missing, short, fault: null }
}

/** Result of decoding. */
export type Solution = {
  /** The (super-)object: known and decoded bytes. */
  readonly bytes: Uint8Array
  /** Symbol ranges decoded or known, in order. */
  readonly known: readonly (readonly [number, number])[]
  /** Symbols that were unknown before. */
  readonly recovered: number
  /** Blocks that need more symbols. */
  readonly failed: readonly number[]
  /**
   * Blocks whose decoded bytes contradict a received source symbol: repair and source packets belong to different
   * objects.
   */
  readonly wrong: readonly number[]
}

/**
 * Decodes the listed blocks.
 * @throws CodecError `raptorq`
 */
export function solve(input: SolverInput, sbns: readonly BlockState[]): Solution {
  const size = input.symbolBytes
  const k = totalSymbols(input)
  const parts = partition(k, input.sourceBlocks)
  const bytes = knownBytes(input, k * size)
  const known = knownSymbols(input)
  const decoded: [number, number][] = [...known]
  const failed: number[] = []
  const wrong: number[] = []
  let recovered = 0
  for (const block of sbns) {
    const start = blockStart(parts, block.sbn)
    const outcome = solveBlock(input, block, start, bytes, known)
    if (outcome === null) failed.push(block.sbn)
    else if (!outcome) wrong.push(block.sbn)
    else {
      recovered += block.missing
      decoded.push([start, start + block.k])
    }
  }
  return { bytes, known: merged(decoded), recovered, failed, wrong }
}

/**
 * @returns true with the block's bytes in place, false where they contradict known bytes, null where more symbols are
 * needed
 */
function solveBlock(
  input: SolverInput,
  block: BlockState,
  start: number,
  bytes: Uint8Array,
  known: readonly (readonly [number, number])[],
): boolean | null {
  const size = input.symbolBytes
  const source: number[] = []
  for (const [from, to] of known) {
    for (let symbol = Math.max(from, start); symbol < Math.min(to, start + block.k); symbol++)
      source.push(symbol - start)
  }
  // With symbols to spare, one source symbol is left out: its decoded bytes must equal the received ones.
  const spare = source.length + block.repairs - block.k
  const checkSymbol = spare >= SPARE_FOR_CHECK ? source.pop() : undefined
  let decoded = decodeWith(input, block, start, bytes, source)
  if (decoded === null && checkSymbol !== undefined) {
    source.push(checkSymbol)
    decoded = decodeWith(input, block, start, bytes, source)
  }
  if (decoded === null) return null
  if (checkSymbol !== undefined) {
    const at = checkSymbol * size
    const received = bytes.subarray((start + checkSymbol) * size, (start + checkSymbol + 1) * size)
    if (!sameBytes(decoded.subarray(at, at + size), received)) return false
  }
  bytes.set(decoded, start * size)
  return true
}

function decodeWith(
  input: SolverInput,
  block: BlockState,
  start: number,
  bytes: Uint8Array,
  source: readonly number[],
): Uint8Array | null {
  const size = input.symbolBytes
  const ids = [...source]
  const symbols = new Uint8Array((source.length + block.repairs) * size)
  source.forEach((symbol, at) => {
    const from = (start + symbol) * size
    symbols.set(bytes.subarray(from, from + size), at * size)
  })
  input.repair.each(block.sbn, block.k, size, (esi, at) => {
    symbols.set(input.repair.view(at, size), ids.length * size)
    ids.push(esi)
  })
  return decodeBlock(block.k, size, { ids, bytes: symbols })
}

function knownBytes(input: SolverInput, total: number): Uint8Array {
  const bytes = new Uint8Array(total)
  let base = 0
  for (const { symbols, length, ranges, read, sizeField } of input.members) {
    const room = symbols * input.symbolBytes
    const upTo = Math.min(length >= 0 ? length : (ranges?.highest ?? 0), room)
    if (ranges !== null && upTo > 0) bytes.set(read(0, upTo), base)
    if (length >= 0 && sizeField) writeFecTail(length, room, 0, room, bytes, base)
    base += room
  }
  return bytes
}

function merged(ranges: [number, number][]): [number, number][] {
  const sorted = ranges.sort((a, b) => a[0] - b[0])
  const joined: [number, number][] = []
  for (const [from, to] of sorted) {
    const before = joined.at(-1)
    if (before !== undefined && before[1] >= from) before[1] = Math.max(before[1], to)
    else joined.push([from, to])
  }
  return joined
}

/** True where a super-object would be almost only padding: no sender has a reason for such sizes. */
export function isMostlyPadding(input: SolverInput): boolean {
  const total = totalSymbols(input) * input.symbolBytes
  let carried = input.repair.bytes
  for (const { length, ranges } of input.members) carried += length >= 0 ? length : (ranges?.highest ?? 0)
  return total - carried > Math.max(1 << 20, total * MOST_PADDING)
}

/**
 * Reads one member from a solution.
 * @param base its first symbol
 * @returns its length and its known byte ranges; null where its size field is invalid
 */
export function memberOf(
  solution: Solution,
  member: SolverMember,
  base: number,
  symbolBytes: number,
): { readonly length: number; readonly ranges: [number, number][] } | null {
  const end = base + member.symbols
  let { length } = member
  const tailKnown = solution.known.some(([from, to]) => from < end && to >= end)
  if (member.sizeField && tailKnown) {
    // Padding may begin in an unknown symbol: only known symbols are checked.
    const known = solution.known.find(([from, to]) => from < end && to >= end) as readonly [number, number]
    const from = Math.max(known[0], base) * symbolBytes
    const stated = statedLength(solution.bytes, base * symbolBytes, from, end * symbolBytes)
    if (stated < 0 || (length >= 0 && stated !== length)) return null
    length = stated
  }
  const upTo = length >= 0 ? length : member.symbols * symbolBytes
  const ranges: [number, number][] = []
  for (const [a, b] of solution.known) {
    const from = (Math.max(a, base) - base) * symbolBytes
    const to = Math.min((Math.min(b, end) - base) * symbolBytes, upTo)
    if (to > from) ranges.push([from, to])
  }
  return { length, ranges }
}

/**
 * The size field at the end of `[start, end)`, of which `[from, end)` is known; -1 where it or the padding is invalid.
 */
function statedLength(bytes: Uint8Array, start: number, from: number, end: number): number {
  if (from === start) return decodedObjectBytes(bytes, start, end)
  if (end - from < 4) return -1
  const at = end - 4
  const size = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0)
  if (start + size > at) return -1
  for (let i = Math.max(from, start + size); i < at; i++) if (bytes[i] !== 0) return -1
  return size
}
