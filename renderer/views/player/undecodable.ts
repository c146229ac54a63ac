import type { MediaKind } from './player-adapter.ts'

/** So many segments within so much time, seconds, that no decoder takes, and others of that kind are not tried. */
const MOST = { segments: 3, withinS: 10 }

/** Where a decoder refused a sample. */
export type DecoderFailure = { readonly kind: MediaKind; readonly timeS: number }

/** Which sample a decoder refused, as Chromium tells; null: it tells nothing. */
export function decoderFailure(message: string): DecoderFailure | null {
  const [, kind, us] = /(audio|video) packet for decoding: \{timestamp=(\d+)/.exec(message) ?? []
  return kind === undefined ? null : { kind: kind === 'video' ? 'video' : 'audio', timeS: Number(us) / 1e6 }
}

/** What came and cannot be decoded, of one time line. */
export class Undecodable {
  /** Names of segments at which a decoder failed. */
  readonly refused = new Set<string>()
  readonly #sentences = new Map<MediaKind, string>()
  #failures: DecoderFailure[] = []

  /** @returns true for the first of its kind, which is told */
  add(kind: MediaKind, sentence: string): boolean {
    if (this.#sentences.has(kind)) return false
    this.#sentences.set(kind, sentence)
    return true
  }

  /** The first sentence on a kind of media, or of all; null without one. */
  sentence(kind?: MediaKind): string | null {
    const [first = null] = kind === undefined ? this.#sentences.values() : [this.#sentences.get(kind)]
    return first
  }

  /**
   * A decoder failed at a segment.
   * @returns true where others of that kind are not worth a try
   */
  failed(failure: DecoderFailure, name: string): boolean {
    this.refused.add(name)
    this.#failures.push(failure)
    const { kind, timeS } = failure
    const near = this.#failures.filter((one) => one.kind === kind && Math.abs(one.timeS - timeS) < MOST.withinS)
    return near.length >= MOST.segments
  }

  /** Another time line begins. */
  clear(): void {
    this.refused.clear()
    this.#sentences.clear()
    this.#failures = []
  }
}
