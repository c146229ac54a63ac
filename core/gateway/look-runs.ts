import { decoderNameOf } from '../contract/decoder.ts'
import { THUMBNAIL } from '../contract/wall.ts'
import {
  MAX_PICTURES,
  PICTURE_BYTES,
  pictureLookArguments,
  SOUND_RATE,
  soundLookArguments,
} from '../decode/look-arguments.ts'
import type { MediaDecoder } from '../decode/media-decoder.ts'
import { type RawResult, runRaw } from '../decode/raw-run.ts'
import { type SoundFacts, soundFacts } from '../decode/sound-facts.ts'
import type { LookTrack } from './look-tracks.ts'

/** A look that takes longer is ended, ms. */
const LIMIT_MS = 6000
/** A minute of sound in two channels. */
const MAX_SOUND_BYTES = SOUND_RATE * 60 * 4
/** So many runs of an ffmpeg that does not work, one after the other: looks stop for a while. */
const MAX_FAILURES = 3
const PAUSE_MS = 60_000
/** Sample entries of encrypted media (ISO/IEC 23001-7). */
const ENCRYPTED = /^enc[va]$/

/** What a look gave. `failed`: why not, in a few words. */
export type LookResult =
  | { readonly kind: 'picture'; readonly pictures: readonly Uint8Array[] }
  | { readonly kind: 'sound'; readonly facts: SoundFacts }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' }

/** Runs ffmpeg for looks, and leaves it alone for a while where it does not work. */
export class LookRuns {
  readonly #decoder: MediaDecoder
  readonly #signal: AbortSignal
  #failures = 0
  #pausedUntilMs = 0
  #problem: string | null = null

  constructor(decoder: MediaDecoder, signal: AbortSignal) {
    this.#decoder = decoder
    this.#signal = signal
  }

  /** Why nothing is looked at for a while, one sentence. */
  get problem(): string | null {
    return this.#problem
  }

  /** Whether this ffmpeg decodes a codec, as far as is known. */
  decodes(codec: string | null): boolean {
    const name = codec === null ? null : decoderNameOf(codec)
    const { decodes, state } = this.#decoder.state
    return name === null || state !== 'ready' || decodes.includes(name)
  }

  /** Key frames of a segment, as thumbnails in RGB. */
  async picture(track: LookTrack, input: readonly Uint8Array[]): Promise<LookResult> {
    const result = await this.#run(track, input, pictureLookArguments(), PICTURE_BYTES * MAX_PICTURES)
    if (result.kind !== 'made') return result
    const { bytes } = result
    const pictures = Array.from({ length: Math.floor(bytes.length / PICTURE_BYTES) }, (_, at) =>
      bytes.slice(at * PICTURE_BYTES, (at + 1) * PICTURE_BYTES),
    )
    if (pictures.length > 0) return { kind: 'picture', pictures }
    const { width, height } = THUMBNAIL
    return { kind: 'failed', reason: `ffmpeg gave no picture of ${width} × ${height}` }
  }

  /** How loud a segment is. */
  async sound(track: LookTrack, input: readonly Uint8Array[]): Promise<LookResult> {
    const result = await this.#run(track, input, soundLookArguments(), MAX_SOUND_BYTES)
    if (result.kind !== 'made') return result
    const facts = soundFacts(result.bytes)
    return facts === null ? { kind: 'failed', reason: 'ffmpeg gave no sound' } : { kind: 'sound', facts }
  }

  async #run(
    { codec }: LookTrack,
    input: readonly Uint8Array[],
    args: readonly string[],
    maxBytes: number,
  ): Promise<Extract<RawResult, { kind: 'made' }> | Extract<LookResult, { kind: 'failed' | 'cancelled' }>> {
    const failed = (reason: string) => ({ kind: 'failed' as const, reason })
    if (codec !== null && ENCRYPTED.test(codec)) return failed('encrypted')
    const ffmpeg = await this.#decoder.ready()
    if (ffmpeg === null) return failed('no ffmpeg')
    if (!this.decodes(codec)) return failed(`${codec}: ffmpeg ${ffmpeg.version} has no decoder`)
    if (performance.now() < this.#pausedUntilMs) return failed('ffmpeg does not work')
    const result = await runRaw({ path: ffmpeg.path, args, input, maxBytes, limitMs: LIMIT_MS, signal: this.#signal })
    if (result.kind === 'cancelled') return result
    if (result.kind === 'failed') {
      if (result.broken) this.#broke(ffmpeg.version, result.reason)
      return failed(`ffmpeg: ${result.reason}`)
    }
    this.#failures = 0
    this.#problem = null
    return result
  }

  #broke(version: string, reason: string): void {
    if (++this.#failures < MAX_FAILURES) return
    this.#failures = 0
    this.#pausedUntilMs = performance.now() + PAUSE_MS
    this.#problem = `ffmpeg ${version} failed ${MAX_FAILURES} times: ${reason}. It is tried again in a minute.`
  }
}
