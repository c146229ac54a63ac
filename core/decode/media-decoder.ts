import { cpus } from 'node:os'
import type { DecodedSnapshot, DecoderSnapshot } from '../contract/decoder.ts'
import { decoderNameOf } from '../contract/decoder.ts'
import type { DecodingCost, DecodingEnd } from './decoding.ts'
import { type Ffmpeg, findFfmpeg } from './ffmpeg-program.ts'
import { keptOneOf, PicturePace, type PictureStep } from './picture-steps.ts'

/** Codecs that a player may lack. What all of them have is decoded by nobody else. */
const RARE = /^(?!avc[13]\.(?:42|4d|58|64)|mp4a\.40|stpp|wvtt|opus|flac|vp0?9|av01)/i
/** So many runs that fail, whatever is decoded: it is not asked again. */
const MAX_FAILURES = 5
/** A segment that arrives while it is decoded keeps up with its end so long after its last byte. */
const TAIL_MS = 600
/** Share of all processors that decoding may take before a better picture is tried. */
const SHARE = 0.7

/** How a segment was decoded. */
export type DecodedSegment = {
  readonly step: PictureStep
  readonly durationMs: number
  /** It arrived while it was decoded. */
  readonly growing: boolean
  readonly framesPerS: number | null
  /** Lines that were sent; null: not told. */
  readonly lines: number | null
}

/** The ffmpeg of a gateway: found and asked once, when a codec needs it, and left once it fails again and again. */
export class MediaDecoder {
  readonly #wanted: string
  readonly #changed: () => void
  readonly #stop = new AbortController()
  readonly #processors = cpus().length
  readonly #pace = new PicturePace(this.#processors)
  #asked: Promise<Ffmpeg | null> | null = null
  #state: DecoderSnapshot
  #ffmpeg: Ffmpeg | null = null
  #failures = 0

  /** @param wanted a path, `auto` for the first on PATH, or `off` @param changed called when the snapshot changes */
  constructor(wanted: string, changed: () => void) {
    this.#wanted = wanted
    this.#changed = changed
    const state = wanted === 'off' ? 'off' : 'asking'
    this.#state = { state, path: null, version: null, decodes: [], reason: null }
  }

  /** Size and rate of the next pictures. */
  get step(): PictureStep {
    return this.#pace.step
  }

  /** What it is, whatever needs it. */
  get state(): DecoderSnapshot {
    return this.#state
  }

  /** What it is to a service with these codecs; null where none of them needs it. */
  snapshot(codecs: readonly string[]): DecoderSnapshot | null {
    if (!codecs.some((codec) => RARE.test(codec))) return null
    if (this.#state.state === 'asking') void this.ready()
    return this.#state
  }

  /** The program, once it was asked; null where there is none that works. */
  ready(): Promise<Ffmpeg | null> {
    if (this.#wanted === 'off') return Promise.resolve(null)
    this.#asked ??= this.#ask()
    return this.#asked.then(() => this.#ffmpeg)
  }

  async #ask(): Promise<Ffmpeg | null> {
    const search = await findFfmpeg(this.#wanted, this.#stop.signal)
    if (this.#stop.signal.aborted) return null
    const none = { version: null, decodes: [] }
    if (search.kind === 'found') {
      const { path, version, decoders, picture, sound } = search.ffmpeg
      this.#ffmpeg = search.ffmpeg
      const decodes = [...decoders].filter((name) => (PICTURES.has(name) ? picture : sound) !== null)
      this.#state = { state: 'ready', path, version, decodes, reason: null }
    } else if (search.kind === 'absent') this.#state = { ...none, state: 'absent', path: null, reason: null }
    else this.#state = { ...none, state: 'unfit', path: search.path, reason: search.reason }
    this.#changed()
    return this.#ffmpeg
  }

  /** Takes how a segment ended, and chooses the size of the next ones. @returns what to show of it; null where nothing was made */
  ended(end: DecodingEnd, segment: DecodedSegment): DecodedSnapshot | null {
    if (end.kind === 'cancelled') return null
    if (end.kind === 'failed') {
      if (end.broken) this.#failed(end.reason)
      return null
    }
    this.#failures = 0
    const speed = this.#speed(end, segment)
    const { step, framesPerS, lines } = segment
    const height = Math.min(step.height, lines ?? step.height)
    this.#pace.made(speed, step)
    const rate = framesPerS ?? 30
    const made = step.framesPerS === null ? 0 : rate / keptOneOf(framesPerS, step.framesPerS)
    return { height, framesPerS: Math.round(made * 100) / 100, speed: Math.round(speed * 100) / 100 }
  }

  /** Ends what is asked; runs are ended by those who began them. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#asked
  }

  /** Media time per time spent. While a segment arrives, processor time tells what the wall clock cannot. */
  #speed({ wallMs, tailMs, processorMs }: DecodingCost, { durationMs, growing }: DecodedSegment): number {
    if (!growing) return durationMs / wallMs
    if (tailMs > TAIL_MS) return durationMs / (durationMs + tailMs)
    const possible = processorMs === null ? 1 : (durationMs * this.#processors * SHARE) / processorMs
    return Math.max(KEEPING_UP, possible)
  }

  #failed(reason: string): void {
    if (++this.#failures < MAX_FAILURES || this.#ffmpeg === null) return
    const { path, version } = this.#ffmpeg
    this.#ffmpeg = null
    const sentence = `ffmpeg ${version} (${path}) failed ${this.#failures} times: ${reason}.`
    this.#state = { state: 'unfit', path, version, decodes: [], reason: sentence }
    this.#changed()
  }
}

/** Speed of what keeps up without being measured. */
const KEEPING_UP = 1.2

const PICTURES = new Set(
  ['hvc1', 'avc1', 'vvc1', 'av01', 'vp09', 'mp4v.61', 'mp4v.20'].map((codec) => decoderNameOf(codec) ?? ''),
)
