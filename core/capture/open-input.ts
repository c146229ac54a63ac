import { close, constants, createReadStream, fstat, open } from 'node:fs'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { promisify } from 'node:util'
import { guardedPipe } from '../guard/guarded-sockets.ts'
import { fileFailure, folderFailure, terminalFailure } from './capture-errors.ts'

/** An open capture: a regular file by its descriptor, or a stream of a named pipe or a device. */
export type OpenInput =
  | { readonly kind: 'file'; readonly fd: number; readonly size: number }
  | { readonly kind: 'stream'; readonly stream: Readable }

/**
 * Opens a file or a named pipe to read it. A pipe without a writer neither waits nor keeps a thread of the pool, which would
 * keep the process from ending; its bytes arrive as from a socket.
 * @throws AppFailure file-not-found | file-unreadable, also for a folder | not-a-capture for a terminal
 */
export async function openInput(file: string): Promise<OpenInput> {
  let fd: number
  try {
    // Windows has no such flag.
    fd = await promisify(open)(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    throw fileFailure(file, cause)
  }
  try {
    const stat = await promisify(fstat)(fd)
    if (stat.isFile()) return { kind: 'file', fd, size: stat.size }
    if (stat.isDirectory()) throw folderFailure(file)
    if (isatty(fd)) throw terminalFailure(file)
    return { kind: 'stream', stream: stat.isFIFO() ? guardedPipe(fd) : createReadStream(file, { fd }) }
  } catch (thrown) {
    close(fd, () => undefined)
    throw thrown
  }
}
