import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { CaptureConnection } from './capture-connection.ts'
import { terminalFailure } from './capture-errors.ts'
import { openInput } from './open-input.ts'

/**
 * Opens stdin (`-`) or a named pipe, without waiting for its writer. Its end is the end of the capture.
 * @throws AppFailure file-not-found | file-unreadable | not-a-capture for a terminal
 */
export async function openCapturePipe(file: string): Promise<CaptureConnection> {
  if (file === '-') {
    if (process.stdin.isTTY) throw terminalFailure(file)
    return connection(process.stdin)
  }
  const input = await openInput(file)
  return connection(input.kind === 'stream' ? input.stream : createReadStream(file, { fd: input.fd }))
}

function connection(stream: Readable): CaptureConnection {
  // Errors reach the reader while there is one.
  stream.on('error', () => undefined)
  return { about: null, ends: true, paced: false, chunks: pieces(stream), close: () => void stream.destroy() }
}

async function* pieces(stream: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const piece of stream) yield piece as Uint8Array
  } catch (error) {
    if (!stream.destroyed) throw error
  }
}
