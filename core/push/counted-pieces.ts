import type { TransferProgress } from '../http/transfer-table.ts'

/** Longer files are sent in pieces, of which each is counted. */
export const PIECE_BYTES = 64 * 1024

/** The same pieces, each of which is counted once it has been taken. */
export async function* countedPieces(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  transfer: TransferProgress,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece
    transfer.moved(piece.byteLength)
  }
}

/** The bytes of a file in pieces, which are views. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}
