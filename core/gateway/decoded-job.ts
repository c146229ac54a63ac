import type { DecodingEnd } from '../decode/decoding.ts'
import type { Exchange } from '../http/exchange.ts'

/** Why a segment is not decoded: what the gateway answered for it, or a sentence about ffmpeg. */
export type DecodedRefusal = { readonly status: number; readonly sentence: string; readonly retry: boolean }

/** One segment while it is decoded and after: all that ask for it share it. */
export class DecodedJob {
  readonly #stop = new AbortController()
  readonly #pieces: Uint8Array[] = []
  readonly #followers = new Set<() => void>()
  #init: Uint8Array | null = null
  #bytes = 0
  #over = false
  #refusal: DecodedRefusal | null = null

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get bytes(): number {
    return this.#bytes
  }

  /** It ended, whatever was made. */
  get over(): boolean {
    return this.#over
  }

  /** Nothing of it can be served again. */
  get useless(): boolean {
    return this.#over && (this.#refusal !== null || this.#bytes === 0)
  }

  /** Takes the initialisation segment, which is sent with the first fragment, so that nothing is sent of what is not decoded. */
  piece(bytes: Uint8Array, kind: 'init' | 'media'): void {
    if (kind === 'init') {
      this.#init = bytes
      return
    }
    for (const piece of [this.#init, bytes]) {
      if (piece === null) continue
      this.#pieces.push(piece)
      this.#bytes += piece.length
    }
    this.#init = null
    this.#tell()
  }

  end(end: DecodingEnd | DecodedRefusal): void {
    if ('status' in end) this.#refusal = end
    else if (end.kind === 'failed')
      this.#refusal = { status: 404, sentence: `ffmpeg could not decode it: ${end.reason}.`, retry: false }
    this.#over = true
    this.#tell()
  }

  /** Ends it, for nobody wants it. */
  cancel(): void {
    this.#stop.abort()
  }

  /** Answers with the segment as it is made. The last one that leaves ends an unfinished job. */
  async answer(exchange: Exchange, contentType: string): Promise<void> {
    let wake: () => void = () => {}
    const follow = (): void => wake()
    this.#followers.add(follow)
    exchange.response.once('close', follow)
    let at = 0
    for (;;) {
      const next = this.#pieces[at]
      if (exchange.isOver) break
      if (next !== undefined) {
        if (at === 0) exchange.head(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' })
        at++
        if (!exchange.write(next)) await exchange.drained()
      } else if (this.#over) {
        if (at > 0) exchange.end()
        else refuseDecoded(exchange, this.#refusal)
        break
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    exchange.response.off('close', follow)
    this.#followers.delete(follow)
    if (this.#followers.size === 0 && !this.#over) this.cancel()
  }

  #tell(): void {
    for (const follower of this.#followers) follower()
  }
}

/** Refuses a segment that was not decoded. @param refusal null: it was cancelled */
export function refuseDecoded(exchange: Exchange, refusal: DecodedRefusal | null): void {
  const { status, sentence, retry } = refusal ?? { status: 503, sentence: 'Its decoding was ended.', retry: true }
  exchange.refuse({ status, sentence, ...(retry ? { headers: { 'Retry-After': '1' } } : undefined) })
}
