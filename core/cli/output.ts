import type { AppError } from '../contract/app-error.ts'

/** What became of stdout: `gone` when its reader left (`… | head`), an error when nothing more can be written to it. */
type OutputState = 'open' | 'gone' | AppError

const PIECE = 1 << 16

let state: OutputState = 'open'
const listeners = new Set<() => void>()

/** Takes care of stdout and stderr for the whole run; a reader that leaves must not end in a stack trace. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (state !== 'open') return
    state =
      error.code === 'EPIPE'
        ? 'gone'
        : {
            code: error.code === 'ENOSPC' ? 'disk-full' : 'folder-not-writable',
            message: `The output could not be written: ${error.message}.`,
            tryThis: 'Free some space, or send the output elsewhere.',
          }
    for (const listener of [...listeners]) listener()
  })
  // There is nobody left to tell.
  process.stderr.on('error', () => undefined)
}

/** Why nothing can be written to stdout any more; null while it can, or where its reader just left. */
export function outputFailure(): AppError | null {
  return typeof state === 'string' ? null : state
}

/** Calls once nothing can be written to stdout any more. @returns the function that stops listening */
export function onOutputEnd(listener: () => void): () => void {
  if (state !== 'open') queueMicrotask(listener)
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Writes to stdout piece by piece: a long report is not copied as a whole on its way out. */
export function writeText(text: string): void {
  for (let at = 0; at < text.length; ) {
    let end = at + PIECE
    // Not between the two halves of one character.
    if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end++
    process.stdout.write(text.slice(at, end))
    at = end
  }
}

/** Settles when everything written so far has left the process, or cannot. */
export async function outputFlushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
}
