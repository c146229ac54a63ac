import { setImmediate } from 'node:timers/promises'
import type { AppError } from '../contract/app-error.ts'
import { shownJsonText, shownText } from '../contract/shown-text.ts'

/** State of stdout: `gone` when its reader left (`… | head`), an error when nothing more can be written to it. */
type OutputState = 'open' | 'gone' | AppError

const PIECE = 1 << 16
/** Time after which others have their turn. */
const TURN_MS = 20

let state: OutputState = 'open'
const listeners = new Set<() => void>()

/** Handles errors of stdout and stderr for the whole run: a reader that leaves must not cause a stack trace. */
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
  // An error of stderr cannot be reported.
  process.stderr.on('error', () => undefined)
}

/** Why stdout can no longer be written; null while it can, or where its reader has left. */
export function outputFailure(): AppError | null {
  return typeof state === 'string' ? null : state
}

/** Adds a listener for the end of stdout. @returns the function that removes it */
export function onOutputEnd(listener: () => void): () => void {
  if (state !== 'open') queueMicrotask(listener)
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Prints lines on stdout; each may have names from outside in it. */
export function printLines(lines: readonly string[]): void {
  writeText(`${lines.map((line) => shownText(line)).join('\n')}\n`)
}

/** Prints a row of fields with tabs between them on stdout. */
export function printFields(fields: readonly (string | number)[]): void {
  writeText(`${fields.map((field) => shownText(String(field))).join('\t')}\n`)
}

/** Prints one value as JSON on stdout, on one line. */
export function printJson(value: unknown): void {
  writeText(`${shownJsonText(JSON.stringify(value))}\n`)
}

/** Prints a JSON document on stdout that is made while it is printed, in turns. */
export function printJsonPieces(pieces: Iterable<string>): Promise<void> {
  return printInTurns(pieces, shownJsonText)
}

/** As `printLines`, of lines that are made while they are printed, in turns. */
export function printLinesInTurns(lines: Iterable<string>): Promise<void> {
  return printInTurns(lines, (line) => `${shownText(line)}\n`)
}

async function printInTurns(pieces: Iterable<string>, textOf: (piece: string) => string): Promise<void> {
  let endMs = performance.now() + TURN_MS
  let text = ''
  for (const piece of pieces) {
    text += textOf(piece)
    const isOver = performance.now() >= endMs
    if (text.length < PIECE && !isOver) continue
    writeText(text)
    text = ''
    if (!isOver) continue
    await setImmediate()
    endMs = performance.now() + TURN_MS
  }
  writeText(text)
}

/** Prints a line on stderr, for a person. */
export function tellLine(line: string): void {
  process.stderr.write(`${shownText(line)}\n`)
}

/** Prints a text of our own, such as help, on stdout as it is. */
export function printOwnText(text: string): void {
  writeText(text)
}

/** Writes to stdout in pieces, so that a long report is not copied as a whole. */
function writeText(text: string): void {
  for (let at = 0; at < text.length; ) {
    let end = at + PIECE
    // Do not cut a surrogate pair.
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
