import { fecObjectSymbols, writeFecTail } from '../protocol/fec/fec-object.ts'
import { type FecOti, serialiseOti } from '../protocol/fec/oti.ts'
import { blockStart, blockSymbols, partition } from '../protocol/fec/partition.ts'
import { encodeBlock } from '../protocol/fec/raptorq-codec.ts'

/** Protection of a FEC (super-)object. */
export type RepairOptions = {
  readonly tsi: number
  readonly toi: number
  readonly symbolBytes: number
  /** Repair symbols of each block. */
  readonly count: number
  readonly sourceBlocks?: number
  /** Symbols of one packet. */
  readonly perPacket?: number
  /** Puts this OTI in an EXT_FTI of every packet. */
  readonly fti?: FecOti
  /** S of each object, where larger than necessary. */
  readonly symbols?: readonly number[]
}

/** The repair packets of `objects`, one super-object in this order. */
export function repairPackets(objects: readonly Uint8Array[], options: RepairOptions): Uint8Array[] {
  const { symbolBytes, perPacket = 1, count } = options
  const whole = superObject(objects, symbolBytes, options.symbols)
  const parts = partition(whole.length / symbolBytes, options.sourceBlocks ?? 1)
  const packets: Uint8Array[] = []
  for (let sbn = 0; sbn < parts.blocks; sbn++) {
    const k = blockSymbols(parts, sbn)
    const start = blockStart(parts, sbn) * symbolBytes
    const repair = encodeBlock(k, symbolBytes, whole.subarray(start, start + k * symbolBytes), count)
    for (let first = 0; first < count; first += perPacket) {
      const symbols = repair.subarray(first * symbolBytes, Math.min(count, first + perPacket) * symbolBytes)
      packets.push(repairPacket(options, sbn, k + first, symbols))
    }
  }
  return packets
}

/** FEC transport objects in sequence. */
function superObject(objects: readonly Uint8Array[], symbolBytes: number, fixed?: readonly number[]): Uint8Array {
  const pieces = objects.map((object, at) => {
    const piece = new Uint8Array((fixed?.[at] ?? fecObjectSymbols(object.length, symbolBytes)) * symbolBytes)
    piece.set(object)
    writeFecTail(object.length, piece.length, 0, piece.length, piece, 0)
    return piece
  })
  return new Uint8Array(Buffer.concat(pieces))
}

function repairPacket(options: RepairOptions, sbn: number, esi: number, symbols: Uint8Array): Uint8Array {
  const header = options.fti === undefined ? 16 : 32
  const bytes = new Uint8Array(header + 4 + symbols.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0x10, 0xa0, header / 4, 0])
  view.setUint32(8, options.tsi)
  view.setUint32(12, options.toi)
  if (options.fti !== undefined) {
    bytes.set([64, 4], 16)
    bytes.set(serialiseOti(options.fti), 18)
  }
  view.setUint32(header, sbn * 0x100_0000 + esi)
  bytes.set(symbols, header + 4)
  return bytes
}
