import { constants, setPriority } from 'node:os'
import { joinBytes } from '../bytes/join-bytes.ts'
import { startPipedProgram } from '../guard/guarded-programs.ts'

/** One run of ffmpeg that gives pictures or sound without a format. */
export type RawRun = {
  /** Path of ffmpeg. */
  readonly path: string
  readonly args: readonly string[]
  /** What it reads, one after the other. */
  readonly input: readonly Uint8Array[]
  /** Most bytes that it may give; what is beyond ends it. */
  readonly maxBytes: number
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** What a run gave, or why it gave nothing, as a clause. */
export type RawResult =
  | { readonly kind: 'made'; readonly bytes: Uint8Array }
  /** `broken`: ffmpeg itself does not work; else it made nothing of what it was given. */
  | { readonly kind: 'failed'; readonly reason: string; readonly broken: boolean }
  | { readonly kind: 'cancelled' }

/** Of what it writes about itself, the end is kept. */
const MAX_WORDS = 4096

/**
 * Runs ffmpeg once behind everything else that the computer does. It is killed where it takes too long, gives too much, or is
 * cancelled. Settles once the process has ended; never rejects.
 */
export function runRaw({ path, args, input, maxBytes, limitMs, signal }: RawRun): Promise<RawResult> {
  if (signal.aborted) return Promise.resolve({ kind: 'cancelled' })
  return new Promise((resolve) => {
    const program = startPipedProgram(path, args)
    const pieces: Uint8Array[] = []
    let bytes = 0
    let words = ''
    let stopped: RawResult | null = null
    const stop = (why: RawResult): void => {
      stopped ??= why
      program.kill('SIGKILL')
      // A wrapper may have left a program of its own on these streams, which ends with its input.
      for (const stream of [program.stdin, program.stdout, program.stderr]) stream?.destroy()
    }
    const cancel = (): void => stop({ kind: 'cancelled' })
    const timer = setTimeout(
      () => stop({ kind: 'failed', broken: true, reason: `it did not end within ${limitMs / 1000} s` }),
      limitMs,
    )
    signal.addEventListener('abort', cancel)
    let over = false
    const end = (result: RawResult): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
      resolve(stopped ?? result)
    }
    program.on('error', (error) => {
      if (program.pid === undefined)
        end({ kind: 'failed', broken: true, reason: `it could not be started: ${error.message}` })
    })
    program.on('close', (code) => end(ended(code, joinBytes(pieces), words)))
    if (program.pid === undefined) return
    lower(program.pid)
    program.stdout.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes > maxBytes) stop({ kind: 'failed', broken: true, reason: `it gave more than ${maxBytes} bytes` })
      else pieces.push(chunk)
    })
    program.stderr.on('data', (chunk: Uint8Array) => {
      words = (words + Buffer.from(chunk).toString('latin1')).slice(-MAX_WORDS)
    })
    for (const piece of input) program.stdin.write(piece)
    program.stdin.end()
  })
}

function ended(code: number | null, bytes: Uint8Array, words: string): RawResult {
  if (bytes.length === 0) {
    const lines = words.split('\n').filter((line) => line.trim() !== '')
    const said = (lines.at(-1) ?? '').trim().slice(0, 200)
    const reason = `it made nothing (status ${code ?? 'unknown'})${said === '' ? '' : `: ${said}`}`
    // By a signal that is not ours.
    return { kind: 'failed', reason, broken: code === null || code >= 128 }
  }
  return { kind: 'made', bytes }
}

/** Gives a process a low priority, yet not the lowest: beside a busy computer that one is given no time at all. */
function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended, or the system does not allow it: it runs as any other.
  }
}
