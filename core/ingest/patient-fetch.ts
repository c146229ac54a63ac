import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import { pause, SYSTEM_CLOCK } from '../http/client/http-clock.ts'
import type { ByteSpan, GrowingFile, GrowingOrigin } from './growing-origin.ts'

/** Waits before a file is asked for again; the last one repeats, ms. */
const RETRIES_MS: readonly number[] = [100, 200, 400, 500]
/** Wait before a file is asked for again that should be given while it is made, for so many turns, ms. */
const QUICK_MS = 20
const QUICK_TURNS = 25
/** How long at least a segment is asked for after it was announced, µs. */
const LEAST_PATIENCE_US = 3_000_000

/** A segment of an origin. */
export type WantedFile = {
  readonly at: string
  readonly range: ByteSpan | null
  /** When it is complete at the origin, by this machine's clock, µs since the UNIX epoch. */
  readonly availableUs: number
  readonly durationUs: number
  /** It is given while it is made, and whole at this time; null: it is asked for as a whole. */
  readonly wholeUs: number | null
}

/** A segment as it came or did not, and the trouble on the way; null without any. */
export type FetchedFile = { readonly file: GrowingFile; readonly trouble: string | null }

/** Fetches the segments of a live presentation: asks again for each as long as it may still come. */
export class PatientFetch {
  readonly #source: GrowingOrigin
  readonly #nowUs: () => number
  readonly #over: AbortSignal

  constructor(source: GrowingOrigin, nowUs: () => number, over: AbortSignal) {
    this.#source = source
    this.#nowUs = nowUs
    this.#over = over
  }

  /** @param before reads what the segment needs; @returns why it is not there, or null */
  async fetch(wanted: WantedFile, before: () => Promise<string | null>): Promise<FetchedFile> {
    const { durationUs, availableUs } = wanted
    const patienceUs = Math.max(2 * durationUs, LEAST_PATIENCE_US)
    const untilUs = Math.max(this.#nowUs(), availableUs) + patienceUs
    let trouble: string | null = null
    for (let turn = 0; ; turn++) {
      const lacks = await before()
      const file: GrowingFile =
        lacks === null ? await this.#ask(wanted, untilUs + patienceUs) : { kind: 'failed', reason: lacks }
      if (file.kind === 'bytes' || file.kind === 'growing' || file.kind === 'gone' || this.#over.aborted)
        return { file, trouble }
      if (file.kind === 'failed') trouble = file.reason
      const isQuick = wanted.wholeUs !== null && file.kind === 'absent' && turn < QUICK_TURNS
      const waitMs = isQuick ? QUICK_MS : (RETRIES_MS[Math.min(turn, RETRIES_MS.length - 1)] ?? 0)
      if (this.#nowUs() + waitMs * 1000 > untilUs) return { file, trouble }
      await pause(SYSTEM_CLOCK, waitMs, this.#over)
    }
  }

  async #ask({ at, range, wholeUs }: WantedFile, untilUs: number): Promise<GrowingFile> {
    if (wholeUs !== null) return this.#source.growing(at, wholeUs, this.#over)
    const time = new AbortController()
    const end = (): void => time.abort()
    const cancel = SYSTEM_CLOCK.after(Math.max(0, (untilUs - this.#nowUs()) / 1000), end)
    this.#over.addEventListener('abort', end)
    try {
      return await this.#source.file(at, MAX_OBJECT_BYTES, time.signal, range)
    } finally {
      cancel()
      this.#over.removeEventListener('abort', end)
    }
  }
}
