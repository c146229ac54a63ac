import { Decoder, Encoder, initSync } from 'raptorq/raptorq.js'
import codecFile from 'raptorq/raptorq_bg.wasm?file'
import { bundledFile } from '#platform'
import { CodecError } from '../../bytes/codec-error.ts'
import { MAX_BLOCK_SYMBOLS, paddedSymbols } from './raptorq-k.ts'

/** Above this working memory the library divides symbols or blocks by its own rule, which differs from the sender's. */
const WORKING_BYTES = 10 << 20
/** Columns of a slice are a multiple of this, and symbols at least as long: below it the library traps. */
const MIN_COLUMNS = 64
const COLUMN_STEP = 8
/** The library's packet: SBN 8, symbol id 24, then the symbol. */
const PACKET_HEADER = 4
const MAX_ID = 0xff_ffff

let loaded = false

/** Loads the codec when it is first needed. */
function load(): void {
  if (loaded) return
  initSync(bundledFile(codecFile))
  loaded = true
}

/** After a trap the instance is unusable; the next call loads a new one. */
function trapped(thrown: unknown): never {
  loaded = false
  const words = thrown instanceof Error ? thrown.message : String(thrown)
  throw new CodecError('raptorq', 0, `the RaptorQ codec failed: ${words}`)
}

/** Symbols of one source block, in any order: ids as on the wire (RFC 6330 §5.3.1), bytes concatenated. */
export type BlockSymbols = {
  /** ESI: below K a source symbol, from K on a repair symbol. */
  readonly ids: readonly number[]
  /** `ids.length * symbolBytes` bytes. */
  readonly bytes: Uint8Array
}

/**
 * Decodes one source block of RaptorQ (RFC 6330). The library counts repair symbols from K' instead of K, requires symbol sizes
 * that are multiples of 8, and divides large blocks itself. So this function translates ids, pads symbols with zeros, and
 * splits blocks beyond the library's working memory into slices of columns, which the code treats independently.
 *
 * @param k source symbols of the block
 * @returns the source symbols, k * symbolBytes bytes; null where these symbols do not suffice
 * @throws CodecError `raptorq` for impossible sizes, or where the library fails
 */
export function decodeBlock(k: number, symbolBytes: number, symbols: BlockSymbols): Uint8Array | null {
  const { ids, bytes } = symbols
  const shift = checkedShift(k, symbolBytes)
  if (bytes.length !== ids.length * symbolBytes) {
    throw new CodecError('raptorq', 0, `${ids.length} symbols of ${symbolBytes} bytes in ${bytes.length} bytes`)
  }
  for (const id of ids) checkId(id, shift)
  if (new Set(ids).size < k) return null
  const decoded = new Uint8Array(k * symbolBytes)
  for (const slice of slicesOf(k + shift, symbolBytes)) {
    const columns = decodeSlice(k, shift, symbolBytes, symbols, slice)
    if (columns === null) return null
    const target = { bytes: decoded, stride: symbolBytes, from: slice.from }
    copyColumns({ bytes: columns, stride: slice.width, from: 0 }, target, slice.to - slice.from, k)
  }
  return decoded
}

/**
 * Repair symbols of one block.
 * @param source k * symbolBytes bytes
 * @param count how many, from ESI k on
 * @returns `count * symbolBytes` bytes
 * @throws CodecError `raptorq`
 */
export function encodeBlock(k: number, symbolBytes: number, source: Uint8Array, count: number): Uint8Array {
  const shift = checkedShift(k, symbolBytes)
  if (source.length !== k * symbolBytes)
    throw new CodecError('raptorq', 0, `${source.length} bytes are not ${k} symbols`)
  checkId(k + count - 1, shift)
  const repair = new Uint8Array(count * symbolBytes)
  for (const slice of slicesOf(k + shift, symbolBytes)) {
    const columns = new Uint8Array(k * slice.width)
    const from = { bytes: source, stride: symbolBytes, from: slice.from }
    copyColumns(from, { bytes: columns, stride: slice.width, from: 0 }, slice.to - slice.from, k)
    const packets = encodeSlice(columns, slice.width, count)
    for (let i = 0; i < count; i++) {
      const packet = packets[k + i] as Uint8Array
      const end = PACKET_HEADER + slice.to - slice.from
      repair.set(packet.subarray(PACKET_HEADER, end), i * symbolBytes + slice.from)
    }
  }
  return repair
}

