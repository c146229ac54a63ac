import { CodecError } from '../bytes/codec-error.ts'
import { type PipedProgram, startPipedProgram } from '../guard/guarded-programs.ts'
import { DecodedFragments } from './decoded-fragments.ts'

/** What a run of ffmpeg took. Times ms. */
export type DecodingCost = {
  /** From the start to the end of its output. */
  readonly wallMs: number
  /** From the end of its input to the end of its output. */
  readonly tailMs: number
  /** Processor time by its own account; null where it does not tell. */
  readonly processorMs: number | null
}

/** How a run ended: all of it was made, or why not, as a clause. */
export type DecodingEnd =
  | ({ readonly kind: 'made'; readonly fragments: number } & DecodingCost)
  /** `broken`: ffmpeg itself does not work; else it made nothing of what it was given. */
  | { readonly kind: 'failed'; readonly reason: string; readonly broken: boolean }
  | { readonly kind: 'cancelled' }

/** One run of ffmpeg. */
export type DecodingRequest = {
  /** Path of ffmpeg. */
  readonly path: string
  readonly args: readonly string[]
  /** What it reads; one that throws ends there. */
  readonly input: AsyncIterable<Uint8Array>
  /** Takes the initialisation segment, then fragments. */
  readonly onPiece: (piece: Uint8Array, kind: 'init' | 'media') => void
  readonly signal: AbortSignal
  readonly limits?: DecodingLimits
}

/** Time limits of a run, ms. */
export type DecodingLimits = {
  /** Without a byte taken or given, while it has input. */
  readonly idleMs: number
  /** From the end of its input to its own end. */
  readonly tailMs: number
}

const LIMITS: DecodingLimits = { idleMs: 8000, tailMs: 30_000 }
/** Of what it writes about itself, the end is kept. */
const MAX_WORDS = 4096

/**
 * Runs ffmpeg once: feeds it, cuts its output into fragments, and kills it where it hangs, gives what is no fragmented MP4, or nobody
 * wants its output any more. Settles once the process has ended; never rejects.
 */
export function decodeOnce(request: DecodingRequest): Promise<DecodingEnd> {
  return new Decoding(request).run()
}

class Decoding {
  readonly #request: DecodingRequest
  readonly #limits: DecodingLimits
  readonly #splitter = new DecodedFragments()
  readonly #startedMs = performance.now()
  #program: PipedProgram | null = null
  #fedMs: number | null = null
  #fragments = 0
  #words = ''
  /** Why it was killed. */
  #stopped: DecodingEnd | null = null
  #over = false
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(request: DecodingRequest) {
    this.#request = request
    this.#limits = request.limits ?? LIMITS
  }

  run(): Promise<DecodingEnd> {
    const { path, args, signal } = this.#request
    if (signal.aborted) return Promise.resolve({ kind: 'cancelled' })
    return new Promise((resolve) => {
      const program = startPipedProgram(path, args)
      this.#program = program
      const cancel = (): void => this.#kill({ kind: 'cancelled' })
      signal.addEventListener('abort', cancel)
      const end = (code: number | null, cause: string | null): void => {
        if (this.#over) return
        this.#over = true
        signal.removeEventListener('abort', cancel)
        this.#watch(null)
        resolve(this.#stopped ?? this.#ended(code, cause))
      }
      // `close` comes once its streams have ended as well; a program that could not be started has only `error`.
      program.on('error', (error) => {
        if (program.pid === undefined) end(null, error.message)
      })
      program.on('close', (code) => end(code, null))
      program.stdout?.on('data', (chunk: Uint8Array) => this.#take(chunk))
      program.stderr?.on('data', (chunk: Uint8Array) => {
        this.#words = (this.#words + Buffer.from(chunk).toString('latin1')).slice(-MAX_WORDS)
      })
      void this.#feed(program)
    })
  }

  async #feed(program: PipedProgram): Promise<void> {
    const { stdin } = program
    if (!stdin) return
    try {
      for await (const chunk of this.#request.input) {
        if (this.#over || stdin.destroyed) break
        if (stdin.write(chunk)) continue
        this.#watch(this.#limits.idleMs)
        await roomIn(program)
        this.#watch(null)
      }
    } catch {
      // What came before is decoded: its reader learns from the length what is missing.
    }
    this.#fedMs = performance.now()
    if (this.#over) return
    stdin.end()
    this.#watch(this.#limits.tailMs)
  }

  #take(chunk: Uint8Array): void {
    if (this.#over || this.#stopped !== null) return
    try {
      const hadInit = this.#splitter.init !== null
      for (const [index, piece] of this.#splitter.push(chunk).entries()) {
        const kind = !hadInit && index === 0 ? 'init' : 'media'
        if (kind === 'media') this.#fragments++
        this.#request.onPiece(piece, kind)
      }
    } catch (thrown) {
      if (!(thrown instanceof CodecError)) throw thrown
      this.#kill({ kind: 'failed', broken: true, reason: `it gave what is no fragmented MP4: ${thrown.message}` })
    }
  }

  /** Kills it after `ms` without a change; null: waits for as long as its input does. */
  #watch(ms: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer =
      ms === null
        ? null
        : setTimeout(
            () => this.#kill({ kind: 'failed', broken: true, reason: `it stopped working for ${ms / 1000} s` }),
            ms,
          )
  }

  #kill(why: DecodingEnd): void {
    this.#stopped ??= why
    const program = this.#program
    program?.kill('SIGKILL')
    // A wrapper may have left a program of its own on these streams, which ends with its input.
    for (const stream of [program?.stdin, program?.stdout, program?.stderr]) stream?.destroy()
  }

  #ended(code: number | null, cause: string | null): DecodingEnd {
    if (cause !== null) return { kind: 'failed', broken: true, reason: `it could not be started: ${cause}` }
    if (this.#fragments === 0) {
      const lines = this.#words.trim().split('\n')
      const words = (lines.filter((line) => !/^\s*bench:/.test(line)).at(-1) ?? '').trim().slice(0, 200)
      const reason = `it made nothing (status ${code ?? 'unknown'})${words === '' ? '' : `: ${words}`}`
      // By a signal that is not ours.
      return { kind: 'failed', reason, broken: code === null || code >= 128 }
    }
    const nowMs = performance.now()
    const bench = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(this.#words)
    return {
      kind: 'made',
      fragments: this.#fragments,
      wallMs: nowMs - this.#startedMs,
      tailMs: nowMs - (this.#fedMs ?? nowMs),
      processorMs: bench === null ? null : (Number(bench[1]) + Number(bench[2])) * 1000,
    }
  }
}

/** Settles when the program takes more, or has closed its input. */
function roomIn({ stdin }: PipedProgram): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stdin.off('drain', settle)
      stdin.off('close', settle)
      resolve()
    }
    stdin.on('drain', settle)
    stdin.on('close', settle)
  })
}
