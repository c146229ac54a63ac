import { CodecError } from '../../bytes/codec-error.ts'
import { u16At, u24At, u32At } from '../../bytes/ints.ts'
import { FEC_ENCODING } from './fec-scheme.ts'

/** FEC Payload ID: source block number and encoding symbol id of a packet's first symbol. */
export type FecPayloadId = {
  readonly sbn: number
  readonly esi: number
  /** Source symbols of this block, which only scheme 129 says here; else null. */
  readonly blockSymbols: number | null
}

/** Bytes of the FEC Payload ID between the LCT header and the symbols. */
function payloadIdBytes(encodingId: number): number {
  return encodingId === FEC_ENCODING.smallBlock ? 8 : 4
}

/**
 * Reads the FEC Payload ID at `at`: 16+16 bits for schemes 0 and 1, 8+24 for RaptorQ, 24+8 for 5, 32-m+m for 2, 32+16+16 for 129.
 * @param m bits of the ESI in scheme 2
 * @throws CodecError `fec-payload-id` where `end` comes before its end
 */
export function parsePayloadId(bytes: Uint8Array, at: number, end: number, encodingId: number, m = 8): FecPayloadId {
  const need = payloadIdBytes(encodingId)
  if (end - at < need) throw new CodecError('fec-payload-id', at, `got ${end - at} bytes, expected ${need}`)
  switch (encodingId) {
    case FEC_ENCODING.raptorq:
      return { sbn: bytes[at] as number, esi: u24At(bytes, at + 1), blockSymbols: null }
    case FEC_ENCODING.reedSolomon8:
      return { sbn: u24At(bytes, at), esi: bytes[at + 3] as number, blockSymbols: null }
    case FEC_ENCODING.reedSolomonM: {
      const word = u32At(bytes, at)
      const step = 2 ** (m === 0 ? 8 : m)
      return { sbn: Math.floor(word / step), esi: word % step, blockSymbols: null }
    }
    case FEC_ENCODING.smallBlock:
      return { sbn: u32At(bytes, at), esi: u16At(bytes, at + 6), blockSymbols: u16At(bytes, at + 4) }
    default:
      return { sbn: u16At(bytes, at), esi: u16At(bytes, at + 2), blockSymbols: null }
  }
}