function checkedShift(k: number, symbolBytes: number): number {
  const padded = paddedSymbols(k)
  if (padded < 0) throw new CodecError('raptorq', 0, `a block of ${k} symbols; 1 to ${MAX_BLOCK_SYMBOLS} are possible`)
  if (!(Number.isInteger(symbolBytes) && symbolBytes >= 1 && symbolBytes <= 0xffff)) {
    throw new CodecError('raptorq', 0, `symbols of ${symbolBytes} bytes`)
  }
  return padded - k
}

function checkId(id: number, shift: number): void {
  if (!(Number.isInteger(id) && id >= 0 && id + shift <= MAX_ID)) throw new CodecError('raptorq', 0, `symbol id ${id}`)
}

/** Passes of the codec over a block, each of which takes the time of a block of short symbols; 0 for impossible sizes. */
export function slicesOfBlock(k: number, symbolBytes: number): number {
  const padded = paddedSymbols(k)
  return padded < 0 ? 0 : slicesOf(padded, symbolBytes).length
}

/** Columns `[from, to)` of every symbol, processed as symbols of `width` bytes. */
type Slice = { readonly from: number; readonly to: number; readonly width: number }

function slicesOf(padded: number, symbolBytes: number): Slice[] {
  const most = Math.max(MIN_COLUMNS, Math.floor(WORKING_BYTES / padded / MIN_COLUMNS) * MIN_COLUMNS)
  const slices: Slice[] = []
  for (let from = 0; from < symbolBytes; from += most) {
    const to = Math.min(symbolBytes, from + most)
    const width = Math.max(MIN_COLUMNS, Math.ceil((to - from) / COLUMN_STEP) * COLUMN_STEP)
    slices.push({ from, to, width })
  }
  return slices
}

/** Rows of `stride` bytes, and the first column in each. */
type Columns = { readonly bytes: Uint8Array; readonly stride: number; readonly from: number }

function copyColumns(source: Columns, target: Columns, count: number, rows: number): void {
  if (count === source.stride && count === target.stride) {
    target.bytes.set(source.bytes.subarray(0, rows * count))
    return
  }
  for (let row = 0; row < rows; row++) {
    const at = row * source.stride + source.from
    target.bytes.set(source.bytes.subarray(at, at + count), row * target.stride + target.from)
  }
}

function decodeSlice(k: number, shift: number, stride: number, symbols: BlockSymbols, slice: Slice): Uint8Array | null {
  load()
  let decoder: Decoder | null = null
  try {
    decoder = Decoder.with_defaults(BigInt(k * slice.width), slice.width)
    const packet = new Uint8Array(PACKET_HEADER + slice.width)
    for (let i = 0; i < symbols.ids.length; i++) {
      const esi = symbols.ids[i] as number
      const id = esi < k ? esi : esi + shift
      packet[1] = id >> 16
      packet[2] = (id >> 8) & 0xff
      packet[3] = id & 0xff
      packet.set(symbols.bytes.subarray(i * stride + slice.from, i * stride + slice.to), PACKET_HEADER)
      const decoded = decoder.decode(packet)
      if (decoded !== undefined) {
        decoder.free()
        return decoded
      }
    }
    decoder.free()
    return null
  } catch (thrown) {
    trapped(thrown)
  }
}

function encodeSlice(columns: Uint8Array, width: number, count: number): Uint8Array[] {
  load()
  try {
    const encoder = Encoder.with_defaults(columns, width)
    const packets = encoder.encode(count)
    encoder.free()
    return packets
  } catch (thrown) {
    trapped(thrown)
  }
}
