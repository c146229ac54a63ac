import type { TransferProgress } from '../http/transfer-table.ts'

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
