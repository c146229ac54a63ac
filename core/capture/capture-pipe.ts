import { constants, createReadStream, fstat, open } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { AppFailure } from '../failure/app-failure.ts'
import type { CaptureConnection } from './capture-connection.ts'
import { fileFailure } from './capture-errors.ts'

/**
 * Opens stdin (`-`) or a named pipe, without waiting for its writer. Its end is the end of the capture.
 * @throws AppFailure file-not-found | file-unreadable | not-a-capture for a terminal
 */
export async function openCapturePipe(file: string): Promise<CaptureConnection> {
  if (file === '-') {
    if (process.stdin.isTTY) throw terminal()
    return connection(process.stdin)
  }
  try {
    // Without a writer yet, this neither waits nor keeps a thread of the pool.
    const fd = await promisify(open)(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const pipe = (await promisify(fstat)(fd)).isFIFO()
    return connection(pipe ? new Socket({ fd, readable: true, writable: false }) : createReadStream(file, { fd }))
  } catch (cause) {
    throw fileFailure(file, cause)
  }
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

function terminal(): AppFailure {
  return new AppFailure(
    'not-a-capture',
    'Standard input is a terminal, not a capture.',
    'Pipe one in, for example `tcpdump -i eth1 -w - | routescope open -`.',
  )
}
