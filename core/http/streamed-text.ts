import type { OutgoingHttpHeaders } from 'node:http'
import type { Exchange } from './exchange.ts'

/** Text made before the event loop gets a turn: a millisecond or two. */
const PIECE_CHARACTERS = 16 * 1024

/**
 * Sends a text of many parts, which are made while it is sent: as fast as the client takes them, and a piece in each turn of the
 * event loop, so that others are served meanwhile. A text of one piece is sent whole, with its length.
 */
export async function streamText(
  exchange: Exchange,
  mediaType: string,
  parts: Iterable<string>,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const pieces = piecesOf(parts)
  const first = pieces.next()
  const text = first.done === true ? '' : first.value
  if (text.length < PIECE_CHARACTERS) return exchange.text(200, mediaType, text, headers)
  exchange.head(200, { 'Content-Type': mediaType, ...headers })
  if (!exchange.isHead) {
    let open = exchange.write(Buffer.from(text))
    for (const piece of pieces) {
      if (!open) await exchange.drained()
      // A socket may drain at once: the turn ends in any case.
      await new Promise((resolve) => setImmediate(resolve))
      if (exchange.isOver) return
      open = exchange.write(Buffer.from(piece))
    }
  }
  exchange.end()
}

function* piecesOf(parts: Iterable<string>): Generator<string> {
  let piece = ''
  for (const part of parts) {
    piece += part
    if (piece.length < PIECE_CHARACTERS) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
